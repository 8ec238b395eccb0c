package trackfile

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine/leaftest"
)

// TestGoodDocuments holds what is read, with the source text of every range, to golden files.
func TestGoodDocuments(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/good/*.track.*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".golden") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			d := Parse(file, src)
			checkInvariants(t, d)
			for _, p := range d.Problems {
				t.Error(p.String(file))
			}
			leaftest.Golden(t, file+".golden", render(t, d))
		})
	}
}

// render is the track as JSON and, for each range, the text of the source that it covers.
func render(t *testing.T, d *Document) string {
	t.Helper()
	track, err := json.MarshalIndent(d.Track, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "form: %s\n%s\n", d.Form, track)
	cut := func(s Span) string { return fmt.Sprintf("%q", d.Source[s.Start:s.End]) }
	fields := func(in string, fs []Field) {
		for _, f := range fs {
			line, col := d.Position(f.Key.Start)
			value := cut(f.Value)
			if f.Name == "tickets" {
				value = "…"
			}
			fmt.Fprintf(&b, "%s%d:%d %s %s", in, line, col, cut(f.Key), value)
			for _, e := range f.Elements {
				fmt.Fprintf(&b, " ‹%s›", cut(e.Span))
			}
			b.WriteString("\n")
		}
	}
	fields("", d.Fields)
	for _, item := range d.Items {
		fmt.Fprintf(&b, "- %s\n", cut(item.Span))
		fields("  ", item.Fields())
	}
	return b.String()
}

func TestSpecExample(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("testdata/good/spec.track.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := Track{
		Title: "Clear errors from the parser", Goal: "Every parse error names the line and what was expected.",
		Context: []string{"docs/grammar.md"}, Verify: "go test ./...",
		Tickets: []Ticket{{
			ID: "T1", Description: "Give Lexer positions", TargetFile: "parser/lex.go",
			TargetSymbols: []string{"Lexer.Next", "Token"}, ContextRequirements: []string{"parser/token.go"},
			Writes: []string{"parser/*.go"}, DependsOn: []string{}, Priority: High, Verify: "go test ./parser",
			AssignedTo: "unassigned", Status: Todo,
		}},
	}
	if diff := cmp.Diff(want, Parse("a.track.yaml", src).Track); diff != "" {
		t.Error(diff)
	}
}

func TestSeedDefaults(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a.track.json", "a.track.yaml"} {
		d := Parse(name, []byte(`[{"id": "T1", "description": "a"}]`))
		got := d.Track.Tickets[0]
		if d.Errors() || got.Status != Todo || got.AssignedTo != "unassigned" || len(got.DependsOn) != 0 || got.StepMode {
			t.Errorf("%s: %+v, problems %v", name, got, d.Problems)
		}
	}
}

func TestRestIsReadBesideAnError(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"a.track.yaml": "title: x\ntickets:\n  - id: T1\n    description: a\n  - id: T2\n    description: \"open\n  - id: T3\n    description: c\n    depends_on: [T2]\n",
		"b.track.yaml": "- id: T1\n  description: a\n- id: T2\n  description: {\n- id: T3\n  description: c\n",
	} {
		d := Parse(name, []byte(src))
		var ids []string
		for _, ticket := range d.Track.Tickets {
			ids = append(ids, ticket.ID)
		}
		if diff := cmp.Diff([]string{"T1", "T3"}, ids); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if len(d.Problems) != 1 {
			t.Errorf("%s: problems %v", name, d.Problems)
		}
		if id := d.NextID(); id != "T4" {
			t.Errorf("%s: the next id is %s", name, id)
		}
	}
}

func TestAliasBombIsRefused(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	d := Parse("a.track.yaml", []byte(b.String()))
	if !hasError(d.Problems, CodeAlias) {
		t.Error(d.Problems)
	}
}

// TestHeavyDocuments holds that no document of a few hundred kilobytes takes long, whatever is in it.
func TestHeavyDocuments(t *testing.T) {
	t.Parallel()
	const n = 20_000
	var chain, loop strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&chain, "- {id: T%d, description: a, depends_on: [T%d]}\n", i, i+1)
		fmt.Fprintf(&loop, "- {id: T%d, description: a, depends_on: [T%d]}\n", i, (i+1)%10_000)
	}
	for name, src := range map[string]string{
		"blank lines in text": "a: |\n  x\n" + strings.Repeat("\n", 6*n), "tabs in quotes": `a: "` + strings.Repeat("\t", n) + `x"`,
		"open lists": strings.Repeat("[", n), "open maps": strings.Repeat("{", n), "dashes": strings.Repeat("- ", n),
		"open maps with keys": strings.Repeat("{a: ", n), "documents": strings.Repeat("---\na\n", n), "nulls": "a:\n" + strings.Repeat(" -\n", n),
		"keys": keys(n, "k%d: v\n"), "flow keys": "{" + keys(n, "k%d: v, ") + "}", "flow pairs": "[\n" + keys(n, "k%d: v\n") + "]",
		"anchors": strings.Repeat("&a ", n), "tags": strings.Repeat("! ", n), "questions": strings.Repeat("? ", n),
		"plain": strings.Repeat("a ", n), "percent": strings.Repeat("%", n), "colons": strings.Repeat("a: ", n),
		"chain": chain.String(), "cycle": loop.String(), "duplicates": strings.Repeat("- {id: T1, description: a}\n", n/5),
		"unknown": "- {id: T1, description: a, depends_on: [" + keys(n, "x%d, ") + "]}\n",
		"quotes":  "a: '" + strings.Repeat("\n", n) + "'", "ids": strings.Repeat("- id: 'a\n", n/5),
	} {
		start := time.Now()
		for _, file := range []string{"a.track.yaml", "a.track.json"} {
			d := Parse(file, []byte(src))
			checkInvariants(t, d)
			if len(d.Problems) > maxProblems+1 {
				t.Errorf("%s: %d problems", name, len(d.Problems))
			}
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %v", name, took)
		} else if testing.Verbose() {
			t.Logf("%-20s %7d bytes %v", name, len(src), took)
		}
	}
}

func keys(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func TestCycleOf10000IsNamedWhole(t *testing.T) {
	t.Parallel()
	const n = 10_000
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"id": "T%d", "description": "a", "depends_on": ["T%d"]},`, i, (i+1)%n)
	}
	d := Parse("a.track.json", []byte("["+strings.TrimSuffix(b.String(), ",")+"]"))
	if len(d.Problems) != 1 || strings.Count(d.Problems[0].Message, " → ") != n {
		t.Fatalf("%d problems", len(d.Problems))
	}
	at := d.Problems[0].Span
	if got := string(d.Source[at.Start:at.End]); got != `"T0"` || d.ItemAt(at.Start) != n-1 {
		t.Errorf("the cycle is reported at %s of item %d", got, d.ItemAt(at.Start))
	}
}

func TestIDAndName(t *testing.T) {
	t.Parallel()
	for p, want := range map[string]string{
		".slop/tracks/a.track.yaml": ".slop/tracks/a", "a.b.track.yml": "a.b", "x/a.track.json": "x/a", "a.yaml": "a",
	} {
		if got := ID(p); got != want {
			t.Errorf("ID(%q) = %q, want %q", p, got, want)
		}
	}
	for p, want := range map[string]bool{
		"a.track.yaml": true, `C:\x\a.track.yml`: true, "x/a.track.json": true, "a.yaml": false, "x/.track.yaml": false, "a.track.yaml.bak": false,
	} {
		if IsTrackFile(p) != want {
			t.Errorf("IsTrackFile(%q) = %v", p, !want)
		}
	}
}

func TestPositionsAndLookups(t *testing.T) {
	t.Parallel()
	src := "title: ä\r\ntickets:\r- id: T1\n  description: a\n  depends_on: [T2]\n"
	d := Parse("a.track.yaml", []byte(src))
	for at, want := range map[int][2]int{-1: {1, 1}, 0: {1, 1}, 9: {1, 10}, 11: {2, 1}, 20: {3, 1}, 22: {3, 3}, 999: {6, 1}} {
		if line, col := d.Position(at); line != want[0] || col != want[1] {
			t.Errorf("Position(%d) = %d:%d, want %v", at, line, col, want)
		}
	}
	at := strings.Index(src, "T2")
	i := d.ItemAt(at)
	if i != 0 || d.ItemAt(0) != -1 || d.Ticket("T1") != 0 || d.Ticket("T9") != -1 {
		t.Fatalf("ItemAt = %d", i)
	}
	if f := d.Items[i].FieldAt(at); f == nil || f.Name != "depends_on" || f.Elements[0].Span.Start != at {
		t.Errorf("FieldAt = %+v", f)
	}
	if d.Items[i].Field("verify") != nil || d.Field("title") == nil {
		t.Error("Field finds what is not there, or not what is")
	}
}

func TestCheckTargets(t *testing.T) {
	t.Parallel()
	src := `context: [docs/a.md, gone.md]
tickets:
  - {id: T1, description: a, target_file: ./a.go, target_symbols: [A, Gone], context_requirements: [gone.go, ../x]}
  - {id: T2, description: b, target_file: new.go, target_symbols: [B]}
  - {id: T3, description: c, target_file: a.txt, target_symbols: [C]}
`
	d := Parse("a.track.yaml", []byte(src))
	exists := func(p string) bool { return p == "docs/a.md" || p == "a.go" || p == "a.txt" }
	symbols := func(p, s string) (bool, bool) { return s == "A", p != "a.txt" }
	var got []string
	for _, p := range CheckTargets(d, exists, symbols) {
		got = append(got, p.String("f"))
	}
	want := []string{
		`f:1:22: warning: the file "gone.md" does not exist yet: workers will be told so`,
		`f:3:71: warning: "a.go" has no symbol "Gone" yet`,
		`f:3:101: warning: the file "gone.go" does not exist yet: workers will be told so`,
		`f:4:43: warning: the file "new.go" does not exist yet: the worker would create it`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if CheckTargets(d, exists, nil) == nil {
		t.Error("without a symbol source the files must still be checked")
	}
}
