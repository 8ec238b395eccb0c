package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// tells runs a step in an attempt and waits for it.
func (pp *puppet) tells(t *testing.T, do func(ctx context.Context, d *engine.Desk) error) {
	t.Helper()
	out := make(chan error, 1)
	pp.steps <- func(ctx context.Context, d *engine.Desk) *engine.Outcome {
		out <- do(ctx, d)
		return nil
	}
	if err := get(t, out); err != nil {
		t.Fatal(err)
	}
}

// TestRenamedWhileItRuns: the attempt goes on, and everything that it says by its first name counts for the new one.
func TestRenamedWhileItRuns(t *testing.T) {
	t.Parallel()
	h, p := running(t, newDisk(), settings(2), said("T1", "a"), said("T2", "b"), said("T3", "c", "T1", "T2"))
	one, two := p.both()
	spawn := one.ask(engine.KindSpawn, "spawn?", engine.Ask)
	h.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	h.do(plan("a", said("T2", "a"), said("T1", "b"), said("T3", "c", "T1", "T2"))) // swapped
	h.answerAll(engine.Approved)
	if a := get(t, spawn); a.answer.Decision != engine.Approved {
		t.Fatalf("the answer: %+v", a)
	}
	h.do(plan("a", said("first", "a"), said("second", "b"), said("T3", "c", "first", "second")))
	began := one.job.Run
	now := engine.Run{Ticket: key("first"), Attempt: 1}
	if _, ok := h.Stream(now); !ok {
		t.Error("its stream has not the name of the ticket")
	}
	if _, ok := h.Stream(began); ok {
		t.Error("its stream still has the old name")
	}
	one.tells(t, func(ctx context.Context, d *engine.Desk) error {
		return d.Commit(ctx, engine.UsageRecorded{Run: began, Tier: engine.TierWorker, Usage: engine.Usage{Input: 7}})
	})
	snap := h.Snapshot()
	if tk, ok := snap.Ticket(key("first")); !ok || tk.Usage.Input != 7 || tk.Began() != began || tk.Run() != now {
		t.Errorf("first: %+v", tk)
	}
	one.done()
	h.until("first is completed", func(s *engine.Snapshot) bool {
		tk, ok := s.Ticket(key("first"))
		return ok && tk.Status == engine.Completed
	})
	h.do(engine.KillTicket{Ticket: key("second"), By: engine.ByPerson})
	get(t, two.gone)
	if tk, _ := h.Snapshot().Ticket(key("second")); tk.Status != engine.Killed || tk.Stale {
		t.Errorf("second: %+v", tk)
	}
	h.stop()
	sameAsReplay(t, h)
}

// TestRunsAreNeverReused: an id that was given up names another ticket later, whose attempts count on.
func TestRunsAreNeverReused(t *testing.T) {
	t.Parallel()
	h, p := running(t, newDisk(), settings(1), said("T1", "a"))
	one := p.next()
	h.do(plan("a", said("one", "a"), said("T1", "b")))
	one.done()
	two := p.next()
	if want := (engine.Run{Ticket: key("T1"), Attempt: 2}); two.job.Run != want {
		t.Errorf("the new T1 runs as %s, want %s", two.job.Run, want)
	}
	two.done()
	h.until("done", trackIs("a", engine.TrackDone))
	h.do(engine.RenameTrack{Track: "a", To: "b"})
	h.do(plan("a", said("T1", "c")))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	three := p.next()
	if want := (engine.Run{Ticket: key("T1"), Attempt: 3}); three.job.Run != want {
		t.Errorf("the T1 of another track runs as %s, want %s", three.job.Run, want)
	}
	three.done()
	h.until("done", trackIs("a", engine.TrackDone))
	h.stop()
	sameAsReplay(t, h)
}

// TestRenamedTrackKeepsItsGate: a pause holds workers also after the track was renamed.
func TestRenamedTrackKeepsItsGate(t *testing.T) {
	t.Parallel()
	h, p := running(t, newDisk(), settings(2), said("T1", "a"), said("T2", "b"))
	one, two := p.both()
	h.do(engine.PauseTrack{Track: "a", By: engine.ByPerson})
	passed := make(chan error, 2)
	gate := func(ctx context.Context, d *engine.Desk) *engine.Outcome { passed <- d.Gate(ctx); return nil }
	one.steps <- gate
	h.do(engine.RenameTrack{Track: "a", To: "b"})
	two.steps <- gate
	if err := h.Quiet(h.ctx, "b"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-passed:
		t.Fatalf("a worker passed the gate of a paused track: %v", err)
	default:
	}
	h.do(engine.ResumeTrack{Track: "b", By: engine.ByPerson})
	for range 2 {
		if err := get(t, passed); err != nil {
			t.Error(err)
		}
	}
	one.done()
	two.done()
	h.until("done", trackIs("b", engine.TrackDone))
}

