package lsp

import (
	"context"
	"encoding/json"
	"errors"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/trackdoc"
)

// Track documents as a language: each request is answered by package trackdoc, from the document as it was when the
// request was sent and the newest snapshot. In any other document the answer is null, at once.

// question is a request about a track document, as it was when it was sent.
type question struct {
	v      view
	d      *document.Document
	offset int
}

// isTrack says whether a document is a track whose text is known.
func isTrack(d *document.Document) bool {
	return d != nil && d.Broken == nil && trackfile.IsTrackFile(d.Path)
}

// onTrackDoc makes the first half of a request about a track document. at gives the place that it is about, which is
// nil for one about the whole.
func onTrackDoc[P any](at func(p *P) (uri.URI, *protocol.Position), answer func(ctx context.Context, s *Session, q question, p *P) (any, error)) func(view, json.RawMessage) (work, error) {
	return func(v view, params json.RawMessage) (work, error) {
		var p P
		if err := rpc.Decode(params, &p); err != nil {
			return nil, err
		}
		u, pos := at(&p)
		q := question{v: v, d: v.docs.Get(u)}
		if !isTrack(q.d) {
			return func(context.Context, *Session) (any, error) { return nil, nil }, nil
		}
		if pos != nil {
			q.offset = q.d.Index.Offset(document.Position(*pos), v.docs.Encoding)
		}
		return func(ctx context.Context, s *Session) (any, error) { return answer(ctx, s, q, &p) }, nil
	}
}

func placed(p *protocol.TextDocumentPositionParams) (uri.URI, *protocol.Position) {
	return p.TextDocument.URI, &p.Position
}

// doc is what package trackdoc is asked about.
func (q question) doc(s *Session) *trackdoc.Doc { return s.trackDoc(q.v, q.d) }

// trackDoc is a track document and the state of its track now.
func (s *Session) trackDoc(v view, d *document.Document) *trackdoc.Doc {
	client := v.traits.Language.Client
	client.Versions = v.traits.DocumentChanges
	snap := s.engine.Snapshot()
	return &trackdoc.Doc{
		Parsed: d.Track(), URI: d.Sent, Version: d.Version, Track: engine.TrackID(trackfile.ID(d.Path)),
		State: snap, Client: client,
		Range: func(at trackfile.Span) protocol.Range { return v.docs.RangeOf(d, text.Span(at)) },
		Asks:  func(t *engine.Ticket) []protocol.Command { return approvalActions(snap, t) },
	}
}

var prepareCompletion = onTrackDoc(
	func(p *protocol.CompletionParams) (uri.URI, *protocol.Position) {
		return placed(&p.TextDocumentPositionParams)
	},
	func(ctx context.Context, s *Session, q question, _ *protocol.CompletionParams) (any, error) {
		return trackdoc.Completion(ctx, q.doc(s), q.offset, s.around(q.v)), nil
	})

var prepareHover = onTrackDoc(
	func(p *protocol.HoverParams) (uri.URI, *protocol.Position) {
		return placed(&p.TextDocumentPositionParams)
	},
	func(ctx context.Context, s *Session, q question, _ *protocol.HoverParams) (any, error) {
		if h := trackdoc.Hover(ctx, q.doc(s), q.offset, s.around(q.v)); h != nil {
			return h, nil
		}
		return nil, nil
	})

var prepareDefinition = onTrackDoc(
	func(p *protocol.DefinitionParams) (uri.URI, *protocol.Position) {
		return placed(&p.TextDocumentPositionParams)
	},
	func(ctx context.Context, s *Session, q question, _ *protocol.DefinitionParams) (any, error) {
		if at := trackdoc.Definition(ctx, q.doc(s), q.offset, s.around(q.v)); at != nil {
			return at, nil
		}
		return nil, nil
	})

var prepareReferences = onTrackDoc(
	func(p *protocol.ReferenceParams) (uri.URI, *protocol.Position) {
		return placed(&p.TextDocumentPositionParams)
	},
	func(_ context.Context, s *Session, q question, p *protocol.ReferenceParams) (any, error) {
		return encodeList(trackdoc.References(q.doc(s), q.offset, p.Context.IncludeDeclaration))
	})

var preparePrepareRename = onTrackDoc(
	func(p *protocol.PrepareRenameParams) (uri.URI, *protocol.Position) {
		return placed(&p.TextDocumentPositionParams)
	},
	func(_ context.Context, s *Session, q question, _ *protocol.PrepareRenameParams) (any, error) {
		if at := trackdoc.PrepareRename(q.doc(s), q.offset); at != nil {
			return at, nil
		}
		return nil, nil
	})

var prepareRename = onTrackDoc(
	func(p *protocol.RenameParams) (uri.URI, *protocol.Position) { return p.TextDocument.URI, &p.Position },
	func(_ context.Context, s *Session, q question, p *protocol.RenameParams) (any, error) {
		edit, err := trackdoc.Rename(q.doc(s), q.offset, p.NewName)
		switch {
		case errors.Is(err, trackfile.ErrNoTicket):
			return nil, rpc.Refuse(rpc.InvalidParams, "only the id of a ticket can be renamed here")
		case err != nil:
			return nil, rpc.Refuse(rpc.InvalidParams, "%v", err)
		}
		return edit, nil
	})

var prepareDocumentSymbol = onTrackDoc(
	func(p *protocol.DocumentSymbolParams) (uri.URI, *protocol.Position) { return p.TextDocument.URI, nil },
	func(_ context.Context, s *Session, q question, _ *protocol.DocumentSymbolParams) (any, error) {
		return trackdoc.Symbols(q.doc(s)), nil
	})

var prepareFoldingRange = onTrackDoc(
	func(p *protocol.FoldingRangeParams) (uri.URI, *protocol.Position) { return p.TextDocument.URI, nil },
	func(_ context.Context, s *Session, q question, _ *protocol.FoldingRangeParams) (any, error) {
		return encodeList(trackdoc.Folds(q.doc(s)))
	})

var prepareFormatting = onTrackDoc(
	func(p *protocol.DocumentFormattingParams) (uri.URI, *protocol.Position) {
		return p.TextDocument.URI, nil
	},
	func(_ context.Context, s *Session, q question, _ *protocol.DocumentFormattingParams) (any, error) {
		return encodeList(trackdoc.Format(q.doc(s)))
	})

// encodeList is a list of the protocol's values as JSON: package protocol encodes single ones. It is never null.
func encodeList[T any](list []T) (any, error) {
	out := []byte{'['}
	for i := range list {
		if i > 0 {
			out = append(out, ',')
		}
		raw, err := protocol.Marshal(&list[i])
		if err != nil {
			return nil, err
		}
		out = append(out, raw...) // not by encoding/json, which would read all of it once more
	}
	return json.RawMessage(append(out, ']')), nil
}
