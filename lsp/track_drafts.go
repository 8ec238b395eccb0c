package lsp

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// drafts are the tracks that have a document, in the workspace's folder for them or told of by a client, and that the engine
// does not know: nobody has saved it in an editor or run it, and a document that a repository brings along is not planned
// by lying there. They are shown as they would be planned.
type drafts struct {
	mu      sync.Mutex
	looked  bool
	known   map[engine.TrackID]*draft // replaced, never changed in place
	changed chan struct{}             // closed when known is replaced; nil while nobody waits
}

// draft is one of them, as its document says it.
type draft struct {
	path  string
	hash  string           // of its text
	snap  *engine.Snapshot // of nothing else
	track *engine.Track
}

// now gives the drafts that there are, and what is closed when they are others.
func (d *drafts) now() (map[engine.TrackID]*draft, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.changed == nil {
		d.changed = make(chan struct{})
	}
	return d.known, d.changed
}

// first reports whether nobody has looked yet.
func (d *drafts) first() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	first := !d.looked
	d.looked = true
	return first
}

// put replaces some of them; a nil is one that is no draft.
func (d *drafts) put(found map[engine.TrackID]*draft) {
	d.mu.Lock()
	defer d.mu.Unlock()
	next, other := maps.Clone(d.known), false
	if next == nil {
		next = map[engine.TrackID]*draft{}
	}
	for id, one := range found {
		old := next[id]
		switch {
		case old == nil && one == nil, old != nil && one != nil && old.hash == one.hash:
			continue
		case one == nil:
			delete(next, id)
		default:
			next[id] = one
		}
		other = true
	}
	if !other {
		return
	}
	d.known = next
	if d.changed != nil {
		close(d.changed)
		d.changed = nil
	}
}

// drafted gives the drafts that there are, and what is closed when they are others. The first call looks for them.
func (h *Hub) drafted(ctx context.Context) (map[engine.TrackID]*draft, <-chan struct{}) {
	if h.drafts.first() {
		entries, err := h.opts.Disk.List(ctx, tracksDir, true)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			h.opts.Log.Warn("the tracks that nobody has run are not shown", "err", err)
		}
		paths := make([]string, len(entries))
		for i, e := range entries {
			paths[i] = e.Path
		}
		h.redraft(ctx, paths)
	}
	return h.drafts.now()
}

// redraft looks at documents again that may have changed, or that a folder among the paths held.
func (h *Hub) redraft(ctx context.Context, paths []string) {
	found := map[engine.TrackID]*draft{}
	known, _ := h.drafts.now()
	for _, d := range known {
		if slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(d.path, p+"/") }) {
			paths = append(paths[:len(paths):len(paths)], d.path)
		}
	}
	for _, path := range paths {
		if id := engine.TrackID(trackfile.ID(path)); trackfile.IsTrackFile(path) && found[id] == nil {
			found[id] = h.draft(ctx, path, id)
		}
	}
	h.drafts.put(found)
}

// draft is the track of a document; nil where the engine knows it, or where it has errors and could not be planned.
func (h *Hub) draft(ctx context.Context, path string, id engine.TrackID) *draft {
	if _, known := h.snapshot().Track(id); known {
		return nil
	}
	file, err := h.opts.Disk.Read(ctx, path)
	if err != nil {
		return nil // it is gone, or diagnostics say what is wrong with it
	}
	doc := trackfile.Parse(path, file.Data)
	if h.unplannable(ctx, path, doc) != "" {
		return nil
	}
	snap, err := engine.PlannedAlone(id, doc.Track)
	if err != nil {
		return nil
	}
	track, ok := snap.Track(id)
	if !ok {
		return nil
	}
	return &draft{path, engine.ContentHash(file.Data), snap, track}
}

// overview is all that clients are told of: what the engine knows, and the drafts beside it.
type overview struct {
	snap   *engine.Snapshot
	drafts map[engine.TrackID]*draft
}

// draft is the one that is shown of a track: nil where the engine knows it.
func (o overview) draft(id engine.TrackID) *draft {
	if o.snap != nil {
		if _, known := o.snap.Track(id); known {
			return nil
		}
	}
	return o.drafts[id]
}

func (o overview) knows(id engine.TrackID) bool {
	if o.snap == nil {
		return false
	}
	_, known := o.snap.Track(id)
	return known || o.drafts[id] != nil
}

// status is Status with the drafts.
func (o overview) status() wire.Status {
	out := Status(o.snap)
	for _, id := range slices.Sorted(maps.Keys(o.drafts)) {
		if d := o.draft(id); d != nil {
			out.Tracks = append(out.Tracks, TrackStatus(d.snap, d.track))
		}
	}
	return out
}

// after is what a client has to be told that was told of another; its zero: of nothing.
func (o overview) after(told overview) wire.State {
	out := stateAfter(told.snap, o.snap)
	for i := range out.Tracks {
		if told.draft(engine.TrackID(out.Tracks[i].ID)) != nil {
			out.Tracks[i].Order = orderOf(&out.Tracks[i].Track)
		}
	}
	out.Gone = slices.DeleteFunc(out.Gone, func(id string) bool { return o.knows(engine.TrackID(id)) })
	for _, id := range slices.Sorted(maps.Keys(o.drafts)) {
		d := o.draft(id)
		if d == nil || told.snap != nil && told.draft(id) == d {
			continue
		}
		change := wire.TrackChange{Track: TrackStatus(d.snap, d.track)}
		if told.knows(id) {
			change.Order = orderOf(&change.Track)
		}
		out.Tracks = append(out.Tracks, change)
	}
	for _, id := range slices.Sorted(maps.Keys(told.drafts)) {
		if told.draft(id) != nil && !o.knows(id) {
			out.Gone = append(out.Gone, string(id))
		}
	}
	return out
}

// orderOf names the tickets of a track, all of which it has.
func orderOf(t *wire.Track) []string {
	ids := make([]string, len(t.Tickets))
	for i := range t.Tickets {
		ids[i] = t.Tickets[i].ID
	}
	return ids
}

// differs says whether there is something to be told of it to who was told of another.
func (o overview) differs(told overview) bool {
	if told.snap == nil || o.snap.Seq() != told.snap.Seq() {
		return true
	}
	return !maps.Equal(o.drafts, told.drafts)
}

// next waits until the engine has gone on, or the drafts are others. The error is ctx's, or that the engine has stopped.
func (s *Session) next(ctx context.Context, after uint64, drafts <-chan struct{}) error {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	over := make(chan error, 1) // room for the one
	go func() {
		_, err := s.engine.Wait(waiting, after)
		over <- err
	}()
	select {
	case err := <-over:
		return err
	case <-drafts:
		cancel()
		<-over
		return ctx.Err()
	}
}
