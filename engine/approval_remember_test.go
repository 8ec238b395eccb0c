package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// commandQuestion is what a worker asks about a command that can be remembered.
func commandQuestion(line string) engine.Question {
	return engine.Question{
		Kind: engine.KindCommand, Title: "runs: " + line,
		Content: engine.Content{Tool: "run_command", Arguments: `{"command":"` + line + `"}`},
		Ruling:  engine.Ruling{Verdict: engine.Ask, Rule: "default", Cover: &engine.Cover{Tool: "run_command", Command: line}},
	}
}

// commander asks for each of some commands, one after the other, with the ticket's own name in the arguments, so that
// no two questions are the same.
func commander(lines ...string) workFunc {
	return func(ctx context.Context, d *engine.Desk, j engine.Job) engine.Outcome {
		for _, line := range lines {
			q := commandQuestion(line)
			q.Content.Context = j.Run.String()
			if _, _, err := d.Ask(ctx, q); err != nil {
				return engine.Outcome{Kind: engine.OutcomeAborted, Reason: err.Error()}
			}
		}
		return engine.Outcome{Kind: engine.OutcomeDone}
	}
}

// waiting are the ids of what waits, in order.
func waiting(s *engine.Snapshot) []string {
	var ids []string
	for a := range s.Pending() {
		ids = append(ids, string(a.ID))
	}
	return ids
}

// decisions says of each approval in the journal who decided it.
func (h *house) decisions() map[engine.ApprovalID]engine.Actor {
	out := map[engine.ApprovalID]engine.Actor{}
	for _, e := range h.disk.All() {
		if d, ok := e.Body.(engine.ApprovalDecided); ok {
			out[d.ID] = d.By
		}
	}
	return out
}

// TestRememberedScopes: an answer for good answers the same call within its reach, also what waits already, and the
// journal names it.
func TestRememberedScopes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scope engine.Scope
		left  []string // that wait after A1 was answered: A1 and A2 ask in track a, A3 in track b; each then asks again
		by    map[engine.ApprovalID]engine.Actor
	}{
		{engine.ScopeOnce, []string{"A2", "A3", "A4"}, map[engine.ApprovalID]engine.Actor{"A1": "person"}},
		{engine.ScopeTicket, []string{"A2", "A3"}, map[engine.ApprovalID]engine.Actor{"A1": "person", "A4": "rule remembered A1"}},
		{engine.ScopeTrack, []string{"A3"}, map[engine.ApprovalID]engine.Actor{
			"A1": "person", "A2": "rule remembered A1", "A4": "rule remembered A1", "A5": "rule remembered A1",
		}},
		{engine.ScopeWorkspace, nil, map[engine.ApprovalID]engine.Actor{
			"A1": "person", "A2": "rule remembered A1", "A3": "rule remembered A1", "A4": "rule remembered A1", "A5": "rule remembered A1",
			"A6": "rule remembered A1",
		}},
	} {
		t.Run("scope "+string(c.scope), func(t *testing.T) {
			t.Parallel()
			h := open(t, newDisk(), settings(3), workFunc(commander("go test", "go test")))
			for i, track := range []engine.TrackID{"a", "a", "b"} {
				p := plan(track, ticket("T1"))
				if i > 0 {
					p = plan(track, ticket("T1"), ticket("T2"))
				}
				if track == "b" {
					p = plan(track, ticket("T1"))
				}
				h.do(p)
				h.do(engine.StartTrack{Track: track, By: engine.ByPerson})
				h.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == i+1 })
			}
			h.do(engine.AnswerApproval{ID: "A1", Decision: engine.Approved, By: engine.ByPerson, Remember: c.scope})
			snap := h.until("what is covered is answered", func(s *engine.Snapshot) bool {
				return slices.Equal(waiting(s), c.left) && s.Active() == 0
			})
			if diff := cmp.Diff(c.by, h.decisions()); diff != "" {
				t.Errorf("who decided (-want +got):\n%s", diff)
			}
			n := 0
			for r := range snap.Remembered() {
				n++
				if r.ID != "A1" || r.Scope != c.scope || r.Cover.String() != "run_command go test" {
					t.Errorf("remembered: %+v", r)
				}
			}
			if n != len(c.scope[:min(1, len(c.scope))]) {
				t.Errorf("%d answers are remembered", n)
			}
			h.stop()
			sameAsReplay(t, h)
		})
	}
}

