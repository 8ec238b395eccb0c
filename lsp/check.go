package lsp

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
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
}

// checking runs the session's checker until ctx ends.
func (s *Session) checking(ctx context.Context) {
	c := &checker{
		s: s, published: map[uri.URI]*trackCell{}, planned: map[uri.URI]*text.Index{}, sent: map[uri.URI]uri.URI{},
	}
	for {
		docs, changed := s.desk.watch()
		c.turn(ctx, docs)
		select {
		case <-changed:
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
	for u := range c.published {
		if docs.open[u] == nil {
			c.clear(ctx, u)
		}
	}
}

// clear takes the diagnostics of a closed document back.
func (c *checker) clear(ctx context.Context, u uri.URI) {
	c.notify(ctx, &protocol.PublishDiagnosticsParams{URI: c.sent[u], Diagnostics: []protocol.Diagnostic{}})
	delete(c.published, u)
	delete(c.planned, u)
	delete(c.sent, u)
}

func (c *checker) publish(ctx context.Context, d *document, list []protocol.Diagnostic) {
	c.notify(ctx, &protocol.PublishDiagnosticsParams{
		URI: d.sent, Version: protocol.NewOptional(d.version), Diagnostics: list,
	})
}

func (c *checker) notify(ctx context.Context, p *protocol.PublishDiagnosticsParams) {
	if err := c.s.conn.notify(ctx, protocol.MethodTextDocumentPublishDiagnostics, p); err != nil {
		c.s.log.Debug("diagnostics were not sent", "uri", p.URI, "err", err)
	}
}

// track publishes what is wrong with a track document, and makes it the plan where it was saved since.
func (c *checker) track(ctx context.Context, docs *documents, d *document) {
	if c.published[d.uri] != d.parsed {
		problems := slices.Concat(d.track().Problems, c.targets(ctx, d.track()))
		list := make([]protocol.Diagnostic, 0, len(problems))
		for _, p := range problems {
			severity := protocol.DiagnosticSeverityError
			if p.Severity == trackfile.Warning {
				severity = protocol.DiagnosticSeverityWarning
			}
			r := docs.rangeOf(d, text.Span{Start: p.Span.Start, End: p.Span.End})
			list = append(list, diagnostic(r, severity, string(p.Code), p.Message))
		}
		c.publish(ctx, d, list)
	}
	if d.saved != nil && c.planned[d.uri] != d.saved {
		if err := c.s.plan(ctx, d.path, trackfile.Parse(d.path, []byte(d.saved.Text()))); err != nil && ctx.Err() == nil {
			c.s.tell(ctx, protocol.MessageTypeWarning, err.Error())
		}
	}
}

// targets warns of files and symbols that a track names and that do not exist. Each file is looked at once.
func (c *checker) targets(ctx context.Context, doc *trackfile.Document) []trackfile.Problem {
	seen := map[string]*target{}
	look := func(path string) *target {
		if seen[path] == nil {
			seen[path] = c.look(ctx, path)
		}
		return seen[path]
	}
	return trackfile.CheckTargets(doc,
		func(path string) bool { return look(path).exists },
		func(path, symbol string) (has, known bool) {
			t := look(path)
			return slices.ContainsFunc(t.symbols, func(s engine.Symbol) bool { return s.Path == symbol || s.Name == symbol }), t.known
		})
}

// target is what is known of a file that a track names.
type target struct {
	exists, known bool
	symbols       []engine.Symbol
}

func (c *checker) look(ctx context.Context, path string) *target {
	file, err := c.s.hub.Files().Read(ctx, path)
	if err != nil {
		return &target{exists: !errors.Is(err, fs.ErrNotExist)}
	}
	outline, err := c.s.hub.opts.Viewer.Outline(ctx, path, file.Data)
	return &target{exists: true, known: err == nil && !outline.Fallback, symbols: outline.Symbols}
}
