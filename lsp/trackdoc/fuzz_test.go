package trackdoc_test

import (
	"testing"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/trackdoc"
)

// Whatever the text and wherever the cursor: nothing panics, each range lies in the document, and what a completion
// or a fix changes is around the cursor's line.
func FuzzAnyPlace(f *testing.F) {
	for i := 0; i < len(sample); i += 9 {
		f.Add(sample, i, false)
	}
	f.Add("tickets:\n  - {id: T1, depends_on: [", 32, false)
	f.Add(`[{"id": "T1", "depends_on": ["`, 30, true)
	f.Add("\ufefftickets:\r\n- id: \"\r\n  target_symbols: [Nxt]\r\n", 20, false)
	state := midway(f)
	f.Fuzz(func(t *testing.T, src string, offset int, asJSON bool) {
		name := "a.track.yaml"
		if asJSON {
			name = "a.track.json"
		}
		offset = min(max(offset, 0), len(src))
		d := open(name, src, state, everything)
		index := text.NewIndex([]byte(src))
		inside := func(what string, r protocol.Range) {
			end := index.Position(len(src), text.UTF16)
			if r.End.Line < r.Start.Line || r.End.Line == r.Start.Line && r.End.Character < r.Start.Character || int(r.End.Line) > end.Line {
				t.Fatalf("%s is at %s of %q", what, shown(r), src)
			}
		}
		for _, it := range trackdoc.Completion(t.Context(), d, offset, folder{}).Items {
			r := it.TextEdit.(*protocol.TextEdit).Range
			at := index.Position(offset, text.UTF16)
			inside("completion", r)
			if r.Start.Line != r.End.Line || int(r.Start.Line) != at.Line || int(r.Start.Character) > at.Column || int(r.End.Character) < at.Column {
				t.Fatalf("the completion %q replaces %s, the cursor is at %v of %q", it.Label, shown(r), at, src)
			}
		}
		if h := trackdoc.Hover(t.Context(), d, offset, folder{}); h != nil {
			inside("hover", *h.Range)
		}
		if l, ok := trackdoc.Definition(t.Context(), d, offset, folder{}).(protocol.DefinitionLinkSlice); ok {
			inside("definition", *l[0].OriginSelectionRange)
		}
		for _, l := range trackdoc.References(d, offset, true) {
			inside("reference", l.Range)
		}
		if p := trackdoc.PrepareRename(d, offset); p != nil {
			inside("rename", p.Range)
		}
		for _, h := range trackdoc.Hints(d, trackfile.Span{Start: 0, End: len(src)}) {
			inside("hint", protocol.Range{Start: h.Position, End: h.Position})
		}
		for _, l := range trackdoc.Lenses(d) {
			inside("lens", l.Range)
		}
		trackdoc.Actions(d, offset)
		trackdoc.Symbols(d)
		for _, r := range trackdoc.Folds(d) {
			if r.EndLine <= r.StartLine || int(r.EndLine) >= index.Lines() {
				t.Fatalf("a fold from %d to %d of %q", r.StartLine, r.EndLine, src)
			}
		}
		for _, a := range trackdoc.Fixes(t.Context(), d, trackfile.Span{Start: offset, End: offset}, nil, folder{}) {
			for _, c := range a.Edit.DocumentChanges[0].(*protocol.TextDocumentEdit).Edits {
				inside(a.Title, c.(*protocol.TextEdit).Range)
			}
		}
	})
}
