package lsp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// reviewPath is the file of an approval's Review… document.
func (h *Hub) reviewPath(id engine.ApprovalID) string {
	return filepath.Join(h.opts.ReviewDir, string(id)+".md")
}

// writeReview writes the Review… document. One that an editor has open, or that holds what a person has saved, is left
// as it is, also where its form was damaged: it says where, and what was written is not thrown away.
func (s *Session) writeReview(ctx context.Context, a *engine.Approval) (string, error) {
	path := s.hub.reviewPath(a.ID)
	if s.hub.hasOpen(path) {
		return path, nil
	}
	content, err := engine.LoadContent(ctx, s.hub.opts.Blobs, a.Hash)
	if err != nil {
		return "", err
	}
	fresh := page.Review(a, content)
	head, _, _ := strings.Cut(fresh, "\n") // it names the approval and what exactly was asked
	if there, err := os.ReadFile(path); err == nil && strings.HasPrefix(string(there), head) {
		return path, nil
	}
	if err := replaceFile(path, fresh, 0o600); err != nil {
		return "", fmt.Errorf("writing a review: %w", err)
	}
	return path, nil
}

// hasOpen says whether any editor has a file open.
func (h *Hub) hasOpen(path string) bool {
	for _, s := range h.attached() {
		if s.desk.Docs().Get(uri.File(path)) != nil {
			return true
		}
	}
	return false
}

// show opens a document in which approvals are answered.
func (s *Session) show(ctx context.Context, path string) {
	s.showFile(ctx, path, "review and approve it")
}

// isReview says whether a document is a Review… document, by its name and its first line.
func isReview(d *document.Document) bool {
	p, ok := document.FilePath(d.URI)
	return ok && filepath.Ext(p) == ".md" && page.IsReview(d.Text())
}

// readReview reads an answer from the open Review… document that the arguments name.
func (s *Session) readReview(v view, a wire.AnswerArgs, asked *engine.Approval, content engine.Content) (answer, error) {
	d, err := v.docs.Need(uri.URI(a.URI))
	if err != nil {
		return answer{}, err
	}
	if p, ok := document.FilePath(d.URI); !ok || p != s.hub.reviewPath(asked.ID) {
		return answer{}, rpc.Refuse(rpc.InvalidParams, "%s is not the review of %s: open that with %s", a.URI, asked.ID, wire.ApprovalOpen)
	}
	got, err := page.ParseReview(asked, content, d.Text())
	if err != nil {
		return answer{}, rpc.Refuse(rpc.RequestFailed, "%s: %v", filepath.Base(d.URI.FsPath()), err)
	}
	return answer{reason: got.Reason, content: got.Content, remember: got.Remember, whole: true}, nil
}

// reviewActions are what can be done with a Review… document. They answer what stands in it when they are run.
func (s *Session) reviewActions(d *document.Document) []protocol.Command {
	id, err := page.ReviewID(d.Text())
	if err != nil {
		return nil
	}
	asked, err := s.pending(id)
	if err != nil {
		return nil
	}
	answer := func(title, decision string) protocol.Command {
		return commandOf(title, wire.ApprovalAnswer, wire.AnswerArgs{ID: string(id), Decision: decision, URI: string(d.Sent)})
	}
	return append([]protocol.Command{
		answer("Approve as edited", wire.Approve),
		answer("Reject with the reason written below", wire.Reject),
	}, forGood(asked, string(d.Sent))...)
}

// reviewProblems are the diagnostics of a Review… document.
func (s *Session) reviewProblems(ctx context.Context, docs *document.Set, d *document.Document) []protocol.Diagnostic {
	id, err := page.ReviewID(d.Text())
	var asked *engine.Approval
	if err == nil {
		asked, err = s.pending(id)
	}
	var content engine.Content
	if err == nil {
		content, err = engine.LoadContent(ctx, s.hub.opts.Blobs, asked.Hash)
	}
	if err == nil {
		_, err = page.ParseReview(asked, content, d.Text())
	}
	if err == nil {
		return []protocol.Diagnostic{}
	}
	line, severity, msg := 0, protocol.DiagnosticSeverityError, err.Error()
	var damaged *page.ReviewError
	if errors.As(err, &damaged) {
		line = damaged.Line
	}
	if late, ok := lateMessage(err); ok { // nothing is wrong with it
		severity, msg = protocol.DiagnosticSeverityInformation, late
	}
	return []protocol.Diagnostic{diagnostic(docs.RangeOf(d, d.Index.Line(line)), severity, "review", msg)}
}

// diagnosticSource is how our diagnostics are told from those of other servers.
const diagnosticSource = "slop-ls"

// diagnostic is one of ours.
func diagnostic(r protocol.Range, severity protocol.DiagnosticSeverity, code, msg string) protocol.Diagnostic {
	return protocol.Diagnostic{
		Range: r, Severity: severity, Code: protocol.String(code), Source: protocol.NewOptional(diagnosticSource),
		Message: protocol.String(text.Visible(msg)),
	}
}
