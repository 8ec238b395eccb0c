package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
)

//go:generate go test . -run TestStateMachineIsFresh -update

var update = flag.Bool("update", false, "write the generated documents again")

// TestStateMachineIsFresh holds docs/state-machine.md against the transition table.
func TestStateMachineIsFresh(t *testing.T) {
	const path = "../../docs/state-machine.md"
	got := stateMachine()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is stale: run `make generate` (-file +table):\n%s", path, diff)
	}
}

func stateMachine() string {
	var b strings.Builder
	b.WriteString("# The states of a ticket\n\n<!-- Generated from engine/status.go by `make generate`. Do not edit. -->\n\n" +
		"One table is the only way to change a ticket's status; everything else is a `TransitionError` that names both\n" +
		"states. `engine.State` moves a ticket in one function, which asks this table.\n\n" +
		"| from | to | by |\n|---|---|---|\n")
	for _, tr := range engine.Transitions() {
		fmt.Fprintf(&b, "| %s `%s` | %s `%s` | %s |\n", page.Glyph(tr.From), tr.From, page.Glyph(tr.To), tr.To, tr.Why)
	}
	b.WriteString("\n```mermaid\nstateDiagram-v2\n    [*] --> todo\n")
	for _, tr := range engine.Transitions() {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", tr.From, tr.To, tr.Why)
	}
	b.WriteString("```\n\nThe phases of a ticket that is `in_progress` (" + strings.Join(phases(), ", ") + ") are\n" +
		"derived from what is journalled and are never stored; see `engine.Ticket.Phase`.\n")
	return b.String()
}

func phases() []string {
	var out []string
	for _, p := range []engine.Phase{
		engine.AwaitingSpawn, engine.Thinking, engine.AwaitingStep, engine.RunningTool, engine.Verifying, engine.AwaitingEdit,
	} {
		out = append(out, "`"+string(p)+"`")
	}
	return out
}

// TestSeedNamesRealTests holds that every test docs/seed.md names exists.
func TestSeedNamesRealTests(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/seed.md")
	if err != nil {
		t.Fatal(err)
	}
	named := seedTest.FindAllStringSubmatch(string(doc), -1)
	if len(named) < 20 {
		t.Fatalf("docs/seed.md names %d tests: the pattern or the document is wrong", len(named))
	}
	for _, m := range named {
		if !definesTest(t, m[1], m[2]) {
			t.Errorf("docs/seed.md names %s in %s, which does not exist", m[2], m[1])
		}
	}
}

var seedTest = regexp.MustCompile("`([a-z/-]+)` `((?:Test|Fuzz|Benchmark)[A-Za-z0-9]+)`")

func definesTest(t *testing.T, dir, name string) bool {
	t.Helper()
	entries, err := os.ReadDir("../../" + dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		src, err := os.ReadFile("../../" + dir + "/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(src), "func "+name+"(") {
			return true
		}
	}
	return false
}
