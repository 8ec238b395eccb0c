package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// plannedAs is the state after a plan of tickets.
func plannedAs(t testing.TB, tickets []trackfile.Ticket, more ...engine.Body) *engine.Snapshot {
	t.Helper()
	plan := engine.TrackPlanned{Track: "a", Tickets: tickets}
	for _, ticket := range tickets {
		plan.Order = append(plan.Order, ticket.ID)
	}
	state := engine.NewState()
	for i, b := range append([]engine.Body{plan}, more...) {
		if err := state.Apply(engine.Event{Seq: uint64(i + 1), At: time.Unix(int64(i), 0), Body: b}); err != nil {
			t.Fatal(err)
		}
	}
	return state.Freeze()
}

func TestWaitsOfADiamond(t *testing.T) {
	t.Parallel()
	s := plannedAs(t, []trackfile.Ticket{
		{ID: "A"},
		{ID: "B"},
		{ID: "C", DependsOn: []string{"A", "B"}},
		{ID: "D", DependsOn: []string{"B", "A"}},
		{ID: "E", DependsOn: []string{"C", "D", "B"}},
		{ID: "F", DependsOn: []string{"D"}},
	}, engine.TicketCompleted{Ticket: key("A"), Skipped: true})
	w := s.Waits("a")
	got := map[string][]string{}
	tr, _ := s.Track("a")
	for ticket := range tr.Tickets() {
		for _, wait := range w.For(ticket) {
			got[ticket.Key.ID] = append(got[ticket.Key.ID], wait.Ticket.ID)
		}
		if diff := cmp.Diff(w.For(ticket), s.WaitsFor(ticket.Key)); diff != "" {
			t.Errorf("%s alone (-all +alone):\n%s", ticket.Key.ID, diff)
		}
	}
	want := map[string][]string{"C": {"B"}, "D": {"B"}, "E": {"B"}, "F": {"B"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if waits := s.Waits("none").For(&engine.Ticket{}); waits != nil {
		t.Errorf("a track that is not there waits for %v", waits)
	}
}

// row is n tickets, each after the one before.
func row(n int) []trackfile.Ticket {
	tickets := make([]trackfile.Ticket, n)
	for i := range tickets {
		tickets[i].ID = fmt.Sprintf("T%d", i)
		if i > 0 {
			tickets[i].DependsOn = []string{fmt.Sprintf("T%d", i-1)}
		}
	}
	return tickets
}

// What all tickets of a chain wait for costs its edges once, not once a ticket.
func BenchmarkWaits(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		s := plannedAs(b, row(n))
		tr, _ := s.Track("a")
		b.Run(fmt.Sprintf("chain=%d", n), func(b *testing.B) {
			for b.Loop() {
				w := s.Waits("a")
				for ticket := range tr.Tickets() {
					w.For(ticket)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/ticket")
		})
	}
}
