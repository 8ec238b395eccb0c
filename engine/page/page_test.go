package page_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

var update = flag.Bool("update", false, "write the golden files again")

// golden holds a page against testdata/NAME.golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

var (
	asked = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	run2  = engine.Run{Ticket: engine.TicketKey{Track: ".slop/tracks/parser", ID: "T1"}, Attempt: 2}
)

func TestTranscriptGolden(t *testing.T) {
	t.Parallel()
	lines := []string{
		`{"role":"system","text":"Work in small steps."}`,
		`{"role":"assistant","text":"I look.","calls":[{"id":"c1","name":"read_file","arguments":"{\"path\":\"a.go\"}"}]}`,
		`{"role":"tool","call_id":"c1","name":"read_file","text":"package a\n` + "```" + `\u202e"}`,
		`{"role":`,
		"",
	}
	golden(t, "transcript", page.Transcript(run2, []byte(strings.Join(lines, "\n"))))
	if got := page.Transcript(run2, nil); !strings.Contains(got, "Nothing was said yet.") {
		t.Errorf("an empty transcript says %q", got)
	}
}

func TestDiffGolden(t *testing.T) {
	t.Parallel()
	set := engine.ChangeSet{Label: "T1: Give Lexer positions", Files: []engine.FileChange{
		{Path: "a.go", Op: engine.OpModify, Base: []byte("package a\n\nvar x = 1\n"), After: []byte("package a\n\nvar x = 2\n")},
		{Path: "b.go", Op: engine.OpCreate, After: []byte("package a // \u202e\n")},
		{Path: "c.go", Op: engine.OpDelete, Base: []byte("package a\n")},
		{Path: "e.go", From: "d.go", Op: engine.OpRename, Base: []byte("x\n"), After: []byte("y\n")},
	}}
	golden(t, "diff", page.DiffDocument(set))
	if got := page.DiffDocument(engine.ChangeSet{Label: "T2"}); !strings.Contains(got, "Nothing changes.") {
		t.Errorf("an empty change set says %q", got)
	}
}

func TestApprovalsGolden(t *testing.T) {
	t.Parallel()
	a, _ := spawn()
	b := &engine.Approval{
		ID: "A12", Kind: engine.KindCommand, Title: "run `rm \u202e`\nnow", Requested: asked.Add(-3 * time.Hour),
		Run: engine.Run{Ticket: engine.TicketKey{Track: ".slop/tracks/parser", ID: "T2"}, Attempt: 1},
	}
	golden(t, "approvals", page.Approvals(slices.Values([]*engine.Approval{a, b}), asked.Add(5*time.Minute)))
	if got := page.Approvals(slices.Values([]*engine.Approval{}), asked); got != "Nothing waits for an approval.\n" {
		t.Errorf("no approvals: %q", got)
	}
}

func TestPlanGolden(t *testing.T) {
	t.Parallel()
	golden(t, "plan", page.Plan(trackfile.Track{
		Title: "Clear errors", Verify: "go test ./...",
		Tickets: []trackfile.Ticket{
			{ID: "T1", Description: "Give Lexer\npositions", TargetFile: "lex.go"},
			{ID: "T2", Description: "Use them", TargetFile: "parse.go", DependsOn: []string{"T1", "T1"}},
			{ID: "T3", Description: "Use them, too", TargetFile: "x.go", Writes: []string{"parse.go"}, DependsOn: []string{"T1"}, Priority: trackfile.High},
			{ID: "T4", Description: "Report", DependsOn: []string{"T2", "T3"}, StepMode: true, Verify: "go vet ./..."},
		},
	}))
}

func TestWaves(t *testing.T) {
	t.Parallel()
	ids := func(tickets ...trackfile.Ticket) [][]string {
		var out [][]string
		for _, w := range page.Waves(tickets) {
			var wave []string
			for _, t := range w {
				wave = append(wave, t.ID)
			}
			out = append(out, wave)
		}
		return out
	}
	ticket := func(id string, after ...string) trackfile.Ticket { return trackfile.Ticket{ID: id, DependsOn: after} }
	for _, test := range []struct {
		name string
		got  [][]string
		want [][]string
	}{
		{"empty", ids(), nil},
		{"diamond", ids(ticket("d", "b", "c"), ticket("b", "a"), ticket("c", "a"), ticket("a")), [][]string{{"a"}, {"b", "c"}, {"d"}}},
		{"an unknown dependency", ids(ticket("a", "gone")), [][]string{{"a"}}},
		{"a cycle", ids(ticket("a"), ticket("b", "c"), ticket("c", "b")), [][]string{{"a"}}},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1.0k", 999_949: "999.9k", 999_950: "1.0M", 12_345_678: "12.3M"} {
		if got := page.Tokens(n); got != want {
			t.Errorf("Tokens(%d) = %s, want %s", n, got, want)
		}
	}
	for cost, want := range map[engine.Cost]string{
		{}: "$0.0000", {MicroUSD: 1500}: "$0.0015", {Unknown: true}: "cost unknown", {MicroUSD: 1500, Unknown: true}: "at least $0.0015",
	} {
		if got := page.Money(cost); got != want {
			t.Errorf("Money(%+v) = %s, want %s", cost, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "just now", 59 * time.Minute: "59 min", 130 * time.Minute: "2 h 10 min", 72 * time.Hour: "3 days",
	} {
		if got := page.Since(d); got != want {
			t.Errorf("Since(%s) = %s, want %s", d, got, want)
		}
	}
}
