package page

import (
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
)

// endedMark begins the line that says that a review has nothing to decide any more.
const endedMark = "> **This is decided.** "

// EndedReview is a review document as it stands, with who decided said on top of it. Saying it twice changes nothing.
func EndedReview(document string, id engine.ApprovalID, how engine.Answer) string {
	first, rest, _ := strings.Cut(document, "\n")
	if strings.Contains(rest, "\n"+endedMark) || strings.HasPrefix(rest, endedMark) {
		return document
	}
	return fmt.Sprintf("%s\n%s%s. Nothing that is done here has an effect.\n\n%s", first, endedMark, EndedLine(id, how), rest)
}

// EndedLine says how an approval ended, in one line that cannot lie.
func EndedLine(id engine.ApprovalID, how engine.Answer) string {
	if how.Decision == engine.Withdrawn {
		return fmt.Sprintf("%s needs no answer any more: %s", id, line(how.Reason, 120))
	}
	return fmt.Sprintf("%s was already %s by %s", id, how.Decision, line(string(how.By), 80))
}
