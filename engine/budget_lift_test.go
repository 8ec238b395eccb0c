package engine_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// A ticket that its budget has blocked goes on by itself when that is raised: live, or while slop-ls was not there. One that
// is lowered, or another one, lifts nothing, and neither does a raise what a person has blocked.
func TestABlockedTicketGoesOnWhenItsBudgetIsRaised(t *testing.T) {
	t.Parallel()
	j := newDisk()
	open1 := func(turns int64) *shop {
		s := newShop(t, j, shopConfig{model: func(r engine.Request) enginetest.ProviderReply {
			if turnOf(r) < 5 {
				return says(call("write_file", map[string]string{"Path": "f", "Content": strings.Repeat("x", turnOf(r)) + "\n"}))
			}
			return says(finishCall("done", "x"))
		}})
		set := settings(1)
		set.Budget.Ticket.Turns = turns
		s.do(engine.Configure{Settings: set})
		return s
	}
	s := open1(3)
	s.run(ticket("T1"), ticket("T2"))
	s.do(engine.BlockTicket{Ticket: key("T2"), By: engine.ByPerson, Reason: "mine"})
	blockedBy := func(n int64) func(*engine.Snapshot) bool {
		return func(snap *engine.Snapshot) bool {
			tk, _ := snap.Ticket(key("T1"))
			return tk.Status == engine.Blocked && tk.Block.Over != nil && tk.Block.Over.Limit == n && trackIs("a", engine.TrackBlocked)(snap)
		}
	}
	s.until("blocked", blockedBy(3))
	set := settings(2)
	set.Budget.Ticket.Turns = 2
	s.do(engine.Configure{Settings: set})
	if !blockedBy(3)(s.Snapshot()) {
		t.Error("a lower bound lets it go on")
	}
	set.Budget.Ticket.Turns = 4
	s.do(engine.Configure{Settings: set})
	s.until("blocked again", blockedBy(4))
	s.stop()
	s = open1(0) // no bound any more
	snap := s.until("done", func(snap *engine.Snapshot) bool {
		tk, _ := snap.Ticket(key("T1"))
		return tk.Status == engine.Completed
	})
	if tk, _ := snap.Ticket(key("T2")); tk.Status != engine.Blocked {
		t.Errorf("T2 is %s", tk.Status)
	}
	if tk, _ := snap.Ticket(key("T1")); tk.RetryCount != 0 {
		t.Errorf("%d retries were used up", tk.RetryCount)
	}
}

// dayOver is a house whose day's budget is used up by its first ticket.
func dayOver(t *testing.T, j disk) *shop {
	s := newShop(t, j, shopConfig{model: func(engine.Request) enginetest.ProviderReply {
		reply := says(finishCall("done", "x"))
		reply.Usage = engine.Usage{Input: 9000}
		return reply
	}})
	set := settings(1)
	set.Budget.Day.Tokens = 10_000
	s.do(engine.Configure{Settings: set})
	return s
}

// The day's budget lets a track go on at midnight, however long that is, and at the next start where nobody was there at
// midnight.
func TestTheNextDayLetsATrackGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(90 * time.Minute) // it is half past one
		j := newDisk()
		s := dayOver(t, j)
		s.run(ticket("T1"), ticket("T2", "T1"), ticket("T3", "T2"))
		synctest.Wait()
		snap := s.Snapshot()
		tr, _ := snap.Track("a")
		if tr.Status != engine.TrackPaused || tr.Over == nil || tr.Over.Scope != engine.BudgetDay {
			t.Fatalf("it is %s: %s", tr.Status, tr.Reason)
		}
		time.Sleep(22*time.Hour + 29*time.Minute)
		synctest.Wait()
		if s.Snapshot().Seq() != snap.Seq() {
			t.Error("something happened before midnight")
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if t2, _ := s.Snapshot().Ticket(key("T2")); t2.Status != engine.Completed || !trackIs("a", engine.TrackPaused)(s.Snapshot()) {
			t.Fatalf("T2 is %s after midnight", t2.Status)
		}
		s.stop()
		time.Sleep(30 * time.Hour)
		s = dayOver(t, j)
		synctest.Wait()
		if !trackIs("a", engine.TrackDone)(s.Snapshot()) {
			t.Error("a start on a later day does not let it go on")
		}
	})
}

