package lsp

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/leaftest"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// story applies events and gives the snapshot after each; what cannot happen is left out.
func story(bodies ...engine.Body) []*engine.Snapshot {
	state := engine.NewState()
	snaps := []*engine.Snapshot{state.Freeze()}
	for i, b := range bodies {
		e := engine.Event{Seq: snaps[len(snaps)-1].Seq() + 1, At: time.Date(2026, 3, 1, 9, 30, i, 0, time.UTC), Body: b}
		if state.Apply(e) == nil {
			snaps = append(snaps, state.Freeze())
		}
	}
	return snaps
}

func keyOf(track, id string) engine.TicketKey {
	return engine.TicketKey{Track: engine.TrackID(track), ID: id}
}

// eventOf makes an event of a byte: a change of the plan, of a ticket, or of an approval.
func eventOf(b byte, n int) engine.Body {
	track, id := fmt.Sprintf("t%d", b>>7), fmt.Sprintf("T%d", b>>4&3+1)
	key := keyOf(track, id)
	run := engine.Run{Ticket: key, Attempt: 1}
	switch b & 15 {
	case 0, 1, 2:
		plan := engine.TrackPlanned{Track: engine.TrackID(track), Title: fmt.Sprint(n)}
		for i := range 4 {
			t := trackfile.Ticket{ID: fmt.Sprintf("T%d", (i+int(b>>4))%4+1), Description: fmt.Sprint(n)}
			if i > 0 && b&1 == 0 {
				t.DependsOn = []string{plan.Order[i-1]}
			}
			plan.Tickets, plan.Order = append(plan.Tickets, t), append(plan.Order, t.ID)
		}
		plan.Order, plan.Tickets = plan.Order[:4-int(b&3)/2], plan.Tickets[:4-int(b&3)/2]
		return plan
	case 3:
		return engine.TrackRenamed{Track: engine.TrackID(track), To: engine.TrackID(fmt.Sprintf("r%d", n))}
	case 4:
		return engine.TrackMoved{Track: engine.TrackID(track), To: engine.TrackRunning}
	case 5, 6:
		return engine.TicketStarted{Run: run, Model: "small"}
	case 7:
		return engine.TicketCompleted{Ticket: key, Skipped: true}
	case 8:
		return engine.TicketBlocked{Ticket: key, By: engine.ByPerson, Reason: fmt.Sprint(n)}
	case 9, 10:
		return engine.ApprovalRequested{Approval: engine.Approval{ID: engine.ApprovalID(fmt.Sprintf("A%d", b>>4&3+1)), Kind: engine.KindSpawn, Run: run}}
	case 11:
		return engine.ApprovalDecided{ID: engine.ApprovalID(fmt.Sprintf("A%d", b>>4&3+1)), Answer: engine.Answer{Decision: engine.Approved}}
	case 12:
		return engine.UsageRecorded{Run: run, Tier: engine.TierWorker, Usage: engine.Usage{Input: int64(n)}}
	default:
		return engine.TicketRetried{Ticket: key, Cause: engine.CausePerson}
	}
}

// FuzzStatesFollow holds that whatever happens, and whichever states a slow editor skips, what it was sent comes to the
// state that there is.
func FuzzStatesFollow(f *testing.F) {
	f.Add([]byte{0, 4, 5, 9, 11, 7, 0x20, 0x15, 0x17, 2, 0x22, 3}, uint64(0xffff))
	f.Add([]byte{0, 0x80, 4, 5, 0x84, 0x85, 0x89, 7, 0x10, 0x20, 1, 3}, uint64(0b1010010101))
	f.Fuzz(func(t *testing.T, choices []byte, sent uint64) {
		var bodies []engine.Body
		for i, b := range choices[:min(len(choices), 64)] {
			bodies = append(bodies, eventOf(b, i))
		}
		snaps := story(bodies...)
		var known wire.Status
		var told *engine.Snapshot
		pending := map[string]bool{}
		for i, now := range snaps {
			if sent>>(i%64)&1 == 0 && i < len(snaps)-1 {
				continue
			}
			next := onTheWire(t, stateAfter(told, now))
			if err := known.Follow(next); err != nil {
				t.Fatal(err)
			}
			for _, a := range next.Asked {
				pending[a.ID] = true
			}
			for _, id := range next.Settled {
				delete(pending, id)
			}
			told = now
		}
		want := Status(told)
		if diff := cmp.Diff(bySeq(want), bySeq(known)); diff != "" {
			t.Errorf("(-state +known):\n%s", diff)
		}
		asked := map[string]bool{}
		for a := range told.Pending() {
			asked[string(a.ID)] = true
		}
		if diff := cmp.Diff(asked, pending); diff != "" {
			t.Errorf("pending approvals (-state +known):\n%s", diff)
		}
	})
}

