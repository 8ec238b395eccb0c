package engine_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

func TestPlanRefusesWhatIsNoDAG(t *testing.T) {
	t.Parallel()
	h := open(t, newDisk(), settings(1), workFunc(done))
	var cycle *engine.CycleError
	err := h.Do(h.ctx, plan("a", ticket("T1", "T3"), ticket("T2", "T1"), ticket("T3", "T2"), ticket("T4", "T3")))
	if !errors.As(err, &cycle) || len(cycle.IDs) != 4 || cycle.IDs[0] != cycle.IDs[3] {
		t.Errorf("a cycle: %v", err)
	}
	var bad *engine.PlanError
	for name, p := range map[string]engine.PlanTrack{
		"twice":   plan("a", ticket("T1"), ticket("T1")),
		"unknown": plan("a", ticket("T1", "T2")),
		"no id":   plan("a", ticket("")),
	} {
		if err := h.Do(h.ctx, p); !errors.As(err, &bad) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, ok := h.Snapshot().Track("a"); ok {
		t.Error("a refused plan left a track behind")
	}
}

func TestStatusOfTheDocumentCountsOnce(t *testing.T) {
	t.Parallel()
	h := open(t, newDisk(), settings(1), workFunc(done))
	one, two, three := ticket("T1"), ticket("T2", "T1"), ticket("T3")
	one.Status, three.Status = engine.Completed, engine.InProgress
	h.do(plan("a", one, two, three))
	snap := h.Snapshot()
	for id, want := range map[string]engine.Status{"T1": engine.Completed, "T2": engine.Todo, "T3": engine.Todo} {
		if tk, _ := snap.Ticket(key(id)); tk.Status != want {
			t.Errorf("%s is %s", id, tk.Status)
		}
	}
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	h.until("done", trackIs("a", engine.TrackDone))
	one.Status = engine.Todo
	h.do(plan("a", one, two, three))
	if tk, _ := h.Snapshot().Ticket(key("T1")); tk.Status != engine.Completed {
		t.Errorf("a later status counted: %s", tk.Status)
	}
}

func TestPlanWhileItRuns(t *testing.T) {
	t.Parallel()
	p := newPuppets(t)
	h := open(t, newDisk(), settings(1), p)
	h.do(plan("a", ticket("T1"), ticket("T2"), ticket("T3")))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	p.next().done()
	running := p.next()
	seq := h.Snapshot().Seq()
	h.do(plan("a", ticket("T1"), ticket("T2"), ticket("T3")))
	if h.Snapshot().Seq() != seq {
		t.Error("the same plan made an event")
	}
	changed := ticket("T1")
	changed.Description = "something else"
	// T2 runs and vanishes, T3 has no state and vanishes, T4 is new, T1's text changes.
	h.do(plan("a", changed, ticket("T4", "T1")))
	snap := h.Snapshot()
	tr, _ := snap.Track("a")
	var ids []string
	for tk := range tr.Tickets() {
		ids = append(ids, tk.Key.ID)
	}
	if want := []string{"T1", "T4", "T2"}; !slices.Equal(ids, want) {
		t.Errorf("tickets %v, want %v", ids, want)
	}
	if tk, _ := tr.Ticket("T1"); !tk.Stale || tk.Status != engine.Completed {
		t.Errorf("T1 is %s, stale %v", tk.Status, tk.Stale)
	}
	if tk, _ := tr.Ticket("T2"); !tk.Orphaned || tk.Status != engine.InProgress {
		t.Errorf("T2 is %s, orphaned %v", tk.Status, tk.Orphaned)
	}
	running.done()
	p.next().done() // T4
	h.until("done", trackIs("a", engine.TrackDone))
	h.stop()
	sameAsReplay(t, h)
}

func TestRenamedTicketKeepsItsState(t *testing.T) {
	t.Parallel()
	h := open(t, newDisk(), settings(1), workFunc(done))
	h.do(plan("a", ticket("T1"), ticket("T2", "T1")))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	h.until("done", trackIs("a", engine.TrackDone))
	h.do(engine.PlanTrack{
		Track: "a", Renamed: map[string]string{"T1": "first"},
		Spec: trackfile.Track{Tickets: []trackfile.Ticket{ticketAs("first", "do T1"), ticket("T2", "first")}},
	})
	tr, _ := h.Snapshot().Track("a")
	if tk, ok := tr.Ticket("first"); !ok || tk.Status != engine.Completed || tk.Stale || tk.Attempt != 1 {
		t.Errorf("first: %+v", tk)
	}
	if _, ok := tr.Ticket("T1"); ok || tr.Len() != 2 {
		t.Errorf("T1 is still there; %d tickets", tr.Len())
	}
	h.stop()
	sameAsReplay(t, h)
}

func ticketAs(id, description string) trackfile.Ticket {
	return trackfile.Ticket{ID: id, Description: description}
}

func TestRenamedTrackKeepsItsState(t *testing.T) {
	t.Parallel()
	p := newPuppets(t)
	h := open(t, newDisk(), settings(1), p)
	h.do(plan("a", ticket("T1"), ticket("T2", "T1")))
	h.do(plan("b", ticket("T1")))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	p.next().done()
	running := p.next()
	h.do(engine.SkipTicket{Ticket: engine.TicketKey{Track: "b", ID: "T1"}, By: engine.ByPerson})
	if err := h.Do(h.ctx, engine.RenameTrack{Track: "a", To: "b"}); err == nil {
		t.Error("two tracks came to share a state")
	}
	h.do(engine.RenameTrack{Track: "a", To: "c"})
	p.none()
	running.done()
	h.until("done", trackIs("c", engine.TrackDone))
	if _, ok := h.Snapshot().Track("a"); ok {
		t.Error("the old name is still there")
	}
	h.stop()
	sameAsReplay(t, h)
}

func TestSnapshotsDoNotChange(t *testing.T) {
	t.Parallel()
	h := open(t, newDisk(), settings(4), workFunc(done))
	h.do(plan("a", chain(200)...))
	before := h.Snapshot()
	was, err := before.Encode()
	if err != nil {
		t.Fatal(err)
	}
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	h.until("done", trackIs("a", engine.TrackDone))
	h.do(plan("a", chain(300)...))
	is, err := before.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if string(was) != string(is) {
		t.Error("a snapshot changed under its reader")
	}
}
