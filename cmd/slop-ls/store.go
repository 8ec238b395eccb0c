package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/store"
)

// storePath is where the workspace's store is.
func storePath(root string) (string, error) {
	path, err := store.DefaultPath(root)
	if err != nil {
		return "", fmt.Errorf("finding the state folder: %w", err)
	}
	return path, nil
}

// openStore opens the workspace's store to write, making it where there is none. The caller closes it.
func openStore(root string) (*store.Store, error) {
	return openStoreWith(root, store.Options{})
}

// openStoreWith is openStore with options of the caller's.
func openStoreWith(root string, opts store.Options) (*store.Store, error) {
	path, err := storePath(root)
	if err != nil {
		return nil, err
	}
	opts.Build, opts.Failpoint = buildVersion().Version, failpoint()
	return store.Open(path, opts)
}

// archive is a store to read from: the file itself, or the daemon that has it open.
type archive interface {
	engine.Journal
	engine.Blobs
	Export(ctx context.Context, w io.Writer) error
	Close() error
}

// readStore gives the workspace's store to read from, or nil when nothing was ever stored. The caller closes it.
func readStore(ctx context.Context, root string) (archive, error) {
	if daemon, err := daemonOf(ctx, root, nil); err != nil {
		return nil, err
	} else if daemon != nil {
		return daemon, nil
	}
	s, err := readStoreFile(root)
	if s == nil || err != nil {
		return nil, err
	}
	return s, nil
}

func readStoreFile(root string) (*store.Store, error) {
	path, err := storePath(root)
	if err != nil {
		return nil, err
	}
	s, err := store.Open(path, store.Options{ReadOnly: true})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if older := (*store.OlderError)(nil); errors.As(err, &older) { // only a writer can migrate
		return openStore(root)
	}
	return s, err
}

// loadState is the state as it is stored; an empty one where nothing is.
func loadState(ctx context.Context, root string) (*engine.State, error) {
	s, err := readStore(ctx, root)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return engine.NewState(), nil
	}
	state, err := engine.Load(ctx, s)
	return state, errors.Join(err, s.Close())
}

// snapshot is loadState to be looked at.
func snapshot(ctx context.Context, root string) (*engine.Snapshot, error) {
	state, err := loadState(ctx, root)
	if err != nil {
		return nil, err
	}
	return state.Freeze(), nil
}

// stored is the workspace's root and what its store holds.
func (a *app) stored(ctx context.Context) (root string, snap *engine.Snapshot, err error) {
	if root, err = a.root(ctx); err != nil {
		return "", nil, err
	}
	snap, err = snapshot(ctx, root)
	return root, snap, err
}

// reading opens the workspace's store to read, for as long as do runs. Where nothing was ever stored it returns what
// nothing says.
func (a *app) reading(ctx context.Context, nothing func(root string) error, do func(archive) error) (err error) {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	s, err := readStore(ctx, root)
	if err != nil {
		return err
	}
	if s == nil {
		return nothing(root)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return do(s)
}

// change submits commands to the workspace's daemon. Where none runs it opens the store and decides them on what it
// holds, without starting anything: what they set free runs with the next `slop-ls run`, or in the editor. atOnce says
// that a daemon took them, with which it goes on at once; env is what is lent to it.
func change(
	ctx context.Context, root string, env map[string]string, commands func(*engine.Snapshot, engine.Blobs) ([]engine.Command, error),
) (atOnce bool, err error) {
	if daemon, err := daemonOf(ctx, root, env); daemon != nil || err != nil {
		return true, submit(ctx, daemon, err, commands)
	}
	return false, changeStored(ctx, root, commands)
}

// changeStored is change on the store itself.
func changeStored(
	ctx context.Context, root string, commands func(*engine.Snapshot, engine.Blobs) ([]engine.Command, error),
) (err error) {
	s, err := openStore(root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	state, err := engine.Load(ctx, s)
	if err != nil {
		return err
	}
	list, err := commands(state.Freeze(), s)
	if err != nil {
		return err
	}
	var events []engine.Event
	for _, c := range list {
		bodies, err := engine.Decide(state, engine.Settings{MaxWorkers: 1}, c, time.Now())
		if err != nil {
			return err
		}
		if events, err = fold(state, events, bodies); err != nil {
			return err
		}
	}
	if events, err = fold(state, events, state.Settle()); err != nil || len(events) == 0 {
		return err
	}
	if err := s.Append(ctx, events); err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(c engine.Command) bool { _, starts := engine.Starts(c); return starts }) {
		return trustNow(root)
	}
	return nil
}

// submit is change through a daemon.
func submit(
	ctx context.Context, daemon *link, err error, commands func(*engine.Snapshot, engine.Blobs) ([]engine.Command, error),
) error {
	if err != nil {
		return err
	}
	snap, err := daemon.Now(ctx)
	if err != nil {
		return err
	}
	list, err := commands(snap, daemon)
	if err != nil {
		return err
	}
	for _, c := range list {
		if err := daemon.Do(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// goesOn says when a ticket goes on that a change has set free.
func goesOn(atOnce bool) string {
	if atOnce {
		return "goes on"
	}
	return "goes on with the next `slop-ls run`"
}

// fold applies bodies as the next events and adds these to events.
func fold(state *engine.State, events []engine.Event, bodies []engine.Body) ([]engine.Event, error) {
	seq := state.Freeze().Seq()
	for i, b := range bodies {
		e := engine.Event{Seq: seq + uint64(i) + 1, At: time.Now(), Body: b}
		if err := state.Apply(e); err != nil {
			return events, err
		}
		events = append(events, e)
	}
	return events, nil
}

// ticketOf finds a ticket in a snapshot, and says where to look when there is none.
func ticketOf(s *engine.Snapshot, track engine.TrackID, id string) (*engine.Track, *engine.Ticket, error) {
	t, ok := s.Track(track)
	if !ok {
		return nil, nil, fmt.Errorf("track %s has never run: start it with `slop-ls run %s`", track, track)
	}
	ticket, ok := t.Ticket(id)
	if !ok {
		return nil, nil, fmt.Errorf("track %s has no ticket %s: see `slop-ls ticket list %s`", track, id, track)
	}
	return t, ticket, nil
}
