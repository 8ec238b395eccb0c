package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/attach"
)

func daemonCommand(a *app) *cobra.Command {
	var grace time.Duration
	daemon := &cobra.Command{
		Use:   "daemon",
		Short: "Look at the daemon of the workspace, or stop it",
		Long: "The first editor starts the daemon of its workspace, and all of them share it. It leaves by itself when no\n" +
			"editor is attached and nothing can run.",
		Args: noCommand, RunE: needsCommand,
	}
	serve := &cobra.Command{
		Use: "serve", Short: "Be the daemon of the workspace", Hidden: true, Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.daemonServe(cmd.Context(), grace) },
	}
	serve.Flags().DurationVar(&grace, "grace", 0, "how long to stay without an editor and with nothing that can run")
	daemon.AddCommand(
		&cobra.Command{
			Use: "status", Short: "Say how the daemon is", Args: arguments(0, 0),
			RunE: func(cmd *cobra.Command, _ []string) error { return a.daemonStatus(cmd.Context()) },
		},
		&cobra.Command{
			Use: "stop", Short: "Stop the daemon; workers end, and the next one takes up their tickets", Args: arguments(0, 0),
			RunE: func(cmd *cobra.Command, _ []string) error { return a.daemonStop(cmd.Context()) },
		},
		serve,
	)
	return daemon
}

// daemonLine is what `daemon status --json` and `daemon stop --json` print.
type daemonLine struct {
	PID      int    `json:"pid"`
	Root     string `json:"root"`
	Socket   string `json:"socket"`
	Version  string `json:"version"`
	Sessions int    `json:"sessions"`
	Running  int    `json:"running"`
}

func daemonLineOf(r attach.Reply) daemonLine {
	return daemonLine{PID: r.PID, Root: r.Root, Socket: r.Socket, Version: r.Version, Sessions: r.Sessions, Running: r.Running}
}

func (a *app) daemonStatus(ctx context.Context) error {
	return a.askDaemon(ctx, attach.Place.Status, "runs")
}

// stopPatience bounds the wait for workers to end.
const stopPatience = 30 * time.Second

func (a *app) daemonStop(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, stopPatience, fmt.Errorf("it has not ended within %v: end its process", stopPatience))
	defer cancel()
	return a.askDaemon(ctx, attach.Place.Stop, "has ended")
}

// askDaemon asks the daemon and prints its reply. That there is none is an outcome of its own: exit status 3, as
// wherever a person has to do something first.
func (a *app) askDaemon(
	ctx context.Context, ask func(attach.Place, context.Context, attach.Hello) (attach.Reply, error), done string,
) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	place, err := placeOf(root)
	if err != nil {
		return err
	}
	r, err := ask(place, ctx, attach.Hello{Version: buildVersion().Version, Root: root})
	if errors.Is(err, attach.ErrNoDaemon) {
		return &exitError{code: exitBlocked, err: err}
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(daemonLineOf(r))
	}
	_, err = fmt.Fprintf(a.out, "the daemon of %s (process %d, %s) %s: %d attached, %d running\n", r.Root, r.PID, r.Version, done, r.Sessions, r.Running)
	return err
}

// daemonServe is the daemon, until it is idle or asked to leave.
func (a *app) daemonServe(ctx context.Context, grace time.Duration) (err error) {
	starter, err := attach.Inherit()
	if err != nil {
		return err
	}
	defer func() { starter.Tell(err) }() // Run has told by then what there was to tell
	if a.rootFlag == "" {
		return usageError("daemon serve needs --root")
	}
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	place, err := placeOf(root)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(a.err, nil))
	ctx, unhook := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer unhook()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	return attach.Run(ctx, attach.Options{
		Place: place, Root: root, Version: buildVersion().Version, Build: buildName(), Starter: starter, Grace: grace, Log: log,
		Open: func(ctx context.Context) (attach.Workspace, error) { return openTenancy(ctx, a, root, log, cancel) },
	})
}

// tenancy is a house that a daemon serves.
type tenancy struct {
	house *house
	stop  func() error
}

// openTenancy opens the workspace and lets its conductor run. Where that fails later, end gets why: an engine without
// a journal must not act, and an editor must not believe it does.
func openTenancy(ctx context.Context, a *app, root string, log *slog.Logger, end context.CancelCauseFunc) (*tenancy, error) {
	h, err := openServer(ctx, a, root, log)
	if err != nil {
		return nil, err
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
	t.house.lent.take(h.Env, t.house.config.KeyVariables())
	if h.Kind == attach.CLI {
		return t.house.answer(ctx, conn)
	}
	return t.house.hub.Serve(ctx, conn)
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
