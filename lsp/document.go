package lsp

import (
	"fmt"
	"maps"
	"sync/atomic"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/rpc"
)

// document is one version of an open document. It is immutable and may be read by any goroutine.
type document struct {
	uri      uri.URI // canonical: the key under which it is looked up
	sent     uri.URI // as the client spells it, and is answered
	path     string  // workspace-relative; empty for what lies elsewhere or is no file
	language string
	version  int32
	index    *text.Index
	saved    *text.Index  // the text at the last didSave, nil before
	outline  *outlineCell // of this version, found when first asked for
	lineage  *lineage     // shared by all versions
	stamp    int          // counts the changes since the document was opened
	changes  []change     // the last of them
	parsed   *trackCell   // likewise
	broken   error        // not nil when a change could not be understood: the text is not what the editor shows
}

func (d *document) text() string { return d.index.Text() }

// documents is the set of open documents at one moment, immutable.
type documents struct {
	open map[uri.URI]*document
	enc  text.Encoding
	root root
}

// noDocuments is the set of an editor that has nothing open.
func noDocuments(enc text.Encoding, r root) *documents {
	return &documents{open: map[uri.URI]*document{}, enc: enc, root: r}
}

// get is the open document of a URI in any spelling, or nil.
func (ds *documents) get(u uri.URI) *document {
	c, err := canonical(u)
	if err != nil {
		return nil
	}
	return ds.open[c]
}

// need is get with an error that says what to do.
func (ds *documents) need(u uri.URI) (*document, error) {
	d := ds.get(u)
	switch {
	case d == nil:
		return nil, rpc.Refuse(rpc.InvalidParams, "%s is not open", u)
	case d.broken != nil:
		return nil, d.broken
	}
	return d, nil
}

// byPath is the open document of a workspace-relative path, or nil.
func (ds *documents) byPath(p string) *document {
	for _, d := range ds.open {
		if d.path == p && p != "" {
			return d
		}
	}
	return nil
}

// span is a range as the client counts it, as bytes of the document.
func (ds *documents) span(d *document, r protocol.Range) text.Span {
	return d.index.Span(position(r.Start), position(r.End), ds.enc)
}

// rangeOf is a span of bytes as the client counts it.
func (ds *documents) rangeOf(d *document, s text.Span) protocol.Range {
	return rangeIn(d.index, s, ds.enc)
}

func position(p protocol.Position) text.Position {
	return text.Position{Line: int(p.Line), Column: int(p.Character)}
}

func rangeIn(x *text.Index, s text.Span, enc text.Encoding) protocol.Range {
	wire := func(offset int) protocol.Position {
		p := x.Position(offset, enc)
		return protocol.Position{Line: uint32(p.Line), Character: uint32(p.Column)} //nolint:gosec // both count what fits in memory
	}
	return protocol.Range{Start: wire(s.Start), End: wire(s.End)}
}

// with is the set with d in place of its earlier version.
func (ds *documents) with(d *document) *documents {
	next := &documents{open: maps.Clone(ds.open), enc: ds.enc, root: ds.root}
	next.open[d.uri] = d
	return next
}

// without is the set with one document less.
func (ds *documents) without(u uri.URI) *documents {
	next := &documents{open: maps.Clone(ds.open), enc: ds.enc, root: ds.root}
	delete(next.open, u)
	return next
}

// opened is the set with a document that the client has opened.
func (ds *documents) opened(item protocol.TextDocumentItem) (*documents, error) {
	u, err := canonical(item.URI)
	if err != nil {
		return nil, err
	}
	p, _ := ds.root.rel(u)
	return ds.with(&document{
		uri: u, sent: item.URI, path: p, language: string(item.LanguageID), version: item.Version,
		index: text.NewIndex([]byte(item.Text)), outline: &outlineCell{}, lineage: &lineage{}, parsed: &trackCell{},
	}), nil
}

// changed is the document after one didChange: its changes apply one after the other.
func (ds *documents) changed(d *document, version int32, changes []contentChange) (*document, error) {
	next := *d
	next.version, next.outline = version, &outlineCell{}
	for i, c := range changes {
		if c.Range == nil {
			next.note(replaced(next.text(), *c.Text))
			next.index, next.broken = text.NewIndex([]byte(*c.Text)), nil
			continue
		}
		span := next.index.Span(c.Range.Start.position(), c.Range.End.position(), ds.enc)
		x, err := next.index.Splice(span, *c.Text)
		if err != nil {
			return nil, fmt.Errorf("change %d: %w", i, err)
		}
		next.note(span, len(*c.Text))
		next.index = x
	}
	return &next, nil
}

// outOfStep marks a document whose change could not be understood. Guessing on would hand workers a text that
// nobody sees.
func (d *document) outOfStep(version int32) *document {
	next := *d
	next.version = version
	next.broken = rpc.Refuse(rpc.RequestFailed,
		"slop-ls lost track of the text of %s after a change it could not read: close the file and open it again", d.sent)
	return &next
}

// desk holds the open documents of a session. The read loop alone sets them; everyone may look, and wait.
type desk struct {
	now   atomic.Pointer[deskState]
	trail atomic.Pointer[trail] // of the edit that is on its way, or nil
}

type deskState struct {
	docs *documents
	next chan struct{} // closed when another state has replaced this one
}

func (k *desk) set(docs *documents) {
	before := k.now.Swap(&deskState{docs: docs, next: make(chan struct{})})
	if before != nil {
		close(before.next)
	}
	if t := k.trail.Load(); t != nil {
		t.note(docs)
	}
}

func (k *desk) docs() *documents { return k.now.Load().docs }

// watch is the documents now, and a channel that is closed when they have changed.
func (k *desk) watch() (*documents, <-chan struct{}) {
	s := k.now.Load()
	return s.docs, s.next
}
