package page

import (
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
)

// UndoDocument is what an undo would change, as Markdown.
func UndoDocument(id string, set engine.ChangeSet) string {
	head := fmt.Sprintf("# What undoing %s changes\n\n", cell(id, 60))
	if set.Empty() {
		return head + "Nothing: what it did was taken back by hand. Undo puts it back to todo.\n"
	}
	return head + plural(len(set.Files), "file") + " as they are now, against what they would be. Nothing has been changed yet.\n\n" + boundedDiff(set)
}

// UndoObstacles is why a ticket cannot be undone, as Markdown.
func UndoObstacles(e *engine.UndoConflictError) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Why %s cannot be undone\n\nNothing was changed. In the way stands:\n\n", cell(e.Ticket.ID, 60))
	for _, o := range e.Obstacles {
		fmt.Fprintf(&b, "- %s\n", cell(o.String(), 400))
	}
	b.WriteString("\nUndo the tickets that are named first, or edit these places by hand, and undo again.\n")
	return b.String()
}
