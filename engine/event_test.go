package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

func TestEventsRoundTrip(t *testing.T) {
	t.Parallel()
	for _, e := range history(t) {
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var again engine.Event
		if err := json.Unmarshal(data, &again); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if diff := cmp.Diff(e, again, cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(0)); diff != "" {
			t.Errorf("%s:\n%s", e.Kind(), diff)
		}
	}
}

func TestUnknownKindIsNamed(t *testing.T) {
	t.Parallel()
	var e engine.Event
	var unknown *engine.UnknownKindError
	err := json.Unmarshal([]byte(`{"seq":7,"kind":"ticket_teleported","body":{}}`), &e)
	if !errors.As(err, &unknown) || unknown.Seq != 7 || unknown.Type != "ticket_teleported" {
		t.Errorf("got %v", err)
	}
}

// history is a journal that has seen something of everything.
func history(t testing.TB) []engine.Event {
	t.Helper()
	j := newDisk()
	h := open(t, j, settings(2), delivering(j))
	h.do(engine.RecordPlanning{Track: "a", Tier: engine.TierOrchestrator, Model: "large", Usage: engine.Usage{Input: 40, Output: 2}})
	h.do(engine.RecordPlanning{Tier: engine.TierOrchestrator, Model: "large", Usage: engine.Usage{Input: 3, Cost: engine.Cost{Unknown: true}}})
	h.do(plan("a", ticket("T1"), ticket("T2", "T1"), ticket("T3", "T1")))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	finish(h)
	j.files.Put("T1.txt", "by a person\n")
	stale := engine.UndoTicket{Ticket: key("T1"), By: engine.ByPerson, Delivery: engine.Delivery{Blob: "changes/none"}, Rests: lastDelivery(h, "T1")}
	h.do(stale)
	h.until("the undo is refused", func(s *engine.Snapshot) bool { t1, _ := s.Ticket(key("T1")); return t1.Kept != "" })
	j.files.Put("T1.txt", "T1\n")
	if err := h.undo("T1"); err != nil {
		t.Fatal(err)
	}
	h.do(engine.BlockTicket{Ticket: key("T1"), By: engine.ByPerson, Reason: "wait"})
	h.do(engine.KillTicket{Ticket: key("T1"), By: engine.ByPerson})
	h.do(engine.RetryTicket{Ticket: key("T1"), By: engine.ByPerson})
	h.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	h.do(engine.StopTrack{Track: "a", By: engine.ByPerson})
	h.do(engine.RenameTrack{Track: "a", To: "b"})
	h.do(engine.LoseTrack{Track: "b"})
	h.do(engine.PlanTrack{
		Track: "b", Moved: map[string]string{"x.go": "y.go"},
		Spec: trackfile.Track{Tickets: []trackfile.Ticket{ticketAs("first", "do T1"), ticket("T2", "first"), ticket("T3", "first")}},
	})
	h.stop()
	h = open(t, j, settings(1), workFunc(commander("go test")))
	h.do(plan("c", ticket("T1")))
	h.do(engine.StartTrack{Track: "c", By: engine.ByPerson})
	h.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	for a := range h.Snapshot().Pending() {
		h.do(engine.AnswerApproval{ID: a.ID, Decision: engine.Approved, By: engine.ByPerson, Remember: engine.ScopeTrack})
		h.do(engine.ForgetAnswer{ID: a.ID, By: engine.ByPerson})
	}
	h.stop()
	keyless(t, j)
	parkedAndClashing(t, j)
	return j.All()
}

// parkedAndClashing adds a ticket that asks again after a restart and nearly uses up its budget, and one that waits for a person until it gives its files back, and whose delivery meets other
// changes of the same lines.
func parkedAndClashing(t testing.TB, j disk) {
	t.Helper()
	h := open(t, j, settings(1), workFunc(asker))
	h.do(plan("q", ticket("T1")))
	h.do(engine.StartTrack{Track: "q", By: engine.ByPerson})
	h.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	h.stop() // and asks the same again
	set := settings(1)
	set.ParkedLease = time.Nanosecond
	set.Budget.Ticket.Tokens = 14
	h = open(t, j, set, workFunc(asker))
	finishTrack(h, "q")
	h.stop()
	h = open(t, j, set, workFunc(func(ctx context.Context, d *engine.Desk, job engine.Job) engine.Outcome {
		_, _, err := d.Ask(ctx, engine.Question{Kind: engine.KindStep, Title: "may I?", Ruling: engine.Ruling{Verdict: engine.Ask, Rule: "test"}})
		for _, b := range []engine.Body{
			engine.ContextPacked{Run: job.Run, Before: 5, After: 3},
			engine.DeliveryStarted{Run: job.Run, Delivery: engine.Delivery{Blob: "changes/none", Paths: []string{"x"}}},
			engine.DeliveryConflicted{Run: job.Run, Paths: []string{"x"}},
		} {
			if err == nil {
				err = d.Commit(ctx, b)
			}
		}
		if err != nil {
			t.Error(err)
		}
		return engine.Outcome{Kind: engine.OutcomeDone}
	}))
	h.do(plan("p", on("T1", "x")))
	h.do(engine.StartTrack{Track: "p", By: engine.ByPerson})
	h.until("the files are given back", func(s *engine.Snapshot) bool {
		t1, ok := s.Ticket(engine.TicketKey{Track: "p", ID: "T1"})
		return ok && t1.Parked && t1.Lease == nil
	})
	h.answerAll(engine.Approved)
	h.until("done", trackIs("p", engine.TrackDone))
	h.stop()
}

