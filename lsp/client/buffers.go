package client

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine/text"
)

// buffer is an open document as this editor has it.
type buffer struct {
	uri     uri.URI
	path    string // absolute
	version int32
	index   *text.Index
	dirty   bool
}

// abs is a path as files are found: relative ones lie in the root.
func (c *Client) abs(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(c.cfg.Root, filepath.FromSlash(path))
}

// URI is the URI under which this client speaks of a path, absolute or relative to the root.
func (c *Client) URI(path string) uri.URI { return uri.File(c.abs(path)) }

// Encoding is the position encoding that was settled by Initialize.
func (c *Client) Encoding() text.Encoding { return c.encoding }

// Open opens a file as a buffer. A buffer that is open already stays as it is.
func (c *Client) Open(ctx context.Context, path string) error {
	data, err := os.ReadFile(c.abs(path))
	if err != nil {
		return fmt.Errorf("opening a buffer: %w", err)
	}
	return c.OpenText(ctx, path, string(data))
}

// OpenText opens a buffer with a text of its own, for a file that need not exist.
func (c *Client) OpenText(ctx context.Context, path, content string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	u := c.URI(path)
	if c.buffers[u] != nil {
		return nil
	}
	c.buffers[u] = &buffer{uri: u, path: c.abs(path), version: 1, index: text.NewIndex([]byte(content))}
	return c.Notify(ctx, protocol.MethodTextDocumentDidOpen, &protocol.DidOpenTextDocumentParams{
		TextDocument: protocol.TextDocumentItem{URI: u, LanguageID: protocol.LanguageKind(language(path)), Version: 1, Text: content},
	})
}

func language(path string) string {
	switch filepath.Ext(path) {
	case ".go":
		return "go"
	case ".yaml", ".yml":
		return "yaml"
	case ".md":
		return "markdown"
	}
	return "plaintext"
}

// Text is what a buffer holds; ok is false when it is not open.
func (c *Client) Text(path string) (content string, version int32, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.buffers[c.URI(path)]
	if b == nil {
		return "", 0, false
	}
	return b.index.Text(), b.version, true
}

// notOpen is the error for a path that is no buffer.
func notOpen(path string) error { return fmt.Errorf("%s is not open in this client", path) }

// Edit changes a buffer, as typing does.
func (c *Client) Edit(ctx context.Context, path string, edits ...text.Edit) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.buffers[c.URI(path)]
	if b == nil {
		return notOpen(path)
	}
	return c.change(ctx, b, edits)
}

// SetText replaces what differs in a buffer.
func (c *Client) SetText(ctx context.Context, path, content string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.buffers[c.URI(path)]
	if b == nil {
		return notOpen(path)
	}
	return c.change(ctx, b, text.Diff([]byte(b.index.Text()), []byte(content)))
}

// change applies edits to a buffer and reports them, the last one first, so that each stands where it says. mu is
// held, also while it is sent: the wire must tell the changes in the order in which they were made.
func (c *Client) change(ctx context.Context, b *buffer, edits []text.Edit) error {
	after, err := text.Apply([]byte(b.index.Text()), edits)
	if err != nil {
		return fmt.Errorf("changing %s: %w", b.path, err)
	}
	changes := make([]protocol.TextDocumentContentChangeEvent, 0, len(edits))
	for i := len(edits) - 1; i >= 0; i-- {
		changes = append(changes, &protocol.TextDocumentContentChangePartial{Range: c.rangeIn(b.index, edits[i].Span), Text: edits[i].New})
	}
	b.index, b.dirty = text.NewIndex(after), true
	b.version++
	return c.Notify(ctx, protocol.MethodTextDocumentDidChange, &protocol.DidChangeTextDocumentParams{
		TextDocument: protocol.VersionedTextDocumentIdentifier{
			TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: b.uri}, Version: b.version,
		},
		ContentChanges: changes,
	})
}

// Position is where a byte offset of a buffer is, as it goes over the wire.
func (c *Client) Position(path string, offset int) (protocol.Position, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.buffers[c.URI(path)]
	if b == nil {
		return protocol.Position{}, notOpen(path)
	}
	return c.rangeIn(b.index, text.Span{Start: offset, End: offset}).Start, nil
}

func (c *Client) rangeIn(x *text.Index, s text.Span) protocol.Range {
	wire := func(offset int) protocol.Position {
		p := x.Position(offset, c.encoding)
		return protocol.Position{Line: uint32(p.Line), Character: uint32(p.Column)} //nolint:gosec // both fit in memory
	}
	return protocol.Range{Start: wire(s.Start), End: wire(s.End)}
}

// Save writes a buffer to its file and says so.
func (c *Client) Save(ctx context.Context, path string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.buffers[c.URI(path)]
	if b == nil {
		return notOpen(path)
	}
	if err := os.MkdirAll(filepath.Dir(b.path), 0o755); err != nil {
		return fmt.Errorf("saving a buffer: %w", err)
	}
	if err := os.WriteFile(b.path, []byte(b.index.Text()), 0o644); err != nil {
		return fmt.Errorf("saving a buffer: %w", err)
	}
	b.dirty = false
	params, err := json.Marshal(map[string]any{"textDocument": map[string]any{"uri": b.uri}})
	if err != nil {
		return fmt.Errorf("encoding didSave: %w", err)
	}
	return c.Notify(ctx, protocol.MethodTextDocumentDidSave, json.RawMessage(params))
}

// SaveAll saves what has been changed.
func (c *Client) SaveAll(ctx context.Context) error {
	c.mu.Lock()
	var dirty []string
	for _, b := range c.buffers {
		if b.dirty {
			dirty = append(dirty, b.path)
		}
	}
	c.mu.Unlock()
	for _, path := range dirty {
		if err := c.Save(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

// CloseBuffer closes a buffer and drops what was not saved.
func (c *Client) CloseBuffer(ctx context.Context, path string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	u := c.URI(path)
	if c.buffers[u] == nil {
		return notOpen(path)
	}
	delete(c.buffers, u)
	return c.Notify(ctx, protocol.MethodTextDocumentDidClose,
		&protocol.DidCloseTextDocumentParams{TextDocument: protocol.TextDocumentIdentifier{URI: u}})
}
