package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// ledger is a state without a Conductor: commands are decided and applied one by one.
type ledger struct {
	*engine.State
	t     *testing.T
	seq   uint64
	asked int
}

func newLedger(t *testing.T) *ledger { return &ledger{State: engine.NewState(), t: t} }

func (l *ledger) apply(bodies ...engine.Body) {
	l.t.Helper()
	for _, b := range bodies {
		l.seq++
		if err := l.Apply(engine.Event{Seq: l.seq, Body: b}); err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l *ledger) do(cmd engine.Command) []engine.Body {
	l.t.Helper()
	bodies, err := engine.Decide(l.State, settings(1), cmd, time.Time{})
	if err != nil {
		l.t.Fatalf("%T: %v", cmd, err)
	}
	l.apply(bodies...)
	l.apply(l.Settle()...)
	return bodies
}

// start begins the next attempt at a ticket, and asks for its spawn where that is not answered at once.
func (l *ledger) start(id string, spawned bool) {
	l.t.Helper()
	tk, ok := l.Freeze().Ticket(key(id))
	if !ok {
		l.t.Fatalf("there is no %s", id)
	}
	run := engine.Run{Ticket: key(id), Attempt: tk.Attempt + 1}
	l.apply(engine.TicketStarted{Run: run})
	l.asked++
	asks := engine.ApprovalID(fmt.Sprintf("A%d", l.asked))
	l.apply(engine.ApprovalRequested{Approval: engine.Approval{ID: asks, Kind: engine.KindSpawn, Run: run, Hash: id}})
	if spawned {
		l.apply(engine.ApprovalDecided{ID: asks, Answer: engine.Answer{Decision: engine.Approved}}, engine.ApprovalConsumed{ID: asks, Run: run})
	}
}

// show is the track in a line a ticket.
func show(s *engine.Snapshot, id engine.TrackID) string {
	tr, ok := s.Track(id)
	if !ok {
		return "no track\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", tr.Status)
	for tk := range tr.Tickets() {
		fmt.Fprintf(&b, "%s %s", tk.Key.ID, tk.Status)
		for _, mark := range []struct {
			on   bool
			name string
		}{{tk.Stale, "stale"}, {tk.Orphaned, "orphaned"}, {tk.Approval != "", "asks " + string(tk.Approval)}, {tk.Attempt > 0, fmt.Sprint("attempt ", tk.Attempt)}} {
			if mark.on {
				b.WriteString(" " + mark.name)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func kinds(bodies []engine.Body) string {
	var out []string
	for _, b := range bodies {
		out = append(out, b.Kind())
	}
	return strings.Join(out, " ")
}

func skip(id string) engine.SkipTicket {
	return engine.SkipTicket{Ticket: key(id), By: engine.ByPerson}
}

func said(id, text string, deps ...string) trackfile.Ticket {
	return trackfile.Ticket{ID: id, Description: text, DependsOn: deps}
}

func TestReplan(t *testing.T) {
	t.Parallel()
	a, b, c := said("T1", "a"), said("T2", "b"), said("T3", "c")
	for _, tc := range []struct {
		name   string
		before func(l *ledger)
		doc    engine.PlanTrack
		events string
		want   string
	}{
		{"nothing new", nil, plan("a", a, b, c), "", "idle\nT1 todo\nT2 todo\nT3 todo\n"},
		{"a new order", func(l *ledger) { l.do(skip("T1")) }, plan("a", c, a, b), "track_planned", "idle\nT3 todo\nT1 completed\nT2 todo\n"},
		{
			"a completed one is edited", func(l *ledger) { l.do(skip("T1")) },
			plan("a", said("T1", "else"), b, c), "track_planned", "idle\nT1 completed stale\nT2 todo\nT3 todo\n",
		},
		{
			"a running one is edited", func(l *ledger) { l.start("T1", true) },
			plan("a", said("T1", "else"), b, c), "track_planned", "idle\nT1 in_progress stale attempt 1\nT2 todo\nT3 todo\n",
		},
		{
			"one that asks for its spawn is edited", func(l *ledger) { l.start("T1", false) },
			plan("a", said("T1", "else"), b, c), "approval_withdrawn ticket_retried track_planned", "idle\nT1 todo attempt 1\nT2 todo\nT3 todo\n",
		},
		{
			"one that asks for its spawn gets a dependency", func(l *ledger) { l.start("T1", false) },
			plan("a", said("T1", "a", "T2"), b, c), "approval_withdrawn ticket_retried track_planned", "idle\nT1 todo attempt 1\nT2 todo\nT3 todo\n",
		},
		{
			"one that asks for its spawn is shown to somebody else", func(l *ledger) { l.start("T1", false) },
			plan("a", trackfile.Ticket{ID: "T1", Description: "a", AssignedTo: "me", Priority: trackfile.High}, b, c), "track_planned",
			"idle\nT1 in_progress asks A1 attempt 1\nT2 todo\nT3 todo\n",
		},
		{
			"a running one gets a dependency", func(l *ledger) { l.start("T1", true) },
			plan("a", said("T1", "a", "T2"), b, c), "track_planned", "idle\nT1 in_progress stale attempt 1\nT2 todo\nT3 todo\n",
		},
		{
			"a completed one gets a dependency", func(l *ledger) { l.do(skip("T1")) },
			plan("a", said("T1", "a", "T2"), b, c), "track_planned", "idle\nT1 completed stale\nT2 todo\nT3 todo\n",
		},
		{
			"dependencies in another order", func(l *ledger) { l.do(plan("a", a, b, said("T3", "c", "T1", "T2"))); l.do(skip("T3")) },
			plan("a", a, b, said("T3", "c", "T2", "T1")), "track_planned", "idle\nT1 todo\nT2 todo\nT3 completed\n",
		},
		{
			"a running one vanishes", func(l *ledger) { l.start("T1", true) },
			plan("a", b, c), "track_planned", "idle\nT2 todo\nT3 todo\nT1 in_progress orphaned attempt 1\n",
		},
		{
			"one that asks for its spawn vanishes", func(l *ledger) { l.start("T1", false) },
			plan("a", b, c), "approval_withdrawn ticket_retried track_planned", "idle\nT2 todo\nT3 todo\nT1 todo orphaned attempt 1\n",
		},
		{"one without state vanishes", nil, plan("a", b, c), "track_planned", "idle\nT2 todo\nT3 todo\n"},
		{
			"one comes back", func(l *ledger) { l.do(skip("T1")); l.do(plan("a", b, c)) },
			plan("a", a, b, c), "track_planned", "idle\nT1 completed\nT2 todo\nT3 todo\n",
		},
		{
			"one comes back and says something else", func(l *ledger) { l.do(skip("T1")); l.do(plan("a", b, c)) },
			plan("a", said("T1", "else"), b, c), "track_planned", "idle\nT1 completed stale\nT2 todo\nT3 todo\n",
		},
		{
			"renamed, and its dependents follow", func(l *ledger) { l.do(plan("a", a, said("T2", "b", "T1"), c)); l.do(skip("T1")); l.do(skip("T2")) },
			plan("a", said("first", "a"), said("T2", "b", "first"), c), "track_planned", "idle\nfirst completed\nT2 completed\nT3 todo\n",
		},
		{
			"renamed while it asks", func(l *ledger) { l.start("T1", false) },
			plan("a", said("first", "a"), b, c), "track_planned", "idle\nfirst in_progress asks A1 attempt 1\nT2 todo\nT3 todo\n",
		},
		{
			"renamed and edited while it asks", func(l *ledger) { l.start("T1", false) },
			engine.PlanTrack{Track: "a", Renamed: map[string]string{"T1": "first"}, Spec: trackfile.Track{Tickets: []trackfile.Ticket{said("first", "else"), b, c}}},
			"approval_withdrawn ticket_retried track_planned", "idle\nfirst todo attempt 1\nT2 todo\nT3 todo\n",
		},
		{
			"swapped", func(l *ledger) { l.do(skip("T1")); l.start("T2", true) },
			plan("a", said("T2", "a"), said("T1", "b"), c), "track_planned", "idle\nT2 completed\nT1 in_progress attempt 1\nT3 todo\n",
		},
		{
			"one comes first and the rest move on", func(l *ledger) { l.do(skip("T1")) },
			plan("a", said("T1", "new"), said("T2", "a"), said("T3", "b"), said("T4", "c")), "track_planned",
			"idle\nT1 todo\nT2 completed\nT3 todo\nT4 todo\n",
		},
		{
			"the first goes and the rest move up", func(l *ledger) { l.do(skip("T2")) },
			plan("a", said("T1", "b"), said("T2", "c")), "track_planned", "idle\nT1 completed\nT2 todo\n",
		},
		{
			"the completed first goes and the rest move up", func(l *ledger) { l.do(skip("T1")) },
			plan("a", said("T1", "b"), said("T2", "c")), "track_planned", "idle\nT1 todo\nT2 todo\nT1~1 completed orphaned\n",
		},
		{
			"a rename onto an orphan's id", func(l *ledger) { l.do(skip("T1")); l.do(plan("a", b, c)); l.start("T2", true) },
			plan("a", said("T1", "b"), c), "track_planned", "idle\nT1 in_progress attempt 1\nT3 todo\nT1~1 completed orphaned\n",
		},
		{
			"a wrong hint", func(l *ledger) { l.do(skip("T1")) },
			engine.PlanTrack{
				Track: "a", Renamed: map[string]string{"T1": "T9", "T7": "T2", "T2": "T2"},
				Spec: trackfile.Track{Tickets: []trackfile.Ticket{a, b, c}},
			},
			"", "idle\nT1 completed\nT2 todo\nT3 todo\n",
		},
		{
			"a file that it names was renamed", func(l *ledger) {
				l.do(plan("a", trackfile.Ticket{ID: "T1", Description: "a", TargetFile: "x.go", Writes: []string{"y.go", "*.md"}}))
				l.do(skip("T1"))
			},
			engine.PlanTrack{
				Track: "a", Moved: map[string]string{"x.go": "z.go", "y.go": "w.go"},
				Spec: trackfile.Track{Tickets: []trackfile.Ticket{{ID: "T1", Description: "a", TargetFile: "z.go", Writes: []string{"w.go", "*.md"}}}},
			},
			"track_planned", "done\nT1 completed\n",
		},
		{
			"an empty list instead of none", func(l *ledger) { l.do(skip("T1")) },
			plan("a", trackfile.Ticket{ID: "T1", Description: "a", Writes: []string{}, DependsOn: []string{}}, b, c), "track_planned", "idle\nT1 completed\nT2 todo\nT3 todo\n",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t)
			l.do(plan("a", a, b, c))
			if tc.before != nil {
				tc.before(l)
			}
			if diff := cmp.Diff(tc.events, kinds(l.do(tc.doc))); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			snap := l.Freeze()
			if diff := cmp.Diff(tc.want, show(snap, "a")); diff != "" {
				t.Errorf("the track (-want +got):\n%s", diff)
			}
			if again := l.do(tc.doc); len(again) > 0 {
				t.Errorf("the same plan again made %s", kinds(again))
			}
			sameDecoded(t, snap)
		})
	}
}

// sameDecoded holds that a snapshot says all of what is to be known.
func sameDecoded(t *testing.T, snap *engine.Snapshot) {
	t.Helper()
	data, err := snap.Encode()
	if err != nil {
		t.Fatal(err)
	}
	s, err := engine.DecodeState(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Freeze().Encode()
	if err != nil || string(again) != string(data) {
		t.Errorf("a decoded snapshot differs (%v):\n%s\n%s", err, data, again)
	}
}

// TestRefusedPlanKeepsTheLastOne: a cycle that comes while tickets run changes nothing.
func TestRefusedPlanKeepsTheLastOne(t *testing.T) {
	t.Parallel()
	p := newPuppets(t)
	h := open(t, newDisk(), settings(1), p)
	h.do(plan("a", said("T1", "a"), said("T2", "b", "T1")))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	running := p.next()
	before := show(h.Snapshot(), "a")
	var cycle *engine.CycleError
	if err := h.Do(h.ctx, plan("a", said("T1", "a", "T2"), said("T2", "b", "T1"))); !errors.As(err, &cycle) {
		t.Errorf("a cycle: %v", err)
	}
	if diff := cmp.Diff(before, show(h.Snapshot(), "a")); diff != "" {
		t.Error(diff)
	}
	running.done()
	p.next().done()
	h.until("done", trackIs("a", engine.TrackDone))
}

func TestLostDocument(t *testing.T) {
	t.Parallel()
	p := newPuppets(t)
	h := open(t, newDisk(), settings(1), p)
	h.do(plan("a", said("T1", "a"), said("T2", "b", "T1")))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	running := p.next()
	h.do(engine.LoseTrack{Track: "a"})
	seq := h.Snapshot().Seq()
	h.do(engine.LoseTrack{Track: "a"})
	if h.Snapshot().Seq() != seq {
		t.Error("it was lost twice")
	}
	running.done()
	snap := h.until("blocked", trackIs("a", engine.TrackBlocked))
	p.none()
	if tr, _ := snap.Track("a"); !strings.Contains(tr.Reason, "document is gone") {
		t.Errorf("the reason is %q", tr.Reason)
	}
	if err := h.Do(h.ctx, engine.RunTicket{Ticket: key("T2")}); err == nil {
		t.Error("a ticket of no document was queued")
	}
	h.do(plan("a", said("T1", "a"), said("T2", "b", "T1")))
	p.next().done()
	h.until("done", trackIs("a", engine.TrackDone))
	h.stop()
	sameAsReplay(t, h)
}

func TestOrphansDoNotRun(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.do(plan("a", said("T1", "a"), said("T2", "b")))
	l.start("T1", true)
	l.do(plan("a", said("T2", "b")))
	l.do(engine.StopTrack{Track: "a"})
	for _, cmd := range []engine.Command{engine.RunTicket{Ticket: key("T1")}} {
		if _, err := engine.Decide(l.State, settings(1), cmd, time.Time{}); !errors.Is(err, engine.ErrOrphaned) {
			t.Errorf("%T: %v", cmd, err)
		}
	}
	l.do(engine.KillTicket{Ticket: key("T1")})
	if _, err := engine.Decide(l.State, settings(1), engine.RetryTicket{Ticket: key("T1")}, time.Time{}); !errors.Is(err, engine.ErrOrphaned) {
		t.Errorf("retry: %v", err)
	}
}

// TestRenameTrackOntoWhatADocumentMade: the new document may have been seen before the old one was missed.
func TestRenameTrackOntoWhatADocumentMade(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	done := said("T1", "a")
	done.Status = engine.Completed
	l.do(plan("a", said("T1", "a"), said("T2", "b")))
	l.do(skip("T2"))
	l.do(plan("b", done, said("T2", "b")))
	l.do(engine.RenameTrack{Track: "a", To: "b"})
	if got, want := show(l.Freeze(), "b"), "idle\nT1 todo\nT2 completed\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := len(slicesOf(l.Freeze())); n != 1 {
		t.Errorf("%d tracks are left", n)
	}
	sameDecoded(t, l.Freeze())
}

func slicesOf(s *engine.Snapshot) (ids []engine.TrackID) {
	for tr := range s.Tracks() {
		ids = append(ids, tr.ID)
	}
	return ids
}
