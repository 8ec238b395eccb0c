package lsp

import (
	"context"
	"sync"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// tracksDir is where tracks are by default, and scratchPath the one that runOnSymbol adds to.
const (
	tracksDir   = ".slop/tracks"
	scratchPath = tracksDir + "/scratch.track.yaml"
)

// trackSuffixes are how a track's id becomes a path again, in the order in which they are tried.
var trackSuffixes = []string{".track.yaml", ".track.yml", ".track.json"}

// trackPaths is where the documents of tracks were found on the disk. A track's id does not say its document's suffix,
// and there is no looking for a file but by reading it.
type trackPaths struct {
	mu    sync.Mutex
	known map[engine.TrackID]foundTrack
}

type foundTrack struct {
	path string
	at   time.Time
}

// trackPathFresh is how long a document is taken to be where it was found.
const trackPathFresh = 2 * time.Second

// trackPath is the path of a track's document: an open one, else the one on the disk, else what a new one would have.
func (h *Hub) trackPath(ctx context.Context, docs *document.Set, id engine.TrackID) string {
	for _, suffix := range trackSuffixes {
		if docs.ByPath(string(id)+suffix) != nil {
			return string(id) + suffix
		}
	}
	now := h.opts.Now()
	h.paths.mu.Lock()
	found, ok := h.paths.known[id]
	h.paths.mu.Unlock()
	if ok && now.Sub(found.at) < trackPathFresh {
		return found.path
	}
	found = foundTrack{h.findTrack(ctx, id), now}
	h.paths.mu.Lock()
	defer h.paths.mu.Unlock()
	if h.paths.known == nil || len(h.paths.known) > maxTargets {
		h.paths.known = map[engine.TrackID]foundTrack{}
	}
	h.paths.known[id] = found
	return found.path
}

func (h *Hub) findTrack(ctx context.Context, id engine.TrackID) string {
	for _, suffix := range trackSuffixes {
		if _, err := h.opts.Disk.Read(ctx, string(id)+suffix); err == nil {
			return string(id) + suffix
		}
	}
	return string(id) + trackSuffixes[0]
}

// ref names a ticket by its track's document.
func (s *Session) ref(ctx context.Context, v view, key engine.TicketKey) wire.TicketRef {
	path := s.hub.trackPath(ctx, v.docs, key.Track)
	return wire.TicketRef{URI: string(v.docs.Root.URI(path)), ID: key.ID}
}