// TestRememberedSurvivesAndIsForgotten: over a restart, with its ticket and its track, until it is taken back.
func TestRememberedSurvivesAndIsForgotten(t *testing.T) {
	t.Parallel()
	j := newDisk()
	h := open(t, j, settings(1), workFunc(commander("go test")))
	h.do(plan("a", ticket("T1"), ticket("T2", "T1")))
	h.do(engine.RunTicket{Ticket: key("T1"), By: engine.ByPerson})
	h.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	h.do(engine.AnswerApproval{ID: "A1", Decision: engine.Approved, By: engine.ByPerson, Remember: engine.ScopeTicket})
	h.until("done", ticketIs("T1", engine.Completed))
	h.stop()

	h = open(t, j, settings(1), workFunc(commander("go test")))
	rename := plan("a", ticket("X1"), ticket("T2", "X1"))
	rename.Renamed = map[string]string{"T1": "X1"}
	h.do(rename)
	h.do(engine.RenameTrack{Track: "a", To: "b"})
	h.do(engine.RetryTicket{Ticket: engine.TicketKey{Track: "b", ID: "X1"}, By: engine.ByPerson})
	h.until("it ran unasked", func(s *engine.Snapshot) bool {
		tk, ok := s.Ticket(engine.TicketKey{Track: "b", ID: "X1"})
		return ok && tk.Status == engine.Completed && tk.Attempt == 2
	})
	if by := h.decisions()["A2"]; by != "rule remembered A1" {
		t.Errorf("decided by %q", by)
	}
	h.do(engine.ForgetAnswer{ID: "A1", By: engine.ByPerson})
	if err := h.Do(h.ctx, engine.ForgetAnswer{ID: "A1"}); !errors.Is(err, engine.ErrNoApproval) {
		t.Errorf("forgetting twice: %v", err)
	}
	h.do(engine.RetryTicket{Ticket: engine.TicketKey{Track: "b", ID: "X1"}, By: engine.ByPerson})
	h.until("it asks again", func(s *engine.Snapshot) bool { return slices.Equal(waiting(s), []string{"A3"}) })
	h.stop()
	sameAsReplay(t, h)
}

// TestRememberedGoesWithItsTicket: what was said about a ticket holds for it under each name that it gets.
func TestRememberedGoesWithItsTicket(t *testing.T) {
	t.Parallel()
	s := engine.NewState()
	apply := func(bodies ...engine.Body) {
		t.Helper()
		for _, b := range bodies {
			if err := s.Apply(engine.Event{Seq: s.Freeze().Seq() + 1, Body: b}); err != nil {
				t.Fatal(err)
			}
		}
	}
	planned := func(ids ...string) engine.TrackPlanned {
		b := engine.TrackPlanned{Track: "a", Order: ids}
		for _, id := range ids {
			b.Tickets = append(b.Tickets, ticket(id))
		}
		return b
	}
	run := engine.Run{Ticket: key("T1"), Attempt: 1}
	asks := func(id engine.ApprovalID) engine.ApprovalRequested {
		return engine.ApprovalRequested{Approval: engine.Approval{ID: id, Kind: engine.KindCommand, Run: run, Cover: &engine.Cover{Tool: string(id)}}}
	}
	given := func(scope engine.Scope) engine.Answer {
		return engine.Answer{Decision: engine.Approved, By: engine.ByPerson, Remember: scope}
	}
	apply(planned("T1", "T2"), engine.TicketStarted{Run: run},
		asks("A1"), engine.ApprovalDecided{ID: "A1", Answer: given(engine.ScopeTicket)}, engine.ApprovalConsumed{ID: "A1", Run: run},
		asks("A2"), engine.ApprovalDecided{ID: "A2", Answer: given(engine.ScopeTrack)}, engine.ApprovalConsumed{ID: "A2", Run: run},
		engine.TicketRetried{Ticket: key("T1"), Cause: engine.CauseStopped})
	ids := func() (ids []engine.ApprovalID) {
		for r := range s.Freeze().Remembered() {
			ids = append(ids, r.ID)
		}
		return ids
	}
	before := s.Freeze()
	apply(planned("T2")) // T1 has state and is kept as orphaned: its rule stays
	if diff := cmp.Diff([]engine.ApprovalID{"A1", "A2"}, ids()); diff != "" {
		t.Error(diff)
	}
	apply(engine.TrackPlanned{Track: "a", Order: []string{"T2", "T1"}, Renamed: map[string]string{"T1": "T9"}, Tickets: planned("T1").Tickets})
	for r := range s.Freeze().Remembered() {
		if r.Ticket.ID != "T9" { // and not for the new T1
			t.Errorf("%s holds for %s", r.ID, r.Ticket.ID)
		}
	}
	n := 0
	for range before.Remembered() {
		n++
	}
	if n != 2 {
		t.Error("an earlier snapshot changed")
	}
}

