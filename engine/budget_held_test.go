package engine_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

// What calls under way may come to is much more than they do. Where that alone is in the way of another call, that waits for
// them: the bound has room, and nobody has to be asked for more.
func TestACallWaitsForThoseUnderWay(t *testing.T) {
	t.Parallel()
	for name, budget := range map[string]engine.Budget{
		"track": {Track: engine.Bounds{Tokens: 7000}},
		"day":   {Day: engine.Bounds{Tokens: 7000}},
		"turns": {Track: engine.Bounds{Turns: 4}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				j := newDisk()
				s := newShop(t, j, shopConfig{model: func(engine.Request) enginetest.ProviderReply {
					time.Sleep(time.Second) // the others ask meanwhile
					return says(finishCall("done", "x"))
				}})
				set := settings(4)
				set.Budget = budget
				s.do(engine.Configure{Settings: set})
				s.run(ticket("T1"), ticket("T2"), ticket("T3"), ticket("T4"))
				synctest.Wait()
				time.Sleep(time.Minute)
				synctest.Wait()
				tr, _ := s.Snapshot().Track("a")
				if tr.Status != engine.TrackDone || countKind(j, "track_moved") != 2 {
					t.Errorf("the track is %s: %s", tr.Status, tr.Reason)
				}
			})
		})
	}
}

// A plan waits for the calls of workers, too.
func TestAPlanWaitsForTheCallsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, newDisk(), shopConfig{model: func(engine.Request) enginetest.ProviderReply {
			time.Sleep(time.Second)
			return says(finishCall("done", "x"))
		}})
		set := settings(4)
		set.Budget = engine.Budget{Track: engine.Bounds{Tokens: 7000}}
		s.do(engine.Configure{Settings: set})
		s.run(ticket("T1"))
		synctest.Wait()
		need := engine.PlanningNeed(engine.TierTechLead, "m", 100, engine.Usage{}, nil)
		began := time.Now()
		if err := s.Do(t.Context(), engine.AffordPlanning{Track: "a", Model: "m", Need: need}); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("it waited for %s", took) // of the bubble's clock
		}
	})
}

// Who waits for a person calls no model meanwhile, and nothing is held for it.
func TestNothingIsHeldForWhoWaitsForAPerson(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, newDisk(), shopConfig{
			model: func(engine.Request) enginetest.ProviderReply { return says(finishCall("done", "x")) },
			rules: rules{"spawn": engine.Ask},
		})
		set := settings(2)
		set.Budget = engine.Budget{Track: engine.Bounds{Tokens: 7000}}
		s.do(engine.Configure{Settings: set})
		s.run(ticket("T1"), ticket("T2"))
		synctest.Wait()
		for a := range s.Snapshot().Pending() {
			if a.Run.Ticket.ID == "T2" {
				s.do(engine.AnswerApproval{ID: a.ID, Decision: engine.Approved, By: engine.ByPerson})
			}
		}
		synctest.Wait()
		if tk, _ := s.Snapshot().Ticket(key("T2")); tk.Status != engine.Completed {
			tr, _ := s.Snapshot().Track("a")
			t.Errorf("T2 is %s, the track %s: %s", tk.Status, tr.Status, tr.Reason)
		}
	})
}
