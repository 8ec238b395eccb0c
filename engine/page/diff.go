package page

import (
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// Diff is a change set in the unified format, file after file, as git shows one.
func Diff(set engine.ChangeSet) string {
	var b strings.Builder
	for _, f := range set.Files {
		b.WriteString(fileDiff(f))
	}
	return b.String()
}

func fileDiff(f engine.FileChange) string {
	from, to := "a/"+f.Path, "b/"+f.Path
	note := ""
	switch f.Op {
	case engine.OpCreate:
		from = "/dev/null"
	case engine.OpDelete:
		to = "/dev/null"
	case engine.OpRename:
		from = "a/" + f.From
		note = fmt.Sprintf("rename from %s\nrename to %s\n", line(f.From, 400), line(f.Path, 400))
	case engine.OpModify:
	}
	return note + text.Visible(text.Unified(line(from, 400), line(to, 400), f.Base, f.After, 3))
}

// DiffDocument is a change set as Markdown for an editor.
func DiffDocument(set engine.ChangeSet) string {
	head := fmt.Sprintf("# %s\n\n", cell(set.Label, 200))
	if set.Empty() {
		return head + "Nothing changes.\n"
	}
	return head + plural(len(set.Files), "file") + ".\n\n" + boundedDiff(set)
}
