// Package trackdoc is what an editor is told about a track document: completion, hover, definition, references,
// rename, symbols, folds, formatting, hints, lenses and actions, as values of the protocol.
//
// Everything here is a function of one version of the document, one snapshot of the engine's state and, for what
// lies outside of both, a Workspace. Nothing waits for the engine and nothing is changed. Texts that models, files or
// documents bring in are shown so that nothing in them is hidden.
package trackdoc

import (
	"context"
	"encoding/json"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// Doc is one version of a track document as one client sees it, and the state of its track. It is not changed here
// and may be used by any number of goroutines. All fields are required, but for Asks.
type Doc struct {
	Parsed  *trackfile.Document
	URI     uri.URI // as the client spells it
	Version int32
	Track   engine.TrackID
	State   *engine.Snapshot
	Client  Client
	Range   func(trackfile.Span) protocol.Range       // as the client counts
	Asks    func(t *engine.Ticket) []protocol.Command // what answers the approval that a ticket waits for
}

// Client is what a client can take. The zero value is the least that the protocol asks for.
type Client struct {
	Snippets      bool
	AsIs          bool // it inserts several lines as they are where it is told to
	Markdown      bool // in hovers
	MarkdownItems bool // in completion
	Tree          bool // it shows document symbols as a tree
	Links         bool // it takes links as definitions
	Versions      bool // it takes versioned document edits
	FoldLimit     int  // how many folds it takes, 0 for any number
}

// Workspace is what lies outside of the document. Its methods give up when ctx ends; an error means that there is
// nothing to show.
type Workspace interface {
	// List gives the entries of a folder ("." for the root), sorted by name.
	List(ctx context.Context, dir string) ([]engine.Entry, error)
	// Find lists files anywhere whose path holds the words, best first and at most limit of them, as far as they are
	// known without waiting.
	Find(ctx context.Context, words string, limit int) []string
	// Symbols lists what a file declares.
	Symbols(ctx context.Context, path string) ([]engine.Symbol, error)
	// Locate is a stretch of a file as the client counts; the zero span is the file's start.
	Locate(ctx context.Context, path string, at text.Span) (protocol.Location, error)
	// Models lists the models that the configuration names.
	Models() []string
}

// ticket is the state of a ticket of this document, or nil: it was never planned.
func (d *Doc) ticket(id string) *engine.Ticket {
	t, _ := d.State.Ticket(engine.TicketKey{Track: d.Track, ID: id})
	return t
}

// spec is what the document says of the ticket with the index.
func (d *Doc) spec(i int) *trackfile.Ticket { return &d.Parsed.Track.Tickets[i] }

// source is the document's text in a span.
func (d *Doc) source(at trackfile.Span) string { return string(d.Parsed.Source[at.Start:at.End]) }

// Command is a command with its one argument, a payload of package wire.
func Command(title, name string, arg any) protocol.Command {
	raw, err := json.Marshal(arg)
	if err != nil {
		panic("trackdoc: a payload of package wire always encodes: " + err.Error()) // strings and numbers only
	}
	return protocol.Command{Title: title, Command: name, Arguments: []protocol.LSPAny{raw}}
}

// markup is a text for a client: Markdown where it reads that.
func (d *Doc) markup(md bool, value string) *protocol.MarkupContent {
	kind := protocol.MarkupKindPlainText
	if md {
		kind = protocol.MarkupKindMarkdown
	}
	return &protocol.MarkupContent{Kind: kind, Value: value}
}

// edit is a change of this document alone.
func (d *Doc) edit(edits []trackfile.Edit) *protocol.WorkspaceEdit {
	list := d.textEdits(edits)
	if !d.Client.Versions {
		return &protocol.WorkspaceEdit{Changes: map[uri.URI][]protocol.TextEdit{d.URI: list}}
	}
	elements := make([]protocol.TextDocumentEditElement, len(list))
	for i := range list {
		elements[i] = &list[i]
	}
	version := d.Version
	return &protocol.WorkspaceEdit{DocumentChanges: []protocol.DocumentChange{&protocol.TextDocumentEdit{
		TextDocument: protocol.OptionalVersionedTextDocumentIdentifier{
			TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: d.URI}, Version: &version,
		},
		Edits: elements,
	}}}
}

func (d *Doc) textEdits(edits []trackfile.Edit) []protocol.TextEdit {
	out := make([]protocol.TextEdit, len(edits))
	for i, e := range edits {
		out[i] = protocol.TextEdit{Range: d.Range(trackfile.Span{Start: e.Start, End: e.End}), NewText: e.New}
	}
	return out
}
