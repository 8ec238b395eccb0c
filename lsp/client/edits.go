package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine/text"
)

// Apply carries out a workspace edit, in order, and stops at the first change that cannot be done: what came before
// it stays, as in most editors.
func (c *Client) Apply(ctx context.Context, edit protocol.WorkspaceEdit) protocol.ApplyWorkspaceEditResult {
	for i, change := range changesOf(edit) {
		if err := c.apply(ctx, change); err != nil {
			reason, failed := err.Error(), uint32(i) //nolint:gosec // it counts changes
			return protocol.ApplyWorkspaceEditResult{FailureReason: &reason, FailedChange: &failed}
		}
	}
	return protocol.ApplyWorkspaceEditResult{Applied: true}
}

// changesOf is an edit as a list of changes, whichever form it has.
func changesOf(edit protocol.WorkspaceEdit) []protocol.DocumentChange {
	if len(edit.DocumentChanges) > 0 {
		return edit.DocumentChanges
	}
	var out []protocol.DocumentChange
	for u, edits := range edit.Changes {
		e := &protocol.TextDocumentEdit{TextDocument: protocol.OptionalVersionedTextDocumentIdentifier{
			TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: u},
		}}
		for i := range edits {
			e.Edits = append(e.Edits, &edits[i])
		}
		out = append(out, e)
	}
	return out
}

func (c *Client) apply(ctx context.Context, change protocol.DocumentChange) error {
	switch e := change.(type) {
	case *protocol.TextDocumentEdit:
		return c.applyText(ctx, e)
	case *protocol.CreateFile:
		return createFile(e)
	case *protocol.RenameFile:
		return c.renameFile(e)
	case *protocol.DeleteFile:
		return deleteFile(e)
	}
	return fmt.Errorf("a change of the unknown form %T", change)
}

// StaleError says that an edit was made for another version of a buffer.
type StaleError struct {
	URI       uri.URI
	Have, Got int32
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("%s is at version %d, the edit is for %d", e.URI, e.Have, e.Got)
}

func (c *Client) applyText(ctx context.Context, e *protocol.TextDocumentEdit) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	u, err := uri.Parse(string(e.TextDocument.URI))
	if err != nil {
		return fmt.Errorf("an edit names no file: %w", err)
	}
	b := c.buffers[u]
	if b == nil {
		return c.applyToFile(u, e.Edits)
	}
	if v := e.TextDocument.Version; v != nil && *v != b.version {
		return &StaleError{URI: u, Have: b.version, Got: *v}
	}
	edits, err := c.textEdits(b.index, e.Edits)
	if err != nil {
		return err
	}
	return c.change(ctx, b, edits)
}

// textEdits is edits from the wire as spans of bytes, sorted.
func (c *Client) textEdits(x *text.Index, wire []protocol.TextDocumentEditElement) ([]text.Edit, error) {
	var out []text.Edit
	for _, e := range wire {
		var te protocol.TextEdit
		switch e := e.(type) {
		case *protocol.TextEdit:
			te = *e
		case *protocol.AnnotatedTextEdit:
			te = e.TextEdit
		default:
			return nil, fmt.Errorf("an edit of the unknown form %T", e)
		}
		at := func(p protocol.Position) text.Position {
			return text.Position{Line: int(p.Line), Column: int(p.Character)}
		}
		out = append(out, text.Edit{Span: x.Span(at(te.Range.Start), at(te.Range.End), c.encoding), New: te.NewText})
	}
	slices.SortStableFunc(out, func(a, b text.Edit) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	return out, nil
}

func (c *Client) applyToFile(u uri.URI, wire []protocol.TextDocumentEditElement) error {
	data, err := os.ReadFile(u.FsPath())
	if err != nil {
		return fmt.Errorf("editing a file that is not open: %w", err)
	}
	edits, err := c.textEdits(text.NewIndex(data), wire)
	if err != nil {
		return err
	}
	if data, err = text.Apply(data, edits); err != nil {
		return fmt.Errorf("editing a file that is not open: %w", err)
	}
	return os.WriteFile(u.FsPath(), data, 0o644)
}

func isTrue(b *bool) bool { return b != nil && *b }

func createFile(e *protocol.CreateFile) error {
	path := e.URI.FsPath()
	overwrite := e.Options != nil && isTrue(e.Options.Overwrite)
	ignore := e.Options != nil && isTrue(e.Options.IgnoreIfExists)
	if _, err := os.Stat(path); err == nil && !overwrite {
		if ignore {
			return nil
		}
		return fmt.Errorf("%s exists", path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("creating a file: %w", err)
	}
	return os.WriteFile(path, nil, 0o644)
}

func (c *Client) renameFile(e *protocol.RenameFile) error {
	from, to := e.OldURI.FsPath(), e.NewURI.FsPath()
	overwrite := e.Options != nil && isTrue(e.Options.Overwrite)
	if _, err := os.Stat(to); err == nil && !overwrite {
		if e.Options != nil && isTrue(e.Options.IgnoreIfExists) {
			return nil
		}
		return fmt.Errorf("%s exists", to)
	}
	return os.Rename(from, to)
}

func deleteFile(e *protocol.DeleteFile) error {
	path := e.URI.FsPath()
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && e.Options != nil && isTrue(e.Options.IgnoreIfNotExists) {
		return nil
	}
	if e.Options != nil && isTrue(e.Options.Recursive) {
		return os.RemoveAll(path)
	}
	return os.Remove(path)
}
