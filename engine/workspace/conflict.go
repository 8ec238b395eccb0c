package workspace

import (
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// maxConflict bounds in bytes what is shown of one conflict.
const maxConflict = 16 << 10

func conflictOf(c engine.FileChange, said string) *engine.Conflict {
	return &engine.Conflict{Path: c.Path, Text: text.CutMiddle(strings.ToValidUTF8(said, "\ufffd"), maxConflict)}
}

func labels(run engine.Run) text.Labels {
	return text.Labels{Ours: "workspace", Base: "before", Theirs: "ticket " + run.Ticket.ID}
}

func bothChanged(c engine.FileChange, now []byte, run engine.Run) *engine.Conflict {
	marked, _ := text.MergeWithMarkers(c.Base, now, c.After, labels(run))
	return conflictOf(c, text.Excerpt(string(marked), around))
}

func bothAdded(c engine.FileChange, now []byte, run engine.Run) *engine.Conflict {
	if isBinary(now) || isBinary(c.After) {
		return conflictOf(c, "Another file is there now, and it is binary.\n")
	}
	marked, _ := text.MergeWithMarkers(nil, now, c.After, labels(run))
	return conflictOf(c, "Another file is there now.\n\n"+text.Excerpt(string(marked), around))
}

func goneAway(c engine.FileChange) *engine.Conflict {
	path := c.Path
	if c.From != "" {
		path = c.From
	}
	said := path + " was deleted or renamed in the workspace. The draft's change of it:\n\n"
	return conflictOf(c, said+text.Unified(path, c.Path, c.Base, c.After, 3))
}

func changedSince(c engine.FileChange, now []byte) *engine.Conflict {
	said := "The draft deletes it, and it has changed in the workspace since:\n\n"
	return conflictOf(c, said+text.Unified("before", "workspace", c.Base, now, 3))
}

func binaryChanged(c engine.FileChange) *engine.Conflict {
	return conflictOf(c, "Both the draft and the workspace changed it, and it is binary: it cannot be merged.\n")
}

// around is how many lines are shown on each side of a conflict.
const around = 3
