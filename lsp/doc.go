// Package lsp is the face towards editors. A Session serves one connection: its open documents, its requests, its
// prompts and its progress. The Hub, one for each daemon, is what spans sessions: who delivers edits, which answer to
// an approval was first, and the workspace's files as the open buffers have them.
//
// Editors are views. A Session reads immutable snapshots of the engine and submits commands to it; nothing here
// changes a ticket, and no editor, however slow, can hold up the engine or another editor. What an editor says is
// never believed where it matters: an approval is only what comes back with exactly the offered title, and an edit is
// delivered only when the text that came back has the expected hash.
//
// URIs and positions as clients count them exist only in this package.
package lsp
