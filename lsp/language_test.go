package lsp_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

const trackPath = mainTrack + ".track.yaml"

// asked makes a request about a place of a buffer, with more members, and decodes the answer.
func asked(t *testing.T, e *lsptest.Env, method, path, find string, behind int, more map[string]any, answer any) {
	t.Helper()
	content, _, ok := e.Text(path)
	i := strings.Index(content, find)
	if !ok || i < 0 {
		t.Fatalf("%s holds no %q", path, find)
	}
	p, err := e.Position(path, i+behind)
	must(t, err)
	members := map[string]any{"textDocument": map[string]any{"uri": e.URI(path)}, "position": p, "range": protocol.Range{Start: p, End: p}}
	for k, v := range more {
		members[k] = v
	}
	params, err := json.Marshal(members)
	must(t, err)
	var raw json.RawMessage
	must(t, e.Call(t.Context(), method, json.RawMessage(params), &raw))
	if err := json.Unmarshal(raw, answer); err != nil {
		t.Fatalf("%s: %v in %s", method, err, raw)
	}
}

type place struct {
	URI   string
	Range wire.Range
}

func lineOf(content, find string) uint32 {
	return uint32(strings.Count(content[:strings.Index(content, find)], "\n"))
}

// A client that only knows standard LSP has a whole language.
func TestTrackLanguage(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		must(t, e.Open(t.Context(), trackPath))
		content, _, _ := e.Text(trackPath)

		var list struct{ Items []struct{ Label string } }
		asked(t, e, protocol.MethodTextDocumentCompletion, trackPath, "target_symbols: [Lexer.Next", len("target_symbols: [L"), nil, &list)
		var labels []string
		for _, it := range list.Items {
			labels = append(labels, it.Label)
		}
		if diff := cmp.Diff([]string{"Lexer", "Lexer.Next", "Plain"}, labels); diff != "" {
			t.Errorf("symbols of a file that is not open (-want +got):\n%s", diff)
		}

		var at place
		asked(t, e, protocol.MethodTextDocumentDefinition, trackPath, "Lexer.Next", 2, nil, &at)
		if at.URI != string(e.URI("a.go")) || at.Range.Start != (wire.Position{Line: 9, Character: 16}) {
			t.Errorf("the symbol is at %+v", at)
		}
		asked(t, e, protocol.MethodTextDocumentDefinition, trackPath, "depends_on: [T1]", len("depends_on: [T"), nil, &at)
		if at.URI != string(e.URI(trackPath)) || at.Range.Start.Line != lineOf(content, "id: T1") {
			t.Errorf("the ticket is at %+v", at)
		}
		var places []place
		asked(t, e, protocol.MethodTextDocumentReferences, trackPath, "id: T1", 5, map[string]any{"context": map[string]any{"includeDeclaration": true}}, &places)
		if len(places) != 2 {
			t.Errorf("T1 is at %+v", places)
		}
		var hover struct{ Contents struct{ Value string } }
		asked(t, e, protocol.MethodTextDocumentHover, trackPath, "id: T1", 5, nil, &hover)
		if !strings.Contains(hover.Contents.Value, "not planned yet") {
			t.Errorf("the hover is %q", hover.Contents.Value)
		}
		var symbols []struct{ Name string }
		asked(t, e, protocol.MethodTextDocumentDocumentSymbol, trackPath, "title", 0, nil, &symbols)
		if len(symbols) != 2 || symbols[0].Name != "T1: First" {
			t.Errorf("the symbols are %+v", symbols)
		}
		var folds []struct{ StartLine, EndLine uint32 }
		asked(t, e, protocol.MethodTextDocumentFoldingRange, trackPath, "title", 0, nil, &folds)
		if len(folds) != 3 {
			t.Errorf("the folds are %+v", folds)
		}
	})
}

// What happens in the engine is seen in the document: in hovers, hints and lenses.
func TestLiveState(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithResponder(lsptest.Never()))
		must(t, e.Open(t.Context(), trackPath))
		must(t, e.Open(t.Context(), "a.go"))
		if got := lensTitles(t, e, "a.go"); len(got) != 0 {
			t.Errorf("before there is a plan: %q", got)
		}
		must(t, e.Command(t.Context(), wire.TicketRun, wire.TicketArgs{URI: string(e.URI(trackPath)), ID: "T1"}, nil))
		id := string(d.awaitPending(1)[0].ID)
		var hover struct{ Contents struct{ Value string } }
		asked(t, e, protocol.MethodTextDocumentHover, trackPath, "id: T2", 5, nil, &hover)
		if !strings.Contains(hover.Contents.Value, "waits for T1: awaiting-spawn") {
			t.Errorf("the hover is %q", hover.Contents.Value)
		}
		want := []string{"9:24 T1: awaiting-spawn"}
		if diff := cmp.Diff(want, hints(t, e, "a.go")); diff != "" {
			t.Errorf("hints of the source (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"3:10 awaiting-spawn", "7:10 waits for T1", "9:19 awaiting-spawn"}, hints(t, e, trackPath)); diff != "" {
			t.Errorf("hints of the track (-want +got):\n%s", diff)
		}
		want = []string{"Review… " + id + ": Start T1 with small: First", "Approve " + id, "Reject " + id, "■ Kill T1 (awaiting-spawn)"}
		if diff := cmp.Diff(want, lensTitles(t, e, "a.go")); diff != "" {
			t.Errorf("lenses of the source (-want +got):\n%s", diff)
		}
	})
}

