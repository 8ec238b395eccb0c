package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

// TestAnsweredApprovalsSurvive: a crash between an answer and what follows from it asks nobody twice.
func TestAnsweredApprovalsSurvive(t *testing.T) {
	t.Parallel()
	j := newDisk()
	h, p := running(t, j, settings(1), ticket("T1"))
	at := p.next()
	spawn := at.ask(engine.KindSpawn, "may I?", engine.Ask)
	h.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	h.answerAll(engine.Approved)
	get(t, spawn)
	at.ask(engine.KindStep, "and this?", engine.Ask)
	h.until("it asks again", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	h.stop() // the spawn was answered and used, the step is open

	p = newPuppets(t)
	h = open(t, j, settings(1), p)
	at = p.next()
	if at.job.Run.Attempt != 2 {
		t.Errorf("attempt %d", at.job.Run.Attempt)
	}
	if tk, _ := h.Snapshot().Ticket(key("T1")); tk.RetryCount != 0 {
		t.Error("an interruption counted as a failure")
	}
	if a := get(t, at.ask(engine.KindSpawn, "may I?", engine.Ask)); a.answer.Decision != engine.Approved {
		t.Fatalf("the spawn: %+v", a)
	}
	step := at.ask(engine.KindStep, "and this?", engine.Ask)
	h.until("the same question is open", func(s *engine.Snapshot) bool {
		a, ok := s.Approval("A2")
		return ok && a.Run.Attempt == 2
	})
	if n := pendingCount(h.Snapshot()); n != 1 {
		t.Errorf("%d questions are open", n)
	}
	h.answerAll(engine.Approved)
	get(t, step)
	at.done()
	h.until("done", trackIs("a", engine.TrackDone))
	for _, e := range j.All() {
		if r, ok := e.Body.(engine.ApprovalRequested); ok && r.ID != "A1" && r.ID != "A2" {
			t.Errorf("%s was asked too", r.ID)
		}
	}
}

// TestAnswerBetweenRunsIsUsed: a person may answer while no attempt runs.
func TestAnswerBetweenRunsIsUsed(t *testing.T) {
	t.Parallel()
	j := newDisk()
	h, p := running(t, j, settings(1), ticket("T1"))
	p.next().ask(engine.KindSpawn, "may I?", engine.Ask)
	h.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	h.stop()

	p = newPuppets(t)
	h = open(t, j, settings(1), p)
	at := p.next()
	h.answerAll(engine.Approved)
	if a := get(t, at.ask(engine.KindSpawn, "may I?", engine.Ask)); a.answer.Decision != engine.Approved {
		t.Errorf("the spawn: %+v", a)
	}
	at.done()
	h.until("done", trackIs("a", engine.TrackDone))
}

// TestWhatChangedIsAskedAnew: an answer holds only for exactly what was asked.
func TestWhatChangedIsAskedAnew(t *testing.T) {
	t.Parallel()
	j := newDisk()
	h, p := running(t, j, settings(1), ticket("T1"))
	p.next().ask(engine.KindSpawn, "may I?", engine.Ask)
	h.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	h.answerAll(engine.Approved)
	h.stop()

	p = newPuppets(t)
	h = open(t, j, settings(1), p)
	p.next().ask(engine.KindSpawn, "may I, now that a file changed?", engine.Ask)
	snap := h.until("it asks anew", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	for a := range snap.Pending() {
		if a.ID != "A2" {
			t.Errorf("%s is open", a.ID)
		}
	}
}

// TestInterruptedDeliveryIsFinished: the work is not done again, and nobody is asked again.
func TestInterruptedDeliveryIsFinished(t *testing.T) {
	t.Parallel()
	j := newDisk()
	h, p := running(t, j, settings(1), ticket("T1"))
	at := p.next()
	committed := make(chan error, 1)
	at.steps <- func(ctx context.Context, d *engine.Desk) *engine.Outcome {
		committed <- d.Commit(ctx, engine.DeliveryStarted{Run: at.job.Run, Delivery: engine.Delivery{Blob: "changes/x", Summary: "did it"}})
		return nil
	}
	if err := get(t, committed); err != nil {
		t.Fatal(err)
	}
	h.stop()

	p = newPuppets(t)
	h = open(t, j, settings(1), p)
	at = p.next()
	if !at.job.Resume || at.job.Run.Attempt != 1 || at.job.Ticket.Delivery.Blob != "changes/x" {
		t.Errorf("taken up as %+v", at.job)
	}
	at.done()
	h.until("done", trackIs("a", engine.TrackDone))
}

// TestEveryPrefixGoesOn starts a Conductor from every prefix of a journal that has seen something of everything. Each
// must run to its end, and ask nothing that the prefix had answered and used.
func TestEveryPrefixGoesOn(t *testing.T) {
	t.Parallel()
	j := newDisk()
	h := open(t, j, settings(2), workFunc(asker))
	h.do(plan("a", ticket("T1"), ticket("T2", "T1"), ticket("T3", "T1"), ticket("T4", "T2", "T3")))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	finish(h)
	h.stop()
	for n := 1; n <= len(j.All()); n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			part := disk{enginetest.NewJournal(), j.Blobs, j.files} // contents are named by their hash
			if err := part.Append(t.Context(), j.All()[:n:n]); err != nil {
				t.Fatal(err)
			}
			h := open(t, part, settings(2), workFunc(asker))
			if n == 1 {
				h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
			}
			finish(h)
			h.stop()
			asked := map[string]int{}
			for _, e := range part.All() {
				if r, ok := e.Body.(engine.ApprovalRequested); ok {
					asked[r.Title]++
				}
			}
			for title, times := range asked {
				if times > 1 {
					t.Errorf("%q was asked %d times", title, times)
				}
			}
			sameAsReplay(t, h)
		})
	}
}

