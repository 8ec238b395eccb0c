package engine

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// decidePlan compares a document with the plan there is and keeps what differs.
func (s *State) decidePlan(c PlanTrack) ([]Body, error) {
	if err := checkPlan(c); err != nil {
		return nil, err
	}
	b := TrackPlanned{
		Track: c.Track, Title: c.Spec.Title, Goal: c.Spec.Goal, Context: c.Spec.Context, Verify: c.Spec.Verify,
		Renamed: c.Renamed, Order: make([]string, len(c.Spec.Tickets)),
	}
	old, known := s.now.Track(c.Track)
	for i, t := range c.Spec.Tickets {
		b.Order[i] = t.ID
		if !known || !hasText(old, c.Renamed, t) {
			b.Tickets = append(b.Tickets, t)
		}
	}
	if known && len(b.Tickets) == 0 && len(c.Renamed) == 0 && samePlan(old, b) {
		return nil, nil
	}
	return []Body{b}, nil
}

// hasText reports whether the track has a ticket with this very text already.
func hasText(tr *Track, renamed map[string]string, spec trackfile.Ticket) bool {
	id := spec.ID
	for from, to := range renamed {
		if to == id {
			id = from
		}
	}
	t, ok := tr.Ticket(id)
	return ok && reflect.DeepEqual(*t.Spec, spec)
}

// samePlan compares header and order.
func samePlan(tr *Track, b TrackPlanned) bool {
	order := make([]string, 0, len(b.Order))
	for t := range tr.Tickets() {
		if !t.Orphaned {
			order = append(order, t.Key.ID)
		}
	}
	return tr.Title == b.Title && tr.Goal == b.Goal && tr.Verify == b.Verify &&
		slices.Equal(tr.Context, b.Context) && slices.Equal(order, b.Order)
}

// checkPlan refuses what cannot be a DAG. The document's own diagnostics say the same with positions; this is the
// last door.
func checkPlan(c PlanTrack) error {
	at := make(map[string]int, len(c.Spec.Tickets))
	for i, t := range c.Spec.Tickets {
		if t.ID == "" {
			return &PlanError{c.Track, fmt.Sprint(i + 1), "it has no id"}
		}
		if _, twice := at[t.ID]; twice {
			return &PlanError{c.Track, t.ID, "its id is there twice"}
		}
		at[t.ID] = i
	}
	for _, t := range c.Spec.Tickets {
		for _, dep := range t.DependsOn {
			if _, ok := at[dep]; !ok {
				return &PlanError{c.Track, t.ID, "it depends on " + dep + ", which does not exist"}
			}
		}
	}
	if cycle := findCycle(c.Spec.Tickets, at); cycle != nil {
		return &CycleError{c.Track, cycle}
	}
	return nil
}

// findCycle gives one cycle of the dependencies, its first id again at the end, or nil. It takes away what depends on
// nothing until nothing more goes (Kahn, CACM 5(11), 1962); in what is left every ticket has a dependency, so that
// following them must come round.
func findCycle(tickets []trackfile.Ticket, at map[string]int) []string {
	missing := make([]int, len(tickets))
	dependents := make([][]int, len(tickets))
	var free []int
	for i, t := range tickets {
		missing[i] = len(t.DependsOn)
		for _, dep := range t.DependsOn {
			dependents[at[dep]] = append(dependents[at[dep]], i)
		}
		if missing[i] == 0 {
			free = append(free, i)
		}
	}
	for n := 0; n < len(free); n++ {
		for _, j := range dependents[free[n]] {
			if missing[j]--; missing[j] == 0 {
				free = append(free, j)
			}
		}
	}
	i := slices.IndexFunc(missing, func(n int) bool { return n > 0 })
	if i < 0 {
		return nil
	}
	return walkCycle(tickets, at, missing, i)
}

// walkCycle follows unfinished dependencies from ticket i until one comes again.
func walkCycle(tickets []trackfile.Ticket, at map[string]int, missing []int, i int) []string {
	var path []string
	for {
		id := tickets[i].ID
		if k := slices.Index(path, id); k >= 0 {
			return append(path[k:], id)
		}
		path = append(path, id)
		for _, dep := range tickets[i].DependsOn {
			if missing[at[dep]] > 0 {
				i = at[dep]
				break
			}
		}
	}
}

// decideRename ends the attempts that run under the old name first: their Runs would name nothing.
func (s *State) decideRename(c RenameTrack) ([]Body, error) {
	tr, ok := s.now.Track(c.Track)
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoTrack, c.Track)
	}
	if _, taken := s.now.Track(c.To); taken {
		return nil, fmt.Errorf("track %s has state of its own; %s keeps its name", c.To, c.Track)
	}
	var bodies []Body
	for t := range tr.Tickets() {
		if t.Status == InProgress {
			bodies = append(bodies, TicketRetried{Ticket: t.Key, Cause: CauseInterrupted, By: ByDocument, Reason: "its track was renamed"})
		}
	}
	return append(bodies, TrackRenamed(c)), nil
}
