// Package story has no code of its own: its tests play one story of a person and a ticket in real editors, with the real
// program, its daemon, and scripted models over HTTP. A repository is opened, a ticket is run on a symbol, its prompt is
// edited in the review and approved, its stream is watched, a step is approved, the edit arrives in the buffer and is
// undone; in the middle the editor is closed, and opened again. What happened is read from two places: from the
// server's store, by the command line, and from the editor's buffer.
//
// The editors come from .ci/editors, which names their folder in SLOP_LS_EDITORS; without it the tests are skipped, so
// that `go test ./...` needs no editor. An editor that could not be installed is said by its file "missing" there.
package story
