package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
)

// TestPlanningUsage: what tiers 1 and 2 cost is the track's, also where it came before the track's first plan, and
// stays so over a snapshot.
func TestPlanningUsage(t *testing.T) {
	t.Parallel()
	j := newDisk()
	h := open(t, j, settings(1), workFunc(done))
	spend := func(track engine.TrackID, tier engine.Tier, n int64) {
		h.do(engine.RecordPlanning{Track: track, Tier: tier, Model: "large", Usage: engine.Usage{Input: n, Output: 1}})
	}
	spend("a", engine.TierOrchestrator, 10)
	spend("a", engine.TierTechLead, 20)
	spend("", engine.TierOrchestrator, 7)
	if got := h.Snapshot().Planning("a"); got[engine.TierTechLead].Input != 20 {
		t.Errorf("before the plan: %v", got)
	}
	h.do(plan("a", ticket("T1")))
	spend("a", engine.TierTechLead, 5)
	want := map[engine.Tier]engine.Usage{
		engine.TierOrchestrator: {Input: 10, Output: 1}, engine.TierTechLead: {Input: 25, Output: 2},
	}
	check := func(when string, s *engine.Snapshot) {
		t.Helper()
		tr, _ := s.Track("a")
		if diff := cmp.Diff(want, tr.Usage); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
		if s.Planning("a") != nil || s.Planning("")[engine.TierOrchestrator].Input != 7 {
			t.Errorf("%s: what is left is %v and %v", when, s.Planning("a"), s.Planning(""))
		}
	}
	check("planned", h.Snapshot())
	encoded, err := h.Snapshot().Encode()
	if err != nil {
		t.Fatal(err)
	}
	h.stop()
	decoded, err := engine.DecodeState(encoded)
	if err != nil {
		t.Fatal(err)
	}
	check("from a snapshot", decoded.Freeze())
	folded, err := engine.Load(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	check("from the journal", folded.Freeze())

	n := engine.NewNarrator(engine.NewState())
	var told []string
	for _, e := range j.All() {
		lines, err := n.Tell(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if l.Type == "usage" {
				told = append(told, string(l.Track)+l.Ticket+" "+string(l.Fields["tier"].(engine.Tier)))
			}
		}
	}
	if diff := cmp.Diff([]string{"a orchestrator", "a tech_lead", " orchestrator", "a tech_lead"}, told); diff != "" {
		t.Errorf("the stream (-want +got):\n%s", diff)
	}
}