// Planning asks for leave of the bounds of its track and of the day, and what it used before a track's first plan counts.
func TestPlanningAsksForLeave(t *testing.T) {
	t.Parallel()
	h := open(t, newDisk(), settings(1), workFunc(done))
	set := settings(1)
	set.Budget = engine.Budget{Track: engine.Bounds{Tokens: 10_000}, Day: engine.Bounds{Tokens: 18_000}}
	h.do(engine.Configure{Settings: set})
	ask := func(track engine.TrackID, n int) error {
		need := engine.PlanningNeed(engine.TierTechLead, "m", n, engine.Usage{}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		return h.Do(ctx, engine.AffordPlanning{Track: track, Model: "m", Need: need})
	}
	used := func(track engine.TrackID, n int64) {
		h.do(engine.RecordPlanning{Track: track, Tier: engine.TierTechLead, Model: "m", Usage: engine.Usage{Input: n}})
	}
	refused := func(err error, what string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want %s", err, what)
		}
	}
	if err := ask("a", 1000); err != nil {
		t.Error(err)
	}
	used("a", 7000)
	refused(ask("a", 1000), "budget.track_tokens is 10000 tokens, of which 7000 tokens are used")
	if err := ask("", 1000); err != nil {
		t.Error(err)
	}
	h.do(plan("a", ticket("T1")))
	refused(ask("a", 1000), "budget.track_tokens")
	if tr, _ := h.Snapshot().Track("a"); tr.Spent.Tokens != 7000 {
		t.Errorf("%+v", tr.Spent)
	}
	used("", 8000)
	refused(ask("", 1000), "budget.day_tokens is 18000 tokens, of which 15000 tokens are used")
	if n := h.Snapshot().Seq(); n == 0 || !trackIs("a", engine.TrackIdle)(h.Snapshot()) {
		t.Error("a refusal changes the track")
	}
}

// tools that are known before they are asked for, and one of which costs much.
type knownTools struct{ text string }

func (k knownTools) Known() []engine.ToolSpec {
	return []engine.ToolSpec{{Name: "far__look", Description: k.text}}
}

func (k knownTools) Missing() []string { return nil }

func (k knownTools) Tools(context.Context) []engine.Tool { return nil }

// What the tools of other programs cost to describe is part of what a spawn reserves.
func TestASpawnReservesForKnownTools(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		words int
		want  engine.Status
	}{{10, engine.Completed}, {20_000, engine.Blocked}} {
		files, d := enginetest.NewFiles(nil), newDisk()
		provider := enginetest.NewFakeProvider(func(engine.Request) enginetest.ProviderReply { return says(finishCall("done", "x")) })
		w := engine.NewWorker(engine.WorkerConfig{
			Provider: provider, Policy: rules{}, Viewer: plainViewer{}, Bench: &enginetest.Workbench{Files: files}, Applier: files, Blobs: d,
			Toolbox: knownTools{strings.Repeat("word ", c.words)},
		})
		h := open(t, d, settings(1), w)
		set := settings(1)
		set.Budget.Ticket.Tokens = 15_000
		h.do(engine.Configure{Settings: set})
		h.do(plan("a", trackfile.Ticket{ID: "T1", Description: "x"}))
		h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
		snap := h.until("at rest", func(s *engine.Snapshot) bool {
			return trackIs("a", engine.TrackDone)(s) || trackIs("a", engine.TrackBlocked)(s)
		})
		if tk, _ := snap.Ticket(key("T1")); tk.Status != c.want {
			t.Errorf("with %d words: %s", c.words, tk.Status)
		}
	}
}
