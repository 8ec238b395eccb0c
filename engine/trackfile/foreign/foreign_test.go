package foreign

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func said(list []Note) string {
	lines := make([]string, len(list))
	for i, n := range list {
		lines[i] = n.String()
	}
	return strings.Join(lines, "\n")
}

// legal holds that a track can be written as a document without errors.
func legal(t *testing.T, track trackfile.Track) {
	t.Helper()
	doc := trackfile.Parse("x.track.yaml", trackfile.Write(track))
	if doc.Errors() || len(doc.Track.Tickets) != len(track.Tickets) {
		t.Errorf("the document has errors: %v\n%s", doc.Problems, doc.Source)
	}
}

const beads = `{"id":"app-1","title":"Lexer positions","description":"Give them.\n\n## How\nCarefully.","status":"closed","priority":1,"issue_type":"task","created_at":"2025-12-13T08:41:34Z","updated_at":"2025-12-13T08:43:49Z","closed_at":"2025-12-13T08:43:49Z"}
{"id":"app-2","title":"Parser errors","description":"Use them.","design":"A struct.","acceptance_criteria":"- a test","notes":"soon","status":"open","priority":2,"issue_type":"bug","assignee":"ada","labels":["x"],"dependencies":[{"issue_id":"app-2","depends_on_id":"app-1","type":"blocks"},{"issue_id":"app-2","depends_on_id":"app-9","type":"blocks"},{"issue_id":"app-2","depends_on_id":"app-1","type":"related"},{"issue_id":"app-2","depends_on_id":"app-4","type":"parent-child"}]}
not json

{"id":"app-3","title":"gone","status":"tombstone"}
{"id":"app-4","title":"Errors everywhere","description":"","status":"in_progress","priority":4,"issue_type":"epic","labels":["y"],"dependencies":[{"issue_id":"app-4","depends_on_id":"a b","type":"blocks"}]}
{"id":"a b","title":"Odd","description":"","status":"deferred","priority":"high","issue_type":"task","dependencies":[{"issue_id":"a b","depends_on_id":"app-2","type":"discovered-from"},{"issue_id":"a b","depends_on_id":"app-4","type":"blocks"}]}
`

func TestBeads(t *testing.T) {
	t.Parallel()
	track, list, err := Beads("app", []byte(beads))
	if err != nil {
		t.Fatal(err)
	}
	want := trackfile.Track{Title: "app", Goal: "Imported from Beads: 4 issues.", Tickets: []trackfile.Ticket{
		{ID: "app-1", Description: "Lexer positions\n\nGive them.\n\n## How\nCarefully.", Priority: trackfile.High, Status: trackfile.Completed},
		{
			ID: "app-2", Description: "Parser errors\n\nUse them.\n\nDesign:\nA struct.\n\nAcceptance:\n- a test\n\nNotes:\nsoon",
			DependsOn: []string{"app-1"}, AssignedTo: "ada",
		},
		{ID: "app-4", Description: "Errors everywhere", Priority: trackfile.Low, DependsOn: []string{"a-b", "app-2"}},
		{ID: "a-b", Description: "Odd"},
	}}
	if diff := cmp.Diff(want, track, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantNotes := `line 3: it is no issue, a JSON object with id and title, and is left out
a deleted issue is left out
line 7: priority of a b is of another type than it should be
app-2 depends on app-9, which is not here: that is left out
dependencies of the type "related" are left out
labels are left out (2 times)
the status "deferred" becomes todo
dependencies of the type "discovered-from" are left out
a b is called a-b here
a-b cannot depend on app-4 as well, that would be a cycle: it is left out`
	if diff := cmp.Diff(wantNotes, said(list)); diff != "" {
		t.Errorf("what is said (-want +got):\n%s", diff)
	}
	legal(t, track)
	for _, none := range []string{"", "hello", "{}\n[]\n", `{"tickets": []}`} {
		if _, _, err := Beads("x", []byte(none)); !errors.Is(err, ErrNotBeads) {
			t.Errorf("%q: %v", none, err)
		}
	}
}

// full has all that a ticket can have.
var full = trackfile.Track{
	Title: "Full", Goal: "Everything.", Context: []string{"a.md"}, Verify: "make test",
	Tickets: []trackfile.Ticket{
		{
			ID: "T1", Description: "First line\n\nMore of it.", TargetFile: "a/b.go", TargetSymbols: []string{"A", "B.C"}, Writes: []string{"a/*.go", "c.go"},
			ContextRequirements: []string{"d.go"}, Verify: "go test ./a", Priority: trackfile.High, Status: trackfile.Completed,
		},
		{ID: "T2", Description: "Second", DependsOn: []string{"T1"}, Priority: trackfile.Low, Verify: "true"},
		{ID: "T3", Description: "Third", DependsOn: []string{"T2"}},
	},
}

func TestBeadsRoundTrip(t *testing.T) {
	t.Parallel()
	out, list, err := WriteBeads(full, noon)
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := Beads("Full", out)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full.Tickets, again.Tickets); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, out)
	}
	if got := said(list); !strings.Contains(got, "stand in their text (2 times)") || !strings.Contains(got, "goal, context and verify have no place") {
		t.Errorf("said %q", got)
	}

	// And the other way: what Beads' own fields say comes back in them.
	track, _, err := Beads("app", []byte(beads))
	if err != nil {
		t.Fatal(err)
	}
	if out, _, err = WriteBeads(track, noon); err != nil {
		t.Fatal(err)
	}
	var second issue
	if err := json.Unmarshal([]byte(strings.Split(string(out), "\n")[1]), &second); err != nil {
		t.Fatal(err)
	}
	two := 2
	want := issue{
		ID: "app-2", Title: "Parser errors", Description: "Use them.", Design: "A struct.", Acceptance: "- a test", Notes: "soon", Status: "open",
		Priority: &two, Type: "task", Assignee: "ada", Created: "2026-11-23T12:00:00Z", Updated: "2026-11-23T12:00:00Z",
		Deps: []dependency{{"app-2", "app-1", "blocks", "2026-11-23T12:00:00Z", "slop-ls"}},
	}
	if diff := cmp.Diff(want, second); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

