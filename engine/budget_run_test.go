package engine_test

import (
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

// A track is paused before a bound is passed, its workers keep what they have, and it goes on when the bound is raised.
func TestATrackIsPausedByItsBudget(t *testing.T) {
	t.Parallel()
	j := newDisk()
	s := newShop(t, j, shopConfig{model: func(r engine.Request) enginetest.ProviderReply {
		reply := says(finishCall("done", "x"))
		if turnOf(r) == 0 {
			reply = says(call("write_file", map[string]string{"Path": "f", "Content": "x\n"}))
		}
		reply.Usage = engine.Usage{Input: 6000}
		return reply
	}})
	set := settings(1)
	bound := func(tokens int64) {
		set.Budget = engine.Budget{Track: engine.Bounds{Tokens: tokens}}
		s.do(engine.Configure{Settings: set})
	}
	bound(10_000)
	s.run(ticket("T1"), ticket("T2", "T1"))
	snap := s.until("paused", trackIs("a", engine.TrackPaused))
	tr, _ := snap.Track("a")
	if tr.Over == nil || !strings.HasPrefix(tr.Reason, "budget: budget.track_tokens is 10000 tokens, of which 6000 tokens are used") || tr.Spent.Tokens != 6000 {
		t.Errorf("%q, %+v", tr.Reason, tr.Spent)
	}
	if tk, _ := snap.Ticket(key("T1")); tk.Status != engine.InProgress || tk.Attempt != 1 {
		t.Errorf("the worker that was on its way is %s in attempt %d", tk.Status, tk.Attempt)
	}
	s.do(engine.ResumeTrack{Track: "a", By: engine.ByPerson}) // without raising it
	s.until("paused again", func(snap *engine.Snapshot) bool {
		return countKind(j, "track_moved") == 4 && trackIs("a", engine.TrackPaused)(snap)
	})
	bound(15_000)
	snap = s.until("paused before T2", func(snap *engine.Snapshot) bool {
		tk, _ := snap.Ticket(key("T1"))
		return tk.Status == engine.Completed && trackIs("a", engine.TrackPaused)(snap)
	})
	if n := countKind(j, "budget_warned"); n != 1 {
		t.Errorf("%d warnings", n)
	}
	if tk, _ := snap.Ticket(key("T1")); tk.Attempt != 1 {
		t.Errorf("the conversation was begun anew: attempt %d", tk.Attempt)
	}
	bound(0)
	s.until("done", trackIs("a", engine.TrackDone))
}

// A ticket that has used up what it may is blocked at once, without a retry; a person's retry lets it have as much again.
func TestATicketIsBlockedByItsBudget(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{model: func(r engine.Request) enginetest.ProviderReply {
		reply := says(call("write_file", map[string]string{"Path": "f", "Content": strings.Repeat("x", turnOf(r)) + "\n"}))
		reply.Usage = engine.Usage{Input: 10}
		return reply
	}})
	set := settings(1)
	set.Budget = engine.Budget{Ticket: engine.Bounds{Turns: 3}}
	s.do(engine.Configure{Settings: set})
	s.run(ticket("T1"))
	for _, turns := range []int64{3, 6} {
		snap := s.until("blocked", func(snap *engine.Snapshot) bool {
			tk, _ := snap.Ticket(key("T1"))
			return tk.Status == engine.Blocked && tk.Usage.Input == 10*turns
		})
		tk, _ := snap.Ticket(key("T1"))
		if tk.Block.By != engine.ByBudget || !strings.Contains(tk.Block.Reason, "budget.ticket_turns is 3 turns, of which 3 turns are used") || tk.RetryCount != 0 {
			t.Errorf("%+v, %d retries", tk.Block, tk.RetryCount)
		}
		if turns == 3 {
			s.do(engine.RetryTicket{Ticket: key("T1"), By: engine.ByPerson})
		}
	}
}

// One ticket that a person ran by itself does not become a run of its whole track by a budget that was in its way.
func TestABudgetDoesNotRunAWholeTrack(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{model: func(engine.Request) enginetest.ProviderReply { return says(finishCall("done", "x")) }})
	set := settings(1)
	set.Budget = engine.Budget{Day: engine.Bounds{Tokens: 1}}
	s.do(engine.Configure{Settings: set})
	s.do(plan("a", ticket("T1"), ticket("T2")))
	s.do(engine.RunTicket{Ticket: key("T1"), By: engine.ByPerson})
	s.until("paused", trackIs("a", engine.TrackPaused))
	set.Budget = engine.Budget{}
	s.do(engine.Configure{Settings: set})
	snap := s.until("T1 is done", func(snap *engine.Snapshot) bool {
		tk, _ := snap.Ticket(key("T1"))
		return tk.Status == engine.Completed
	})
	if tk, _ := snap.Ticket(key("T2")); tk.Status != engine.Todo || tk.Attempt != 0 || !trackIs("a", engine.TrackIdle)(snap) {
		t.Errorf("T2 is %s", tk.Status)
	}
}