// TestNotForGood: what was not shown whole, was edited, is rejected, or can have no rule is not remembered, and waits on.
func TestNotForGood(t *testing.T) {
	t.Parallel()
	h := open(t, newDisk(), settings(9), workFunc(func(ctx context.Context, d *engine.Desk, j engine.Job) engine.Outcome {
		q := commandQuestion("go test " + j.Run.Ticket.ID)
		switch j.Run.Ticket.ID {
		case "T1":
			q.Cut = true
		case "T2":
			q.Ruling.Cover, q.Ruling.Once = nil, "secrets always ask: .env"
		case "T3":
			q.Ruling.Cover = nil
		}
		_, _, _ = d.Ask(ctx, q)
		return engine.Outcome{Kind: engine.OutcomeDone}
	}))
	var tickets []trackfile.Ticket
	for i := range 4 {
		tickets = append(tickets, ticket(fmt.Sprint("T", i+1)))
		h.do(plan("a", tickets...))
		h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
		h.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == i+1 })
	}
	always := func(id engine.ApprovalID) engine.AnswerApproval {
		return engine.AnswerApproval{ID: id, Decision: engine.Approved, By: engine.ByPerson, Remember: engine.ScopeTrack}
	}
	edited, rejected, odd := always("A4"), always("A4"), always("A4")
	edited.Edited, rejected.Decision, odd.Remember = "x", engine.Rejected, "forever"
	for _, c := range []struct {
		cmd  engine.AnswerApproval
		want string
	}{
		{always("A1"), "its line was cut where it was shown"},
		{always("A2"), "secrets always ask: .env"},
		{always("A3"), "it is asked each time"},
		{edited, "what you edited is used once"},
		{rejected, "only an approval can be remembered"},
		{odd, `"forever" is no scope`},
	} {
		if err := h.Do(h.ctx, c.cmd); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.cmd.ID, err, c.want)
		}
	}
	if n := pendingCount(h.Snapshot()); n != 4 {
		t.Errorf("%d wait", n)
	}
	whole := always("A1")
	whole.Whole = true
	h.do(whole)
	h.do(always("A4"))
}

// TestDenyBeatsRemembered: a deny rule that came later is not lifted by what was answered for good.
func TestDenyBeatsRemembered(t *testing.T) {
	t.Parallel()
	p := newPuppets(t)
	h := open(t, newDisk(), settings(1), p)
	h.do(plan("a", ticket("T1")))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	at := p.next()
	put := func(verdict engine.Verdict, n int) <-chan asked {
		out := make(chan asked, 1)
		at.steps <- func(ctx context.Context, d *engine.Desk) *engine.Outcome {
			q := commandQuestion("go test")
			q.Content.Context, q.Ruling.Verdict, q.Ruling.Rule = fmt.Sprint(n), verdict, "test rule"
			a, c, err := d.Ask(ctx, q)
			out <- asked{a, c, err}
			return nil
		}
		return out
	}
	first := put(engine.Ask, 1)
	h.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	h.do(engine.AnswerApproval{ID: "A1", Decision: engine.Approved, By: engine.ByPerson, Remember: engine.ScopeWorkspace})
	get(t, first)
	for i, c := range []struct {
		verdict engine.Verdict
		want    engine.Actor
	}{{engine.Ask, "rule remembered A1"}, {engine.Allow, "rule remembered A1"}, {engine.Deny, "rule test rule"}} {
		got := get(t, put(c.verdict, i+2))
		if got.answer.By != c.want || (got.answer.Decision == engine.Approved) != (c.verdict != engine.Deny) {
			t.Errorf("%s: %+v", c.verdict, got.answer)
		}
	}
	at.done()
	h.until("done", trackIs("a", engine.TrackDone))
}

