package page_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/leaftest"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// golden holds a page against testdata/NAME.golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	leaftest.Golden(t, filepath.Join("testdata", name+".golden"), got)
}

var (
	asked = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	run2  = engine.Run{Ticket: engine.TicketKey{Track: ".slop/tracks/parser", ID: "T1"}, Attempt: 2}
)

func TestTranscriptGolden(t *testing.T) {
	t.Parallel()
	lines := []string{
		`{"role":"system","text":"Work in small steps."}`,
		`{"role":"assistant","reasoning":"Where?\n` + "```" + `\nIn a.go.","text":"I look.","calls":[{"id":"c1","name":"read_file","arguments":"{\"path\":\"a.go\"}"}]}`,
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
	}, nil))
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

func planned() trackfile.Track {
	return trackfile.Track{
		Title: "Clear *errors*", Goal: "Every parse error names the line.\n\nMore.", Verify: "go test ./...",
		Tickets: []trackfile.Ticket{
			{ID: "T1", Description: "Give Lexer\npositions | now", TargetFile: "parser/lex.go", TargetSymbols: []string{"Lexer.Next"}},
			{ID: "T2", Description: "Use \u202e them", TargetFile: "parser/parse.go", DependsOn: []string{"T1"}},
			{ID: "T3", Description: "Use them, too", Writes: []string{"parser/*.go"}, DependsOn: []string{"T1"}},
			{ID: "T4", Description: "And these", Writes: []string{"parser/p*.go", "doc.md"}, DependsOn: []string{"T1"}},
			{ID: "T5", Description: "Report", DependsOn: []string{"T2", "T3"}, StepMode: true},
		},
	}
}

func TestPlanDocumentGolden(t *testing.T) {
	t.Parallel()
	f := engine.Forecast{
		Estimates: map[string]engine.Estimate{
			"T1": {Model: "small", Before: 9000, After: 1200, Tokens: 1900, Cost: engine.Cost{MicroUSD: 1500}},
			"T2": {Model: "small", Before: 400, After: 400, Tokens: 900, Cost: engine.Cost{Unknown: true}},
		},
		Asks: []engine.Asked{
			{Kind: engine.KindSpawn, Times: 5, Verdict: engine.Ask, Rule: "default: spawn asks"},
			{Kind: engine.KindCommand, What: "go test \u202e ./...", Verify: true, Times: 1, Verdict: engine.Allow, Rule: "policy.allow_commands[0]: go test"},
			{Kind: engine.KindCommand, What: "run_command", Verdict: engine.Ask, Rule: "default: run_command asks"},
			{Kind: engine.KindStep, What: "delete_file", Verdict: engine.Deny, Rule: "policy.deny[0]: delete_file"},
		},
	}
	golden(t, "plan_document", page.PlanDocument(".slop/tracks/parser", planned(), &f))
	golden(t, "plan_estimated", page.Plan(planned(), &f))
	if got := page.PlanDocument("x", trackfile.Track{}, nil); !strings.Contains(got, "# Plan: x") || !strings.Contains(got, "0 tickets") {
		t.Errorf("an empty plan is %q", got)
	}
}

func TestOutcomeGolden(t *testing.T) {
	t.Parallel()
	_, track := deliveredTrack(t)
	set := engine.ChangeSet{Label: "x", Files: []engine.FileChange{
		{Path: "a.go", Op: engine.OpModify, Base: []byte("package a\n\nvar x = 1\n"), After: []byte("package a\n\nvar x = 2 // \u202e\n")},
		{Path: "b_c.go", Op: engine.OpCreate, After: []byte("package a\n")},
	}}
	golden(t, "outcome", page.Outcome(track, set, []string{"b_c.go"}))
	if got := page.Outcome(track, engine.ChangeSet{}, nil); !strings.Contains(got, "Nothing has changed") {
		t.Errorf("no change: %q", got)
	}
}

func TestCommitMessageIsBounded(t *testing.T) {
	t.Parallel()
	_, track := deliveredTrack(t)
	var set engine.ChangeSet
	for range 50 {
		set.Files = append(set.Files, engine.FileChange{Path: strings.Repeat("long/", 12) + "file.go"})
	}
	for i, l := range strings.Split(page.CommitMessage(track, set), "\n") {
		if n := len([]rune(l)); n > 72 && strings.Contains(strings.TrimSpace(l), " ") {
			t.Errorf("line %d is %d wide: %s", i+1, n, l)
		}
	}
}

// deliveredTrack is a track that is done; two of its tickets changed something.
func deliveredTrack(t *testing.T) (*engine.Snapshot, *engine.Track) {
	t.Helper()
	spec := planned()
	plan := engine.TrackPlanned{Track: "parser", Title: spec.Title + ".", Goal: spec.Goal, Tickets: spec.Tickets}
	bodies := []engine.Body{}
	for i, ticket := range spec.Tickets {
		plan.Order = append(plan.Order, ticket.ID)
		run := engine.Run{Ticket: engine.TicketKey{Track: "parser", ID: ticket.ID}, Attempt: 1}
		bodies = append(bodies, engine.TicketStarted{Run: run})
		if i < 2 {
			bodies = append(bodies, engine.EditDelivered{Run: run, Files: []engine.DeliveredFile{{Path: "a.go", Op: engine.OpModify}}})
		}
		bodies = append(bodies, engine.TicketCompleted{Ticket: run.Ticket})
	}
	bodies = append([]engine.Body{plan, engine.TrackMoved{Track: "parser", To: engine.TrackRunning}}, bodies...)
	s := folded(t, append(bodies, engine.TrackMoved{Track: "parser", To: engine.TrackDone})...)
	track, _ := s.Track("parser")
	return s, track
}