// TestRenamedDeliveryIsFinished: after a crash the delivery goes by the name under which it began.
func TestRenamedDeliveryIsFinished(t *testing.T) {
	t.Parallel()
	j := newDisk()
	h, p := running(t, j, settings(1), said("T1", "a"))
	one := p.next()
	began := one.job.Run
	one.tells(t, func(ctx context.Context, d *engine.Desk) error {
		return d.Commit(ctx, engine.DeliveryStarted{Run: began, Delivery: engine.Delivery{Blob: "changes/x"}})
	})
	h.do(plan("a", said("first", "a")))
	h.do(engine.RenameTrack{Track: "a", To: "b"})
	h.stop()

	p = newPuppets(t)
	h = open(t, j, settings(1), p)
	again := p.next()
	if !again.job.Resume || again.job.Run != began || again.job.Ticket.Key != (engine.TicketKey{Track: "b", ID: "first"}) {
		t.Errorf("taken up as %s for %s", again.job.Run, again.job.Ticket.Key)
	}
	again.done()
	h.until("done", trackIs("b", engine.TrackDone))
	h.stop()
	sameAsReplay(t, h)
}

// author edits a document at random: ids are renamed, swapped and taken over, tickets come, go, move and say something
// else. Each text is new, so that who did which work can be told.
type author struct {
	rng   *rand.Rand
	doc   []trackfile.Ticket
	fresh int
}

func (a *author) next() string { a.fresh++; return fmt.Sprint(a.fresh) }

func (a *author) edit() {
	if len(a.doc) < 5 {
		a.doc = append(a.doc, said("T"+a.next(), "work "+a.next()))
		return
	}
	i, j := a.rng.IntN(len(a.doc)), a.rng.IntN(len(a.doc))
	switch a.rng.IntN(8) {
	case 0, 1:
		a.doc = slices.Insert(a.doc, i, said("T"+a.next(), "work "+a.next()))
		a.depend(i)
	case 2:
		a.rename(a.doc[i].ID, "")
		a.doc = slices.Delete(a.doc, i, i+1)
	case 3:
		a.rename(a.doc[i].ID, "R"+a.next())
	case 4: // swap two ids
		x, y := a.doc[i].ID, a.doc[j].ID
		a.rename(x, "?")
		a.rename(y, x)
		a.rename("?", y)
	case 5:
		a.doc[i].Description = "work " + a.next()
	case 6:
		a.doc[i], a.doc[j] = a.doc[j], a.doc[i]
	case 7:
		a.depend(i)
	}
}

// rename gives an id another name everywhere; "" takes it out of the dependencies.
func (a *author) rename(from, to string) {
	for k := range a.doc {
		var deps []string
		for _, d := range a.doc[k].DependsOn {
			if d == from {
				d = to
			}
			if d != "" && !slices.Contains(deps, d) {
				deps = append(deps, d)
			}
		}
		a.doc[k].DependsOn = deps
		if a.doc[k].ID == from {
			a.doc[k].ID = to
		}
	}
}

// depend lets a ticket depend on another one; that may make a cycle, which the plan refuses.
func (a *author) depend(i int) {
	on := a.doc[a.rng.IntN(len(a.doc))].ID
	if on != a.doc[i].ID && !slices.Contains(a.doc[i].DependsOn, on) && a.rng.IntN(3) > 0 {
		a.doc[i].DependsOn = append(slices.Clone(a.doc[i].DependsOn), on)
	}
}

func (a *author) copy() []trackfile.Ticket {
	out := slices.Clone(a.doc)
	for i := range out {
		out[i].DependsOn = slices.Clone(out[i].DependsOn)
	}
	return out
}

// TestStormOfEdits edits documents at random, one edit a saved version, while their tickets run, tracks are renamed
// and a person meddles. Every transition is legal (Apply refuses any other), the journal folds to the live state, no
// text that was completed is worked on again, and no state is lost.
func TestStormOfEdits(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			storm(t, seed)
		})
	}
}

