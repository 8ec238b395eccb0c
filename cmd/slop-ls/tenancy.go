package main

import (
	"context"
	"errors"
	"io"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/attach"
)

// tenancy is a house that a daemon serves.
type tenancy struct {
	house *house
	stop  func() error
}

// openTenancy opens the workspace, does before (nil: nothing) and lets its conductor run. Where that fails later, end gets
// why: an engine without a journal must not act, and an editor must not believe it does. The error is a plain nil
// workspace's.
func openTenancy(
	ctx context.Context, a *app, root string, o opening, end context.CancelCauseFunc, before func(*house) error,
) (attach.Workspace, error) {
	h, err := openHouse(ctx, a, root, o)
	if err != nil {
		return nil, err
	}
	if before != nil {
		if err := before(h); err != nil {
			return nil, errors.Join(err, h.close())
		}
	}
	watched := make(chan struct{})
	run, cancel := context.WithCancel(context.WithoutCancel(ctx)) // sessions end before their engine
	go func() {
		defer close(watched)
		select {
		case err := <-h.failed:
			end(err)
		case <-run.Done():
		}
	}()
	stop := h.start(run)
	return &tenancy{house: h, stop: func() error {
		cancel()
		<-watched
		return stop()
	}}, nil
}

// Serve implements attach.Workspace.
func (t *tenancy) Serve(ctx context.Context, conn io.ReadWriteCloser, h attach.Hello) error {
	vars := t.house.lent.take(h.Env, t.house.config.KeyVariables())
	who := lender{t.house.conductor, t.house, vars}
	t.house.keysArrived(ctx, vars)
	if h.Kind == attach.CLI {
		return t.house.answer(ctx, conn, who)
	}
	return t.house.hub.ServeWith(ctx, conn, who)
}

// Running implements attach.Workspace: attempts that wait for nobody. A ticket that could start has been started, or
// waits for one of these to end.
func (t *tenancy) Running() int { return runningIn(t.house.conductor.Snapshot()) }

func runningIn(snap *engine.Snapshot) int {
	n := 0
	for track := range snap.Tracks() {
		if track.Status == engine.TrackPaused {
			continue // its workers stand at the gate
		}
		for ticket := range track.Tickets() {
			if ticket.Status == engine.InProgress && !ticket.Parked {
				n++
			}
		}
	}
	return n
}

// Rest implements attach.Workspace.
func (t *tenancy) Rest(ctx context.Context) error {
	snap := t.house.conductor.Snapshot()
	for runningIn(snap) > 0 {
		var err error
		if snap, err = t.house.conductor.Wait(ctx, snap.Seq()); err != nil {
			return err
		}
	}
	for track := range snap.Tracks() { // a paused one ends the step that is under way
		if track.Status != engine.TrackPaused {
			continue
		}
		if err := t.house.conductor.Quiet(ctx, track.ID); err != nil {
			return err
		}
	}
	return nil
}

// Close implements attach.Workspace.
func (t *tenancy) Close() error { return errors.Join(t.stop(), t.house.close()) }
