package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// spawnsBy counts, by track, the spawns that wait for a person.
func spawnsBy(s *engine.Snapshot) map[engine.TrackID]int {
	n := map[engine.TrackID]int{}
	for a := range s.Pending() {
		n[a.Run.Ticket.Track]++
	}
	return n
}

// spawner asks for its spawn and is done.
func spawner(ctx context.Context, d *engine.Desk, j engine.Job) engine.Outcome {
	q := engine.Question{Kind: engine.KindSpawn, Title: j.Run.String(), Content: engine.Content{Prompt: j.Run.Ticket.String()}, Ruling: engine.Ruling{Verdict: engine.Ask}}
	if _, _, err := d.Ask(ctx, q); err != nil {
		return engine.Outcome{Kind: engine.OutcomeAborted, Reason: err.Error()}
	}
	return engine.Outcome{Kind: engine.OutcomeDone}
}

// A track whose questions nobody answers does not keep another one from asking, and no more are open than may be.
func TestUnansweredSpawnsAreShared(t *testing.T) {
	t.Parallel()
	const most = 3
	h := open(t, newDisk(), settings(most), workFunc(spawner))
	wide := func(track string) {
		var tickets []trackfile.Ticket
		for i := range 6 {
			tickets = append(tickets, ticket(fmt.Sprint("T", i)))
		}
		h.do(plan(engine.TrackID(track), tickets...))
		h.do(engine.StartTrack{Track: engine.TrackID(track), By: engine.ByPerson})
	}
	wide("a")
	h.until("a asks all", func(s *engine.Snapshot) bool { return spawnsBy(s)["a"] == most })
	for i, track := range []engine.TrackID{"b", "c"} {
		wide(string(track))
		snap := h.until(string(track)+" asks too", func(s *engine.Snapshot) bool {
			n := spawnsBy(s)
			return n[track] == 1 && n["a"] == most-1-i
		})
		if n := pendingCount(snap); n > most {
			t.Errorf("%d questions are open", n)
		}
	}
	wide("d") // each of the others has one left, which nobody takes away
	seq := h.Snapshot().Seq()
	h.do(engine.PauseTrack{Track: "d", By: engine.ByPerson})
	if snap := h.Snapshot(); spawnsBy(snap)["a"] != 1 || spawnsBy(snap)["d"] != 0 || snap.Seq() > seq+2 {
		t.Errorf("%v", spawnsBy(snap))
	}
	h.do(engine.ResumeTrack{Track: "d", By: engine.ByPerson})
	done := func(s *engine.Snapshot) bool {
		for _, track := range []engine.TrackID{"a", "b", "c", "d"} {
			if !trackIs(track, engine.TrackDone)(s) {
				return false
			}
		}
		return true
	}
	for !done(h.Snapshot()) { // whoever answers gets through all of them, and what was taken back is asked again
		h.until("a question, or the end", func(s *engine.Snapshot) bool { return pendingCount(s) > 0 || done(s) })
		if n := pendingCount(h.Snapshot()); n > most {
			t.Fatalf("%d questions are open", n)
		}
		for a := range h.Snapshot().Pending() { // one may be taken back meanwhile
			_ = h.Do(t.Context(), engine.AnswerApproval{ID: a.ID, Decision: engine.Approved, By: engine.ByPerson})
		}
	}
	for tr := range h.Snapshot().Tracks() {
		for tk := range tr.Tickets() {
			if tk.RetryCount != 0 || tk.Status != engine.Completed {
				t.Errorf("%s is %s after %d retries", tk.Key, tk.Status, tk.RetryCount)
			}
		}
	}
}
