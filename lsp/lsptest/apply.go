package lsptest

import (
	"context"
	"errors"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/client"
)

// What real clients do with workspace/applyEdit.

// ApplyEdit is how a client carries out workspace/applyEdit.
type ApplyEdit = func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error)

// LieApplied says that it applied an edit and does nothing.
func LieApplied(context.Context, *client.Client, protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
	return protocol.ApplyWorkspaceEditResult{Applied: true}, nil
}

// FirstOnly applies the first document of an edit and says that it applied all.
func FirstOnly(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
	if len(p.Edit.DocumentChanges) > 1 {
		p.Edit.DocumentChanges = p.Edit.DocumentChanges[:1]
	}
	c.Apply(ctx, p.Edit)
	return protocol.ApplyWorkspaceEditResult{Applied: true}, nil
}

// Refuse applies nothing and says so.
func Refuse(context.Context, *client.Client, protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
	reason := "the person said no"
	return protocol.ApplyWorkspaceEditResult{FailureReason: &reason}, nil
}

// Fail answers with an error.
func Fail(context.Context, *client.Client, protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
	return protocol.ApplyWorkspaceEditResult{}, errors.New("no")
}

type (
	applyParams = protocol.ApplyWorkspaceEditParams
	applyResult = protocol.ApplyWorkspaceEditResult
)

// Apply does as asked, and refuses an old version.
func Apply(ctx context.Context, c *client.Client, p applyParams) (applyResult, error) {
	return c.Apply(ctx, p.Edit), nil
}

// IgnoreStale drops an edit for an old version and says that it applied it, as Neovim does.
func IgnoreStale(ctx context.Context, c *client.Client, p applyParams) (applyResult, error) {
	if stale(c, p.Edit) {
		return applyResult{Applied: true}, nil
	}
	return c.Apply(ctx, p.Edit), nil
}

// FailStale answers an edit for an old version with an error, as eglot does.
func FailStale(ctx context.Context, c *client.Client, p applyParams) (applyResult, error) {
	if stale(c, p.Edit) {
		return applyResult{}, jsonrpc2.Errorf(jsonrpc2.InternalError, "invalid version")
	}
	return c.Apply(ctx, p.Edit), nil
}

func stale(c *client.Client, edit protocol.WorkspaceEdit) bool {
	for _, change := range edit.DocumentChanges {
		e, ok := change.(*protocol.TextDocumentEdit)
		if !ok || e.TextDocument.Version == nil {
			continue
		}
		if _, now, open := c.Text(e.TextDocument.URI.FsPath()); open && now != *e.TextDocument.Version {
			return true
		}
	}
	return false
}

// ApplyStale looks at no version: it puts the text where the lines were, as yegappan/lsp and vim-lsp do.
func ApplyStale(ctx context.Context, c *client.Client, p applyParams) (applyResult, error) {
	for _, change := range p.Edit.DocumentChanges {
		if e, ok := change.(*protocol.TextDocumentEdit); ok {
			e.TextDocument.Version = nil
		}
	}
	return c.Apply(ctx, p.Edit), nil
}

// Hunks applies those hunks of each document that take chooses, counted from 0, and says that it applied all: what a
// preview in which a person ticks some boxes comes to.
func Hunks(take func(n int) bool) ApplyEdit {
	return func(ctx context.Context, c *client.Client, p applyParams) (applyResult, error) {
		some := 0
		for _, change := range p.Edit.DocumentChanges {
			if e, ok := change.(*protocol.TextDocumentEdit); ok {
				e.Edits = chosen(e.Edits, take)
				some += len(e.Edits)
			}
		}
		for u, edits := range p.Edit.Changes {
			p.Edit.Changes[u] = chosen(edits, take)
			some += len(p.Edit.Changes[u])
		}
		if some == 0 {
			return applyResult{}, nil
		}
		return c.Apply(ctx, p.Edit), nil
	}
}

func chosen[E any](edits []E, take func(n int) bool) []E {
	var out []E
	for i, e := range edits {
		if take(i) {
			out = append(out, e)
		}
	}
	return out
}

// Typing types at the start of the edited documents before it does what then does, each time as long as more says so.
func Typing(typed string, more func() bool, then ApplyEdit) ApplyEdit {
	return func(ctx context.Context, c *client.Client, p applyParams) (applyResult, error) {
		if more() {
			for _, u := range documentsOf(p.Edit) {
				if err := c.Edit(ctx, u.FsPath(), text.Edit{New: typed}); err != nil {
					return applyResult{}, err
				}
			}
		}
		return then(ctx, c, p)
	}
}

// Times says yes n times.
func Times(n int) func() bool {
	return func() bool { n--; return n >= 0 }
}

func documentsOf(edit protocol.WorkspaceEdit) []uri.URI {
	var out []uri.URI
	for u := range edit.Changes {
		out = append(out, u)
	}
	for _, change := range edit.DocumentChanges {
		if e, ok := change.(*protocol.TextDocumentEdit); ok {
			out = append(out, e.TextDocument.URI)
		}
	}
	return out
}

// Formatting applies an edit, and formats and saves the documents before it answers, as an editor that formats on save
// and saves what it was made to edit.
func Formatting(format func(string) string) ApplyEdit {
	return func(ctx context.Context, c *client.Client, p applyParams) (applyResult, error) {
		result := c.Apply(ctx, p.Edit)
		for _, u := range documentsOf(p.Edit) {
			content, _, _ := c.Text(u.FsPath())
			if err := errors.Join(c.SetText(ctx, u.FsPath(), format(content)), c.Save(ctx, u.FsPath())); err != nil {
				return result, err
			}
		}
		return result, nil
	}
}

// Later answers at once that it applied an edit, and does then what then does, once the gate is closed.
func Later(gate <-chan struct{}, then ApplyEdit) ApplyEdit {
	return func(ctx context.Context, c *client.Client, p applyParams) (applyResult, error) {
		go func() {
			select {
			case <-gate:
				_, _ = then(ctx, c, p) // what it says now nobody hears
			case <-ctx.Done():
			}
		}()
		return applyResult{Applied: true}, nil
	}
}

// Hang neither applies an edit nor answers.
func Hang(ctx context.Context, _ *client.Client, _ applyParams) (applyResult, error) {
	<-ctx.Done()
	return applyResult{}, ctx.Err()
}

// Mute applies an edit and never answers.
func Mute(ctx context.Context, c *client.Client, p applyParams) (applyResult, error) {
	c.Apply(ctx, p.Edit)
	return Hang(ctx, c, p)
}
