package lsp

import (
	"fmt"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/receipt"
)

// PreviewPolicy says when the person is to take each hunk of a delivery in the editor's own preview, where the editor
// is one that really has such a preview.
type PreviewPolicy string

// The policies. PreviewAsked: where a rule asked for the edit.
const (
	PreviewAsked  PreviewPolicy = "asked"
	PreviewAlways PreviewPolicy = "always"
	PreviewNever  PreviewPolicy = "never"
)

// annotation is the one change annotation of an edit in a preview.
const annotation = protocol.ChangeAnnotationIdentifier("slop")

// previews says whether a change set goes through the editor's preview.
func (s *Session) previews(set engine.ChangeSet) bool {
	if !s.traits().Previews {
		return false
	}
	switch s.hub.opts.Preview {
	case PreviewAlways:
		return true
	case PreviewNever:
		return false
	case PreviewAsked:
	}
	return set.Asked
}

// annotate says what the edit is, for the preview.
func (p *dispatch) annotate(edit *protocol.WorkspaceEdit) {
	if !p.preview {
		return
	}
	yes := true
	a := protocol.ChangeAnnotation{Label: p.label, NeedsConfirmation: &yes}
	if p.besides != "" {
		a.Description = &p.besides
	}
	edit.ChangeAnnotations = map[protocol.ChangeAnnotationIdentifier]protocol.ChangeAnnotation{annotation: a}
}

// decided is what a person made of a preview: what they did not take is left, and where they took nothing at all the
// change is declined.
func (p *dispatch) decided(files []*editedFile, reason string) error {
	taken := false
	for _, f := range files {
		if !f.done() && f.receipt.Taken == nil && f.receipt.State != receipt.Same {
			return p.failed(f, reason)
		}
		taken = taken || f.came()
	}
	if !taken {
		return &engine.DeclinedError{Client: p.s.clientName()}
	}
	for _, f := range files {
		if !f.arrived {
			f.skip()
		}
	}
	return nil
}

// skip notes that a person was asked about the rest of a file and did not take it.
func (f *editedFile) skip() {
	f.skipped = true
	if f.receipt.Taken == nil {
		f.receipt.Taken = make([]bool, len(f.receipt.Hunks))
	}
}

// left says what of a file a person did not take; "" where they took all.
func (f *editedFile) left() string {
	if !f.skipped {
		return ""
	}
	r := f.receipt
	x := text.NewIndex([]byte(r.Before))
	var lines []string
	for i, h := range r.Hunks {
		if !r.Taken[i] {
			line, _ := x.LineColumn(h.Span.Start)
			lines = append(lines, fmt.Sprint(line))
		}
	}
	const most = 12
	if len(lines) > most {
		lines = append(lines[:most], "…")
	}
	return fmt.Sprintf("of the %d changes of %s %d were taken in the preview; not those at line %s",
		len(r.Hunks), f.change.Path, r.Came(), strings.Join(lines, ", "))
}
