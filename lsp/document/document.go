package document

import (
	"fmt"
	"maps"
	"sync/atomic"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/rpc"
)

// Document is one version of an open document. It is immutable and may be read by any goroutine.
type Document struct {
	URI      uri.URI // canonical: the key under which it is looked up
	Sent     uri.URI // as the client spells it, and is answered
	Path     string  // workspace-relative; empty for what lies elsewhere or is no file
	language string
	Version  int32
	Index    *text.Index
	Saved    *text.Index  // the text at the last didSave, nil before
	outline  *outlineCell // of this version, found when first asked for
	lineage  *lineage     // shared by all versions
	Stamp    int          // counts the changes since the document was opened
	changes  []Change     // the last of them
	Parsed   *TrackCell   // likewise
	Broken   error        // not nil when a change could not be understood: the text is not what the editor shows
}

func (d *Document) Text() string { return d.Index.Text() }

// Set is the set of open documents at one moment, immutable.
type Set struct {
	Open     map[uri.URI]*Document
	Encoding text.Encoding
	Root     Root
}

// None is the set of an editor that has nothing open.
func None(enc text.Encoding, r Root) *Set {
	return &Set{Open: map[uri.URI]*Document{}, Encoding: enc, Root: r}
}

// Get is the open document of a URI in any spelling, or nil.
func (ds *Set) Get(u uri.URI) *Document {
	c, err := Canonical(u)
	if err != nil {
		return nil
	}
	return ds.Open[c]
}

// Need is get with an error that says what to do.
func (ds *Set) Need(u uri.URI) (*Document, error) {
	d := ds.Get(u)
	switch {
	case d == nil:
		return nil, rpc.Refuse(rpc.InvalidParams, "%s is not open", u)
	case d.Broken != nil:
		return nil, d.Broken
	}
	return d, nil
}

// ByPath is the open document of a workspace-relative path, or nil.
func (ds *Set) ByPath(p string) *Document {
	for _, d := range ds.Open {
		if d.Path == p && p != "" {
			return d
		}
	}
	return nil
}

// Span is a range as the client counts it, as bytes of the document.
func (ds *Set) Span(d *Document, r protocol.Range) text.Span {
	return d.Index.Span(Position(r.Start), Position(r.End), ds.Encoding)
}

// RangeOf is a span of bytes as the client counts it.
func (ds *Set) RangeOf(d *Document, s text.Span) protocol.Range {
	return RangeIn(d.Index, s, ds.Encoding)
}

func Position(p protocol.Position) text.Position {
	return text.Position{Line: int(p.Line), Column: int(p.Character)}
}

func RangeIn(x *text.Index, s text.Span, enc text.Encoding) protocol.Range {
	wire := func(offset int) protocol.Position {
		p := x.Position(offset, enc)
		return protocol.Position{Line: uint32(p.Line), Character: uint32(p.Column)} //nolint:gosec // both count what fits in memory
	}
	return protocol.Range{Start: wire(s.Start), End: wire(s.End)}
}

// with is the set with d in place of its earlier version.
func (ds *Set) with(d *Document) *Set {
	next := &Set{Open: maps.Clone(ds.Open), Encoding: ds.Encoding, Root: ds.Root}
	next.Open[d.URI] = d
	return next
}

// without is the set with one document less.
func (ds *Set) without(u uri.URI) *Set {
	next := &Set{Open: maps.Clone(ds.Open), Encoding: ds.Encoding, Root: ds.Root}
	delete(next.Open, u)
	return next
}

// Opened is the set with a document that the client has opened.
func (ds *Set) Opened(item protocol.TextDocumentItem) (*Set, error) {
	u, err := Canonical(item.URI)
	if err != nil {
		return nil, err
	}
	p, _ := ds.Root.rel(u)
	return ds.with(&Document{
		URI: u, Sent: item.URI, Path: p, language: string(item.LanguageID), Version: item.Version,
		Index: text.NewIndex([]byte(item.Text)), outline: &outlineCell{}, lineage: &lineage{}, Parsed: &TrackCell{},
	}), nil
}

// changed is the document after one didChange: its changes apply one after the other.
func (ds *Set) changed(d *Document, version int32, changes []contentChange) (*Document, error) {
	next := *d
	next.Version, next.outline = version, &outlineCell{}
	for i, c := range changes {
		if c.Range == nil {
			next.note(replaced(next.Text(), *c.Text))
			next.Index, next.Broken = text.NewIndex([]byte(*c.Text)), nil
			continue
		}
		span := next.Index.Span(c.Range.Start.position(), c.Range.End.position(), ds.Encoding)
		x, err := next.Index.Splice(span, *c.Text)
		if err != nil {
			return nil, fmt.Errorf("change %d: %w", i, err)
		}
		next.note(span, len(*c.Text))
		next.Index = x
	}
	return &next, nil
}

// outOfStep marks a document whose change could not be understood. Guessing on would hand workers a text that
// nobody sees.
func (d *Document) outOfStep(version int32) *Document {
	next := *d
	next.Version = version
	next.Broken = rpc.Refuse(rpc.RequestFailed,
		"slop-ls lost track of the text of %s after a change it could not read: close the file and open it again", d.Sent)
	return &next
}

// Desk holds the open documents of a session. The read loop alone sets them; everyone may look, and wait.
type Desk struct {
	now   atomic.Pointer[deskState]
	trail atomic.Pointer[Trail] // of the edit that is on its way, or nil
}

type deskState struct {
	docs *Set
	next chan struct{} // closed when another state has replaced this one
}

func (k *Desk) Set(docs *Set) {
	before := k.now.Swap(&deskState{docs: docs, next: make(chan struct{})})
	if before != nil {
		close(before.next)
	}
	if t := k.trail.Load(); t != nil {
		t.note(docs)
	}
}

func (k *Desk) Docs() *Set { return k.now.Load().docs }

// Watch is the documents now, and a channel that is closed when they have changed.
func (k *Desk) Watch() (*Set, <-chan struct{}) {
	s := k.now.Load()
	return s.docs, s.next
}