func storm(t *testing.T, seed uint64) {
	var mu sync.Mutex
	doneOf := map[string]int{} // by text: how often it was completed
	work := workFunc(func(ctx context.Context, d *engine.Desk, j engine.Job) engine.Outcome {
		o := moody(ctx, d, j)
		if o.Kind == engine.OutcomeDone {
			mu.Lock()
			doneOf[j.Ticket.Spec.Description]++
			mu.Unlock()
		}
		return o
	})
	h := open(t, newDisk(), settings(4), work)
	rng := rand.New(rand.NewPCG(seed, 3))
	a := &author{rng: rng}
	for range 20 {
		a.edit()
	}
	id := engine.TrackID("a")
	h.do(engine.PlanTrack{Track: id, Spec: trackfile.Track{Tickets: a.copy()}})
	h.do(engine.StartTrack{Track: id, By: engine.ByPerson})
	attempts, refused := 0, 0
	for n := range 300 {
		a.edit()
		before := h.Snapshot()
		good := a.copy()
		err := h.Do(h.ctx, engine.PlanTrack{Track: id, Spec: trackfile.Track{Tickets: good}})
		if err != nil {
			refused++
			for i := range a.doc { // the person mends the cycle
				a.doc[i].DependsOn = nil
			}
		}
		keepsState(t, before, h.Snapshot(), id)
		if n%40 == 39 {
			to := engine.TrackID(fmt.Sprint("moved/", n))
			h.do(engine.RenameTrack{Track: id, To: to})
			id = to
		}
		answerSome(h, rng)
		if n%10 == 0 {
			_ = h.Do(h.ctx, engine.StartTrack{Track: id, By: engine.ByPerson})
		}
	}
	h.do(engine.PlanTrack{Track: id, Spec: trackfile.Track{Tickets: a.copy()}})
	h.until("it rests", func(s *engine.Snapshot) bool {
		answerSome(h, rng)
		tr, _ := s.Track(id)
		for tk := range tr.Tickets() {
			if (tk.Status == engine.Blocked || tk.Denied) && !tk.Orphaned {
				_ = h.Do(h.ctx, engine.UnblockTicket{Ticket: tk.Key, By: engine.ByPerson})
			}
		}
		_ = h.Do(h.ctx, engine.StartTrack{Track: id, By: engine.ByPerson})
		return tr.Count(engine.Completed) == tr.Total() && s.Active() == 0
	})
	h.stop()
	for tk := range mustTrack(t, h.Snapshot(), id).Tickets() {
		attempts += tk.Attempt
	}
	mu.Lock()
	defer mu.Unlock()
	for text, times := range doneOf {
		if times > 1 {
			t.Errorf("%q was completed %d times", text, times)
		}
	}
	if attempts < 50 || refused == 300 {
		t.Errorf("a poor storm: %d attempts, %d plans refused", attempts, refused)
	}
	sameAsReplay(t, h)
}

func mustTrack(t *testing.T, s *engine.Snapshot, id engine.TrackID) *engine.Track {
	t.Helper()
	tr, ok := s.Track(id)
	if !ok {
		t.Fatalf("track %s is gone", id)
	}
	return tr
}

// keepsState holds that a plan loses no ticket with attempts: each is there under its id or another one.
func keepsState(t *testing.T, before, after *engine.Snapshot, id engine.TrackID) {
	t.Helper()
	now := map[engine.Run]*engine.Ticket{}
	for tk := range mustTrack(t, after, id).Tickets() {
		for _, run := range tk.Runs() {
			if now[run] != nil {
				t.Fatalf("%s is an attempt of two tickets", run)
			}
			now[run] = tk
		}
	}
	for tk := range mustTrack(t, before, id).Tickets() {
		for _, run := range tk.Runs() {
			if again := now[run]; again == nil || again.Attempt < tk.Attempt || again != now[tk.Began()] {
				t.Fatalf("the state of %s was lost: %s", tk.Key, cmp.Diff(show(before, id), show(after, id)))
			}
		}
	}
}

// answerSome approves what is pending, and rejects now and then.
func answerSome(h *house, rng *rand.Rand) {
	for a := range h.Snapshot().Pending() {
		decision := engine.Approved
		if rng.IntN(20) == 0 {
			decision = engine.Rejected
		}
		_ = h.Do(h.ctx, engine.AnswerApproval{ID: a.ID, Decision: decision, By: engine.ByPerson})
	}
}
