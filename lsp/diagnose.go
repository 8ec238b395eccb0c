package lsp

import (
	"context"
	"reflect"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/document"
)

// findings are what the client shows of one track document, and what is still to be found out about it. It belongs to
// the goroutine of checking.
type findings struct {
	cell     *document.TrackCell // of the version
	stamp    int                 // of the version
	shown    []protocol.Diagnostic
	warnings []trackfile.Problem // of what it names in the workspace
	todo     *survey             // nil when warnings are of an older version
	explored time.Time           // when what can be found out about this version was, zero before
}

// surveyedAtOnce is up to how many tickets what a document names is looked through with each change, and not behind
// it: that takes well under a millisecond.
const surveyedAtOnce = 500

// diagnose publishes what is known to be wrong with a version of a track document. Which files of it must be looked
// at is left for explore, so that typing never waits for them; of a long document until then the older warnings stay,
// at the places where they are now.
func (c *checker) diagnose(ctx context.Context, docs *document.Set, d *document.Document) {
	doc := d.Track()
	f := &findings{cell: d.Parsed, stamp: d.Stamp}
	if len(doc.Items) <= surveyedAtOnce {
		s := c.s.hub.targets.survey(doc, c.s.hub.opts.Now())
		f.warnings, f.todo = s.warnings, &s
	} else if before := c.found[d.URI]; before != nil {
		f.warnings = before.movedTo(d)
	}
	c.show(ctx, docs, d, f)
}

// show publishes findings, unless the client shows the same already.
func (c *checker) show(ctx context.Context, docs *document.Set, d *document.Document, f *findings) {
	f.shown = c.s.trackDiagnostics(ctx, docs, d, f.warnings)
	before := c.found[d.URI]
	c.found[d.URI] = f
	if before == nil || !c.stillShown(before, d) || !reflect.DeepEqual(before.shown, f.shown) {
		c.publish(ctx, d, f.shown)
	}
}

// movedTo are the warnings in places of a later version; those in what was changed are left out.
func (f *findings) movedTo(d *document.Document) []trackfile.Problem {
	changes, ok := d.Since(f.stamp)
	if !ok {
		return nil
	}
	var out []trackfile.Problem
	for _, p := range f.warnings {
		start, end := document.Forward(changes, p.Span.Start, false), document.Forward(changes, p.Span.End, true)
		if end-start == p.Span.End-p.Span.Start && end <= d.Index.Len() {
			p.Span = trackfile.Span{Start: start, End: end}
			out = append(out, p)
		}
	}
	return out
}

// stillShown says whether the client still shows what it was sent: one that looks at versions drops what comes behind
// its typing, and has to be sent the same again.
func (c *checker) stillShown(before *findings, d *document.Document) bool {
	return before.cell == d.Parsed || !c.s.traits().Language.DiagnosticVersions
}

func diagnosticsOf(docs *document.Set, d *document.Document, problems []trackfile.Problem) []protocol.Diagnostic {
	list := make([]protocol.Diagnostic, 0, len(problems))
	for _, p := range problems {
		severity := protocol.DiagnosticSeverityError
		if p.Severity == trackfile.Warning {
			severity = protocol.DiagnosticSeverityWarning
		}
		r := docs.RangeOf(d, text.Span{Start: p.Span.Start, End: p.Span.End})
		list = append(list, diagnostic(r, severity, string(p.Code), p.Message))
	}
	return list
}

// explore looks at the files that track documents name and that are not known, or not known any more, until changed
// is closed: then a newer version comes first. What it finds out is published. It is called after each change of any
// document: a file that is made, or a symbol that is written, ends the warning of it.
func (c *checker) explore(ctx context.Context, docs *document.Set, changed <-chan struct{}) {
	for u, f := range c.found {
		d := docs.Open[u]
		if d == nil || d.Parsed != f.cell || c.s.hub.opts.Now().Sub(f.explored) < targetFresh {
			continue
		}
		if !c.exploreOne(ctx, docs, d, f, changed) {
			return
		}
	}
}

// exploreOne is false when it was interrupted.
func (c *checker) exploreOne(ctx context.Context, docs *document.Set, d *document.Document, f *findings, changed <-chan struct{}) bool {
	known := &c.s.hub.targets
	if f.todo == nil || !f.explored.IsZero() {
		s := known.survey(d.Track(), c.s.hub.opts.Now())
		f.todo = &s
	}
	paths := append(f.todo.unknown, f.todo.aged[:min(len(f.todo.aged), targetRenewed)]...)
	if !c.lookAll(ctx, paths, changed) {
		return false
	}
	next := &findings{cell: f.cell, stamp: f.stamp, warnings: f.todo.warnings, explored: c.s.hub.opts.Now()}
	if len(paths) > 0 {
		next.warnings = known.survey(d.Track(), c.s.hub.opts.Now()).warnings
	}
	c.show(ctx, docs, d, next)
	return true
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
