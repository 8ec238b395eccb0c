package page

import (
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// maxRows bounds how many tickets a document lists.
const maxRows = 1000

// PlanDocument is what a track would do before it starts, as Markdown: its waves, how wide they are, what overlaps,
// what the first call of each ticket would send, and what would be asked. f may be nil: then nothing is estimated.
func PlanDocument(id string, t trackfile.Track, f *engine.Forecast) string {
	var b strings.Builder
	title := t.Title
	if title == "" {
		title = id
	}
	waves := Waves(t.Tickets)
	fmt.Fprintf(&b, "# Plan: %s\n\n%s\n", cell(title, 200), planHead(t, waves))
	if f != nil {
		b.WriteString("\n" + planSum(t, *f) + "\n")
	}
	b.WriteString("\n| wave | ticket | what | target | after | tokens | cost |\n|---|---|---|---|---|---|---|\n")
	rows := 0
	for i, wave := range waves {
		for _, ticket := range wave {
			if rows++; rows <= maxRows {
				fmt.Fprintf(&b, "| %d | %s | %s | %s | %s | %s |\n", i+1, cell(ticket.ID, 30), cell(ticket.Description, 120),
					cell(target(ticket), 120), cell(strings.Join(ticket.DependsOn, ", "), 80), estimateCells(ticket, f))
			}
		}
	}
	if rows > maxRows {
		fmt.Fprintf(&b, "\nNot listed here: %s. `slop-ls track plan` lists all.\n", plural(rows-maxRows, "ticket"))
	}
	b.WriteString("\n" + planOverlaps(waves))
	b.WriteString("\n## What would be asked\n\n" + planAsks(t, f, cell))
	return b.String()
}

func planHead(t trackfile.Track, waves [][]trackfile.Ticket) string {
	width := 0
	for _, w := range waves {
		width = max(width, len(w))
	}
	return fmt.Sprintf("%s in %s, at most %d side by side.", plural(len(t.Tickets), "ticket"), plural(len(waves), "wave"), width)
}

func target(t trackfile.Ticket) string {
	out := t.TargetFile
	if len(t.TargetSymbols) > 0 {
		out += ": " + strings.Join(t.TargetSymbols, ", ")
	}
	return out
}

func estimateCells(t trackfile.Ticket, f *engine.Forecast) string {
	if f == nil {
		return " | "
	}
	e, known := f.Estimates[t.ID]
	if !known {
		return "not estimated | "
	}
	return fmt.Sprintf("%s | %s", Tokens(int64(e.Tokens)), Money(e.Cost))
}

// planSum adds the estimates up.
func planSum(t trackfile.Track, f engine.Forecast) string {
	var tokens, before, after int64
	var sum engine.Usage
	n := 0
	for _, ticket := range t.Tickets {
		e, known := f.Estimates[ticket.ID]
		if !known {
			continue
		}
		n++
		tokens, before, after = tokens+int64(e.Tokens), before+int64(e.Before), after+int64(e.After)
		sum = sum.Add(engine.Usage{Cost: e.Cost})
	}
	if n == 0 {
		return "Nothing was estimated."
	}
	out := fmt.Sprintf("About %s tokens for the first call of each ticket, %s. Their files are %s tokens whole, and %s as they are packed. "+
		"Each later call of a worker sends its conversation again.", Tokens(tokens), Money(sum.Cost), Tokens(before), Tokens(after))
	if sum.Cost.MicroUSD > 0 && f.PricesAsOf != "" {
		out += " The prices that come with slop-ls are those of " + f.PricesAsOf + "; yours, in [prices], come first."
	}
	if len(f.Unseen) > 0 {
		out += " Not counted are the tools of MCP servers that have not run yet: " + line(strings.Join(f.Unseen, ", "), 200) + "."
	}
	if n < len(t.Tickets) {
		out += fmt.Sprintf(" Only %d of %s were estimated in time.", n, plural(len(t.Tickets), "ticket"))
	}
	return out
}

// maxOverlaps bounds how many overlaps a plan names.
const maxOverlaps = 50

func planOverlaps(waves [][]trackfile.Ticket) string {
	var b strings.Builder
	n := 0
	for i, wave := range waves {
		for _, o := range Overlaps(wave) {
			if n++; n <= maxOverlaps {
				fmt.Fprintf(&b, "- wave %d: %s (%s)\n", i+1, cell(strings.Join(o.Tickets, ", "), 200), cell(o.File, 120))
			}
		}
	}
	switch {
	case n == 0:
		return "## What overlaps\n\nNo two tickets of a wave declare the same file.\n"
	case n > maxOverlaps:
		fmt.Fprintf(&b, "- and %d more\n", n-maxOverlaps)
	}
	return "## What overlaps\n\nTickets of one wave that declare the same files run one after the other, unless the setting mma.overlap is \"merge\":\n\n" + b.String()
}

// planAsks lists what would be asked; show makes a line of text safe for where it is shown.
func planAsks(t trackfile.Track, f *engine.Forecast, show func(s string, n int) string) string {
	if f == nil {
		return asks(t)
	}
	var b strings.Builder
	for _, a := range f.Asks {
		what := show(a.What, 200)
		switch {
		case a.Kind == engine.KindSpawn:
			what = plural(a.Times, "spawn")
		case a.Verify:
			what = "verify by " + what
		}
		fmt.Fprintf(&b, "- %s: %s (%s)\n", what, askedVerdict(a.Verdict), show(a.Rule, 200))
	}
	steps := 0
	for _, ticket := range t.Tickets {
		if ticket.StepMode {
			steps++
		}
	}
	if steps > 0 {
		fmt.Fprintf(&b, "- each tool call of %s in step mode: asked\n", plural(steps, "ticket"))
	}
	return b.String()
}

func askedVerdict(v engine.Verdict) string {
	switch v {
	case engine.Allow:
		return "not asked"
	case engine.Deny:
		return "refused"
	case engine.Ask:
	}
	return "asked"
}
