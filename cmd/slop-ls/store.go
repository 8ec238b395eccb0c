package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
	return openStoreKeeping(root, store.Retention{})
}

// openStoreKeeping is openStore with a bound on the transcripts that are kept.
func openStoreKeeping(root string, keep store.Retention) (*store.Store, error) {
	path, err := storePath(root)
	if err != nil {
		return nil, err
	}
	return store.Open(path, store.Options{Build: buildVersion().Version, Failpoint: failpoint(), Retention: keep})
}

// readStore gives the workspace's store to read from, or nil when nothing was ever stored. The caller closes it.
func readStore(root string) (*store.Store, error) {
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
	s, err := readStore(root)
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
func (a *app) reading(ctx context.Context, nothing func(root string) error, do func(*store.Store) error) (err error) {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	s, err := readStore(root)
	if err != nil {
		return err
	}
	if s == nil {
		return nothing(root)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return do(s)
}

// change opens the store and decides commands on what it holds, without starting anything: what they set free runs
// with the next `slop-ls run`, or in the editor.
func change(ctx context.Context, root string, commands func(*engine.Snapshot, *store.Store) ([]engine.Command, error)) (err error) {
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
	return s.Append(ctx, events)
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