const conductorPlan = `# Implementation Plan: Clear errors

Some words.

## Phase 1: Lexer [checkpoint: 4c57b04]

- [x] Task: Give positions [31929a4]
    - [x] Write tests
    - [x] Implement
- [x] Task: Conductor - User Manual Verification 'Lexer' (Protocol in workflow.md) <!-- id: 3 -->

## Phase 2: Parser
- [~] Task: Use them <!-- id: 4 -->
  - [x] Read
    - [ ] deeper
* [ ] Name what was expected
    in a sentence
1. [?] Task: Docs deadbee
`

func TestConductor(t *testing.T) {
	t.Parallel()
	c := ConductorTrack{
		ID: "errors_20261123", Plan: []byte(conductorPlan), Spec: []byte("# Spec\n\n## Overview\nErrors name their line.\nAll of them.\n\n- more"),
		SpecPath: "conductor/tracks/errors_20261123/spec.md", Metadata: []byte(`{"track_id":"errors_20261123","description":"Clear errors from the parser"}`),
	}
	track, list, err := Conductor(c)
	if err != nil {
		t.Fatal(err)
	}
	want := trackfile.Track{
		Title: "Clear errors", Goal: "Clear errors from the parser", Context: []string{c.SpecPath}, Tickets: []trackfile.Ticket{
			{ID: "P1.1", Description: "Give positions\n\nSteps:\n- [x] Write tests\n- [x] Implement\n\nPhase: Lexer", Status: trackfile.Completed},
			{ID: "P2.1", Description: "Use them\n\nSteps:\n- [x] Read\n- [ ] deeper\n\nPhase: Parser", DependsOn: []string{"P1.1"}},
			{ID: "P2.2", Description: "Name what was expected\n\nin a sentence\n\nPhase: Parser", DependsOn: []string{"P2.1"}},
			{ID: "P2.3", Description: "Docs\n\nPhase: Parser", DependsOn: []string{"P2.2"}},
		},
	}
	if diff := cmp.Diff(want, track); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantNotes := `text between the tasks is left out
checkpoints of phases are left out
commits of tasks are left out (2 times)
a phase's verification by hand is left out
a task that is under way becomes todo
line 18: the box [?] is taken for an empty one`
	if diff := cmp.Diff(wantNotes, said(list)); diff != "" {
		t.Errorf("what is said (-want +got):\n%s", diff)
	}
	legal(t, track)
	c.Metadata, c.SpecPath = []byte("{"), ""
	track, list, err = Conductor(c)
	if err != nil || track.Goal != "Errors name their line.\nAll of them." || track.Context != nil || !strings.Contains(said(list), "metadata.json cannot be read") {
		t.Errorf("without metadata: %+v, %v, %s", track, err, said(list))
	}
	if _, _, err := Conductor(ConductorTrack{Plan: []byte("# Plan\n\nno tasks\n")}); !errors.Is(err, ErrNotConductor) {
		t.Errorf("no tasks: %v", err)
	}
}

