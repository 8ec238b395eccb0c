package document

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// outlineCell is the outline of one version of a document, made when it is first asked for.
type outlineCell struct {
	once    sync.Once
	outline engine.Outline
	err     error
}

// OutlineBy is the outline of exactly this version. It outlives the request that asked first, because others wait for
// it.
func (d *Document) OutlineBy(ctx context.Context, viewer engine.Viewer) (engine.Outline, error) {
	c := d.outline
	c.once.Do(func() {
		c.outline, c.err = viewer.Outline(context.WithoutCancel(ctx), d.Path, []byte(d.Text()))
		if c.err == nil {
			d.lineage.learn(&known{stamp: d.Stamp, outline: c.outline})
		}
	})
	return c.outline, c.err
}

// lineage is what all versions of an open document share.
type lineage struct {
	newest  atomic.Pointer[known]
	running atomic.Bool // an outline is being made in the background, or has just been
}

// known is the outline of one version, which stamp names. It is immutable.
type known struct {
	stamp   int
	outline engine.Outline
}

// learn keeps an outline unless one of a later version is there.
func (l *lineage) learn(k *known) {
	for {
		before := l.newest.Load()
		if before != nil && before.stamp >= k.stamp || l.newest.CompareAndSwap(before, k) {
			return
		}
	}
}

// Change is one edit of a document: the bytes of span became n others. stamp is the document's after it.
type Change struct {
	stamp int
	span  text.Span
	n     int
}

// maxChanges bounds the edits that a document remembers. Where no outline was made for as long, one is waited for.
const maxChanges = 4096

// note remembers an edit. The document is not shared yet.
func (d *Document) note(span text.Span, n int) {
	d.Stamp++
	if len(d.changes) == cap(d.changes) { // it would be copied anyway: drop what nobody needs
		first := 0
		if k := d.lineage.newest.Load(); k != nil {
			first, _ = slices.BinarySearchFunc(d.changes, k.stamp+1, func(c Change, stamp int) int { return c.stamp - stamp })
		}
		d.changes = slices.Clone(d.changes[max(first, len(d.changes)-maxChanges/2):])
	}
	d.changes = append(d.changes, Change{stamp: d.Stamp, span: span, n: n})
	d.Parsed = d.Parsed.after(span, n)
}

// Since is the changes from the version with that stamp to this one; ok is false where they are not remembered any
// more, or the version is a later one.
func (d *Document) Since(stamp int) (_ []Change, ok bool) {
	if stamp == d.Stamp {
		return nil, true
	}
	i, found := slices.BinarySearchFunc(d.changes, stamp+1, func(c Change, stamp int) int { return c.stamp - stamp })
	return d.changes[i:], found
}

// ClaimOutline says whether the caller is to make the next outline in the background: no other does, until release.
func (d *Document) ClaimOutline() (ok bool) { return !d.lineage.running.Swap(true) }

// ReleaseOutline lets another one make it.
func (d *Document) ReleaseOutline() { d.lineage.running.Store(false) }

// Follows says whether a document is a version of the same one, opened once.
func (d *Document) Follows(other *Document) bool { return d != nil && d.lineage == other.lineage }

// Moved is the outline of an earlier version of a document, to be read in places of the present one.
type Moved struct {
	engine.Outline
	since []Change
}

// LastOutline is the newest outline that is known of a document; ok is false where there is none, or too much has changed
// since.
func (d *Document) LastOutline() (_ Moved, ok bool) {
	last := d.lineage.newest.Load()
	if last == nil {
		return Moved{}, false
	}
	since, ok := d.Since(last.stamp)
	return Moved{last.outline, since}, ok
}

// Behind says whether the outline is of an earlier version.
func (m Moved) Behind() bool { return len(m.since) > 0 }

// SymbolAt is the innermost declaration that holds an offset of the present text, in places of the present text, or
// that ends before it on the same line with only white space between; ok is false where there is none.
func (m Moved) SymbolAt(d *Document, offset int) (found engine.Symbol, ok bool) {
	old := backward(m.since, atText(d, offset))
	for _, sym := range m.Symbols {
		if sym.Start <= old && old <= sym.End && (!ok || sym.End-sym.Start <= found.End-found.Start) {
			found, ok = sym, true
		}
	}
	return m.Forward(found), ok
}

// atText is the offset without the white space that follows the text of its line.
func atText(d *Document, offset int) int {
	line := d.Index.Line(d.Index.Position(offset, text.UTF8).Line)
	rest := d.Index.Slice(text.Span{Start: line.Start, End: min(max(offset, line.Start), line.End)})
	if kept := strings.TrimRight(rest, " \t;,"); kept != "" {
		return line.Start + len(kept)
	}
	return offset
}

// Forward is a symbol in places of the present text.
func (m Moved) Forward(sym engine.Symbol) engine.Symbol {
	if !m.Behind() {
		return sym
	}
	sym.Start, sym.End = Forward(m.since, sym.Start, false), Forward(m.since, sym.End, true)
	sym.NameStart, sym.NameEnd = Forward(m.since, sym.NameStart, false), Forward(m.since, sym.NameEnd, true)
	return sym
}

// Now are all symbols in places of the present text.
func (m Moved) Now() []engine.Symbol {
	if !m.Behind() {
		return m.Symbols
	}
	out := make([]engine.Symbol, len(m.Symbols))
	for i, sym := range m.Symbols {
		out[i] = m.Forward(sym)
	}
	return out
}

// replaced is the one edit that turns a text into another: what lies between their common beginning and end.
func replaced(before, after string) (span text.Span, n int) {
	head, tail := text.Common(before, after)
	return text.Span{Start: head, End: len(before) - tail}, len(after) - tail - head
}

// Forward is where an offset has moved to. One within a change goes to its start, or with end to its end.
func Forward(changes []Change, offset int, end bool) int {
	for _, c := range changes {
		switch {
		case offset <= c.span.Start:
		case offset >= c.span.End:
			offset += c.n - c.span.Len()
		case end:
			offset = c.span.Start + c.n
		default:
			offset = c.span.Start
		}
	}
	return offset
}

// backward is where an offset was before the changes. One within what a change brought was at its start.
func backward(changes []Change, offset int) int {
	for _, c := range slices.Backward(changes) {
		switch {
		case offset <= c.span.Start:
		case offset >= c.span.Start+c.n:
			offset += c.span.Len() - c.n
		default:
			offset = c.span.Start
		}
	}
	return offset
}
