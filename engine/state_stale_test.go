package engine_test

import (
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// A ticket is stale for as long as its text is not what it completed, or something below it was done anew.
func TestStaleGoesWithItsCause(t *testing.T) {
	t.Parallel()
	j := newDisk()
	h := open(t, j, settings(2), delivering(j))
	first := []trackfile.Ticket{ticket("T1"), ticket("T2", "T1"), ticket("T3")}
	first[2].TargetFile = "x.go"
	edited := func(change func(ts []trackfile.Ticket)) engine.PlanTrack {
		ts := append([]trackfile.Ticket(nil), first...)
		change(ts)
		return engine.PlanTrack{Track: "a", Spec: trackfile.Track{Tickets: ts}}
	}
	h.do(edited(func([]trackfile.Ticket) {}))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	finish(h)
	want := func(what string, stale ...string) {
		t.Helper()
		tr, _ := h.Snapshot().Track("a")
		for tk := range tr.Tickets() {
			is := false
			for _, id := range stale {
				is = is || id == tk.Key.ID
			}
			if tk.Stale != is {
				t.Errorf("%s: %s stale: %v", what, tk.Key.ID, tk.Stale)
			}
		}
	}
	h.do(edited(func(ts []trackfile.Ticket) { ts[0].Description = "other" }))
	want("edited", "T1")
	h.do(edited(func(ts []trackfile.Ticket) { ts[0].Description = "yet other" }))
	want("edited twice", "T1")
	h.do(edited(func([]trackfile.Ticket) {}))
	want("the edit is taken back")
	h.do(edited(func(ts []trackfile.Ticket) { ts[1].Description, ts[2].Description = "other", "other" }))
	want("two edited", "T2", "T3")
	// T1 gets another name, and T3's file too, while they differ; then the edits are taken back.
	renamed := edited(func(ts []trackfile.Ticket) {
		ts[0].ID, ts[1].DependsOn = "one", []string{"one"}
		ts[1].Description, ts[2].Description, ts[2].TargetFile = "other", "other", "y.go"
	})
	renamed.Renamed, renamed.Moved = map[string]string{"T1": "one"}, map[string]string{"x.go": "y.go"}
	h.do(renamed)
	want("renamed besides", "T2", "T3")
	h.do(edited(func(ts []trackfile.Ticket) {
		ts[0].ID, ts[1].DependsOn, ts[2].TargetFile = "one", []string{"one"}, "y.go"
	}))
	want("the edits are taken back under the new names")
	if err := h.undo("one"); err != nil {
		t.Fatal(err)
	}
	want("undone below", "T2")
	h.do(edited(func(ts []trackfile.Ticket) {
		ts[0].ID, ts[1].DependsOn, ts[2].TargetFile = "one", []string{"one"}, "y.go"
		ts[1].Description = "other"
	}))
	h.do(edited(func(ts []trackfile.Ticket) {
		ts[0].ID, ts[1].DependsOn, ts[2].TargetFile = "one", []string{"one"}, "y.go"
	}))
	want("an edit taken back does not hide what changed below", "T2")
	h.stop()
	sameAsReplay(t, h)
}
