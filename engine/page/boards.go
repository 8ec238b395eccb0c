package page

import (
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// BoardsDocument is where all tracks stand, and what waits for a person, as Markdown.
func BoardsDocument(s *engine.Snapshot) string {
	var b strings.Builder
	b.WriteString("# Status\n")
	tracks := 0
	for t := range s.Tracks() {
		tracks++
		fmt.Fprintf(&b, "\n- %s", escaped(trackLine(t)))
	}
	if tracks == 0 {
		b.WriteString("\nNo track is known yet: save a track document, or make one with `slop-ls track new`.")
	}
	b.WriteString("\n\n## What waits for you\n\n")
	waiting := 0
	for a := range s.Pending() {
		if waiting++; waiting <= maxWaiting {
			fmt.Fprintf(&b, "- %s %s %s: %s\n", cell(string(a.ID), 20), cell(string(a.Run.Ticket.Track), 60), cell(a.Run.Ticket.ID, 30), cell(a.Title, 200))
		}
	}
	switch {
	case waiting == 0:
		b.WriteString("Nothing.\n")
	case waiting > maxWaiting:
		fmt.Fprintf(&b, "- and %d more\n", waiting-maxWaiting)
	}
	return b.String()
}

// maxWaiting bounds how many approvals the status lists.
const maxWaiting = 100

// Failure stands in the place of a document that cannot be written.
func Failure(what string, err error) string {
	return "# This cannot be shown\n\n" + cell(what, 400) + ": " + cell(err.Error(), 1000) + "\n"
}

// ApprovalDiff is the edit that an approval asks about, as Markdown.
func ApprovalDiff(a *engine.Approval, c engine.Content) string {
	return fmt.Sprintf("# %s: %s\n\nIt waits for an answer.\n\n", cell(string(a.ID), 20), cell(a.Title, maxTitle)) + fenced("diff", bounded(text.Visible(c.Diff)))
}

// maxDiff bounds, in bytes, the diff of a document.
const maxDiff = 2 << 20

func bounded(s string) string { return text.CutMiddle(s, maxDiff) }

// boundedDiff is a change set's diff as a document shows it. What is left out is said.
func boundedDiff(set engine.ChangeSet) string {
	var b strings.Builder
	for i, f := range set.Files {
		if b.Len() > maxDiff {
			fmt.Fprintf(&b, "[… %s left out …]\n", plural(len(set.Files)-i, "file"))
			break
		}
		b.WriteString(bounded(fileDiff(f)))
	}
	return fenced("diff", b.String())
}
