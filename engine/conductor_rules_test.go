package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

func key(id string) engine.TicketKey { return engine.TicketKey{Track: "a", ID: id} }

func ticket(id string, deps ...string) trackfile.Ticket {
	return trackfile.Ticket{ID: id, Description: "do " + id, DependsOn: deps}
}

func ticketIs(id string, want engine.Status) func(*engine.Snapshot) bool {
	return func(s *engine.Snapshot) bool {
		t, ok := s.Ticket(key(id))
		return ok && t.Status == want
	}
}

func pendingCount(s *engine.Snapshot) int {
	n := 0
	for range s.Pending() {
		n++
	}
	return n
}

func (h *house) answerAll(d engine.Decision) {
	h.t.Helper()
	for a := range h.Snapshot().Pending() {
		h.do(engine.AnswerApproval{ID: a.ID, Decision: d, By: engine.ByPerson})
	}
}

func TestPoolIsBoundedAndRefilled(t *testing.T) {
	t.Parallel()
	h, p := running(t, newDisk(), settings(2), ticket("T1"), ticket("T2"), ticket("T3"))
	first, second := p.both()
	p.none()
	if n := h.Snapshot().Active(); n != 2 {
		t.Errorf("%d slots are held", n)
	}
	first.done()
	third := p.next()
	if third.id() != "T3" {
		t.Errorf("%s began", third.id())
	}
	second.done()
	third.done()
	h.until("done", trackIs("a", engine.TrackDone))
}

func TestWhoWaitsForAPersonHoldsNoSlot(t *testing.T) {
	t.Parallel()
	h, p := running(t, newDisk(), settings(1), ticket("T1"), ticket("T2"), ticket("T3"))
	one := p.next()
	spawn := one.ask(engine.KindSpawn, "may T1?", engine.Allow)
	if a := get(t, spawn); a.err != nil || a.answer.Decision != engine.Approved || a.answer.By != "rule test rule" {
		t.Fatalf("a rule's answer: %+v", a)
	}
	step := one.ask(engine.KindStep, "may T1 step?", engine.Ask)
	two := p.next() // the slot went on
	h.until("T1 waits", func(s *engine.Snapshot) bool {
		tk, _ := s.Ticket(key("T1"))
		return tk.Phase() == engine.AwaitingStep && s.Active() == 1
	})
	h.answerAll(engine.Approved)
	select {
	case a := <-step:
		t.Fatalf("T1 went on without a slot: %+v", a)
	default:
	}
	two.done()
	if a := get(t, step); a.answer.Decision != engine.Approved { // first in line, before T3
		t.Fatalf("the answer: %+v", a)
	}
	p.none()
	one.done()
	p.next().done()
	h.until("done", trackIs("a", engine.TrackDone))
}

