package trackdoc

import (
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/text"
)

// How much of a text that others wrote is shown, in characters.
const (
	shortText = 60
	lineText  = 200
)

func line(s string, n int) string {
	out, _ := text.VisibleLine(s, n)
	return out
}

// Standing is where a ticket stands, in a few words: "thinking, 12.0k tokens"; "" for one that nobody has touched.
func Standing(s *engine.Snapshot, t *engine.Ticket) string {
	var words []string
	if doing := doing(s, t); doing != "" {
		words = append(words, doing)
	}
	if n := t.Usage.Total(); n > 0 {
		words = append(words, page.Tokens(n)+" tokens")
	}
	if t.Attempt > 1 {
		words = append(words, fmt.Sprintf("attempt %d", t.Attempt))
	}
	return strings.Join(words, ", ")
}

// doing is the first of Standing's words.
func doing(s *engine.Snapshot, t *engine.Ticket) string {
	switch {
	case t.Orphaned:
		return string(t.Status) + ", no longer in the document"
	case t.Status == engine.InProgress:
		return string(t.Phase())
	case t.Undo != nil:
		return "completed, being undone"
	case t.Status == engine.Completed && t.Stale:
		return "completed, stale"
	case t.Status == engine.Blocked:
		return blockedBy(t)
	case t.Status != engine.Todo:
		return string(t.Status)
	}
	if waits := s.WaitsFor(t.Key); len(waits) > 0 && (t.Queued || held(waits)) {
		return "waits for " + names(t.Key.Track, waits)
	}
	if t.Queued {
		return "queued"
	}
	if t.Undone {
		return "undone"
	}
	return ""
}

// held says whether a wait is worth telling before anybody ran the ticket: it will not end by itself.
func held(waits []engine.Wait) bool {
	for _, w := range waits {
		if w.Status != engine.Todo {
			return true
		}
	}
	return false
}

func blockedBy(t *engine.Ticket) string {
	if t.Block == nil {
		return string(t.Status)
	}
	by := fmt.Sprintf("%s by %s", t.Status, t.Block.By)
	if strings.Contains(t.Block.Reason, " by "+string(t.Block.By)) { // it says who
		by = string(t.Status)
	}
	if t.Block.Reason != "" {
		by += ": " + line(t.Block.Reason, shortText)
	}
	return by
}

// names lists a few tickets that are waited for.
func names(track engine.TrackID, waits []engine.Wait) string {
	const shown = 3
	var ids []string
	for i, w := range waits {
		if i == shown {
			ids = append(ids, fmt.Sprintf("%d more", len(waits)-shown))
			break
		}
		ids = append(ids, w.Whom(track))
	}
	return strings.Join(ids, ", ")
}

// paper writes a text for people as Markdown, or without any markup.
type paper struct {
	md bool
	b  strings.Builder
}

// inline is what others wrote, in one line of at most n characters.
func (p *paper) inline(s string, n int) string {
	if p.md {
		return page.Inline(s, n)
	}
	return line(s, n)
}

func (p *paper) bold(s string) string {
	if p.md {
		return "**" + s + "**"
	}
	return s
}

// paragraph writes a paragraph of its own.
func (p *paper) paragraph(s string) {
	if p.b.Len() > 0 {
		p.b.WriteString("\n")
	}
	p.b.WriteString(s + "\n")
}

func (p *paper) list(items []string) {
	if len(items) > 0 {
		p.paragraph("- " + strings.Join(items, "\n- "))
	}
}

// card tells all that there is to know of a ticket: what the document says and where it stands.
func (d *Doc) card(md bool, i int) string {
	p := &paper{md: md}
	spec := d.spec(i)
	t := d.ticket(spec.ID)
	head := p.bold(p.inline(spec.ID, shortText))
	if t != nil {
		head += " · " + page.Glyph(t.Status) + " " + string(t.Status)
		if now := doing(d.State, t); now != "" && now != string(t.Status) && t.Status != engine.Blocked {
			head += " · " + p.inline(now, lineText)
		}
	} else {
		head += " · not planned yet: save the document"
	}
	p.paragraph(head)
	if what := d.what(spec.ID, spec.Description); what != "" {
		p.paragraph(p.inline(what, lineText))
	}
	if t != nil {
		p.list(d.facts(p, t))
	}
	return p.b.String()
}

// facts are the details of a card, one a line.
func (d *Doc) facts(p *paper, t *engine.Ticket) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if t.Block != nil {
		add("%s by %s: %s", t.Status, p.inline(string(t.Block.By), shortText), p.inline(t.Block.Reason, lineText))
	}
	if a, ok := d.State.Approval(t.Approval); ok && a.Pending() {
		add("asks %s: %s", a.ID, p.inline(a.Title, lineText))
	}
	for _, w := range d.State.WaitsFor(t.Key) {
		if len(out) > maxFacts {
			add("and for more")
			break
		}
		add("waits for %s: %s", p.inline(w.Whom(t.Key.Track), shortText), p.inline(w.Why, lineText))
	}
	if t.Failure != "" && t.Status != engine.Completed && (t.Block == nil || t.Block.Reason != t.Failure) {
		add("the last attempt failed: %s", p.inline(t.Failure, lineText))
	}
	if t.Attempt > 0 {
		add("attempt %d, %s", t.Attempt, p.inline(t.Model, shortText))
	}
	if n := t.Usage.Total(); n > 0 {
		add("%s tokens, %s", page.Tokens(n), page.Money(t.Usage.Cost))
	}
	if t.Stale {
		add("stale: its text or what it depends on has changed since it was completed")
	}
	if t.Summary != "" {
		add("%s", p.inline(t.Summary, lineText))
	}
	return out
}

// maxFacts bounds a card that waits for many.
const maxFacts = 6

// what is the first line of what a ticket is to do: as the document says, or as a person wrote where it says nothing yet.
func (d *Doc) what(id, description string) string {
	if t := d.ticket(id); t != nil && t.Wrote != "" && engine.Unwritten(description) {
		return t.Wrote
	}
	return firstLine(description)
}

func firstLine(s string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(first)
}
