package document

import (
	"encoding/json"
	"fmt"
	"math"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/rpc"
)

// Document synchronisation. Everything here runs on the read loop, in the order of the wire.

// didChangeParams is decoded here and not by package protocol: there a change whose range it cannot read passes
// for one without a range, and the fragment replaces the whole text.
type didChangeParams struct {
	TextDocument struct {
		URI     uri.URI
		Version int32
	}
	ContentChanges []contentChange
}

type contentChange struct {
	Range *struct{ Start, End *wirePosition }
	Text  *string
}

type wirePosition struct{ Line, Character *int64 }

func (p *wirePosition) position() text.Position {
	return text.Position{Line: int(*p.Line), Column: int(*p.Character)}
}

func (p *wirePosition) valid() bool {
	in := func(n *int64) bool { return n != nil && 0 <= *n && *n <= math.MaxUint32 }
	return p != nil && in(p.Line) && in(p.Character)
}

// check refuses what a strict reader cannot be sure of.
func (p *didChangeParams) check() error {
	for i, c := range p.ContentChanges {
		if c.Text == nil {
			return fmt.Errorf("change %d has no text", i)
		}
		if c.Range != nil && (!c.Range.Start.valid() || !c.Range.End.valid()) {
			return fmt.Errorf("change %d has a range that is none", i)
		}
	}
	return nil
}

func DidOpen(docs *Set, params json.RawMessage) (*Set, error) {
	var p protocol.DidOpenTextDocumentParams
	if err := rpc.Decode(params, &p); err != nil {
		return nil, err
	}
	return docs.Opened(p.TextDocument)
}

// DidChange returns the documents to go on with, also beside an error: a document whose change cannot be read is
// out of step from then on.
func DidChange(docs *Set, params json.RawMessage) (*Set, error) {
	var p didChangeParams
	err := json.Unmarshal(params, &p)
	if err == nil {
		err = p.check()
	}
	d := docs.Get(p.TextDocument.URI)
	if d == nil {
		return docs, fmt.Errorf("a change of %q, which is not open", p.TextDocument.URI)
	}
	var next *Document
	if err == nil {
		next, err = docs.changed(d, p.TextDocument.Version, p.ContentChanges)
	}
	if err != nil {
		return docs.with(d.outOfStep(p.TextDocument.Version)), fmt.Errorf("changing %s: %w", d.Sent, err)
	}
	return docs.with(next), nil
}

func DidClose(docs *Set, params json.RawMessage) (*Set, error) {
	var p protocol.DidCloseTextDocumentParams
	if err := rpc.Decode(params, &p); err != nil {
		return nil, err
	}
	u, err := Canonical(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	return docs.without(u), nil
}

// DidSave keeps what was saved: the document may have moved on before the plan is made of it.
func DidSave(docs *Set, params json.RawMessage) (*Set, error) {
	var p protocol.DidSaveTextDocumentParams
	if err := rpc.Decode(params, &p); err != nil {
		return nil, err
	}
	d, err := docs.Need(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	next := *d
	next.Saved = d.Index
	return docs.with(&next), nil
}