func hints(t *testing.T, e *lsptest.Env, path string) []string {
	t.Helper()
	var list []struct {
		Position wire.Position
		Label    string
	}
	whole := map[string]any{"range": wire.Range{End: wire.Position{Line: 1000}}}
	asked(t, e, protocol.MethodTextDocumentInlayHint, path, "", 0, whole, &list)
	var out []string
	for _, h := range list {
		out = append(out, fmt.Sprintf("%d:%d %s", h.Position.Line, h.Position.Character, h.Label))
	}
	return out
}

func lensTitles(t *testing.T, e *lsptest.Env, path string) []string {
	t.Helper()
	var list []struct{ Command struct{ Title string } }
	asked(t, e, protocol.MethodTextDocumentCodeLens, path, "", 0, nil, &list)
	var out []string
	for _, l := range list {
		out = append(out, l.Command.Title)
	}
	return out
}

// In whatever units the client counts, a rename changes the id and nothing else.
func TestRenameInEachEncoding(t *testing.T) {
	t.Parallel()
	const track = "title: Große 𝔏exer\ntickets:\n  - {id: T1, description: 𝔏𝔏 ä}\n  - {description: 𝔏 ö, depends_on: [T1], id: T2}\n"
	modes(t, sample, func(t *testing.T, d *daemon) {
		for _, enc := range []text.Encoding{text.UTF8, text.UTF16, text.UTF32} {
			e := d.open(lsptest.WithConfig(func(c *client.Config) { c.Encodings = []text.Encoding{enc} }))
			path := ".slop/tracks/" + string(enc) + ".track.yaml"
			must(t, e.OpenText(t.Context(), path, track))
			var edit json.RawMessage
			asked(t, e, protocol.MethodTextDocumentRename, path, "[T1]", 2, map[string]any{"newName": "the-first"}, &edit)
			var change protocol.WorkspaceEdit
			must(t, protocol.Unmarshal(edit, &change))
			if r := e.Apply(t.Context(), change); !r.Applied {
				t.Fatalf("%s: the edit cannot be applied: %+v", enc, r)
			}
			got, _, _ := e.Text(path)
			if diff := cmp.Diff(strings.ReplaceAll(track, "T1", "the-first"), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", enc, diff)
			}
		}
	})
}

func TestFormatting(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		must(t, e.OpenText(t.Context(), trackPath, "title:   x\ntickets:\n- id: T1   # the first\n  description:    y\n"))
		var edits []protocol.TextEdit
		var raw json.RawMessage
		asked(t, e, protocol.MethodTextDocumentFormatting, trackPath, "title", 0, map[string]any{"options": map[string]any{"tabSize": 2, "insertSpaces": true}}, &raw)
		must(t, json.Unmarshal(raw, &edits))
		r := e.Apply(t.Context(), protocol.WorkspaceEdit{Changes: map[uri.URI][]protocol.TextEdit{e.URI(trackPath): edits}})
		if got, _, _ := e.Text(trackPath); !r.Applied || got != "title: x\ntickets:\n  - id: T1   # the first\n    description: y\n" {
			t.Errorf("applied %v: %q", r.Applied, got)
		}
	})
}

// A quick fix of a problem comes as an edit.
func TestQuickFix(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		must(t, e.OpenText(t.Context(), trackPath, "tickets:\n  - id: T1\n    descripton: x\n"))
		seen := e.Await(lsptest.DiagnosticCount(string(e.URI(trackPath)), 2))
		given := []any{map[string]any{"message": 7, "range": "odd"}} // of another server
		for _, d := range seen.Diagnostics[string(e.URI(trackPath))] {
			raw, err := protocol.Marshal(&d)
			must(t, err)
			given = append(given, json.RawMessage(raw))
		}
		context := map[string]any{"diagnostics": given, "only": []string{"quickfix"}}
		var raws []json.RawMessage
		asked(t, e, protocol.MethodTextDocumentCodeAction, trackPath, "descripton", 3, map[string]any{"context": context}, &raws)
		if len(raws) == 0 {
			t.Fatal("there is no fix")
		}
		var fix protocol.CodeAction
		must(t, protocol.Unmarshal(raws[0], &fix))
		if fix.Title != "Replace by description" || len(fix.Diagnostics) != 1 || fix.Edit == nil {
			t.Fatalf("the fix is %+v", fix)
		}
		e.Apply(t.Context(), *fix.Edit)
		e.Await(lsptest.DiagnosticCount(string(e.URI(trackPath)), 0))
	})
}

