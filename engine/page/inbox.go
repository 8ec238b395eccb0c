package page

import (
	"fmt"
	"iter"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/slop-ls/slop-ls/engine"
)

// The inbox is one Markdown document with everything that waits for a person and everything that was answered for
// good. Its lines name what an editor puts its commands at; nothing that a model wrote can pass for such a line, since
// the titles in it are escaped and stand behind a mark.

// inboxHead is the first line of the inbox.
const inboxHead = "<!-- slop:approvals -->"

// IsInbox reports whether a document is what Inbox writes.
func IsInbox(document string) bool { return strings.HasPrefix(document, inboxHead) }

// Inbox writes the approvals that wait, in groups of those that can be answered together, the oldest first, and the
// answers that hold for good. now says how long each has been waiting.
func Inbox(pending iter.Seq[*engine.Approval], remembered iter.Seq[*engine.Remembered], now time.Time) string {
	var b strings.Builder
	groups, n := grouped(pending)
	fmt.Fprintf(&b, "%s\n# %s\n", inboxHead, waitingHeadline(n))
	for _, g := range groups {
		fmt.Fprintf(&b, "\n## %s · %s of %s\n", g[0].Kind, plural(len(g), "approval"), cell(string(g[0].Run.Ticket.Track), 120))
		for _, a := range g {
			writeWaiting(&b, a, now)
		}
	}
	writeRemembered(&b, remembered)
	return b.String()
}

func waitingHeadline(n int) string {
	switch n {
	case 0:
		return "Nothing waits for an approval"
	case 1:
		return "1 approval waits for you"
	}
	return plural(n, "approval") + " wait for you"
}

// grouped sorts approvals by kind and track, in the order in which the groups' first ones were asked.
func grouped(pending iter.Seq[*engine.Approval]) (groups [][]*engine.Approval, n int) {
	type of struct {
		kind  engine.ApprovalKind
		track engine.TrackID
	}
	at := map[of]int{}
	for a := range pending {
		key := of{a.Kind, a.Run.Ticket.Track}
		i, known := at[key]
		if !known {
			i = len(groups)
			at[key], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], a)
		n++
	}
	return groups, n
}

func writeWaiting(b *strings.Builder, a *engine.Approval, now time.Time) {
	title, cut := Title(a)
	fmt.Fprintf(b, "\n### %s · %s · %s, since %s\n\n> %s\n", a.ID, cell(a.Run.Ticket.ID, 60), Since(now.Sub(a.Requested)),
		a.Requested.Local().Format("15:04"), markup.Replace(title))
	if cut {
		b.WriteString(">\n> This is not all of it: the review shows the whole.\n")
	}
	for i, o := range a.Options {
		fmt.Fprintf(b, "> %d. %s\n", i+1, cell(o, 200))
	}
}

func writeRemembered(b *strings.Builder, remembered iter.Seq[*engine.Remembered]) {
	first := true
	for r := range remembered {
		if first {
			b.WriteString("\n## Answered for good\n\n")
		}
		first = false
		fmt.Fprintf(b, "- %s · %s\n", r.ID, markup.Replace(RememberedLine(r)))
	}
}

// RememberedLine is what was answered for good, for whom it holds and who said so, in one line that cannot lie.
func RememberedLine(r *engine.Remembered) string {
	what := safe(r.Title, maxTitle)
	if r.Cover != nil {
		what = line(r.Cover.String(), maxTitle)
	}
	return fmt.Sprintf("%s: %s (approved by %s, %s)", reach(r), what, line(string(r.Answer.By), 80), r.Answer.At.Local().Format(time.DateTime))
}

// reach is for whom an answer holds.
func reach(r *engine.Remembered) string {
	track := line(string(r.Ticket.Track), 120)
	switch r.Scope {
	case engine.ScopeTicket:
		return line(r.Ticket.ID, 60) + " of " + track
	case engine.ScopeTrack:
		return track
	case engine.ScopeWorkspace, engine.ScopeOnce:
	}
	return "the workspace"
}

// RememberedList lists what was answered for good, plain, for a terminal.
func RememberedList(remembered iter.Seq[*engine.Remembered]) string {
	var b strings.Builder
	for r := range remembered {
		fmt.Fprintf(&b, "%-5s %-9s %s\n", r.ID, r.Scope, RememberedLine(r))
	}
	if b.Len() == 0 {
		return "Nothing was approved for good.\n"
	}
	return b.String()
}

// InboxLine is a line of the inbox at which something can be done: answering an approval, answering a whole group, or
// forgetting an answer.
type InboxLine struct {
	Line   int // from 0
	ID     engine.ApprovalID
	Group  []engine.ApprovalID // of a group's heading: what is listed below it; ID is then empty
	Forget bool                // what ID says was answered for good
}

var (
	inboxGroup  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^## .* · [0-9]+ approvals? of `) })
	inboxItem   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^### (A[0-9]+) · `) })
	inboxForget = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^- (A[0-9]+) · `) })
)

// InboxLines finds those lines in an inbox as it stands in an editor, which may be older than the state.
func InboxLines(document string) []InboxLine {
	var out []InboxLine
	group := -1
	for i, text := range strings.Split(document, "\n") {
		switch {
		case strings.HasPrefix(text, "### "):
			if m := inboxItem().FindStringSubmatch(text); m != nil {
				id := engine.ApprovalID(m[1])
				out = append(out, InboxLine{Line: i, ID: id})
				if group >= 0 {
					out[group].Group = append(out[group].Group, id)
				}
			}
		case strings.HasPrefix(text, "## "):
			if group = -1; inboxGroup().MatchString(text) {
				group = len(out)
				out = append(out, InboxLine{Line: i})
			}
		case strings.HasPrefix(text, "- "):
			if m := inboxForget().FindStringSubmatch(text); m != nil {
				out = append(out, InboxLine{Line: i, ID: engine.ApprovalID(m[1]), Forget: true})
			}
		}
	}
	return out
}