// TestBatch: several are answered in one transaction, or none.
func TestBatch(t *testing.T) {
	t.Parallel()
	h := open(t, newDisk(), settings(4), workFunc(commander("go test")))
	h.do(plan("a", ticket("T1"), ticket("T2"), ticket("T3")))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	snap := h.until("three ask", func(s *engine.Snapshot) bool { return pendingCount(s) == 3 })
	answer := func(id engine.ApprovalID) engine.AnswerApproval {
		a, _ := snap.Approval(id)
		return engine.AnswerApproval{ID: id, Decision: engine.Approved, By: engine.ByPerson, Hash: a.Hash}
	}
	stale := answer("A2")
	stale.Hash = answer("A1").Hash
	err := h.Do(h.ctx, engine.AnswerApprovals{Answers: []engine.AnswerApproval{answer("A1"), stale}})
	if err == nil || !strings.Contains(err.Error(), "asks something else than what was shown") {
		t.Errorf("another hash: %v", err)
	}
	if n := pendingCount(h.Snapshot()); n != 3 {
		t.Fatalf("%d wait after a batch that was refused", n)
	}
	before := len(h.disk.All())
	h.do(engine.AnswerApprovals{Answers: []engine.AnswerApproval{answer("A1"), answer("A3"), answer("A1")}})
	var first []string
	for _, e := range h.disk.All()[before:] {
		first = append(first, e.Kind())
	}
	if diff := cmp.Diff([]string{"approval_decided", "approval_decided"}, first[:2]); diff != "" {
		t.Error(diff)
	}
	decided := (*engine.DecidedError)(nil)
	err = h.Do(h.ctx, engine.AnswerApprovals{Answers: []engine.AnswerApproval{answer("A2"), answer("A3")}})
	if !errors.As(err, &decided) || decided.ID != "A3" || decided.Answer.By != engine.ByPerson {
		t.Errorf("a late one: %v", err)
	}
	h.do(engine.AnswerApprovals{Answers: []engine.AnswerApproval{answer("A2")}})
	h.until("done", trackIs("a", engine.TrackDone))
	sameAsReplay(t, h)
}

// TestDecisionsAreKept: a late answer is told who decided, also after the answer was used, after a restart, and where
// nobody needs one any more; the oldest are let go.
func TestDecisionsAreKept(t *testing.T) {
	t.Parallel()
	j := newDisk()
	h := open(t, j, settings(1), workFunc(commander(slices.Repeat([]string{"go test"}, 1005)...)))
	h.do(plan("a", ticket("T1")))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	h.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	h.do(engine.AnswerApproval{ID: "A1", Decision: engine.Approved, By: "person (Vi 7)", Remember: engine.ScopeTrack})
	h.until("done", trackIs("a", engine.TrackDone))
	h.do(engine.ForgetAnswer{ID: "A1"})
	h.do(engine.RetryTicket{Ticket: key("T1"), By: engine.ByPerson})
	h.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	h.do(engine.KillTicket{Ticket: key("T1"), By: engine.ByPerson, Reason: "enough"})
	h.stop()
	h = open(t, j, settings(1), workFunc(done))
	for id, want := range map[engine.ApprovalID]string{
		"A1":    "no such approval: A1",
		"A900":  "approval A900 was already approved by rule remembered A1",
		"A1006": "approval A1006 is not needed any more: the ticket was killed",
		"A1007": "no such approval: A1007",
	} {
		if err := h.Do(h.ctx, engine.AnswerApproval{ID: id, Decision: engine.Approved}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %q", id, err, want)
		}
	}
	sameAsReplay(t, h)
}

// TestAlike: of one kind, and of one track or about the same call; questions never.
func TestAlike(t *testing.T) {
	t.Parallel()
	of := func(kind engine.ApprovalKind, track engine.TrackID, line string) *engine.Approval {
		a := &engine.Approval{Kind: kind, Run: engine.Run{Ticket: engine.TicketKey{Track: track, ID: "T1"}}}
		if line != "" {
			a.Cover = &engine.Cover{Tool: "run_command", Command: line}
		}
		return a
	}
	one := of(engine.KindCommand, "a", "go test")
	for _, c := range []struct {
		other *engine.Approval
		want  bool
	}{
		{of(engine.KindCommand, "a", "go vet"), true},
		{of(engine.KindCommand, "b", "go test"), true},
		{of(engine.KindCommand, "b", "go vet"), false},
		{of(engine.KindCommand, "b", ""), false},
		{of(engine.KindStep, "a", "go test"), false},
	} {
		if got := one.Alike(c.other); got != c.want {
			t.Errorf("%s of %s, %v: %v", c.other.Kind, c.other.Run.Ticket.Track, c.other.Cover, got)
		}
	}
	if q := of(engine.KindQuestion, "a", ""); q.Alike(q) {
		t.Error("questions are alike")
	}
}
