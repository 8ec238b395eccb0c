package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/fsnotify/fsnotify"
	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/store"
)

func logCommand(a *app) *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use:   "log [TRACK [ID]]",
		Short: "Tell what has happened",
		Args:  arguments(0, 2),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.log(cmd.Context(), args, follow) },
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on as more happens, until interrupted")
	return cmd
}

// log prints the journal as `run` would have printed it, of all tracks, one track or one ticket.
func (a *app) log(ctx context.Context, args []string, follow bool) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	only := engine.TicketKey{}
	if len(args) > 0 {
		if only.Track, _, err = trackNamed(ctx, root, args[0]); err != nil {
			return err
		}
	}
	if len(args) > 1 {
		only.ID = args[1]
	}
	if follow {
		return a.followLog(ctx, root, only)
	}
	_, err = a.logAfter(ctx, root, engine.NewNarrator(engine.NewState()), only)
	return err
}

// logAfter prints what the journal holds after what the narrator has told, and says whether there was anything.
func (a *app) logAfter(ctx context.Context, root string, n *engine.Narrator, only engine.TicketKey) (more bool, err error) {
	s, err := readStore(ctx, root)
	if s == nil || err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for e, err := range s.Events(ctx, n.Seq()) {
		if err != nil {
			return more, err
		}
		more = true
		lines, err := n.Tell(e)
		if err != nil {
			return more, err
		}
		for _, l := range lines {
			if err := a.logLine(l, only); err != nil {
				return more, err
			}
		}
	}
	return more, nil
}

func (a *app) logLine(l engine.Line, only engine.TicketKey) error {
	if only.Track != "" && l.Track != only.Track || only.ID != "" && l.Ticket != only.ID {
		return nil
	}
	if a.json {
		return a.printJSON(l)
	}
	if words := page.Event(l); words != "" {
		fmt.Fprintln(a.out, words)
	}
	return nil
}

// followLog prints the journal and goes on whenever the store has changed and is free. While another process works on
// the store it holds its lock, so what that does is told when it ends.
func (a *app) followLog(ctx context.Context, root string, only engine.TicketKey) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	path, err := storePath(root)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("watching the store: %w", err)
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching the store: %w", err)
	}
	defer watcher.Close() //nolint:errcheck // nothing is written through it
	if err := watcher.Add(filepath.Dir(path)); err != nil {
		return fmt.Errorf("watching the store: %w", err)
	}
	narrator := engine.NewNarrator(engine.NewState())
	for {
		_, err := a.logAfter(ctx, root, narrator, only)
		if locked := (*store.LockedError)(nil); err != nil && !errors.As(err, &locked) {
			return err
		}
		select {
		case <-watcher.Events:
		case err := <-watcher.Errors:
			return fmt.Errorf("watching the store: %w", err)
		case <-ctx.Done():
			return nil
		}
	}
}
