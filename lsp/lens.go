package lsp

import (
	"context"
	"encoding/json"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/trackdoc"
)

func prepareCodeLens(v view, params json.RawMessage) (work, error) {
	var p protocol.CodeLensParams
	if err := rpc.Decode(params, &p); err != nil {
		return nil, err
	}
	d := v.docs.Get(p.TextDocument.URI)
	return func(ctx context.Context, s *Session) (any, error) {
		return encodeList(s.lenses(ctx, v, d))
	}, nil
}

// lenses are the track's commands above it and each ticket's above that; in a Review… document the two answers; in a
// source file those of the tickets about it.
func (s *Session) lenses(ctx context.Context, v view, d *document.Document) []protocol.CodeLens {
	var out []protocol.CodeLens
	add := func(offset int, cmds []protocol.Command) {
		r := v.docs.RangeOf(d, text.Span{Start: offset, End: offset})
		for _, c := range cmds {
			out = append(out, protocol.CodeLens{Range: r, Command: c})
		}
	}
	switch {
	case d == nil || d.Broken != nil:
	case trackfile.IsTrackFile(d.Path):
		doc := s.trackDoc(v, d)
		add(0, append(trackCommands(doc.State, doc.Track, string(d.Sent)), inboxCommand(doc.State, doc.Track)...))
		add(0, orphanCommands(doc.State, doc.Track))
		out = append(out, trackdoc.Lenses(doc)...)
	case s.hub.isInbox(d):
		out = s.inboxLenses(v.docs, d)
	case isReview(d):
		add(0, s.reviewActions(d))
	case isSource(d):
		out = s.sourceLenses(ctx, v, d)
	}
	return beside(out)
}

// maxLens bounds a lens's title, in characters: one line holds several, and what they are about stands below them.
const maxLens = 60

// beside makes lenses of one line such that they stay in their order, the safe one first, and fit: Neovim sorts them by
// where they start, and mixes up those that start at one place. A place beyond the end of the line is its end.
func beside(lenses []protocol.CodeLens) []protocol.CodeLens {
	at := map[uint32]uint32{}
	for i := range lenses {
		l := &lenses[i]
		line := l.Range.Start.Line
		if next, ok := at[line]; ok && l.Range.Start.Character < next {
			l.Range.Start.Character = next
			l.Range.End.Character = max(l.Range.End.Character, next)
		}
		at[line] = l.Range.Start.Character + 1
		l.Command.Title, _ = text.CutLine(l.Command.Title, maxLens)
	}
	return lenses
}
