package tool

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

//go:embed edit_file.md
var editFileDoc string

type editFileArgs struct {
	Path    string `json:"path" jsonschema:"the file, relative to the workspace's root" min:"1"`
	Search  string `json:"search" jsonschema:"the text to replace, as it stands in the file; empty only where the file is"`
	Replace string `json:"replace" jsonschema:"the text to put there; empty to delete"`
}

func editFile() engine.Tool {
	return newTool("edit_file", editFileDoc, engine.EffectEdit, callEditFile)
}

// maxDiff bounds in bytes the difference that is shown after an edit.
const maxDiff = 4 << 10

func callEditFile(ctx context.Context, draft engine.Draft, a editFileArgs) (engine.ToolResult, error) {
	f, err := readText(ctx, draft, a.Path)
	if err != nil {
		return engine.ToolResult{}, orWrite(err)
	}
	found, err := text.Replace(f.Data, a.Search, a.Replace)
	if err != nil {
		return engine.ToolResult{}, notReplaced(a.Path, err)
	}
	after, err := text.Apply(f.Data, found.Edits)
	if err != nil {
		return engine.ToolResult{}, fmt.Errorf("editing %s: %w", a.Path, err)
	}
	if string(after) == string(f.Data) {
		return engine.ToolResult{}, mistakef("%s already reads as the replace text says at line %d: nothing was changed", a.Path, found.Line)
	}
	if err := draft.Write(ctx, a.Path, after); err != nil {
		return engine.ToolResult{}, told(err)
	}
	summary := fmt.Sprintf("edited %s: %s at line %d", a.Path, found.Step.Words(), found.Line)
	shown := summary + "\n"
	if found.Step != text.Exact { // the model shall see what became of it
		shown += "\n" + showDiff(a.Path, f.Data, after)
	}
	return engine.ToolResult{Text: shown, Summary: summary}, nil
}

// orWrite says how a file is made that is not there to be edited.
func orWrite(err error) error {
	if errors.Is(err, errMissing) {
		return mistakef("%v. A new file is made with write_file", err)
	}
	return err
}

func showDiff(path string, before, after []byte) string {
	diff := text.Unified(path, path, before, after, 2)
	return text.CutMiddle(strings.ToValidUTF8(diff, "\ufffd"), maxDiff)
}

// notReplaced hands the model what package text says of a search: each of its refusals ends with what to do.
func notReplaced(path string, err error) error { return mistakef("%s: %v", path, err) }
