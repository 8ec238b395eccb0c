// Package engine is the domain of slop-ls: tracks, tickets, the journalled events that change them, the Conductor
// that decides, and the worker that carries a ticket out. It declares, as ports, the interfaces it needs from the
// outside; every adapter imports engine and engine imports no adapter, no operating system and no network.
//
// One goroutine, the Conductor's, owns the State. A turn of it is always: decide, append to the journal, publish an
// immutable Snapshot, take effect. Nothing else may change a ticket; everyone else reads Snapshots and submits
// Commands.
//
// A path in this package is slash-separated and relative to the workspace's root (fs.ValidPath). URIs exist only in
// package lsp, the system's own paths only in engine/workspace and cmd.
package engine
