package main

import (
	"context"
	"errors"
	"iter"
	"log/slog"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp"
	"github.com/slop-ls/slop-ls/lsp/attach"
	"github.com/slop-ls/slop-ls/store"
)

// works is who works on the track: this process, or the daemon.
type works interface {
	Do(ctx context.Context, cmd engine.Command) error
	Now(ctx context.Context) (*engine.Snapshot, error)
	Follow(ctx context.Context, after uint64) iter.Seq2[engine.Event, error]
	// Waits reports whether an approval waits for an answer now.
	Waits(ctx context.Context, id engine.ApprovalID) (bool, error)
	Quiet(ctx context.Context, track engine.TrackID) error
	// Editors counts the editors that are attached: where there is one, there is somebody to ask.
	Editors(ctx context.Context) (int, error)
}

// ownWorks is this process.
type ownWorks struct {
	lender
	hub *lsp.Hub
}

func (w ownWorks) Now(context.Context) (*engine.Snapshot, error) { return w.Snapshot(), nil }

func (w ownWorks) Follow(ctx context.Context, after uint64) iter.Seq2[engine.Event, error] {
	return w.Events(ctx, after)
}

func (w ownWorks) Waits(_ context.Context, id engine.ApprovalID) (bool, error) {
	return waits(w.Snapshot(), id), nil
}

func (w ownWorks) Editors(context.Context) (int, error) { return w.hub.Sessions(), nil }

func waits(snap *engine.Snapshot, id engine.ApprovalID) bool {
	approval, ok := snap.Approval(id)
	return ok && approval.Pending()
}

// errElected says that another process has become the daemon first.
var errElected = errors.New("another process has become the daemon of this workspace")

// maxElections bounds how often a run looks for an engine anew because the one that it had is gone.
const maxElections = 20

// elect runs the track through the daemon; where there is none this process is the daemon, for as long as the track
// runs. Where the daemon ends under it, it begins anew: nothing is lost.
func (r *runner) elect(ctx context.Context, track trackDoc) (err error) {
	for range maxElections {
		daemon, linkErr := daemonOf(ctx, r.root, r.app.lends(r.root))
		switch {
		case linkErr != nil:
			return linkErr
		case daemon != nil:
			err = r.runThere(ctx, daemon, track)
		default:
			err = r.runHere(ctx, track)
		}
		if !errors.Is(err, errDaemonGone) && !errors.Is(err, errElected) || r.paused {
			return err
		}
	}
	return err
}

// runThere is run by the daemon, which other tracks may share.
func (r *runner) runThere(ctx context.Context, daemon *link, track trackDoc) error {
	if err := r.remember(ctx, daemon); err != nil {
		return err
	}
	r.works, r.blobs, r.shared, r.ended = daemon, daemon, true, nil
	return r.run(ctx, track)
}

// runHere is run by this process, which is the daemon meanwhile: editors and subcommands can attach.
func (r *runner) runHere(ctx context.Context, track trackDoc) error {
	life, end := context.WithCancelCause(ctx)
	defer end(nil)
	opened, ended := make(chan struct{}), make(chan struct{})
	var why error // of the end; read when ended is closed
	go func() {
		defer close(ended)
		why = r.serve(life, end, func(h *house) error {
			if err := r.remember(life, h.store); err != nil {
				return err
			}
			keys := h.config.KeyVariables()
			own := lender{h.conductor, h, h.lent.take(lendable(keys), keys)}
			r.works, r.blobs, r.shared, r.ended = ownWorks{own, h.hub}, h.store, false, ended
			close(opened)
			return nil
		})
	}()
	select {
	case <-opened:
	case <-ended:
		return why
	}
	err := r.run(ctx, track)
	if errors.Is(err, engine.ErrStopped) || errors.Is(err, store.ErrClosed) {
		<-ended // it ends by itself, and says why
		return stopped(why)
	}
	end(nil)
	<-ended
	return errors.Join(err, why)
}

// serve is the daemon until ctx ends. opened is called with the house before its conductor runs.
func (r *runner) serve(ctx context.Context, end context.CancelCauseFunc, opened func(*house) error) error {
	place, err := placeOf(r.root)
	if err != nil {
		return err
	}
	open := func(ctx context.Context) (attach.Workspace, error) {
		return openTenancy(ctx, r.app, r.root, opening{run: r.track}, end, opened)
	}
	if !attach.Supported {
		return alone(ctx, open)
	}
	return attach.Run(ctx, attach.Options{
		Place: place, Root: r.root, Version: buildVersion().Version, Build: buildName(), Grace: -1, Log: slog.New(slog.DiscardHandler),
		Open: func(ctx context.Context) (attach.Workspace, error) {
			daemon, err := daemonOf(ctx, r.root, nil)
			if err != nil {
				return nil, err
			}
			if daemon != nil {
				return nil, errElected // it had the gate before
			}
			return open(ctx)
		},
	})
}

// alone opens a workspace until ctx ends, where there are no daemons.
func alone(ctx context.Context, open func(context.Context) (attach.Workspace, error)) error {
	ws, err := open(ctx)
	if err != nil {
		return err
	}
	<-ctx.Done()
	err = ws.Close()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		err = errors.Join(err, cause)
	}
	return err
}

// stopped is the outcome of a run whose engine has ended: for the reason why, or because somebody wanted that.
func stopped(why error) error {
	if why != nil {
		return why
	}
	return &exitError{code: exitInterrupted, err: errors.New(
		"stopped by `slop-ls daemon stop`: what was under way is taken up again by the next `slop-ls run`")}
}
