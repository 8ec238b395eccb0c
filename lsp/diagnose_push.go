package lsp

import (
	"context"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// checker keeps diagnostics and plans in step with the open documents. Its fields belong to the goroutine of
// checking. It always looks at the newest documents: a fast typist costs no queue.
type checker struct {
	s         *Session
	published map[uri.URI]*trackCell  // the version that was last published, by its cell
	planned   map[uri.URI]*text.Index // the saved text that was last planned
	sent      map[uri.URI]uri.URI     // as the client spells it
	found     map[uri.URI]*findings   // of track documents
}

func newChecker(s *Session) *checker {
	return &checker{
		s: s, published: map[uri.URI]*trackCell{}, planned: map[uri.URI]*text.Index{}, sent: map[uri.URI]uri.URI{},
		found: map[uri.URI]*findings{},
	}
}

// checking runs the session's checker until ctx ends.
func (s *Session) checking(ctx context.Context) {
	c := newChecker(s)
	for {
		docs, changed := s.desk.watch()
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

func (c *checker) turn(ctx context.Context, docs *documents) {
	for u, d := range docs.open {
		if d.broken != nil || c.published[u] == d.parsed && c.planned[u] == d.saved {
			continue
		}
		switch {
		case trackfile.IsTrackFile(d.path):
			c.track(ctx, docs, d)
		case isReview(d):
			c.publish(ctx, d, c.s.reviewProblems(ctx, docs, d))
		default:
			continue
		}
		c.published[u], c.planned[u], c.sent[u] = d.parsed, d.saved, d.sent
	}
	for u := range c.sent {
		if docs.open[u] == nil {
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
func (c *checker) publish(ctx context.Context, d *document, list []protocol.Diagnostic) {
	if c.s.traits().Pull {
		if id, err := diagnosticsID(list); err == nil {
			c.s.pulls.change(d.uri, func(p *pulled) { p.found = id })
			kick(c.s.kicks.pulls)
		}
		return
	}
	c.notify(ctx, &protocol.PublishDiagnosticsParams{
		URI: d.sent, Version: protocol.NewOptional(d.version), Diagnostics: list,
	})
}

func (c *checker) notify(ctx context.Context, p *protocol.PublishDiagnosticsParams) {
	if err := c.s.conn.Notify(ctx, protocol.MethodTextDocumentPublishDiagnostics, p); err != nil {
		c.s.log.Debug("diagnostics were not sent", "uri", p.URI, "err", err)
	}
}

// track publishes what is wrong with a track document, and makes it the plan where it was saved since.
func (c *checker) track(ctx context.Context, docs *documents, d *document) {
	if c.published[d.uri] != d.parsed {
		c.diagnose(ctx, docs, d)
	}
	if d.saved != nil && c.planned[d.uri] != d.saved {
		c.s.planSaved(ctx, d)
	}
}
