package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp"
)

// planned is the state as it would be with the document as it is on disk now, so that a track can be looked at before
// its first run. The document must be without errors.
func planned(s *engine.State, root string, track trackDoc) (*engine.Snapshot, error) {
	for _, cmd := range replan(s.Freeze(), root, track) {
		bodies, err := engine.Decide(s, engine.Settings{MaxWorkers: 1}, cmd, time.Now())
		if err != nil {
			return nil, err
		}
		if _, err := fold(s, nil, bodies); err != nil {
			return nil, err
		}
	}
	return s.Freeze(), nil
}

// trackShow prints a track's board. Nothing is stored by looking.
func (a *app) trackShow(ctx context.Context, name string) error {
	snap, track, err := a.look(ctx, name)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(lsp.TrackStatus(snap, track))
	}
	fmt.Fprint(a.out, page.Board(snap, track)+page.UsageLines(track))
	return nil
}

// look gives a track as it stands, with its document as it is now where that has no errors. A track whose document is
// gone is found by its id.
func (a *app) look(ctx context.Context, name string) (*engine.Snapshot, *engine.Track, error) {
	root, err := a.root(ctx)
	if err != nil {
		return nil, nil, err
	}
	state, err := loadState(ctx, root)
	if err != nil {
		return nil, nil, err
	}
	snap := state.Freeze()
	doc, err := loadTrack(root, name)
	if err != nil {
		if t, ok := snap.Track(engine.TrackID(name)); ok {
			return snap, t, nil
		}
		return nil, nil, err
	}
	if doc.Doc.Errors() {
		if t, ok := snap.Track(doc.ID); ok {
			fmt.Fprintf(a.err, "slop-ls: %s has errors, so the last good plan is shown: see `slop-ls track check %s`\n", doc.Path, doc.Path)
			return snap, t, nil
		}
		return nil, nil, fmt.Errorf("%s has errors: see `slop-ls track check %s`", doc.Path, doc.Path)
	}
	if snap, err = planned(state, root, doc); err != nil {
		return nil, nil, err
	}
	t, ok := snap.Track(doc.ID)
	if !ok {
		return nil, nil, fmt.Errorf("%s has no tickets: add one", doc.Path)
	}
	return snap, t, nil
}

// trackList prints a line for each track, of the documents and of the store.
func (a *app) trackList(ctx context.Context) error {
	root, snap, err := a.stored(ctx)
	if err != nil {
		return err
	}
	paths, err := trackPaths(root)
	if err != nil {
		return err
	}
	for _, path := range paths {
		doc, err := readTrack(root, path)
		if err != nil {
			return err
		}
		if err := a.listTrack(root, doc, snap); err != nil {
			return err
		}
	}
	for t := range snap.Tracks() {
		if !slices.ContainsFunc(paths, func(p string) bool { return trackfile.ID(p) == string(t.ID) }) {
			if err := a.printTrack(trackListed{ID: string(t.ID), Status: string(t.Status), Completed: t.Count(engine.Completed), Tickets: t.Total(), Note: "its document is gone"}); err != nil {
				return err
			}
		}
	}
	if len(paths) == 0 && !a.json {
		fmt.Fprintln(a.err, "no track documents here: make one with `slop-ls track new NAME`")
	}
	return nil
}

// trackListed is a line of `track list --json`.
type trackListed struct {
	ID        string `json:"id"`
	Path      string `json:"path,omitempty"`
	Status    string `json:"status"`
	Title     string `json:"title,omitempty"`
	Completed int    `json:"completed"`
	Tickets   int    `json:"tickets"`
	Note      string `json:"note,omitempty"`
}

func (a *app) listTrack(root string, doc trackDoc, snap *engine.Snapshot) error {
	item := trackListed{
		ID: string(doc.ID), Path: doc.Path, Status: string(engine.TrackIdle), Title: doc.Doc.Track.Title, Tickets: len(doc.Doc.Track.Tickets),
	}
	if t, ok := snap.Track(doc.ID); ok {
		item.Status, item.Completed = string(t.Status), t.Count(engine.Completed)
	}
	if doc.Doc.Errors() {
		item.Note = "has errors: see `slop-ls track check " + doc.Path + "`"
	}
	if other := twin(root, doc.Path); other != "" {
		item.Note = "would be the same track as " + other + ": rename one of them"
	}
	return a.printTrack(item)
}

func (a *app) printTrack(item trackListed) error {
	if a.json {
		return a.printJSON(item)
	}
	note := item.Note
	if note == "" {
		note = item.Title
	}
	_, err := fmt.Fprintf(a.out, "%-8s %3d/%-3d %-36s %s\n", item.Status, item.Completed, item.Tickets, item.ID, note)
	return err
}
