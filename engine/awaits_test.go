package engine_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

// shopWithKey is a shop whose model has no key until one comes. It survives a restart.
func shopWithKey(t *testing.T, j disk, has func() bool) *shop {
	t.Helper()
	return newShop(t, j, shopConfig{model: func(engine.Request) enginetest.ProviderReply {
		if !has() {
			return enginetest.ProviderReply{Fail: engine.ProviderNoKey}
		}
		return says(finishCall("done", "x"))
	}})
}

// Without a key a ticket waits, with the reason, and has not failed. A key lets it go on, and what a person had answered
// is not asked again.
func TestATicketWaitsForItsKey(t *testing.T) {
	t.Parallel()
	var key1 atomic.Bool
	j := newDisk()
	s := shopWithKey(t, j, key1.Load)
	s.run(ticket("T1"), ticket("T2", "T1"))
	snap := s.until("it waits for a key", trackIs("a", engine.TrackBlocked))
	tk, _ := snap.Ticket(key("T1"))
	if tk.Status != engine.Todo || tk.RetryCount != 0 || tk.Block != nil || !strings.HasPrefix(tk.Awaits, "provider: no key") {
		t.Errorf("%+v", tk)
	}
	tr, _ := snap.Track("a")
	if !strings.Contains(tr.Reason, "T1 provider: no key") {
		t.Errorf("the track says %q", tr.Reason)
	}
	if w := snap.WaitsFor(key("T2")); len(w) != 1 || !strings.HasPrefix(w[0].Why, "provider: no key") {
		t.Errorf("T2 waits for %+v", w)
	}
	s.do(engine.KeysArrived{}) // but not that one
	s.until("it waits again", func(s *engine.Snapshot) bool {
		tk, _ := s.Ticket(key("T1"))
		return tk.Attempt == 2 && tk.Awaits != "" && trackIs("a", engine.TrackBlocked)(s)
	})
	asked := countKind(j, "approval_requested")
	key1.Store(true)
	s.do(engine.KeysArrived{})
	s.until("done", trackIs("a", engine.TrackDone))
	if n := countKind(j, "approval_requested"); n != asked+1 { // T2's spawn
		t.Errorf("%d approvals were asked after the key had come, want T2's spawn alone", n-asked)
	}
}

// A person's run lifts the wait as well, also where the track runs on meanwhile; and a restart keeps it.
func TestTheWaitForAKeySurvivesAndIsLifted(t *testing.T) {
	t.Parallel()
	var has atomic.Bool
	j := newDisk()
	s := shopWithKey(t, j, has.Load)
	s.run(ticket("T1"))
	s.until("it waits", trackIs("a", engine.TrackBlocked))
	s.stop()
	has.Store(true)
	s = shopWithKey(t, j, has.Load)
	if tk, _ := s.Snapshot().Ticket(key("T1")); tk.Awaits == "" || tk.Status != engine.Todo {
		t.Errorf("after a restart: %+v", tk)
	}
	s.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	s.until("done", trackIs("a", engine.TrackDone))
}

// countKind counts the events of one kind in a journal.
func countKind(j disk, kind string) int {
	n := 0
	for _, e := range j.All() {
		if e.Kind() == kind {
			n++
		}
	}
	return n
}
