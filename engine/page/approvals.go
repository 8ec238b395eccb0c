package page

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// maxTitle bounds, in characters, the one line that a person decides on.
const maxTitle = 200

// Title is an approval's line with nothing hidden in it; cut says that its end is missing.
func Title(a *engine.Approval) (title string, cut bool) {
	title, cut = text.CutLine(a.Title, maxTitle)
	return title, cut || a.Cut
}

// Approvals lists approvals a line each, plain, for a terminal. now says how long each has been waiting.
func Approvals(pending iter.Seq[*engine.Approval], now time.Time) string {
	var b strings.Builder
	for a := range pending {
		title, cut := text.CutLine(a.Title, 120)
		if cut || a.Cut {
			title += " (cut)"
		}
		fmt.Fprintf(&b, "%-5s %-8s %s %s  %s  (%s)\n", a.ID, a.Kind, line(string(a.Run.Ticket.Track), 60), line(a.Run.Ticket.ID, 30),
			title, Since(now.Sub(a.Requested)))
	}
	if b.Len() == 0 {
		return "Nothing waits for an approval.\n"
	}
	return b.String()
}

// Since is a time span for people: "just now", "4 min", "2 h 10 min", "3 days".
func Since(d time.Duration) string {
	minutes := int(d / time.Minute)
	switch {
	case minutes < 1:
		return "just now"
	case minutes < 60:
		return fmt.Sprintf("%d min", minutes)
	case minutes < 48*60:
		return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
	default:
		return plural(minutes/(24*60), "day")
	}
}
