package trackdoc_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/leaftest"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/trackdoc"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// golden holds a text against testdata/NAME.golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	leaftest.Golden(t, filepath.Join("testdata", name+".golden"), got)
}

const trackID = engine.TrackID(".slop/tracks/main")

var everything = trackdoc.Client{Snippets: true, AsIs: true, Markdown: true, MarkdownItems: true, Tree: true, Links: true, Versions: true}

// open is a document as a client with UTF-16 positions sees it.
func open(name, src string, state *engine.Snapshot, client trackdoc.Client) *trackdoc.Doc {
	index := text.NewIndex([]byte(src))
	position := func(offset int) protocol.Position {
		p := index.Position(offset, text.UTF16)
		return protocol.Position{Line: uint32(p.Line), Character: uint32(p.Column)}
	}
	return &trackdoc.Doc{
		Parsed: trackfile.Parse(name, []byte(src)), URI: uri.URI("file:///w/" + name), Version: 7, Track: trackID,
		State: state, Client: client,
		Range: func(s trackfile.Span) protocol.Range {
			return protocol.Range{Start: position(s.Start), End: position(s.End)}
		},
		Asks: func(t *engine.Ticket) []protocol.Command {
			return []protocol.Command{{Title: "Review… " + string(t.Approval)}}
		},
	}
}

// cut takes the cursor, a ¦, out of a document.
func cut(t testing.TB, src string) (string, int) {
	t.Helper()
	before, after, ok := strings.Cut(src, "¦")
	if !ok {
		t.Fatalf("no cursor in %q", src)
	}
	return before + after, len(before)
}

// folder is a workspace of one folder and one Go file.
type folder struct{}

func (folder) List(_ context.Context, dir string) ([]engine.Entry, error) {
	switch dir {
	case ".":
		return []engine.Entry{{Path: ".git", Dir: true}, {Path: "go.mod"}, {Path: "parser", Dir: true}}, nil
	case "parser":
		return []engine.Entry{{Path: "parser/lex.go"}, {Path: "parser/odd: name.go"}, {Path: "parser/token.go"}}, nil
	}
	return nil, fs.ErrNotExist
}

func (folder) Find(_ context.Context, words string, limit int) []string {
	var out []string
	for _, p := range []string{"parser/lex.go", "parser/token.go"} {
		if strings.Contains(p, words) && len(out) < limit {
			out = append(out, p)
		}
	}
	return out
}

func (folder) Symbols(_ context.Context, path string) ([]engine.Symbol, error) {
	if path != "parser/lex.go" {
		return nil, fs.ErrNotExist
	}
	return []engine.Symbol{
		{Name: "Lexer", Path: "Lexer", Kind: "struct", Signature: "type Lexer struct", NameStart: 5, NameEnd: 10},
		{Name: "Next", Path: "Lexer.Next", Kind: "method", Signature: "func (l *Lexer) Next() Token", NameStart: 40, NameEnd: 44},
		{Name: "Token", Path: "Token", Kind: "type", Signature: "type Token int", NameStart: 70, NameEnd: 75},
	}, nil
}

func (folder) Locate(_ context.Context, path string, at text.Span) (protocol.Location, error) {
	if !strings.HasPrefix(path, "parser/") {
		return protocol.Location{}, errors.New("no such file")
	}
	return protocol.Location{URI: uri.URI("file:///w/" + path), Range: protocol.Range{
		Start: protocol.Position{Character: uint32(at.Start)}, End: protocol.Position{Character: uint32(at.End)},
	}}, nil
}

func (folder) Models() []string { return []string{"small", "large"} }