// TestHistoryHasEveryKind holds that a kind of event that is registered is also tried here.
func TestHistoryHasEveryKind(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("event.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, e := range history(t) {
		seen[reflect.TypeOf(e.Body).Name()] = true
	}
	kinds := regexp.MustCompile(`register\[(\w+)\]\(\)`).FindAllSubmatch(source, -1)
	if len(kinds) < 20 {
		t.Fatalf("only %d kinds are registered", len(kinds))
	}
	for _, k := range kinds {
		if !seen[string(k[1])] {
			t.Errorf("no %s in the history", k[1])
		}
	}
}

// keyless adds a ticket that waits for its key, and the key.
func keyless(t testing.TB, j disk) {
	t.Helper()
	w := workFunc(func(_ context.Context, _ *engine.Desk, job engine.Job) engine.Outcome {
		if job.Run.Attempt == 1 {
			return engine.Outcome{Kind: engine.OutcomeAwaits, By: engine.ByProvider, Reason: "no key"}
		}
		return engine.Outcome{Kind: engine.OutcomeDone}
	})
	h := open(t, j, settings(1), w)
	h.do(plan("k", ticket("T1")))
	h.do(engine.StartTrack{Track: "k", By: engine.ByPerson})
	h.until("it waits", trackIs("k", engine.TrackBlocked))
	h.do(engine.KeysArrived{})
	h.until("done", trackIs("k", engine.TrackDone))
	h.stop()
}

// FuzzEvents folds whatever may stand in a journal: an error, or a state that can be stored and read again; never a
// panic, and never an illegal status.
func FuzzEvents(f *testing.F) {
	var all bytes.Buffer
	enc := json.NewEncoder(&all)
	for _, e := range history(f) {
		if err := enc.Encode(e); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(all.Bytes())
	f.Add([]byte(`{"seq":1,"kind":"track_planned","body":{"track":"a","order":["x","x"],"tickets":[{"id":"x","depends_on":["x"]}]}}`))
	f.Add([]byte(`{"seq":1,"kind":"approval_requested","body":{"id":"A1","run":{"ticket":{"track":"a","id":"x"},"attempt":1}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		state := engine.NewState()
		seq := uint64(0)
		for line := range bytes.Lines(data) {
			var e engine.Event
			if json.Unmarshal(line, &e) != nil || e.Body == nil {
				continue
			}
			e.Seq = seq + 1
			if state.Apply(e) != nil {
				return // a state after a refused event is not to be used
			}
			seq++
			state.Settle()
		}
		encoded, err := state.Freeze().Encode()
		if err != nil {
			return // a time beyond the year 9999, say
		}
		again, err := engine.DecodeState(encoded)
		if err != nil {
			t.Fatalf("a stored state cannot be read: %v\n%s", err, encoded)
		}
		if _, err := again.Freeze().Encode(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestNarrator: the stream that programs read has each phase once, and no phase of a ticket that is not in progress.
func TestNarrator(t *testing.T) {
	t.Parallel()
	n := engine.NewNarrator(engine.NewState())
	var got []string
	for _, e := range history(t) {
		lines, err := n.Tell(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if l.Ticket != "T1" {
				continue
			}
			entry := l.Type
			if p, ok := l.Fields["phase"]; ok {
				entry += ":" + string(p.(engine.Phase))
			}
			got = append(got, entry)
			var flat map[string]any
			data, err := json.Marshal(l)
			if err != nil || json.Unmarshal(data, &flat) != nil || flat["seq"] == nil || flat["time"] == nil || flat["track"] == nil || flat["ticket"] != "T1" {
				t.Errorf("line %s: %v", data, err)
			}
		}
	}
	want := []string{
		"ticket_started", "ticket_phase:awaiting-spawn", "approval_requested", "approval_decided", "ticket_phase:thinking",
		"approval_requested", "ticket_phase:awaiting-step", "approval_decided", "ticket_phase:thinking",
		"tool_call", "ticket_phase:running-tool", "tool_result", "ticket_phase:thinking", "usage", "ticket_phase:awaiting-edit",
		"edit_delivered", "ticket_completed",
	}
	if diff := cmp.Diff(want, got[:min(len(want), len(got))]); diff != "" {
		t.Errorf("the stream of T1:\n%s", diff)
	}
}

func TestEventsFollowsLive(t *testing.T) {
	t.Parallel()
	h := open(t, newDisk(), settings(2), workFunc(done))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	seen := make(chan uint64, 1)
	go func() {
		last := uint64(0)
		for e, err := range h.Events(ctx, 0) {
			if err != nil {
				break
			}
			if e.Seq != last+1 {
				t.Errorf("event %d follows %d", e.Seq, last)
			}
			last = e.Seq
			if b, ok := e.Body.(engine.TrackMoved); ok && b.To == engine.TrackDone {
				break
			}
		}
		seen <- last
	}()
	h.do(plan("a", chain(100)...))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	snap := h.until("done", trackIs("a", engine.TrackDone))
	if last := get(t, seen); last != snap.Seq() {
		t.Errorf("saw %d of %d events", last, snap.Seq())
	}
}
