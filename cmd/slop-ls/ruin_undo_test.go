//go:build linux

package main

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// undoRuins are the states of an undo in which somebody is killed.
var undoRuins = []ruinState{
	{name: "journalled, nothing sent", point: pointBeforeUndo},
	{name: "edit sent, not answered", edit: silent},
	{name: "edit answered, not seen", edit: lying},
	{name: "edit partly there", edit: halfway},
	{name: "edit there, not answered", edit: speechless},
	{name: "seen, not journalled", point: pointAfterUndo},
}

// TestRuinOfAnUndo kills daemon, forwarder and editor at each state of an undo: it is finished once, whole, and nobody is
// asked anything.
func TestRuinOfAnUndo(t *testing.T) {
	t.Parallel()
	builtProgram(t)
	for i, state := range undoRuins {
		for j, victim := range []string{"daemon", "forwarder", "editor"} {
			t.Run(state.name+", "+victim, func(t *testing.T) {
				t.Parallel()
				began, state := &atomic.Bool{}, state // each its own
				if bad := state.edit; bad != nil {
					state.edit = func(r *ruin) lsptest.ApplyEdit { return from(began, bad(r)) }
				}
				r := newRuin(t, state, victim, (i+j)%2 == 0)
				r.spawned()
				r.approve("T1", "command", "")
				r.first.eventually("the ticket's end", func() bool { return r.first.statusOf("T1") == "completed" })
				began.Store(true)
				r.undo(state)
				r.kill(state, victim)
				close(r.let)
				r.endUndone()
			})
		}
	}
}

// from is an editor that carries out edits as it should until began is set.
func from(began *atomic.Bool, bad lsptest.ApplyEdit) lsptest.ApplyEdit {
	return func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
		if began.Load() {
			return bad(ctx, c, p)
		}
		return saving(ctx, c, p)
	}
}

// undo undoes T1 from the first editor, up to the state.
func (r *ruin) undo(state ruinState) {
	r.t.Helper()
	args := wire.TicketArgs{URI: string(r.first.URI(".slop/tracks/work.track.yaml")), ID: "T1"}
	answered := make(chan error, 1)
	go func() { answered <- r.first.Command(r.t.Context(), wire.TicketUndo, args, nil) }() // its answer may die with the victim
	if state.point != "" {
		r.stopped()
		return
	}
	select {
	case <-r.arrived:
	case err := <-answered:
		r.t.Fatalf("no edit came: %v", err)
	case <-time.After(lsptest.Patience):
		r.t.Fatal("no edit came")
	}
}

func (r *ruin) endUndone() {
	r.t.Helper()
	if r.second == nil {
		r.second = r.window(nil)
	}
	r.second.eventually("the end of the undo", func() bool { return r.second.statusOf("T1") == "todo" })
	r.first.leave()
	r.second.leave()
	r.want(exitDone, "daemon", "stop")
	for name, want := range map[string]string{"a.txt": "one\ntwo\n", "b.txt": "one\ntwo\n", "c.txt": ""} {
		got, err := os.ReadFile(filepath.Join(r.repo, name))
		if string(got) != want || (err != nil) != (want == "") {
			r.t.Errorf("%s is %q (%v), want %q", name, got, err, want)
		}
	}
	r.checkUndoJournal()
}

func (r *ruin) checkUndoJournal() {
	r.t.Helper()
	s := r.journal()
	defer s.Close()
	got := map[string]int{}
	for e, err := range s.Events(r.t.Context(), 0) {
		if err != nil {
			r.t.Fatal(err)
		}
		switch e.Body.(type) {
		case engine.ApprovalRequested, engine.TicketStarted, engine.EditDelivered, engine.UndoStarted, engine.EditUndone, engine.UndoRefused:
			got[e.Kind()]++
		}
	}
	want := map[string]int{"approval_requested": 2, "ticket_started": 1, "edit_delivered": 1, "undo_started": 1, "edit_undone": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		r.t.Errorf("happened (-want +got):\n%s", diff)
	}
}
