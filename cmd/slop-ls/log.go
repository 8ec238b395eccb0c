package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/signal"
	"path/filepath"
	"slices"

	"github.com/fsnotify/fsnotify"
	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/trackfile"
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
		if only, err = ticketNamed(ctx, root, args); err != nil {
			return err
		}
	}
	if follow {
		return a.followLog(ctx, root, only)
	}
	return a.logAfter(ctx, root, engine.NewNarrator(engine.NewState()), only)
}

// ticketNamed is a track, or a ticket of it, that a document or the state has.
func ticketNamed(ctx context.Context, root string, args []string) (key engine.TicketKey, err error) {
	id, doc, err := trackNamed(ctx, root, args[0])
	if err != nil || len(args) == 1 {
		return engine.TicketKey{Track: id}, err
	}
	key = engine.TicketKey{Track: id, ID: args[1]}
	if doc != nil && slices.ContainsFunc(doc.Doc.Track.Tickets, func(t trackfile.Ticket) bool { return t.ID == key.ID }) {
		return key, nil
	}
	snap, err := snapshot(ctx, root)
	if err != nil {
		return key, err
	}
	if _, ok := snap.Ticket(key); !ok {
		return key, fmt.Errorf("track %s has no ticket %s: see `slop-ls ticket list %s`", key.Track, key.ID, key.Track)
	}
	return key, nil
}

// logAfter prints what the journal holds after what the narrator has told.
func (a *app) logAfter(ctx context.Context, root string, n *engine.Narrator, only engine.TicketKey) (err error) {
	s, err := readStore(ctx, root)
	if s == nil || err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return a.logEvents(s.Events(ctx, n.Seq()), n, only)
}

func (a *app) logEvents(events iter.Seq2[engine.Event, error], n *engine.Narrator, only engine.TicketKey) error {
	for e, err := range events {
		if err != nil {
			return err
		}
		lines, err := n.Tell(e)
		if err != nil {
			return err
		}
		for _, l := range lines {
			if err := a.logLine(l, only); err != nil {
				return err
			}
		}
	}
	return nil
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

// followLog prints the journal and goes on with what happens: as the daemon tells it, and between two daemons whenever
// the store has changed and is free.
func (a *app) followLog(ctx context.Context, root string, only engine.TicketKey) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	watcher, err := watchStore(root)
	if err != nil {
		return err
	}
	defer watcher.Close() //nolint:errcheck // nothing is written through it
	narrator := engine.NewNarrator(engine.NewState())
	for {
		err := a.logOnward(ctx, root, narrator, only)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, errDaemonGone) {
			continue
		}
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

// logOnward prints what the daemon tells until that ends, or what the store holds.
func (a *app) logOnward(ctx context.Context, root string, n *engine.Narrator, only engine.TicketKey) error {
	daemon, err := daemonOf(ctx, root, nil)
	if err != nil {
		return err
	}
	if daemon == nil {
		return a.logAfter(ctx, root, n, only)
	}
	return a.logEvents(daemon.Follow(ctx, n.Seq()), n, only)
}

// watchStore watches the folder in which the store lies, and in which a daemon says where it is.
func watchStore(root string) (*fsnotify.Watcher, error) {
	path, err := storePath(root)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("watching the store: %w", err)
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watching the store: %w", err)
	}
	if err := watcher.Add(filepath.Dir(path)); err != nil {
		return nil, errors.Join(fmt.Errorf("watching the store: %w", err), watcher.Close())
	}
	return watcher, nil
}
