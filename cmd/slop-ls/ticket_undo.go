package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/workspace"
	"github.com/slop-ls/slop-ls/store"
)

// undoing is an undo that a person asks for on the command line.
type undoing struct {
	key    engine.TicketKey
	reason string
	look   bool // only show what it would change
}

func ticketUndoCommand(a *app) *cobra.Command {
	var u undoing
	cmd := &cobra.Command{
		Use:   "undo TRACK ID",
		Short: "Take back what a completed ticket delivered, also after later edits elsewhere in the files",
		Args:  arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			u.key.ID = args[1]
			return a.ticketUndo(cmd.Context(), args[0], u)
		},
	}
	cmd.Flags().StringVar(&u.reason, "reason", "", "why")
	cmd.Flags().BoolVar(&u.look, "diff", false, "only show what it would change")
	return cmd
}

// ticketUndo undoes through the daemon, whose editors' buffers count, or on the disk where none runs.
func (a *app) ticketUndo(ctx context.Context, name string, u undoing) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	if u.key.Track, _, err = trackNamed(ctx, root, name); err != nil {
		return err
	}
	if !u.look {
		if snap, err := snapshot(ctx, root); err != nil {
			return err
		} else if note := snap.RestingOn(u.key); note != "" {
			fmt.Fprintln(a.err, "slop-ls: "+note)
		}
	}
	set, err := undoAnywhere(ctx, root, u)
	if err != nil {
		return err
	}
	switch {
	case a.json:
		out := map[string]any{"track": string(u.key.Track), "ticket": u.key.ID, "done": "undo"}
		if u.look {
			out = map[string]any{"diff": page.Diff(set), "files": append([]string{}, pathsOf(set)...)}
		}
		return a.printJSON(out)
	case u.look && set.Empty():
		fmt.Fprintf(a.out, "%s was taken back by hand: an undo puts it back to todo and changes no file\n", u.key.ID)
	case u.look:
		fmt.Fprint(a.out, page.Diff(set))
	default:
		fmt.Fprintf(a.out, "%s is undone\n", u.key.ID)
	}
	return nil
}

func pathsOf(set engine.ChangeSet) []string {
	var out []string
	for _, f := range set.Files {
		out = append(out, f.Path)
	}
	return out
}

func undoAnywhere(ctx context.Context, root string, u undoing) (engine.ChangeSet, error) {
	daemon, err := daemonOf(ctx, root, nil)
	if err != nil {
		return engine.ChangeSet{}, err
	}
	if daemon != nil {
		return daemon.Undo(ctx, u)
	}
	return undoStored(ctx, root, u)
}

// Undo has the daemon undo a ticket, or say what that would change.
func (l *link) Undo(ctx context.Context, u undoing) (engine.ChangeSet, error) {
	s, err := l.one(ctx, question{Ask: askUndo, Track: u.key.Track, Ticket: u.key.ID, Reason: u.reason, Look: u.look})
	if err != nil || s.Data == nil {
		return engine.ChangeSet{}, err
	}
	return engine.DecodeChangeSet(s.Data)
}

func (h *house) replyUndo(ctx context.Context, q question, who lender, say func(said) error) error {
	key := engine.TicketKey{Track: q.Track, ID: q.Ticket}
	if !q.Look {
		return h.hub.Undo(ctx, who, key, byTerminal, q.Reason)
	}
	set, err := h.hub.PlanUndo(ctx, key)
	if err != nil {
		return err
	}
	return say(said{Data: set.Encode()})
}

// undoStored undoes on the disk, with the store held meanwhile. Where this process is killed on the way, whoever opens
// the store next to work finishes it.
func undoStored(ctx context.Context, root string, u undoing) (set engine.ChangeSet, err error) {
	s, err := openStore(root)
	if err != nil {
		return set, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	disk, err := workspace.Open(root)
	if err != nil {
		return set, err
	}
	defer func() { err = errors.Join(err, disk.Close()) }()
	disk.KeepReceipts(filepath.Join(filepath.Dir(s.Path()), "receipts"))
	state, err := engine.Load(ctx, s)
	if err != nil {
		return set, err
	}
	if t, ok := state.Freeze().Ticket(u.key); !ok || t.Undo == nil { // else it is finished, which a killed process began
		cmd := engine.UndoTicket{Ticket: u.key, By: byTerminal, Reason: u.reason}
		cmd, set, err = engine.PrepareUndo(ctx, s, disk, state.Freeze(), cmd)
		if err != nil || u.look {
			return set, err
		}
		bodies, err := engine.Decide(state, engine.Settings{MaxWorkers: 1}, cmd, time.Now())
		if err == nil {
			err = appendAll(ctx, s, state, bodies)
		}
		if err != nil || set.Empty() {
			return set, err
		}
	}
	bodies, refused := engine.FinishUndo(ctx, state.Freeze(), s, atUndoPoints(disk, failpoint()), u.key)
	return set, errors.Join(refused, appendAll(context.WithoutCancel(ctx), s, state, bodies))
}

// appendAll makes bodies, and what the tracks come to by them, durable.
func appendAll(ctx context.Context, s *store.Store, state *engine.State, bodies []engine.Body) error {
	events, err := fold(state, nil, bodies)
	if err == nil {
		events, err = fold(state, events, state.Settle())
	}
	if err != nil || len(events) == 0 {
		return err
	}
	return s.Append(ctx, events)
}