func TestAttemptsGolden(t *testing.T) {
	t.Parallel()
	s, track := deliveredTrack(t)
	ticket, _ := track.Ticket("T1")
	golden(t, "attempts", page.Attempts(s, ticket, []page.Attempt{
		{Run: engine.Run{Ticket: ticket.Key, Attempt: 1}, Lost: true},
		{Run: engine.Run{Ticket: ticket.Key, Attempt: 2}, Data: []byte(`{"role":"assistant","text":"I look."}` + "\n"), Live: "And \u202e now", Thinking: "Perhaps\nso"},
	}))
}

func TestStreaming(t *testing.T) {
	t.Parallel()
	kept := []byte(`{"role":"user","text":"go"}` + "\n" + `{"role":"assistant","text":"one"}` + "\n" + `{"role":"assistant","text":"two"}` + "\n")
	for streamed, want := range map[string]string{
		"one\ntwo\nthree": "three", "one\ntwo\n": "", "other": "other", "one\ntw": "one\ntw",
	} {
		if got := page.Streaming(streamed, kept); got != want {
			t.Errorf("%q has %q beyond what is kept, want %q", streamed, got, want)
		}
	}
}

func TestThinking(t *testing.T) {
	t.Parallel()
	kept := []byte(`{"role":"assistant","reasoning":"one","text":"1"}` + "\n" + `{"role":"assistant","text":"2"}` + "\n")
	for streamed, want := range map[string]string{"one\ntwo": "two", "one\n": "", "": "", "other": "other"} {
		if got := page.Thinking(streamed, kept); got != want {
			t.Errorf("%q has %q beyond what is kept, want %q", streamed, got, want)
		}
	}
}

func TestStatusDocumentGolden(t *testing.T) {
	t.Parallel()
	s, _ := parserTrack(t)
	golden(t, "boards", page.BoardsDocument(s))
	if got := page.Failure("the plan of a*b", os.ErrNotExist); !strings.Contains(got, `a\*b: file does not exist`) {
		t.Errorf("a failure is shown as %q", got)
	}
}

func TestViewGolden(t *testing.T) {
	t.Parallel()
	golden(t, "view", page.View(engine.View{
		Path: "a_b.go", Language: "Go", Kind: engine.Targeted, Text: "func A() // \u202e\n```\n", Notes: []string{"B is ambiguous"},
	}, []string{"A", "B*"}, 2000, 500))
}

// conversation is a transcript of about so many bytes.
func conversation(n int) []byte {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, `{"role":"tool","name":"read_file","text":%q}`+"\n", fmt.Sprintf("%d %s", i, strings.Repeat("some text\n", 200)))
	}
	return []byte(b.String())
}

func TestLongTranscriptIsBounded(t *testing.T) {
	t.Parallel()
	data := conversation(10 << 20)
	got := page.Transcript(run2, data)
	if len(got) > 2<<20 {
		t.Errorf("%d bytes are shown", len(got))
	}
	last := bytes.Count(data, []byte("\n"))
	for _, want := range []string{"## 1 · result of", fmt.Sprintf("## %d · result of", last), "left out here"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if huge := page.Transcript(run2, []byte(`{"role":"tool","text":"`+strings.Repeat("x", 20<<20)+`"}`)); len(huge) > 64<<10 || !strings.Contains(huge, "left out") {
		t.Errorf("one message of 20 MB takes %d bytes", len(huge))
	}
}

// A transcript of ten megabytes is written in little more time than one of one.
func BenchmarkTranscript(b *testing.B) {
	small, large := conversation(1<<20), conversation(10<<20)
	var one, ten time.Duration
	for b.Loop() {
		began := time.Now()
		page.Transcript(run2, small)
		one += time.Since(began)
		began = time.Now()
		page.Transcript(run2, large)
		ten += time.Since(began)
	}
	b.ReportMetric(float64(ten)/float64(one), "ratio")
}

// The board and the plan of 10,000 tickets are written in less than what a person notices.
func BenchmarkDocuments(b *testing.B) {
	plan := engine.TrackPlanned{Track: "t"}
	for i := range 10_000 {
		ticket := trackfile.Ticket{ID: fmt.Sprintf("T%d", i), Description: "Some work", TargetFile: fmt.Sprintf("f%d.go", i%500)}
		if i >= 10 {
			ticket.DependsOn = []string{fmt.Sprintf("T%d", i-10)}
		}
		plan.Order, plan.Tickets = append(plan.Order, ticket.ID), append(plan.Tickets, ticket)
	}
	state := engine.NewState()
	if err := state.Apply(engine.Event{Seq: 1, Body: plan}); err != nil {
		b.Fatal(err)
	}
	s := state.Freeze()
	track, _ := s.Track("t")
	b.Run("board", func(b *testing.B) {
		for b.Loop() {
			page.BoardDocument(s, track)
		}
	})
	b.Run("plan", func(b *testing.B) {
		for b.Loop() {
			page.PlanDocument("t", trackfile.Track{Tickets: plan.Tickets}, nil)
		}
	})
}
