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
//
// What decides about tickets, or is decided about, lives here. What a text, a document or a line of people who want the
// same files comes to by itself is a leaf below (engine/text, engine/trackfile, engine/lease); what people read is
// engine/page; what touches a file, a process or a network is an adapter of a port. A file bears the name of its subject
// first:
//
//   - command, event, ids, status, usage: what is said, what has happened, and the words for both
//   - state: what is the case, and Apply, which alone changes it, with its index of what is ready (state_graph)
//   - snapshot: what everyone else may read of it
//   - decide: what a command comes to; awaits is what waits for a key
//   - lease, budget: who may have which files, and how much may be spent
//   - conductor, stream: the loop, its turns and effects, and what a worker is given of it (conductor_desk)
//   - worker, forecast: an attempt from its context to its delivery, and what it would come to
//   - approval: what is asked of a person, answered, and remembered
//   - change, undo: what is delivered, what it meets, and its way back
//   - ports: what is needed from outside
package engine
