package lsp

import (
	"context"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/document"
)

// checker keeps diagnostics and plans in step with the open documents. Its fields belong to the goroutine of
// checking. It always looks at the newest documents: a fast typist costs no queue.
type checker struct {
	s         *Session
	published map[uri.URI]*document.TrackCell // the version that was last published, by its cell
	planned   map[uri.URI]*text.Index         // the saved text that was last planned
	sent      map[uri.URI]uri.URI             // as the client spells it
	found     map[uri.URI]*findings           // of track documents
}

func newChecker(s *Session) *checker {
	return &checker{
		s: s, published: map[uri.URI]*document.TrackCell{}, planned: map[uri.URI]*text.Index{}, sent: map[uri.URI]uri.URI{},
		found: map[uri.URI]*findings{},
	}
}

// checking runs the session's checker until ctx ends.
func (s *Session) checking(ctx context.Context) {
	c := newChecker(s)
	for {
		docs, changed := s.desk.Watch()
		c.turn(ctx, docs)
		c.explore(ctx, docs, changed)
		select {
		case <-changed:
		case <-c.s.kicks.checks:
			clear(c.published) // what waits for a person has changed: all is looked at again
		case <-ctx.Done():
			return
		}
	}
}

func (c *checker) turn(ctx context.Context, docs *document.Set) {
	for u, d := range docs.Open {
		if d.Broken != nil || c.published[u] == d.Parsed && c.planned[u] == d.Saved {
			continue
		}
		switch {
		case trackfile.IsTrackFile(d.Path):
			c.track(ctx, docs, d)
		case isReview(d):
			c.publish(ctx, d, c.s.reviewProblems(ctx, docs, d))
		default:
			continue
		}
		c.published[u], c.planned[u], c.sent[u] = d.Parsed, d.Saved, d.Sent
	}
	for u := range c.sent {
		if docs.Open[u] == nil {
			c.clear(ctx, u)
		}
	}
}

// clear takes the diagnostics of a closed document back.
func (c *checker) clear(ctx context.Context, u uri.URI) {
	if c.s.pulls.forget(u); !c.s.traits().Pull {
		c.notify(ctx, &protocol.PublishDiagnosticsParams{URI: c.sent[u], Diagnostics: []protocol.Diagnostic{}})
	}
	delete(c.published, u)
	delete(c.planned, u)
	delete(c.sent, u)
	c.forget(u)
}

// publish tells the client what was found, or, where it asks by itself, notes that it may have to ask again.
func (c *checker) publish(ctx context.Context, d *document.Document, list []protocol.Diagnostic) {
	if c.s.traits().Pull {
		if id, err := diagnosticsID(list); err == nil {
			c.s.pulls.change(d.URI, func(p *pulled) { p.found = id })
			kick(c.s.kicks.pulls)
		}
		return
	}
	c.notify(ctx, &protocol.PublishDiagnosticsParams{
		URI: d.Sent, Version: protocol.NewOptional(d.Version), Diagnostics: list,
	})
}

func (c *checker) notify(ctx context.Context, p *protocol.PublishDiagnosticsParams) {
	if err := c.s.conn.Notify(ctx, protocol.MethodTextDocumentPublishDiagnostics, p); err != nil {
		c.s.log.Debug("diagnostics were not sent", "uri", p.URI, "err", err)
	}
}

// track publishes what is wrong with a track document, and makes it the plan where it was saved since.
func (c *checker) track(ctx context.Context, docs *document.Set, d *document.Document) {
	if c.published[d.URI] != d.Parsed {
		c.diagnose(ctx, docs, d)
	}
	if d.Saved != nil && c.planned[d.URI] != d.Saved {
		c.s.planSaved(ctx, d)
	}
}