func TestOpenSpawnsAreBounded(t *testing.T) {
	t.Parallel()
	p := newPuppets(t)
	h := open(t, newDisk(), settings(2), p)
	var tickets []trackfile.Ticket
	for i := range 10 {
		tickets = append(tickets, ticket(fmt.Sprint("T", i)))
	}
	h.do(plan("a", tickets...))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	one, two := p.both()
	a1 := one.ask(engine.KindSpawn, "1", engine.Ask)
	h.until("one asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	a2 := two.ask(engine.KindSpawn, "2", engine.Ask)
	h.until("two ask", func(s *engine.Snapshot) bool { return pendingCount(s) == 2 })
	p.none() // nobody else asks, though both slots are free
	h.do(engine.AnswerApproval{ID: "A1", Decision: engine.Approved, By: engine.ByPerson})
	get(t, a1)
	if id := p.next().id(); id != "T2" { // one question fewer is open, and a slot is free
		t.Errorf("%s began", id)
	}
	h.do(engine.AnswerApproval{ID: "A2", Decision: engine.Approved, By: engine.ByPerson})
	one.done()
	get(t, a2) // first in line for the slot
	two.done()
	p.next()
}

func TestFailuresEscalateThenBlock(t *testing.T) {
	t.Parallel()
	p := newPuppets(t)
	h := open(t, newDisk(), settings(1), p)
	pinned := ticket("T2")
	pinned.ModelOverride = "pinned"
	h.do(plan("a", ticket("T1"), pinned))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	for i, want := range []string{"small", "medium", "large"} {
		at := p.next()
		if at.job.Model != want || at.job.Run.Attempt != i+1 {
			t.Errorf("attempt %d has model %s", at.job.Run.Attempt, at.job.Model)
		}
		if i > 0 && at.job.Failure != fmt.Sprint("reason ", i) {
			t.Errorf("attempt %d was told %q", i+1, at.job.Failure)
		}
		at.fail(fmt.Sprint("reason ", i+1))
	}
	h.until("T1 is blocked", ticketIs("T1", engine.Blocked))
	for range 3 {
		at := p.next()
		if at.job.Model != "pinned" {
			t.Errorf("an override became %s", at.job.Model)
		}
		at.fail("no")
	}
	snap := h.until("blocked", trackIs("a", engine.TrackBlocked))
	tk, _ := snap.Ticket(key("T1"))
	if tk.Block == nil || tk.Block.By != engine.ByWorker || tk.Block.Reason != "reason 3" || tk.RetryCount != 2 {
		t.Errorf("T1 is %+v, block %+v", tk, tk.Block)
	}
	h.do(engine.RetryTicket{Ticket: key("T1"), By: engine.ByPerson, Instruction: "look at b.go"})
	again := p.next()
	if again.job.Instruction != "look at b.go" || again.job.Run.Attempt != 4 {
		t.Errorf("the retry: %+v", again.job)
	}
	again.done()
	h.until("T1 is completed", ticketIs("T1", engine.Completed))
}

func TestRejectionIsNeverRetried(t *testing.T) {
	t.Parallel()
	h, p := running(t, newDisk(), settings(1), ticket("T1"), ticket("T2", "T1"), ticket("T3", "T2"))
	at := p.next()
	spawn := at.ask(engine.KindSpawn, "may I?", engine.Ask)
	h.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	h.answerAll(engine.Rejected)
	if a := get(t, spawn); a.answer.Decision != engine.Rejected {
		t.Fatalf("the answer: %+v", a)
	}
	at.end(engine.Outcome{Kind: engine.OutcomeBlocked, By: engine.ByPerson, Reason: "the spawn was rejected by person"})
	snap := h.until("blocked", trackIs("a", engine.TrackBlocked))
	p.none()
	waits := snap.WaitsFor(key("T3"))
	if len(waits) != 1 || waits[0].Ticket != key("T1") || waits[0].Why != "blocked by person: the spawn was rejected by person" {
		t.Errorf("T3 waits for %+v", waits)
	}
	h.do(engine.UnblockTicket{Ticket: key("T1"), By: engine.ByPerson})
	for range 3 {
		p.next().done()
	}
	h.until("done", trackIs("a", engine.TrackDone))
}

func TestKillReachesTheWorkerAndIsAwaited(t *testing.T) {
	t.Parallel()
	p := newPuppets(t)
	h := open(t, newDisk(), settings(1), p)
	h.do(plan("a", ticket("T1")))
	h.do(engine.RunTicket{Ticket: key("T1"), By: engine.ByPerson})
	at := p.next()
	hold := make(chan struct{})
	at.steps <- func(ctx context.Context, _ *engine.Desk) *engine.Outcome {
		<-ctx.Done()
		<-hold // slow to go
		return &engine.Outcome{Kind: engine.OutcomeDone, Summary: "too late"}
	}
	h.do(engine.KillTicket{Ticket: key("T1"), By: engine.ByPerson, Reason: "wrong idea"})
	h.do(engine.RetryTicket{Ticket: key("T1"), By: engine.ByPerson})
	if tk, _ := h.Snapshot().Ticket(key("T1")); tk.Status != engine.Todo {
		t.Errorf("T1 is %s before its old worker has gone", tk.Status)
	}
	p.none()
	close(hold)
	var ended *engine.EndedError
	if cause := get(t, at.gone); !errors.As(cause, &ended) || ended.Why != "killed" {
		t.Errorf("the cause was %v", cause)
	}
	again := p.next()
	if again.job.Run.Attempt != 2 {
		t.Errorf("attempt %d", again.job.Run.Attempt)
	}
	again.done()
	snap := h.until("completed", ticketIs("T1", engine.Completed))
	if tk, _ := snap.Ticket(key("T1")); tk.Summary != "did it" {
		t.Errorf("a killed attempt's word counted: %q", tk.Summary)
	}
}

func TestPauseHoldsWorkersAtTheGate(t *testing.T) {
	t.Parallel()
	p := newPuppets(t)
	h := open(t, newDisk(), settings(1), p)
	h.do(plan("a", ticket("T1"), ticket("T2")))
	h.do(engine.PlanTrack{Track: "b", Spec: trackfile.Track{Tickets: []trackfile.Ticket{ticket("B1")}}})
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	at := p.next()
	h.do(engine.PauseTrack{Track: "a", By: engine.ByPerson})
	passed := make(chan error, 1)
	at.steps <- func(ctx context.Context, d *engine.Desk) *engine.Outcome { passed <- d.Gate(ctx); return nil }
	h.do(engine.StartTrack{Track: "b", By: engine.ByPerson})
	other := p.next() // the paused worker's slot
	if other.id() != "B1" {
		t.Fatalf("%s began", other.id())
	}
	select {
	case err := <-passed:
		t.Fatalf("a paused track's worker passed its gate: %v", err)
	default:
	}
	other.done()
	h.until("b is done", trackIs("b", engine.TrackDone))
	h.do(engine.ResumeTrack{Track: "a", By: engine.ByPerson})
	if err := get(t, passed); err != nil {
		t.Fatal(err)
	}
	at.done()
	p.next().done()
	h.until("done", trackIs("a", engine.TrackDone))
}

func TestStopTrackInterrupts(t *testing.T) {
	t.Parallel()
	h, p := running(t, newDisk(), settings(2), ticket("T1"), ticket("T2"))
	one, two := p.both()
	h.do(engine.StopTrack{Track: "a", By: engine.ByPerson})
	get(t, one.gone)
	get(t, two.gone)
	p.none()
	snap := h.Snapshot()
	tr, _ := snap.Track("a")
	if tr.Status != engine.TrackStopped || tr.Count(engine.Todo) != 2 {
		t.Errorf("stopped: %s", board(snap))
	}
	if tk, _ := snap.Ticket(key("T1")); tk.RetryCount != 0 {
		t.Error("a stop counted as a failure")
	}
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	p.next().done()
	p.next().done()
	h.until("done", trackIs("a", engine.TrackDone))
}

func TestDeniedForWantOfAPersonWaitsForTheNextRun(t *testing.T) {
	t.Parallel()
	h, p := running(t, newDisk(), settings(1), ticket("T1"))
	p.next().end(engine.Outcome{Kind: engine.OutcomeDenied, Reason: "nobody there"})
	snap := h.until("blocked", trackIs("a", engine.TrackBlocked))
	p.none()
	if tk, _ := snap.Ticket(key("T1")); tk.Status != engine.Todo || !tk.Denied || tk.RetryCount != 0 {
		t.Errorf("T1: %+v", tk)
	}
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	p.next().done()
	h.until("done", trackIs("a", engine.TrackDone))
}

func TestPrioritiesThenFileOrder(t *testing.T) {
	t.Parallel()
	p := newPuppets(t)
	h := open(t, newDisk(), settings(1), p)
	tickets := []trackfile.Ticket{ticket("low"), ticket("m1"), ticket("high"), ticket("m2")}
	tickets[0].Priority, tickets[2].Priority = trackfile.Low, trackfile.High
	h.do(plan("a", tickets...))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	var order []string
	for range tickets {
		at := p.next()
		order = append(order, at.id())
		at.done()
	}
	if want := []string{"high", "m1", "m2", "low"}; !slices.Equal(order, want) {
		t.Errorf("ran %v, want %v", order, want)
	}
}

func TestTracksShareThePool(t *testing.T) {
	t.Parallel()
	p := newPuppets(t)
	h := open(t, newDisk(), settings(1), p)
	for _, id := range []engine.TrackID{"a", "b"} {
		h.do(plan(id, ticket(string(id)+"1"), ticket(string(id)+"2"), ticket(string(id)+"3")))
	}
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	h.do(engine.StartTrack{Track: "b", By: engine.ByPerson})
	var order []string
	for range 6 {
		at := p.next()
		order = append(order, at.id())
		at.done()
	}
	if want := []string{"a1", "a2", "b1", "a3", "b2", "b3"}; !slices.Equal(order, want) {
		t.Errorf("ran %v, want %v", order, want) // a's second was offered before b was there
	}
}

func TestAutoQueue(t *testing.T) {
	t.Parallel()
	p := newPuppets(t)
	set := settings(4)
	h := open(t, newDisk(), set, p)
	step := ticket("stepped")
	step.StepMode = true
	h.do(plan("a", ticket("T1"), step))
	p.none() // off: a ready ticket waits for a person
	set.AutoQueue = true
	h.do(engine.Configure{Settings: set})
	at := p.next()
	if at.id() != "T1" {
		t.Errorf("%s began", at.id())
	}
	at.done()
	h.until("T1 is completed", ticketIs("T1", engine.Completed))
	p.none()
	h.do(engine.RunTicket{Ticket: key("stepped"), By: engine.ByPerson})
	p.next().done()
	h.until("done", trackIs("a", engine.TrackDone))
}

func TestUndoMarksDependentsStale(t *testing.T) {
	t.Parallel()
	j := newDisk()
	h := open(t, j, settings(2), delivering(j))
	h.do(plan("a", ticket("T1"), ticket("T2", "T1"), ticket("T3", "T2"), ticket("T4")))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	finish(h)
	if err := h.undo("T1"); err != nil {
		t.Fatal(err)
	}
	snap := h.until("idle", trackIs("a", engine.TrackIdle))
	for id, stale := range map[string]bool{"T1": false, "T2": true, "T3": true, "T4": false} {
		if tk, _ := snap.Ticket(key(id)); tk.Stale != stale {
			t.Errorf("%s stale: %v", id, tk.Stale)
		}
	}
}

func TestIllegalCommandsAreRefused(t *testing.T) {
	t.Parallel()
	h := open(t, newDisk(), settings(1), workFunc(done))
	h.do(plan("a", ticket("T1")))
	var illegal *engine.TransitionError
	for _, cmd := range []engine.Command{
		engine.UnblockTicket{Ticket: key("T1")}, engine.RetryTicket{Ticket: key("T1")}, engine.UndoTicket{Ticket: key("T1")},
	} {
		if err := h.Do(h.ctx, cmd); !errors.As(err, &illegal) || illegal.From != engine.Todo {
			t.Errorf("%T: %v", cmd, err)
		}
	}
	if err := h.Do(h.ctx, engine.RunTicket{Ticket: key("T9")}); !errors.Is(err, engine.ErrNoTicket) {
		t.Errorf("an unknown ticket: %v", err)
	}
	if err := h.Do(h.ctx, engine.StartTrack{Track: "zzz"}); !errors.Is(err, engine.ErrNoTrack) {
		t.Errorf("an unknown track: %v", err)
	}
	if err := h.Do(h.ctx, engine.AnswerApproval{ID: "A1", Decision: engine.Approved}); !errors.Is(err, engine.ErrNoApproval) {
		t.Errorf("an unknown approval: %v", err)
	}
	h.do(engine.SkipTicket{Ticket: key("T1"), By: engine.ByPerson})
	h.until("done", trackIs("a", engine.TrackDone))
	if err := h.Do(h.ctx, engine.KillTicket{Ticket: key("T1")}); !errors.As(err, &illegal) {
		t.Errorf("killing a completed ticket: %v", err)
	}
}

func TestFirstAnswerStands(t *testing.T) {
	t.Parallel()
	h, p := running(t, newDisk(), settings(1), ticket("T1"), ticket("T2"))
	at := p.next()
	get(t, at.ask(engine.KindSpawn, "zero", engine.Allow))
	step := at.ask(engine.KindStep, "one", engine.Ask)
	two := p.next() // takes the slot, so that the answer is not consumed at once
	h.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	edited, err := engine.StoreContent(h.ctx, h.disk, engine.Content{Prompt: "edited"})
	if err != nil {
		t.Fatal(err)
	}
	h.do(engine.AnswerApproval{ID: "A2", Decision: engine.Approved, By: "person (first)", Edited: edited})
	var late *engine.DecidedError
	if err := h.Do(h.ctx, engine.AnswerApproval{ID: "A2", Decision: engine.Rejected, By: "person (second)"}); !errors.As(err, &late) || late.Answer.By != "person (first)" {
		t.Errorf("the late answer: %v", err)
	}
	two.done()
	if a := get(t, step); a.content.Prompt != "edited" {
		t.Errorf("what came back: %+v", a)
	}
}

func TestQuietWaitsForTheStepsUnderWay(t *testing.T) {
	t.Parallel()
	p := newPuppets(t)
	h := open(t, newDisk(), settings(3), p)
	h.do(plan("a", ticket("T1"), ticket("T2"), ticket("T3")))
	if err := h.Quiet(h.ctx, "a"); err != nil {
		t.Fatalf("nothing runs: %v", err)
	}
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	one, two, three := p.next(), p.next(), p.next()
	h.do(engine.PauseTrack{Track: "a", By: engine.ByPerson})
	quiet := make(chan error, 1)
	go func() { quiet <- h.Quiet(h.ctx, "a") }()
	one.ask(engine.KindSpawn, "may I?", engine.Ask)
	two.steps <- func(ctx context.Context, d *engine.Desk) *engine.Outcome { _ = d.Gate(ctx); return nil }
	h.until("one asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	select {
	case err := <-quiet:
		t.Fatalf("T3 is in a step: %v", err)
	default:
	}
	three.done()
	if err := get(t, quiet); err != nil {
		t.Error(err)
	}
}
