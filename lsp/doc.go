// Package lsp is the face towards editors. A Session serves one connection: its open documents, its requests, its
// prompts and its progress. The Hub, one for each daemon, is what spans sessions: who delivers edits, which answer to
// an approval was first, and the workspace's files as the open buffers have them.
//
// Editors are views. A Session reads immutable snapshots of the engine and submits commands to it; nothing here
// changes a ticket, and no editor, however slow, can hold up the engine or another editor. What an editor says is
// never believed where it matters: an approval is only what comes back with exactly the offered title, and an edit is
// delivered only when the text that came back has the expected hash.
//
// URIs and positions as clients count them exist only in this package and below it.
//
// What needs a session or the hub lives here; what does not has a room below: the connection (lsp/rpc), what is open, version
// by version (lsp/document), what these say of an edit that was sent (lsp/receipt), what a client can take (lsp/traits), what
// is told about a track document (lsp/trackdoc), names and payloads (lsp/wire). A file bears the name of its subject first:
//
//   - hub, session: who is attached, and what one editor has said of itself
//   - files: the workspace as the open buffers have it, and what was renamed or changed beside it
//   - command, request: commands, and what every request may bring along
//   - language, action, lens, source: what stands at a place of a document
//   - diagnose: what is wrong with a document, pushed and pulled, and what other servers say (diagnose_heard)
//   - track, ticket, undo: documents become plans, and what a person does with a track or a ticket
//   - approval: what waits for a person, in prompts, reviews and the inbox
//   - deliver: an edit on its way into a buffer, or to the disk, or back
//   - paper: read-only documents
//   - tell: what programs and progress bars are told unasked
package lsp