// folded is the state after events.
func folded(t testing.TB, bodies ...engine.Body) *engine.Snapshot {
	t.Helper()
	state := engine.NewState()
	for i, b := range bodies {
		e := engine.Event{Seq: uint64(i + 1), At: time.Unix(int64(i), 0), Body: b}
		if err := state.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return state.Freeze()
}

const sample = `title: Große Lexer
goal: |
  Every error names
  its line.
tickets:
  # the first
  # of all
  - id: T1
    description: Give Lexer *positions*
    target_file: parser/lex.go
    target_symbols: [Lexer.Next, Token]
  - id: T2
    description: |
      Use them.
      In errors.
    depends_on: [T1]
  - id: "T3"
    description: Report
    depends_on: ['T1', T2]
  - id: T4
    description: Never run
  - id: T5
    description: Killed
  - id: T6
    description: Done long ago
    depends_on: [T4]
`

// midway is the sample while it runs: T1 was retried and is thinking, T2 is blocked, T5 killed, T6 completed.
func midway(t testing.TB) *engine.Snapshot {
	t.Helper()
	key := func(id string) engine.TicketKey { return engine.TicketKey{Track: trackID, ID: id} }
	run := func(id string, n int) engine.Run { return engine.Run{Ticket: key(id), Attempt: n} }
	doc := trackfile.Parse("a.track.yaml", []byte(sample))
	var order []string
	for _, ticket := range doc.Track.Tickets {
		order = append(order, ticket.ID)
	}
	return folded(t,
		engine.TrackPlanned{Track: trackID, Title: doc.Track.Title, Order: order, Tickets: doc.Track.Tickets},
		engine.TicketStarted{Run: run("T1", 1), Model: "small"},
		engine.TicketRetried{Ticket: key("T1"), Cause: engine.CauseFailure, By: engine.ByConductor, Reason: "no *such* file\n\u202eelif"},
		engine.TicketStarted{Run: run("T1", 2), Model: "large"},
		engine.ApprovalRequested{Approval: engine.Approval{ID: "A1", Kind: engine.KindSpawn, Run: run("T1", 2), Title: "Start T1"}},
		engine.ApprovalDecided{ID: "A1", Answer: engine.Answer{Decision: engine.Approved, By: engine.ByPerson}},
		engine.ApprovalConsumed{ID: "A1", Run: run("T1", 2)},
		engine.UsageRecorded{Run: run("T1", 2), Tier: engine.TierWorker, Model: "large", Usage: engine.Usage{Input: 12000, Output: 80, Cost: engine.Cost{MicroUSD: 1500}}},
		engine.TicketBlocked{Ticket: key("T2"), By: engine.ByPerson, Reason: "wait for the <review>"},
		engine.TicketKilled{Ticket: key("T5"), By: engine.ByPerson, Reason: "not needed"},
		engine.TicketCompleted{Ticket: key("T6"), Summary: "as it was", Skipped: true},
		engine.TicketQueued{Ticket: key("T3"), By: engine.ByPerson},
	)
}

func shown(r protocol.Range) string {
	return fmt.Sprintf("%d:%d-%d:%d", r.Start.Line, r.Start.Character, r.End.Line, r.End.Character)
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, tc := range []struct{ name, path, src string }{
		{"a field", "a.track.yaml", "title: x\ntickets:\n  - id: T1\n    de¦\n"},
		{"an empty document", "a.track.yaml", "¦"},
		{"a new ticket", "a.track.yaml", "tickets:\n  - id: T1\n    description: x\n  ¦"},
		{"a new ticket behind its dash", "a.track.yaml", "tickets:\n  - id: T7\n    description: x\n  - ¦"},
		{"a new ticket behind the colon", "a.track.yaml", "tickets: ¦"},
		{"a new ticket in JSON", "a.track.json", "[{\"id\": \"T1\", \"description\": \"x\"}, ¦]"},
		{"its id", "a.track.yaml", "tickets:\n  - id: T1\n  - id: ¦\n"},
		{"a dependency, without what is listed and what would be a cycle", "a.track.yaml", sample[:strings.Index(sample, "depends_on: ['T1'")] + "depends_on: [T1, ¦]\n  - id: T4\n    depends_on: [T3]\n  - id: T5\n    description: Five\n"},
		{"a dependency in quotes", "a.track.yaml", "tickets:\n  - id: T1\n    depends_on: [\"T¦\"]\n  - id: T2\n"},
		{"the first dependency", "a.track.yaml", "tickets:\n  - id: T1\n    depends_on: ¦\n  - id: T2\n"},
		{"a file", "a.track.yaml", "tickets:\n  - id: T1\n    target_file: ¦\n"},
		{"a file in a folder", "a.track.yaml", "tickets:\n  - id: T1\n    target_file: parser/¦\n"},
		{"a file anywhere", "a.track.yaml", "tickets:\n  - id: T1\n    target_file: tok¦\n"},
		{"a glob", "a.track.yaml", "tickets:\n  - id: T1\n    writes: [parser/¦]\n"},
		{"a symbol", "a.track.yaml", "tickets:\n  - id: T1\n    target_file: parser/lex.go\n    target_symbols: [Token, N¦]\n"},
		{"a symbol of no file", "a.track.yaml", "tickets:\n  - id: T1\n    target_symbols: [N¦]\n"},
		{"a model", "a.track.yaml", "tickets:\n  - id: T1\n    model_override: ¦\n  - id: T2\n    model_override: other\n"},
		{"a priority", "a.track.yaml", "tickets:\n  - id: T1\n    priority: ¦\n"},
		{"a status in JSON", "a.track.json", `[{"id": "T1", "status": "¦"}]`},
		{"yes or no", "a.track.yaml", "tickets:\n  - id: T1\n    step_mode: t¦\n"},
		{"text", "a.track.yaml", "tickets:\n  - id: T1\n    description: ¦\n"},
	} {
		src, at := cut(t, tc.src)
		for _, client := range []trackdoc.Client{everything, {}, {Snippets: true}} {
			list := trackdoc.Completion(t.Context(), open(tc.path, src, folded(t), client), at, folder{})
			if client != everything && !strings.HasPrefix(tc.name, "a new ticket") {
				continue // as above
			}
			fmt.Fprintf(&b, "%s (incomplete %v, snippets %v, as is %v)\n", tc.name, list.IsIncomplete, client.Snippets, client.AsIs)
			for _, it := range list.Items {
				edit := it.TextEdit.(*protocol.TextEdit)
				detail, _ := it.Detail.Get()
				filter, _ := it.FilterText.Get()
				fmt.Fprintf(&b, "\t%s | %s | filter %s | %s %q | format %d, mode %d\n", it.Label, detail, filter, shown(edit.Range), edit.NewText, it.InsertTextFormat, it.InsertTextMode)
			}
		}
	}
	golden(t, "completion", b.String())
}

// What a completion inserts is read as what it says.
func TestCompletionIsRead(t *testing.T) {
	t.Parallel()
	src, at := cut(t, "tickets:\n  - id: T1\n    description: x\n    target_file: parser/o¦\n")
	list := trackdoc.Completion(t.Context(), open("a.track.yaml", src, folded(t), everything), at, folder{})
	i := slices.IndexFunc(list.Items, func(it protocol.CompletionItem) bool { return it.Label == "parser/odd: name.go" })
	if i < 0 {
		t.Fatalf("the proposals are %+v", list.Items)
	}
	edit := list.Items[i].TextEdit.(*protocol.TextEdit)
	start := strings.LastIndex(src, "parser/o")
	doc := trackfile.Parse("a.track.yaml", []byte(src[:start]+edit.NewText+"\n"))
	if got := doc.Track.Tickets[0].TargetFile; got != "parser/odd: name.go" {
		t.Errorf("the file is %q of %s", got, doc.Source)
	}
}

func TestLongCompletion(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("tickets:\n")
	for i := range 1000 {
		fmt.Fprintf(&b, "  - id: T%d\n    description: x\n", i+1)
	}
	src, at := cut(t, b.String()+"  - id: X\n    depends_on: [T99¦]\n")
	list := trackdoc.Completion(t.Context(), open("a.track.yaml", src, folded(t), everything), at, folder{})
	if list.IsIncomplete || len(list.Items) != 28 { // each with two nines
		t.Errorf("%d proposals, incomplete %v", len(list.Items), list.IsIncomplete)
	}
	src, at = cut(t, b.String()+"  - id: X\n    depends_on: [¦]\n")
	list = trackdoc.Completion(t.Context(), open("a.track.yaml", src, folded(t), everything), at, folder{})
	if !list.IsIncomplete || len(list.Items) != 200 {
		t.Errorf("%d proposals, incomplete %v", len(list.Items), list.IsIncomplete)
	}
}

func TestHover(t *testing.T) {
	t.Parallel()
	state := midway(t)
	var b strings.Builder
	for _, at := range []string{
		"id: T¦1", "depends_on: [T¦1]", "['T¦1'", "id: \"T¦3", "id: T¦4", "id: T¦2", "descr¦iption: Give", "Lexer.N¦ext", "target¦_file", "tit¦le", "Use¦ them",
	} {
		marked := strings.Replace(sample, strings.Replace(at, "¦", "", 1), at, 1)
		src, offset := cut(t, marked)
		for _, client := range []trackdoc.Client{everything, {}} {
			h := trackdoc.Hover(t.Context(), open("a.track.yaml", src, state, client), offset, folder{})
			if h == nil {
				fmt.Fprintf(&b, "%s: nothing\n", at)
				break
			}
			content := h.Contents.(*protocol.MarkupContent)
			fmt.Fprintf(&b, "%s: %s at %s\n%s\n", at, content.Kind, shown(*h.Range), content.Value)
		}
	}
	golden(t, "hover", b.String())
}

func TestDefinition(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{
		"depends_on: [T¦1]":    "file:///w/a.track.yaml 7:8-7:10 from 15:17-15:19",
		"'T1', T¦2":            "file:///w/a.track.yaml 11:8-11:10 from 18:23-18:25",
		"Lexer.N¦ext":          "file:///w/parser/lex.go 0:40-0:44 from 10:21-10:31",
		"target_file: par¦ser": "file:///w/parser/lex.go 0:0-0:0 from 9:17-9:30",
		"Use¦ them":            "nothing",
		"id: T¦4":              "file:///w/a.track.yaml 19:8-19:10 from 19:8-19:10",
	} {
		src, offset := cut(t, strings.Replace(sample, strings.Replace(at, "¦", "", 1), at, 1))
		got := "nothing"
		if links, ok := trackdoc.Definition(t.Context(), open("a.track.yaml", src, folded(t), everything), offset, folder{}).(protocol.DefinitionLinkSlice); ok {
			got = fmt.Sprintf("%s %s from %s", links[0].TargetURI, shown(links[0].TargetSelectionRange), shown(*links[0].OriginSelectionRange))
		}
		if got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
		plain := trackdoc.Definition(t.Context(), open("a.track.yaml", src, folded(t), trackdoc.Client{}), offset, folder{})
		if loc, ok := plain.(*protocol.Location); ok != (want != "nothing") || ok && !strings.HasPrefix(want, string(loc.URI)+" "+shown(loc.Range)) {
			t.Errorf("%s without links: %+v", at, plain)
		}
	}
}

func TestReferencesAndRename(t *testing.T) {
	t.Parallel()
	src, offset := cut(t, strings.Replace(sample, "depends_on: [T1]", "depends_on: [T1¦]", 1))
	d := open("a.track.yaml", src, folded(t), everything)
	var got []string
	for _, l := range trackdoc.References(d, offset, true) {
		got = append(got, shown(l.Range))
	}
	if diff := cmp.Diff([]string{"7:8-7:10", "15:17-15:19", "18:17-18:21"}, got); diff != "" {
		t.Error(diff)
	}
	if n := len(trackdoc.References(d, offset, false)); n != 2 {
		t.Errorf("%d references without the declaration", n)
	}
	if at := trackdoc.PrepareRename(d, strings.Index(src, `"T3"`)+2); at == nil || at.Placeholder != "T3" || shown(at.Range) != "16:9-16:11" {
		t.Errorf("T3 in quotes: %+v", at)
	}
	if at := trackdoc.PrepareRename(d, strings.Index(src, "Report")); at != nil {
		t.Errorf("a description can be renamed: %+v", at)
	}
	edit, err := trackdoc.Rename(d, offset, "lexer-positions")
	if err != nil {
		t.Fatal(err)
	}
	change := edit.DocumentChanges[0].(*protocol.TextDocumentEdit)
	if *change.TextDocument.Version != 7 || len(change.Edits) != 3 || change.Edits[2].(*protocol.TextEdit).NewText != "'lexer-positions'" {
		t.Errorf("the edit is %+v", change)
	}
	d.Client.Versions = false
	if edit, err = trackdoc.Rename(d, offset, "x"); err != nil || len(edit.Changes[d.URI]) != 3 {
		t.Errorf("without versions: %+v, %v", edit, err)
	}
	if _, err := trackdoc.Rename(d, offset, "T2"); !errors.Is(err, trackfile.ErrNewID) {
		t.Errorf("renaming to a taken id: %v", err)
	}
	if _, err := trackdoc.Rename(d, 0, "T2"); !errors.Is(err, trackfile.ErrNoTicket) {
		t.Errorf("renaming what is no id: %v", err)
	}
}

func TestOutline(t *testing.T) {
	t.Parallel()
	d := open("a.track.yaml", sample, midway(t), everything)
	var b strings.Builder
	var tree func(depth int, list []protocol.DocumentSymbol)
	tree = func(depth int, list []protocol.DocumentSymbol) {
		for _, s := range list {
			detail := ""
			if s.Detail != nil {
				detail = *s.Detail
			}
			fmt.Fprintf(&b, "%s%s | %s | kind %d | %s in %s\n", strings.Repeat("\t", depth), s.Name, detail, s.Kind, shown(s.SelectionRange), shown(s.Range))
			tree(depth+1, s.Children)
		}
	}
	tree(0, trackdoc.Symbols(d).(protocol.DocumentSymbolSlice))
	for _, f := range trackdoc.Folds(d) {
		fmt.Fprintf(&b, "fold %d-%d %s\n", f.StartLine, f.EndLine, f.Kind)
	}
	d.Client = trackdoc.Client{FoldLimit: 4}
	for _, s := range trackdoc.Symbols(d).(protocol.SymbolInformationSlice) {
		fmt.Fprintf(&b, "flat %s %s\n", s.Name, shown(s.Location.Range))
	}
	for _, f := range trackdoc.Folds(d) {
		fmt.Fprintf(&b, "of four: fold %d-%d %s\n", f.StartLine, f.EndLine, f.Kind)
	}
	golden(t, "outline", b.String())
}

func TestHintsAndLenses(t *testing.T) {
	t.Parallel()
	d := open("a.track.yaml", sample, midway(t), everything)
	var b strings.Builder
	for _, h := range trackdoc.Hints(d, trackfile.Span{Start: 0, End: len(sample)}) {
		fmt.Fprintf(&b, "hint %d:%d %s\n", h.Position.Line, h.Position.Character, h.Label)
	}
	for _, l := range trackdoc.Lenses(d) {
		fmt.Fprintf(&b, "lens %d %s: %s %s\n", l.Range.Start.Line, l.Command.Title, l.Command.Command, l.Command.Arguments)
	}
	for _, id := range []string{"T1", "T2", "T3", "T4", "T5", "T6"} {
		at := strings.Index(sample, id+"\n")
		if at < 0 {
			at = strings.Index(sample, `"`+id)
		}
		for _, c := range trackdoc.Actions(d, at) {
			fmt.Fprintf(&b, "action %s: %s\n", c.Title, c.Command)
		}
	}
	golden(t, "live", b.String())
	third := strings.Index(sample, "id: T4")
	if n := len(trackdoc.Hints(d, trackfile.Span{Start: third, End: third})); n != 0 {
		t.Errorf("%d hints in a ticket that nobody has touched", n)
	}
}

// A long document shows lenses of those tickets that somebody has touched.
func TestLensesOfALongTrack(t *testing.T) {
	t.Parallel()
	long := sample
	for i := range 1000 {
		long += fmt.Sprintf("  - id: X%d\n    description: x\n", i)
	}
	var titles []string
	for _, l := range trackdoc.Lenses(open("a.track.yaml", long, midway(t), everything)) {
		titles = append(titles, l.Command.Title)
	}
	want := []string{
		"■ Kill T1 (thinking, 12.1k tokens, attempt 2)",
		"↻ Retry T2 (blocked by person: wait for the <review>)", "Unblock T2", "↻ Retry T5 (killed)",
	}
	if diff := cmp.Diff(want, titles); diff != "" {
		t.Error(diff)
	}
}

func TestFixes(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, tc := range []struct{ name, path, src string }{
		{"unknown field", "a.track.yaml", "tickets:\n  - id: T1\n    descripton¦: x\n"},
		{"unknown dependency", "a.track.yaml", "tickets:\n  - id: parser\n    description: x\n  - id: T2\n    description: x\n    depends_on: [¦'parsr']\n"},
		{"status", "a.track.yaml", "tickets:\n  - id: T1\n    description: x\n    status: complete¦\n"},
		{"priority", "a.track.yaml", "tickets:\n  - id: T1\n    description: x\n    priority: \"¦hihg\"\n"},
		{"duplicate id", "a.track.yaml", "tickets:\n  - id: T1\n    description: x\n  - id: ¦T1\n    description: y\n"},
		{"empty id", "a.track.yaml", "tickets:\n  - id:¦\n    description: x\n"},
		{"missing id", "a.track.yaml", "tickets:\n  - descrip¦tion: x\n    priority: low\n"},
		{"missing description", "a.track.yaml", "tickets:\n  - i¦d: T1\n  - id: T2\n    description: x\n"},
		{"missing both", "a.track.yaml", "tickets:\n  - ¦priority: low\n"},
		{"missing id in braces", "a.track.yaml", "tickets:\n  - {¦description: x}\n"},
		{"missing description in JSON", "a.track.json", `[{"¦id": "T1"}]`},
		{"illegal id", "a.track.yaml", "tickets:\n  - id: ¦the parser/1\n    description: x\n  - id: T2\n    description: y\n    depends_on: [the parser/1]\n"},
		{"backslashes", "a.track.yaml", "tickets:\n  - id: T1\n    description: x\n    target_file: ¦parser\\lex.go\n"},
		{"a list", "a.track.yaml", "tickets:\n  - id: T1\n    description: x\n    target_file: a.go\n    target_symbols: ¦Lexer\n"},
		{"a number", "a.track.yaml", "tickets:\n  - id: T1\n    description: x\n    model_override: ¦4\n"},
		{"missing symbol", "a.track.yaml", "tickets:\n  - id: T1\n    description: x\n    target_file: parser/lex.go\n    target_symbols: [Lexer.Nxt¦]\n"},
		{"nothing near", "a.track.yaml", "tickets:\n  - id: T1\n    description: x\n    zzzzzzzz¦: y\n"},
		{"nothing wrong", "a.track.yaml", "tickets:\n  - id: ¦T1\n    description: x\n"},
	} {
		src, at := cut(t, tc.src)
		d := open(tc.path, src, folded(t), trackdoc.Client{})
		fmt.Fprintf(&b, "%s\n", tc.name)
		for _, a := range trackdoc.Fixes(t.Context(), d, trackfile.Span{Start: at, End: at}, nil, folder{}) {
			fmt.Fprintf(&b, "\t%s (%s, preferred %v)\n", a.Title, *a.Kind, *a.IsPreferred)
			fixed := patched(src, a.Edit.Changes[d.URI])
			fmt.Fprintf(&b, "\t\t%s\n", strings.ReplaceAll(fixed, "\n", "\n\t\t"))
		}
	}
	golden(t, "fixes", b.String())
}

// Each action that is offered for a ticket is legal as the ticket stands.
func TestActionsAreLegal(t *testing.T) {
	t.Parallel()
	key := engine.TicketKey{Track: trackID, ID: "T1"}
	run := engine.Run{Ticket: key, Attempt: 1}
	const src = "tickets:\n  - id: T1\n    description: x\n"
	commands := map[string]engine.Command{
		wire.TicketRun: engine.RunTicket{Ticket: key}, wire.TicketRetry: engine.RetryTicket{Ticket: key},
		wire.TicketKill: engine.KillTicket{Ticket: key}, wire.TicketBlock: engine.BlockTicket{Ticket: key},
		wire.TicketUnblock: engine.UnblockTicket{Ticket: key}, wire.TicketSkip: engine.SkipTicket{Ticket: key},
		wire.TicketUndo: engine.UndoTicket{Ticket: key, Rests: 3},
	}
	offered := map[string]bool{}
	for name, events := range map[string][]engine.Body{
		"todo":      nil,
		"queued":    {engine.TicketQueued{Ticket: key}},
		"running":   {engine.TicketStarted{Run: run}},
		"blocked":   {engine.TicketBlocked{Ticket: key}},
		"killed":    {engine.TicketKilled{Ticket: key}},
		"completed": {engine.TicketCompleted{Ticket: key}},
		"delivered": {
			engine.TicketStarted{Run: run},
			engine.DeliveryStarted{Run: run, Delivery: engine.Delivery{Blob: "b"}},
			engine.EditDelivered{Run: run, Files: []engine.DeliveredFile{{Path: "a"}}},
			engine.TicketCompleted{Ticket: key},
		},
	} {
		state := engine.NewState()
		planned := engine.TrackPlanned{Track: trackID, Order: []string{"T1"}, Tickets: []trackfile.Ticket{{ID: "T1", Description: "x"}}}
		for i, b := range append([]engine.Body{planned}, events...) {
			if err := state.Apply(engine.Event{Seq: uint64(i + 1), Body: b}); err != nil {
				t.Fatal(err)
			}
		}
		d := open("a.track.yaml", src, state.Freeze(), everything)
		actions := trackdoc.Actions(d, strings.Index(src, "T1"))
		for _, l := range trackdoc.Lenses(d) {
			actions = append(actions, l.Command)
		}
		if len(actions) == 0 {
			t.Errorf("%s: nothing can be done", name)
		}
		for _, a := range actions {
			if commands[a.Command] == nil { // it only shows something
				continue
			}
			offered[a.Command] = true
			if _, err := engine.Decide(state, engine.Settings{}, commands[a.Command], time.Unix(0, 0)); err != nil {
				t.Errorf("%s: %s is offered: %v", name, a.Title, err)
			}
		}
	}
	for command := range commands {
		if !offered[command] {
			t.Errorf("%s is never offered", command)
		}
	}
}

// patched is a text after edits of one document.
func patched(src string, edits []protocol.TextEdit) string {
	index := text.NewIndex([]byte(src))
	for i := len(edits) - 1; i >= 0; i-- {
		e := edits[i]
		at := func(p protocol.Position) int {
			return index.Offset(text.Position{Line: int(p.Line), Column: int(p.Character)}, text.UTF16)
		}
		src = src[:at(e.Range.Start)] + e.NewText + src[at(e.Range.End):]
	}
	return src
}

// A fix names the client's own diagnostic of its problem.
func TestFixNamesItsDiagnostic(t *testing.T) {
	t.Parallel()
	d := open("a.track.yaml", "tickets:\n  - id: T1\n    descripton: x\n", folded(t), everything)
	p := d.Parsed.Problems[len(d.Parsed.Problems)-1]
	given := []protocol.Diagnostic{
		{Range: d.Range(p.Span), Code: protocol.String(p.Code), Message: protocol.String("ours")},
		{Range: d.Range(p.Span), Code: protocol.String("other"), Message: protocol.String("theirs")},
	}
	fixes := trackdoc.Fixes(t.Context(), d, p.Span, given, folder{})
	if len(fixes) == 0 || len(fixes[len(fixes)-1].Diagnostics) != 1 || fixes[len(fixes)-1].Diagnostics[0].Message != protocol.String("ours") {
		t.Errorf("the fixes are %+v", fixes)
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	src := "title:   x\ntickets:\n- id: T1   # the first\n  description:    y\n"
	edits := trackdoc.Format(open("a.track.yaml", src, folded(t), everything))
	want := "title: x\ntickets:\n  - id: T1   # the first\n    description: y\n"
	if diff := cmp.Diff(want, patched(src, edits)); diff != "" {
		t.Error(diff)
	}
}
