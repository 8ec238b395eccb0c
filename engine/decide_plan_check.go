package engine

import (
	"fmt"
	"slices"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

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
