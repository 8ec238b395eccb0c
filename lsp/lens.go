package lsp

import (
	"context"
	"encoding/json"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

func prepareCodeLens(v view, params json.RawMessage) (work, error) {
	var p protocol.CodeLensParams
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	d := v.docs.get(p.TextDocument.URI)
	return func(_ context.Context, s *Session) (any, error) {
		lenses := []json.RawMessage{}
		for _, l := range s.lenses(v, d) {
			raw, err := protocol.Marshal(&l)
			if err != nil {
				return nil, err
			}
			lenses = append(lenses, raw)
		}
		return jsonOf(lenses)
	}, nil
}

// lenses are the track's commands above it and each pending approval's above its ticket; in a Review… document the
// two answers.
func (s *Session) lenses(v view, d *document) []protocol.CodeLens {
	var out []protocol.CodeLens
	add := func(offset int, cmds []protocol.Command) {
		r := v.docs.rangeOf(d, text.Span{Start: offset, End: offset})
		for _, c := range cmds {
			out = append(out, protocol.CodeLens{Range: r, Command: c})
		}
	}
	switch {
	case d == nil || d.broken != nil:
	case trackfile.IsTrackFile(d.path):
		snap, id, parsed := s.engine.Snapshot(), engine.TrackID(trackfile.ID(d.path)), d.track()
		add(0, trackCommands(snap, id, string(d.sent)))
		for a := range snap.Pending() {
			t, ok := snap.Ticket(a.Run.Ticket)
			i := parsed.Ticket(a.Run.Ticket.ID)
			if ok && i >= 0 && a.Run.Ticket.Track == id {
				add(parsed.Items[i].Span.Start, approvalActions(snap, t))
			}
		}
	case isReview(d):
		add(0, reviewActions(d))
	}
	return out
}