// bySeq is a status with its tracks by id: a renamed one is new to who knew it under another name.
func bySeq(s wire.Status) map[string]wire.Track {
	out := map[string]wire.Track{"": {ID: fmt.Sprint(s.Seq)}}
	for _, t := range s.Tracks {
		out[t.ID] = t
	}
	return out
}

func onTheWire(t *testing.T, s wire.State) wire.State {
	t.Helper()
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back wire.State
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

func TestStateGolden(t *testing.T) {
	t.Parallel()
	run := engine.Run{Ticket: keyOf("t", "T1"), Attempt: 1}
	snaps := story(
		engine.TrackPlanned{Track: "t", Title: "Errors", Order: []string{"T1", "T2"}, Tickets: []trackfile.Ticket{
			{ID: "T1", Description: "one"}, {ID: "T2", Description: "two", DependsOn: []string{"T1"}},
		}},
		engine.TrackMoved{Track: "t", To: engine.TrackRunning, By: engine.ByPerson},
		engine.TicketStarted{Run: run, Model: "small"},
		engine.ApprovalRequested{Approval: engine.Approval{ID: "A1", Kind: engine.KindSpawn, Run: run, Title: "Start \u202e T1", Requested: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)}},
		engine.ApprovalDecided{ID: "A1", Answer: engine.Answer{Decision: engine.Approved, By: engine.ByPerson}},
		engine.ApprovalConsumed{ID: "A1", Run: run},
		engine.UsageRecorded{Run: run, Tier: engine.TierWorker, Usage: engine.Usage{Input: 100, Output: 5, Cost: engine.Cost{MicroUSD: 1500}}},
		engine.TicketCompleted{Ticket: run.Ticket},
		engine.TrackPlanned{Track: "t", Title: "Errors", Order: []string{"T3", "T2"}, Tickets: []trackfile.Ticket{{ID: "T3", Description: "three"}}},
	)
	if len(snaps) != 10 {
		t.Fatalf("%d of 9 events could happen", len(snaps)-1)
	}
	got := map[string]any{
		"1 whole": stateAfter(nil, snaps[2]), "2 asked": stateAfter(snaps[2], snaps[4]), "3 completed": stateAfter(snaps[4], snaps[8]),
		"4 planned again": stateAfter(snaps[8], snaps[9]), "5 status": Status(snaps[9]),
		"6 stream": piece(run, "a\u202eb", 7, false),
	}
	data, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	leaftest.Golden(t, filepath.Join("testdata", "state.golden"), string(data)+"\n")
}

// A change of one ticket in ten thousand is told as one ticket, and costs little beside telling all.
func BenchmarkStateAfter(b *testing.B) {
	const n = 10_000
	plan := engine.TrackPlanned{Track: "t"}
	for i := range n {
		t := trackfile.Ticket{ID: fmt.Sprintf("T%d", i)}
		if i >= 10 {
			t.DependsOn = []string{fmt.Sprintf("T%d", i-10)}
		}
		plan.Order, plan.Tickets = append(plan.Order, t.ID), append(plan.Tickets, t)
	}
	run := engine.Run{Ticket: keyOf("t", "T5"), Attempt: 1}
	snaps := story(plan, engine.TicketStarted{Run: run}, engine.UsageRecorded{Run: run, Tier: engine.TierWorker})
	var whole, one time.Duration
	for b.Loop() {
		began := time.Now()
		_, _ = json.Marshal(stateAfter(nil, snaps[2]))
		whole += time.Since(began)
		began = time.Now()
		change := stateAfter(snaps[2], snaps[3])
		_, _ = json.Marshal(change)
		one += time.Since(began)
		if len(change.Tracks) != 1 || len(change.Tracks[0].Tickets) != 1 {
			b.Fatalf("%d tickets are told", len(change.Tracks[0].Tickets))
		}
	}
	b.ReportMetric(float64(one)/float64(whole), "ratio")
}
