package lsp_test

import (
	"context"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
)

// daemon is a world as the tests of this package use it.
type daemon struct {
	*lsptest.World

	t       *testing.T
	root    string
	reviews string
	worker  puppet
}

// modes runs a test in process, through the forwarder, and with a separate process.
func modes(t *testing.T, archive string, test func(t *testing.T, d *daemon), change ...lsptest.Change) {
	t.Helper()
	lsptest.Modes(t, archive, func(t *testing.T, w *lsptest.World) {
		test(t, &daemon{World: w, t: t, root: w.Root, reviews: w.Reviews, worker: puppet{w.Worker}})
	}, change...)
}

// puppet is the worker.
type puppet struct{ *lsptest.Puppet }

func (p puppet) on(id string, work lsptest.Work) { p.On(id, work) }
func (p puppet) spawned() []string               { return p.Spawned() }

// open attaches an editor.
func (d *daemon) open(options ...lsptest.Option) *lsptest.Env {
	d.t.Helper()
	return d.Open(options...)
}

// await waits until the engine's state meets a condition.
func (d *daemon) await(what string, ok func(*engine.Snapshot) bool) *engine.Snapshot {
	d.t.Helper()
	return d.AwaitState(what, ok)
}

// awaitStatus waits for a ticket's status.
func (d *daemon) awaitStatus(track, id string, want engine.Status) *engine.Ticket {
	d.t.Helper()
	return d.AwaitStatus(track, id, want)
}

// awaitPending waits for n pending approvals.
func (d *daemon) awaitPending(n int) []*engine.Approval {
	d.t.Helper()
	return d.AwaitPending(n)
}

// readFile is a file of the workspace, from the disk.
func (d *daemon) readFile(path string) string {
	d.t.Helper()
	return d.OnDisk(path)
}

// replacing is a change of one file, from what the workspace holds.
func (d *daemon) replacing(path, old, repl string) lsptest.Work { return d.Replacing(path, old, repl) }

func (d *daemon) replacement(ctx context.Context, path, old, repl string) engine.FileChange {
	return d.Replacement(ctx, path, old, repl)
}

// short makes edits that never come fail soon.
func short(o *lsp.Options) { o.Settle = 200 * time.Millisecond }

const sample = `
-- a.go --
package a

// Lexer reads.
type Lexer struct {
	pos int
}

// Next moves on.
// TODO: return an error at the end
func (l *Lexer) Next() {
	l.pos++
}

func Plain() {
	println("plain")
}
-- b.go --
package a

func B() {
	println("b")
}
-- .slop/tracks/main.track.yaml --
title: Main
goal: Something.
tickets:
  - id: T1
    description: First
    target_file: a.go
    target_symbols: [Lexer.Next]
  - id: T2
    description: Second
    depends_on: [T1]
`

const mainTrack = ".slop/tracks/main"
