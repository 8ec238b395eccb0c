package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

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
			Long: "Where none runs the exit status is 1, and --json prints null.",
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

// daemonStatus is a failure where there is none: who asks wants to know how it is. Nothing waits for a person then.
func (a *app) daemonStatus(ctx context.Context) error {
	err := a.askDaemon(ctx, attach.Place.Status, "runs")
	if errors.Is(err, attach.ErrNoDaemon) && a.json {
		err = errors.Join(err, a.printJSON(nil))
	}
	return err
}

// stopPatience bounds the wait for workers to end.
const stopPatience = 30 * time.Second

func (a *app) daemonStop(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, stopPatience, fmt.Errorf("it has not ended within %v: end its process", stopPatience))
	defer cancel()
	err := a.askDaemon(ctx, attach.Place.Stop, "has ended")
	switch {
	case !errors.Is(err, attach.ErrNoDaemon):
		return err
	case a.json:
		return a.printJSON(nil)
	}
	_, err = fmt.Fprintln(a.out, "no daemon runs for this workspace: there is nothing to stop") // which is what was asked for
	return err
}

// askDaemon asks the daemon and prints its reply. The error is attach.ErrNoDaemon where there is none.
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
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(daemonLineOf(r))
	}
	_, err = fmt.Fprintln(a.out, daemonText(r, done))
	return err
}

func daemonText(r attach.Reply, done string) string {
	return fmt.Sprintf("the daemon of %s (process %d, %s) %s: %d attached, %d running", r.Root, r.PID, r.Version, done, r.Sessions, r.Running)
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
		Open: func(ctx context.Context) (attach.Workspace, error) {
			return openTenancy(ctx, a, root, opening{log: log}, cancel, nil)
		},
	})
}
