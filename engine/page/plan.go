package page

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// Waves sorts tickets by how many others must come before them: those of one wave can run side by side. Unknown
// dependencies count as fulfilled; tickets on a cycle, which no plan may have, are in none.
func Waves(tickets []trackfile.Ticket) [][]trackfile.Ticket {
	missing, dependents := map[string]int{}, map[string][]string{}
	byID := map[string]trackfile.Ticket{}
	for _, t := range tickets {
		byID[t.ID] = t
	}
	for _, t := range tickets {
		for _, d := range t.DependsOn {
			if _, known := byID[d]; known {
				missing[t.ID]++
				dependents[d] = append(dependents[d], t.ID)
			}
		}
	}
	var waves [][]trackfile.Ticket
	var next []trackfile.Ticket
	for _, t := range tickets {
		if missing[t.ID] == 0 {
			next = append(next, t)
		}
	}
	order := position(tickets)
	for len(next) > 0 {
		slices.SortFunc(next, func(a, b trackfile.Ticket) int {
			if a.Priority.Rank() != b.Priority.Rank() {
				return a.Priority.Rank() - b.Priority.Rank()
			}
			return order[a.ID] - order[b.ID]
		})
		waves = append(waves, next)
		var after []trackfile.Ticket
		for _, t := range next {
			for _, d := range dependents[t.ID] {
				if missing[d]--; missing[d] == 0 {
					after = append(after, byID[d])
				}
			}
		}
		next = after
	}
	return waves
}

func position(tickets []trackfile.Ticket) map[string]int {
	at := make(map[string]int, len(tickets))
	for i, t := range tickets {
		at[t.ID] = i
	}
	return at
}

// Plan is what a track would do, plain: its waves, how wide they are, which files several tickets of a wave declare,
// what it would cost, and what would be asked. f may be nil: then nothing is estimated.
func Plan(t trackfile.Track, f *engine.Forecast) string {
	var b strings.Builder
	waves := Waves(t.Tickets)
	if t.Title != "" {
		fmt.Fprintf(&b, "%s\n", line(t.Title, 200))
	}
	b.WriteString(strings.TrimSuffix(planHead(t, waves), ".") + "\n")
	for i, wave := range waves {
		fmt.Fprintf(&b, "\nwave %d\n", i+1)
		for _, t := range wave {
			b.WriteString("  " + planLine(t) + planEstimate(t, f) + "\n")
		}
		for _, o := range Overlaps(wave) {
			fmt.Fprintf(&b, "  overlap: %s (%s)\n", line(strings.Join(o.Tickets, ", "), 200), line(o.File, 120))
		}
	}
	if f != nil {
		b.WriteString("\n" + planSum(t, *f) + "\n")
		b.WriteString("\nWhat would be asked:\n" + planAsks(t, f, line))
		return b.String()
	}
	b.WriteString("\n" + asks(t))
	return b.String()
}

func planEstimate(t trackfile.Ticket, f *engine.Forecast) string {
	if f == nil {
		return ""
	}
	e, known := f.Estimates[t.ID]
	if !known {
		return " · not estimated"
	}
	return fmt.Sprintf(" · about %s tokens, %s", Tokens(int64(e.Tokens)), Money(e.Cost))
}

func planLine(t trackfile.Ticket) string {
	parts := []string{fmt.Sprintf("%-6s %s", line(t.ID, 30), line(t.Description, 70))}
	if t.TargetFile != "" {
		parts = append(parts, line(t.TargetFile, 80))
	}
	if len(t.DependsOn) > 0 {
		parts = append(parts, "after "+line(strings.Join(t.DependsOn, ", "), 60))
	}
	return strings.Join(parts, " · ")
}

// Overlap is a file, or a pattern, that several tickets of a wave declare.
type Overlap struct {
	File    string
	Tickets []string // their ids
}

// Overlaps are the declared files that several tickets of a wave share, as the conductor sees it: the tickets of one
// of them run one after the other, unless the setting mma.overlap is "merge". A pattern shares what it may name.
func Overlaps(wave []trackfile.Ticket) []Overlap {
	by := map[string][]string{} // ticket ids by what they declare
	var order []*trackfile.Name
	var names trackfile.Names
	for _, t := range wave {
		for _, declared := range t.Declared() {
			if by[declared] == nil {
				n := trackfile.ParseName(declared)
				order = append(order, n)
				names.Add(n)
			}
			by[declared] = append(by[declared], t.ID)
		}
	}
	at := position(wave)
	var found []Overlap
	for _, n := range order {
		ids := slices.Clone(by[n.String()])
		if !n.Exact() {
			for other := range names.Overlapping(n) {
				ids = append(ids, by[other.String()]...)
			}
			slices.SortFunc(ids, func(a, b string) int { return at[a] - at[b] })
		}
		if ids = unique(ids); len(ids) > 1 {
			found = append(found, Overlap{File: trackfile.ShowName(n.String()), Tickets: ids})
		}
	}
	return found
}

// unique leaves out what comes again.
func unique(ids []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(ids, func(id string) bool {
		again := seen[id]
		seen[id] = true
		return again
	})
}

// asks says what a person would be asked at least.
func asks(t trackfile.Track) string {
	steps, verify := 0, map[string]bool{}
	for _, ticket := range t.Tickets {
		if ticket.StepMode {
			steps++
		}
		if v := ticket.Verify; v != "" {
			verify[v] = true
		} else if t.Verify != "" {
			verify[t.Verify] = true
		}
	}
	msg := "You would be asked for " + plural(len(t.Tickets), "spawn")
	if len(verify) > 0 {
		msg += ", " + plural(len(verify), "verify command")
	}
	if steps > 0 {
		msg += ", each tool call of " + plural(steps, "ticket") + " in step mode"
	}
	return msg + ", and whatever your policy asks for.\n"
}
