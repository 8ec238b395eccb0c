package page

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// glyphs show a status at a glance, each beside its word.
var glyphs = map[engine.Status]string{
	engine.Todo: "○", engine.InProgress: "●", engine.Completed: "✓", engine.Blocked: "■", engine.Killed: "✗",
}

// Glyph is one character for a status.
func Glyph(s engine.Status) string { return glyphs[s] }

// Board shows a track for a terminal: a line about the whole, then its tickets wave by wave, each with what it does or
// waits for.
func Board(s *engine.Snapshot, t *engine.Track) string {
	var b strings.Builder
	w := s.Waits(t.ID)
	fmt.Fprintf(&b, "%s\n", trackLine(t))
	for i, wave := range waves(t) {
		for j, ticket := range wave {
			head := ""
			if j == 0 {
				head = fmt.Sprintf("wave %d", i+1)
			}
			fmt.Fprintf(&b, "%-8s%s\n", head, ticketLine(w, ticket))
		}
	}
	for ticket := range t.Tickets() {
		if ticket.Orphaned {
			fmt.Fprintf(&b, "%-8s%s\n", "gone", ticketLine(w, ticket))
		}
	}
	return b.String()
}

// trackLine is a track in one line.
func trackLine(t *engine.Track) string {
	parts := []string{line(string(t.ID), 120), string(t.Status), fmt.Sprintf("%d of %d completed", t.Count(engine.Completed), t.Total())}
	if t.Reason != "" && t.Status != engine.TrackRunning {
		parts = append(parts, line(t.Reason, 160))
	} else if t.Lost {
		parts = append(parts, "its document is gone")
	}
	if u := TotalUsage(t); u.Total() > 0 {
		parts = append(parts, Tokens(u.Total())+" tokens", Money(u.Cost))
	}
	return strings.Join(parts, " · ")
}

// TotalUsage is what all tiers of a track used together.
func TotalUsage(t *engine.Track) engine.Usage {
	var sum engine.Usage
	for _, tier := range engine.Tiers {
		sum = sum.Add(t.Usage[tier])
	}
	return sum
}

// waves are the live tickets of a track by what must come before them.
func waves(t *engine.Track) [][]*engine.Ticket {
	var specs []trackfile.Ticket
	byID := map[string]*engine.Ticket{}
	for ticket := range t.Tickets() {
		if !ticket.Orphaned {
			specs = append(specs, *ticket.Spec)
			byID[ticket.Key.ID] = ticket
		}
	}
	var out [][]*engine.Ticket
	for _, wave := range Waves(specs) {
		tickets := make([]*engine.Ticket, len(wave))
		for i, spec := range wave {
			tickets[i] = byID[spec.ID]
		}
		out = append(out, tickets)
	}
	return out
}

// TicketLine is a ticket in one line: its status, its text, and what it does, waits for or came to.
func TicketLine(s *engine.Snapshot, t *engine.Ticket) string {
	return ticketLine(s.Waits(t.Key.Track), t)
}

// TicketLines is TicketLine of each of a track's tickets, in file order.
func TicketLines(s *engine.Snapshot, t *engine.Track) string {
	var b strings.Builder
	w := s.Waits(t.ID)
	for ticket := range t.Tickets() {
		b.WriteString(ticketLine(w, ticket) + "\n")
	}
	return b.String()
}

func ticketLine(w *engine.Waits, t *engine.Ticket) string {
	out := fmt.Sprintf("%s %-6s %-14s %s", Glyph(t.Status), line(t.Key.ID, 30), word(t), line(t.Task(), 60))
	if note := ticketNote(w, t); note != "" {
		out += " · " + note
	}
	return out
}

// word is where a ticket stands: its phase while it is in progress.
func word(t *engine.Ticket) string {
	if p := t.Phase(); p != engine.NoPhase {
		return string(p)
	}
	return string(t.Status)
}

// ticketNote is the one thing to know about a ticket besides its status.
func ticketNote(w *engine.Waits, t *engine.Ticket) string {
	var notes []string
	if t.Orphaned {
		notes = append(notes, "not in its document any more")
	}
	if t.Stale && t.Status == engine.InProgress {
		notes = append(notes, "works on the text that it began with")
	} else if t.Stale {
		notes = append(notes, "stale: its text or what it depends on has changed since")
	}
	if why := Reason(t); why != "" {
		notes = append(notes, line(why, 120))
	}
	if t.Status == engine.InProgress && t.Approval != "" {
		notes = append(notes, "asks "+string(t.Approval))
	}
	if t.Status == engine.Todo {
		notes = append(notes, waitNotes(w, t)...)
	}
	if t.Attempt > 1 {
		notes = append(notes, fmt.Sprintf("attempt %d", t.Attempt))
	}
	if t.Model != "" && t.Status != engine.Todo {
		notes = append(notes, line(t.Model, 40))
	}
	if t.Usage.Total() > 0 {
		notes = append(notes, Tokens(t.Usage.Total())+" tokens")
	}
	return strings.Join(notes, " · ")
}

