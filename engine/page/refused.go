package page

import (
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
)

// Refused is a ticket's change that did not arrive, as Markdown: where it meets what the workspace has now, with both
// sides, what to do, and the whole change.
func Refused(t *engine.Ticket, set engine.ChangeSet, clashes []engine.Conflict) string {
	var b strings.Builder
	id := cell(t.Key.ID, 60)
	fmt.Fprintf(&b, "# The edit of %s did not arrive\n\nNothing of it is in the workspace.\n\n", id)
	if len(clashes) > 0 {
		fmt.Fprintf(&b, "## Conflicts with what the workspace has now\n\n")
	} else {
		b.WriteString("It would meet no conflict in the workspace as it is now.\n\n")
	}
	for _, c := range clashes {
		fmt.Fprintf(&b, "### %s\n\n%s\n", cell(c.Path, 200), fenced("diff", c.Text))
	}
	b.WriteString("## What to do\n\n")
	b.WriteString(todo(t, len(clashes) > 0))
	if set.Empty() {
		return b.String()
	}
	fmt.Fprintf(&b, "\n## The whole edit\n\n%s.\n\n", plural(len(set.Files), "file"))
	b.WriteString(boundedDiff(set))
	return b.String()
}

// todo is what a person can do with an edit that did not arrive.
func todo(t *engine.Ticket, clashes bool) string {
	id := cell(t.Key.ID, 60)
	if t.Status != engine.Blocked {
		return fmt.Sprintf("%s goes on by itself.\n", id)
	}
	out := fmt.Sprintf("- Retry %s: a worker does it again on what the workspace has now. A reason that you give goes into its prompt.\n", id)
	if clashes {
		out += fmt.Sprintf("- Or change these places so that retrying %s meets nothing there.\n", id)
	}
	return out + fmt.Sprintf("- Or take from the edit what you want by hand, and skip %s: it then counts as completed.\n", id)
}
