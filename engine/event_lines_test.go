package engine_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// A ticket whose delivery met a conflict is told to be back at work.
func TestTheStreamTellsThatADeliveryMetAConflict(t *testing.T) {
	t.Parallel()
	n := engine.NewNarrator(engine.NewState())
	run := engine.Run{Ticket: key("T1"), Attempt: 1}
	var phases []string
	for i, b := range []engine.Body{
		engine.TrackPlanned{Track: "a", Tickets: []trackfile.Ticket{ticket("T1")}, Order: []string{"T1"}},
		engine.TicketStarted{Run: run, Model: "m"},
		engine.DeliveryStarted{Run: run, Delivery: engine.Delivery{Blob: "b", Paths: []string{"f"}}},
		engine.DeliveryConflicted{Run: run, Paths: []string{"f"}},
	} {
		lines, err := n.Tell(engine.Event{Seq: uint64(i + 1), Body: b})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if l.Type == "ticket_phase" {
				phases = append(phases, l.Ticket+" "+string(l.Fields["phase"].(engine.Phase)))
			}
		}
	}
	if diff := cmp.Diff([]string{"T1 awaiting-spawn", "T1 awaiting-edit", "T1 awaiting-spawn"}, phases); diff != "" {
		t.Error(diff)
	}
}

// The types of the event stream are those that docs/protocol.md lists.
func TestDocListsEvents(t *testing.T) {
	t.Parallel()
	types := func(file, pattern string) []string {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(data, -1) {
			found = append(found, string(m[1]))
		}
		slices.Sort(found)
		return slices.Compact(found)
	}
	code := types("event_lines.go", `"((?:track|ticket|approval|edit|undo|usage|budget|tool)(?:_[a-z]+)?)",`)
	doc := types("../docs/protocol.md", "(?m)^\\| `([a-z_]+)` \\|")
	if diff := cmp.Diff(code, doc); diff != "" || len(code) < 16 {
		t.Errorf("docs/protocol.md lists other events than event_lines.go tells (-code +doc):\n%s", diff)
	}
}
