package lsp

import (
	"context"
	"slices"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// refreshEvery bounds how often a client is told to ask again for what it shows.
const refreshEvery = 300 * time.Millisecond

// refreshing tells the client to ask again for lenses and hints when what they show of its open documents has changed,
// until ctx ends or the engine stops. A client that answers slowly is told less often; nothing is told about documents
// whose tickets stay as they were.
func (s *Session) refreshing(ctx context.Context) {
	t := s.traits()
	if !t.LensRefresh && !t.HintRefresh {
		return
	}
	shown := map[uri.URI][]any{}
	for seq := uint64(0); ; {
		snap, err := s.engine.Wait(ctx, seq)
		if err != nil {
			return
		}
		seq = snap.Seq()
		now := s.live(snap)
		if outdated(shown, now) {
			s.refresh(ctx, t.LensRefresh, protocol.MethodWorkspaceCodeLensRefresh)
			s.refresh(ctx, t.HintRefresh, protocol.MethodWorkspaceInlayHintRefresh)
		}
		shown = now
		pause(ctx, refreshEvery)
	}
}

func (s *Session) refresh(ctx context.Context, supported bool, method string) {
	if !supported {
		return
	}
	if err := s.conn.Call(ctx, method, nil, nil); err != nil {
		s.log.Debug("the client did not refresh", "method", method, "err", err)
	}
}

// live is what the lenses and hints of each open document are made of: values of the snapshot, which are the same as
// long as nothing in them has changed.
func (s *Session) live(snap *engine.Snapshot) map[uri.URI][]any {
	out := map[uri.URI][]any{}
	for u, d := range s.desk.Docs().Open {
		switch {
		case trackfile.IsTrackFile(d.Path):
			if tr, ok := snap.Track(engine.TrackID(trackfile.ID(d.Path))); ok {
				out[u] = []any{tr}
			}
		case isSource(d):
			for _, t := range s.hub.aimed(snap, d.Path) {
				out[u] = append(out[u], t)
			}
		}
	}
	return out
}

// outdated says whether a document shows something else now. One that was opened since the last look may have been
// asked about before the change: it counts as showing nothing.
func outdated(before, now map[uri.URI][]any) bool {
	for u, v := range now {
		if !slices.Equal(before[u], v) {
			return true
		}
	}
	return false
}
