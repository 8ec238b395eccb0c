package tool

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

//go:embed get_diff.md
var getDiffDoc string

type getDiffArgs struct {
	Path string `json:"path,omitempty" jsonschema:"only this file; left out: all that you changed"`
}

func getDiff() engine.Tool {
	return newTool("get_diff", getDiffDoc, engine.EffectRead, callGetDiff)
}

func callGetDiff(ctx context.Context, draft engine.Draft, a getDiffArgs) (engine.ToolResult, error) {
	if a.Path != "" {
		if err := checkPath(a.Path); err != nil {
			return engine.ToolResult{}, err
		}
	}
	set, err := draft.Changes(ctx)
	if err != nil {
		return engine.ToolResult{}, told(err)
	}
	var changed []string
	var diff strings.Builder
	for _, c := range set.Files {
		changed = append(changed, c.Path)
		if a.Path == "" || a.Path == c.Path || a.Path == c.From {
			diff.WriteString(showChange(c))
		}
	}
	switch {
	case len(changed) == 0:
		return done("nothing is changed yet"), nil
	case diff.Len() == 0:
		return engine.ToolResult{}, mistakef("%s is not changed. Changed: %s", a.Path, text.CutMiddle(strings.Join(changed, ", "), 2000))
	}
	summary := "showed the changes of " + a.Path
	if a.Path == "" {
		summary = fmt.Sprintf("showed the changes (%s)", plural(len(changed), "file"))
	}
	return engine.ToolResult{Text: strings.ToValidUTF8(diff.String(), "\ufffd"), Summary: summary}, nil
}

// showChange is the diff of one file. A diff alone does not show a rename without an edit, an empty file that is made or
// deleted, or what is binary.
func showChange(c engine.FileChange) string {
	var head string
	switch c.Op {
	case engine.OpCreate:
		head = "new file " + c.Path
	case engine.OpDelete:
		head = "deleted file " + c.Path
	case engine.OpRename:
		head = "renamed " + c.From + " to " + c.Path
	case engine.OpModify:
		head = "changed " + c.Path
	}
	if isBinary(c.Base) || isBinary(c.After) {
		return head + fmt.Sprintf(" (binary, %s, before %d)\n", plural(len(c.After), "byte"), len(c.Base))
	}
	return head + "\n" + engine.Diff(engine.ChangeSet{Files: []engine.FileChange{c}})
}