// Reason is why a ticket does not go on by itself, without the tickets that it waits for.
func Reason(t *engine.Ticket) string {
	switch {
	case t.Block != nil && strings.Contains(t.Block.Reason, " by "+string(t.Block.By)): // it says who
		return t.Block.Reason
	case t.Block != nil && t.Block.Reason != "":
		return string(t.Block.By) + ": " + t.Block.Reason
	case t.Block != nil:
		return string(t.Block.By)
	case t.Awaits != "":
		return t.Awaits
	case t.Denied:
		return "an approval was denied for want of a person"
	case t.Undone:
		return "its edits were taken back"
	case t.Undo != nil:
		return "its edits are being taken back"
	default:
		return ""
	}
}

// maxWaits bounds how many root causes a line names.
const maxWaits = 3

func waitNotes(all *engine.Waits, t *engine.Ticket) []string {
	waits := all.For(t)
	var notes []string
	for i, w := range waits {
		if i == maxWaits {
			return append(notes, fmt.Sprintf("and for %d more", len(waits)-maxWaits))
		}
		notes = append(notes, fmt.Sprintf("waits for %s (%s)", line(w.Whom(t.Key.Track), 60), line(w.Why, 80)))
	}
	return notes
}

// BoardDocument is Board as Markdown for an editor. Of a track of more than maxRows tickets it lists those that are not
// completed, as many as that.
func BoardDocument(s *engine.Snapshot, t *engine.Track) string {
	var b strings.Builder
	w := s.Waits(t.ID)
	fmt.Fprintf(&b, "# %s\n\n%s\n", cell(trackTitle(t), 200), escaped(trackLine(t)))
	b.WriteString("\n| wave | ticket | status | what | note |\n|---|---|---|---|---|\n")
	rows, left := 0, 0
	row := func(wave string, ticket *engine.Ticket) {
		if t.Len() > maxRows && ticket.Status == engine.Completed || rows == maxRows {
			left++
			return
		}
		rows++
		fmt.Fprintf(&b, "| %s | %s %s | %s | %s | %s |\n", wave, Glyph(ticket.Status), cell(ticket.Key.ID, 30), word(ticket),
			cell(ticket.Task(), 120), escaped(ticketNote(w, ticket)))
	}
	for i, wave := range waves(t) {
		for _, ticket := range wave {
			row(strconv.Itoa(i+1), ticket)
		}
	}
	for ticket := range t.Tickets() {
		if ticket.Orphaned {
			row("gone", ticket)
		}
	}
	if left > 0 {
		fmt.Fprintf(&b, "\nNot listed here: %s. `slop-ls track show` lists all.\n", plural(left, "ticket"))
	}
	b.WriteString("\n" + UsageTable(t))
	return b.String()
}

// escaped keeps a line that was made visible before from being read as markup.
func escaped(s string) string { return markup.Replace(s) }

// UsageTable is what each tier of a track used, as Markdown; empty before the first model call.
func UsageTable(t *engine.Track) string {
	var b strings.Builder
	for i, tier := range engine.Tiers {
		u, ok := t.Usage[tier]
		if !ok {
			continue
		}
		if b.Len() == 0 {
			b.WriteString("| tier | input | cached | output | cost |\n|---|---|---|---|---|\n")
		}
		fmt.Fprintf(&b, "| %d %s | %s | %s | %s | %s |\n", i+1, escaped(string(tier)), Tokens(u.Input), Tokens(u.CachedInput),
			Tokens(u.Output), Money(u.Cost))
	}
	return b.String()
}

// UsageLines is what each tier of a track used, plain; empty where fewer than two tiers did.
func UsageLines(t *engine.Track) string {
	var lines []string
	for i, tier := range engine.Tiers {
		if u, ok := t.Usage[tier]; ok {
			lines = append(lines, fmt.Sprintf("tier %d  %-12s %s tokens, %s\n", i+1, tier, Tokens(u.Total()), Money(u.Cost)))
		}
	}
	if len(lines) < 2 {
		return ""
	}
	return strings.Join(lines, "")
}

// TicketDetail is everything about one ticket, plain.
func TicketDetail(s *engine.Snapshot, t *engine.Ticket) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n", TicketLine(s, t), strings.TrimRight(text.Visible(t.Task()), "\n"))
	put := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "\n%-12s%s", name, line(value, 400))
		}
	}
	put("target", strings.TrimSpace(t.Spec.TargetFile+" "+strings.Join(t.Spec.TargetSymbols, ", ")))
	put("context", strings.Join(t.Spec.ContextRequirements, ", "))
	put("writes", strings.Join(t.Spec.Writes, ", "))
	put("after", strings.Join(t.Spec.DependsOn, ", "))
	put("verify", t.Spec.Verify)
	put("asks", string(t.Approval))
	put("failed with", t.Failure)
	put("you said", t.Instruction)
	put("summary", t.Summary)
	if t.Before > 0 {
		put("pruned to", fmt.Sprintf("%s of %s tokens", Tokens(int64(t.After)), Tokens(int64(t.Before))))
	}
	if t.Usage.Total() > 0 {
		put("used", fmt.Sprintf("%s in, %s out, %s", Tokens(t.Usage.Input), Tokens(t.Usage.Output), Money(t.Usage.Cost)))
	}
	for _, f := range t.Delivered {
		put("delivered", fmt.Sprintf("%s %s (+%d −%d)", f.Op, f.Path, f.Added, f.Gone))
	}
	b.WriteString("\n")
	return b.String()
}