func TestConductorRoundTrip(t *testing.T) {
	t.Parallel()
	first, _, err := Conductor(ConductorTrack{ID: "x", Plan: []byte(conductorPlan)})
	if err != nil {
		t.Fatal(err)
	}
	out, list, err := WriteConductor(first, "x", noon)
	if err != nil || len(list) != 0 {
		t.Fatalf("%v, %s", err, said(list))
	}
	again, list, err := Conductor(out)
	if err != nil || len(list) != 0 {
		t.Fatalf("%v, %s", err, said(list))
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, out.Plan)
	}

	// A track of our own keeps all but its ids and what has no place.
	out, list, err = WriteConductor(full, "full", noon)
	if err != nil {
		t.Fatal(err)
	}
	if again, _, err = Conductor(out); err != nil {
		t.Fatal(err)
	}
	want := append([]trackfile.Ticket{}, full.Tickets...)
	for i := range want {
		want[i].Priority = ""
		want[i].ID = again.Tickets[i].ID
		want[i].Description += "\n\nPhase: Tickets"
		if i > 0 {
			want[i].DependsOn = []string{again.Tickets[i-1].ID}
		}
	}
	if diff := cmp.Diff(want, again.Tickets); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, out.Plan)
	}
	for _, part := range []string{"stand in their text", "priorities"} {
		if !strings.Contains(said(list), part) {
			t.Errorf("it is not said that %q: %s", part, said(list))
		}
	}
	for _, part := range []string{"`make test` exits 0", "- a.md"} {
		if !strings.Contains(string(out.Spec), part) {
			t.Errorf("spec.md lacks %q:\n%s", part, out.Spec)
		}
	}
	var m metadata
	if err := json.Unmarshal(out.Metadata, &m); err != nil || m.Status != "in_progress" || m.Description != "Everything." || m.ID != "full" {
		t.Errorf("metadata %+v, %v", m, err)
	}
}

// TestOrder: what could run side by side is in one order behind what it depends on, and that is said.
func TestOrder(t *testing.T) {
	t.Parallel()
	out, list, err := WriteConductor(trackfile.Track{Title: "t", Tickets: []trackfile.Ticket{
		{ID: "T3", Description: "third", DependsOn: []string{"T1"}}, {ID: "T1", Description: "first"}, {ID: "T2", Description: "second"},
	}}, "t", noon)
	if err != nil || !strings.Contains(said(list), "side by side") {
		t.Errorf("%v: %s", err, said(list))
	}
	if want := "- [ ] Task: first\n- [ ] Task: third\n- [ ] Task: second\n"; !strings.HasSuffix(string(out.Plan), want) {
		t.Errorf("got\n%s", out.Plan)
	}
}

func FuzzForeign(f *testing.F) {
	f.Add(beads)
	f.Add(conductorPlan)
	f.Add("- [ ] a\n\t- [x] b\n\n# c\n## d\n- [~] Target: x\n    Target: /y z\n")
	f.Add(`{"id":"é\u0000","title":" ","description":"\n\nNotes:\nx","dependencies":[{"depends_on_id":"é\u0000"}]}`)
	f.Fuzz(func(t *testing.T, src string) {
		if track, _, err := Beads("x", []byte(src)); err == nil {
			if _, _, err := WriteBeads(track, noon); err != nil {
				t.Error(err)
			}
			written(t, track)
		}
		if track, _, err := Conductor(ConductorTrack{ID: "x", Plan: []byte(src)}); err == nil {
			if _, _, err := WriteConductor(track, "x", noon); err != nil {
				t.Error(err)
			}
			written(t, track)
		}
	})
}

// written holds that no two tickets have one id and that no dependency leads nowhere or round.
func written(t *testing.T, track trackfile.Track) {
	t.Helper()
	never := []trackfile.Code{trackfile.CodeDuplicateID, trackfile.CodeUnknownDep, trackfile.CodeCycle, trackfile.CodeSelfDep, trackfile.CodeSyntax}
	for _, p := range trackfile.Parse("x.track.yaml", trackfile.Write(track)).Problems {
		if slices.Contains(never, p.Code) {
			t.Errorf("%s\n%s", p.String("x"), trackfile.Write(track))
		}
	}
}