// Other documents are none of this language's business.
func TestQuietElsewhere(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		must(t, e.Open(t.Context(), "a.go"))
		for _, method := range []string{
			protocol.MethodTextDocumentCompletion, protocol.MethodTextDocumentHover, protocol.MethodTextDocumentDefinition,
			protocol.MethodTextDocumentReferences, protocol.MethodTextDocumentPrepareRename, protocol.MethodTextDocumentDocumentSymbol,
			protocol.MethodTextDocumentFoldingRange, protocol.MethodTextDocumentFormatting,
		} {
			var answer any
			asked(t, e, method, "a.go", "Next()", 1, map[string]any{"context": map[string]any{"includeDeclaration": true}, "options": map[string]any{"tabSize": 8}}, &answer)
			if answer != nil {
				t.Errorf("%s of a source file: %v", method, answer)
			}
		}
		if got := hints(t, e, "a.go"); len(got) != 0 {
			t.Errorf("hints without a track: %q", got)
		}
	})
}

// A ticket to fix what another server finds wrong: at a symbol for the symbol, elsewhere for the file.
func TestTicketForADiagnostic(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		must(t, e.Open(t.Context(), "a.go"))
		for i, find := range []string{"l.pos++", "package"} {
			p := at(t, e, "a.go", find)
			wrong := map[string]any{
				"range": wire.Range{Start: p, End: p}, "message": "undefined: pos " + find, "source": "compiler", "code": "Undeclared",
			}
			ours := map[string]any{"range": wire.Range{Start: p, End: p}, "message": "ours", "source": "slop-ls"}
			var list []struct {
				Title, Kind string
				Command     struct {
					Command   string
					Arguments []json.RawMessage
				}
				Diagnostics []struct{ Message string }
			}
			context := map[string]any{"diagnostics": []any{wrong, ours}, "only": []string{"quickfix"}}
			asked(t, e, protocol.MethodTextDocumentCodeAction, "a.go", find, 0, map[string]any{"context": context}, &list)
			if len(list) != 1 || list[0].Title != "New ticket to fix this" || len(list[0].Diagnostics) != 1 {
				t.Fatalf("the actions are %+v", list)
			}
			var ref wire.TicketRef
			must(t, e.Command(t.Context(), list[0].Command.Command, list[0].Command.Arguments[0], &ref))
			if want := fmt.Sprintf("T%d", i+1); ref.ID != want {
				t.Errorf("the ticket is %+v, not %s", ref, want)
			}
			snap := d.await("the ticket", func(s *engine.Snapshot) bool {
				_, ok := s.Ticket(engine.TicketKey{Track: ".slop/tracks/scratch", ID: ref.ID})
				return ok
			})
			ticket, _ := snap.Ticket(engine.TicketKey{Track: ".slop/tracks/scratch", ID: ref.ID})
			if !strings.Contains(ticket.Spec.Description, "undefined: pos "+find) || !strings.Contains(ticket.Spec.Description, "of a.go (compiler Undeclared)") {
				t.Errorf("it is to do %q", ticket.Spec.Description)
			}
			if about := len(ticket.Spec.TargetSymbols) == 1; about != (i == 0) || ticket.Spec.TargetFile != "a.go" {
				t.Errorf("it is about %q of %s", ticket.Spec.TargetSymbols, ticket.Spec.TargetFile)
			}
		}
	})
}

// A ticket that is completed is not one to run on its symbol; one that is blocked is tried again.
func TestRunOnSymbolOfOtherTickets(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		command string
		want    string
	}{{wire.TicketSkip, ".slop/tracks/scratch"}, {wire.TicketKill, ".slop/tracks/scratch"}, {wire.TicketBlock, mainTrack}} {
		t.Run(tc.command, func(t *testing.T) {
			t.Parallel()
			modes(t, sample, func(t *testing.T, d *daemon) {
				e := d.open(lsptest.WithResponder(lsptest.Choose("Approve")))
				must(t, e.Open(t.Context(), "a.go"))
				must(t, e.Command(t.Context(), tc.command, wire.TicketArgs{URI: string(e.URI(trackPath)), ID: "T1"}, nil))
				var ref wire.TicketRef
				args := wire.RunOnSymbolArgs{URI: string(e.URI("a.go")), Position: at(t, e, "a.go", "l.pos++"), Instruction: "Again."}
				must(t, e.Command(t.Context(), wire.TicketRunOnSymbol, args, &ref))
				if ref != (wire.TicketRef{URI: string(e.URI(tc.want + ".track.yaml")), ID: "T1"}) {
					t.Errorf("it ran %+v", ref)
				}
				d.awaitStatus(tc.want, "T1", engine.Completed)
			})
		})
	}
}
