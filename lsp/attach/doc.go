// Package attach joins an editor to the one daemon of its workspace.
//
// Who is the daemon: whoever holds the workspace's lock (Options.Open takes it; it is the store's own). Only the
// holder removes a socket, listens, and writes the address file that clients look into, so a stale socket is nobody's
// race. Starters are put in order by the gate, a file lock in the workspace's state folder: who wants to start a daemon
// takes it, looks again, starts one, and hands the gate itself to that process, which lets go of it once it listens.
// Whoever waited at the gate then finds the daemon there. Nothing polls, and a kill -9 at any point frees the gate,
// because the system drops the locks of a process that ended.
//
// The hello is one line of JSON each way; the bytes after it are the Language Server Protocol.
//
// Forward is what an editor starts: it passes frames on as they are, and remembers what another daemon would have to be
// told. When the daemon dies it dials again and tells it. The editor sees each of its requests answered once, and no
// message out of order; of its notifications at most those are repeated that the dead daemon may not have read.
//
// The package imports the standard library, lsp/wire and engine/text. Each goroutine of it ends before the call that
// started it returns, except those that the calls name.
package attach
