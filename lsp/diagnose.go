package lsp

import (
	"context"
	"reflect"
	"slices"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// findings are what the client shows of one track document, and what is still to be found out about it. It belongs to
// the goroutine of checking.
type findings struct {
	cell  *trackCell // of the version
	shown []protocol.Diagnostic
	todo  survey
}

// diagnose publishes what is known to be wrong with a version of a track document. Which files of it must be looked
// at is left for explore, so that typing never waits for them.
func (c *checker) diagnose(ctx context.Context, docs *documents, d *document) {
	doc := d.track()
	s := c.s.hub.targets.survey(doc, c.s.hub.opts.Now())
	list := diagnosticsOf(docs, d, slices.Concat(doc.Problems, s.warnings))
	before := c.found[d.uri]
	c.found[d.uri] = &findings{cell: d.parsed, shown: list, todo: s}
	if before != nil && c.stillShown(before, d) && reflect.DeepEqual(before.shown, list) {
		return
	}
	c.publish(ctx, d, list)
}

// stillShown says whether the client still shows what it was sent: one that looks at versions drops what comes behind
// its typing, and has to be sent the same again.
func (c *checker) stillShown(before *findings, d *document) bool {
	return before.cell == d.parsed || !c.s.traits().language.diagnosticVersions
}

func diagnosticsOf(docs *documents, d *document, problems []trackfile.Problem) []protocol.Diagnostic {
	list := make([]protocol.Diagnostic, 0, len(problems))
	for _, p := range problems {
		severity := protocol.DiagnosticSeverityError
		if p.Severity == trackfile.Warning {
			severity = protocol.DiagnosticSeverityWarning
		}
		r := docs.rangeOf(d, text.Span{Start: p.Span.Start, End: p.Span.End})
		list = append(list, diagnostic(r, severity, string(p.Code), p.Message))
	}
	return list
}

// explore looks at the files that track documents name and that are not known, or not known any more, until changed
// is closed: then a newer version is looked at first. What it finds out is published.
func (c *checker) explore(ctx context.Context, docs *documents, changed <-chan struct{}) {
	for u, f := range c.found {
		d := docs.open[u]
		if d == nil || d.parsed != f.cell {
			continue
		}
		todo := append(f.todo.unknown, f.todo.aged[:min(len(f.todo.aged), targetRenewed)]...)
		f.todo = survey{}
		if len(todo) == 0 {
			continue
		}
		if !c.lookAll(ctx, todo, changed) {
			return
		}
		c.diagnose(ctx, docs, d)
		c.found[u].todo = survey{} // what cannot be kept is not looked at for ever
	}
}

func (c *checker) lookAll(ctx context.Context, paths []string, changed <-chan struct{}) (whole bool) {
	for _, path := range paths {
		select {
		case <-changed:
			return false
		case <-ctx.Done():
			return false
		default:
			c.s.hub.look(ctx, path)
		}
	}
	return true
}

// forget drops what is known of a closed document.
func (c *checker) forget(u uri.URI) { delete(c.found, u) }