// finish answers everything until the track is done.
func finish(h *house) {
	h.t.Helper()
	finishTrack(h, "a")
}

func finishTrack(h *house, track engine.TrackID) {
	h.t.Helper()
	h.until("done", func(s *engine.Snapshot) bool {
		for a := range s.Pending() {
			h.do(engine.AnswerApproval{ID: a.ID, Decision: engine.Approved, By: engine.ByPerson})
		}
		return trackIs(track, engine.TrackDone)(s)
	})
}

// asker asks for its spawn and one step, and tells of a tool call and its usage.
func asker(ctx context.Context, d *engine.Desk, j engine.Job) engine.Outcome {
	id := j.Run.Ticket.ID
	for _, kind := range []engine.ApprovalKind{engine.KindSpawn, engine.KindStep} {
		title := id + " " + string(kind)
		q := engine.Question{Kind: kind, Title: title, Content: engine.Content{Prompt: title}, Ruling: engine.Ruling{Verdict: engine.Ask}}
		if _, _, err := d.Ask(ctx, q); err != nil {
			return engine.Outcome{Kind: engine.OutcomeAborted, Reason: err.Error()}
		}
	}
	_ = d.Tell(ctx, engine.ToolCalled{Run: j.Run, Call: 1, Name: "read_file"})
	_ = d.Tell(ctx, engine.ToolReturned{Run: j.Run, Call: 1, Name: "read_file", OK: true})
	_ = d.Tell(ctx, engine.UsageRecorded{Run: j.Run, Tier: engine.TierWorker, Usage: engine.Usage{Input: 10, Output: 2}})
	return engine.Outcome{Kind: engine.OutcomeDone, Summary: "did " + id}
}

// TestSnapshotAfterManyShortRuns: what counts for the next snapshot is the journal since the last one, not the time
// that one program has lived.
func TestSnapshotAfterManyShortRuns(t *testing.T) {
	t.Parallel()
	j := newDisk()
	for run := 0; ; run++ {
		h := open(t, j, settings(1), workFunc(chatty))
		h.do(plan("a", ticket(fmt.Sprintf("T%d", run))))
		h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
		h.until("done", trackIs("a", engine.TrackDone))
		h.stop()
		seq, _, err := j.LoadSnapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if seq > 0 && run > 2 {
			return
		}
		if len(j.All()) > 3*4096 {
			t.Fatalf("no snapshot after %d runs with %d events", run+1, len(j.All()))
		}
	}
}

// chatty makes a thousand events.
func chatty(ctx context.Context, d *engine.Desk, j engine.Job) engine.Outcome {
	for range 1000 {
		_ = d.Tell(ctx, engine.UsageRecorded{Run: j.Run, Tier: engine.TierWorker, Usage: engine.Usage{Input: 1}})
	}
	return engine.Outcome{Kind: engine.OutcomeDone}
}
