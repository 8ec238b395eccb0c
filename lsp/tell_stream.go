package lsp

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// maxPiece bounds, in bytes, the text of one slop/stream. What a slow client did not take in time is left out.
const maxPiece = 64 << 10

// streaming sends slop/stream to a client that asked for it, until ctx ends: one goroutine for each attempt that runs.
func (s *Session) streaming(ctx context.Context) {
	if !s.traits().Stream {
		return
	}
	followed := map[engine.Run]bool{}
	for seq := uint64(0); ; {
		streams := s.engine.Streams()
		for run, stream := range streams {
			if !followed[run] {
				followed[run] = true
				s.later(func(ctx context.Context) { s.follow(ctx, run, stream) })
			}
		}
		for run := range followed {
			if streams[run] == nil {
				delete(followed, run)
			}
		}
		snap, err := s.engine.Wait(ctx, seq)
		if err != nil {
			return
		}
		seq = snap.Seq()
	}
}

// follow sends what one attempt streams, to its end. The first piece is sent at once, also where it is empty: it says
// that the attempt is followed from here on.
func (s *Session) follow(ctx context.Context, run engine.Run, stream *engine.Stream) {
	var at engine.Place
	for begun := false; ; begun = true {
		added, from, next, done := stream.Text(at)
		if !begun || added != "" || done || next != at {
			p := piece(run, added, from, done)
			p.Reasoning = text.Visible(lastOf(stream.Thought(at, next)))
			if err := s.send(ctx, wire.StreamMethod, p); err != nil {
				return
			}
		}
		at = next
		if done || rest(ctx, tellEvery) != nil || stream.Wait(ctx, at) != nil {
			return
		}
	}
}

// piece is the end of what was added, as much as is sent at a time.
func piece(run engine.Run, added string, from int, done bool) wire.Stream {
	to := from + len(added)
	added = lastOf(added)
	return wire.Stream{
		Track: string(run.Ticket.Track), Ticket: run.Ticket.ID, Attempt: run.Attempt,
		From: to - len(added), To: to, Text: text.Visible(added), Done: done,
	}
}

// lastOf is the end of what was added, as much as is sent at a time.
func lastOf(added string) string {
	if len(added) <= maxPiece {
		return added
	}
	added = added[len(added)-maxPiece:]
	return strings.TrimLeftFunc(added[:utf8.UTFMax], func(r rune) bool { return r == utf8.RuneError }) + added[utf8.UTFMax:]
}
