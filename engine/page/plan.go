package page

import (
	"fmt"
	"slices"
	"strings"

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
// and what would be asked.
func Plan(t trackfile.Track) string {
	var b strings.Builder
	waves := Waves(t.Tickets)
	width := 0
	for _, w := range waves {
		width = max(width, len(w))
	}
	if t.Title != "" {
		fmt.Fprintf(&b, "%s\n", line(t.Title, 200))
	}
	fmt.Fprintf(&b, "%s in %s, at most %d side by side\n", plural(len(t.Tickets), "ticket"), plural(len(waves), "wave"), width)
	for i, wave := range waves {
		fmt.Fprintf(&b, "\nwave %d\n", i+1)
		for _, t := range wave {
			b.WriteString("  " + planLine(t) + "\n")
		}
		for _, o := range overlaps(wave) {
			fmt.Fprintf(&b, "  one after the other: %s (all declare %s)\n", strings.Join(o.ids, ", "), line(o.file, 120))
		}
	}
	b.WriteString("\n" + asks(t))
	return b.String()
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

type overlap struct {
	file string
	ids  []string
}

// overlaps are the declared files that several tickets of a wave share, by what they say; a pattern counts as itself.
func overlaps(wave []trackfile.Ticket) []overlap {
	var found []overlap
	at := map[string]int{}
	for _, t := range wave {
		declared := slices.Concat([]string{t.TargetFile}, t.Writes)
		slices.Sort(declared)
		for _, file := range slices.Compact(declared) {
			if file == "" {
				continue
			}
			if i, ok := at[file]; ok {
				found[i].ids = append(found[i].ids, line(t.ID, 30))
				continue
			}
			at[file] = len(found)
			found = append(found, overlap{file: file, ids: []string{line(t.ID, 30)}})
		}
	}
	return slices.DeleteFunc(found, func(o overlap) bool { return len(o.ids) < 2 })
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
