package tool

import (
	"context"
	_ "embed"
	"errors"
	"io/fs"

	"github.com/slop-ls/slop-ls/engine"
)

//go:embed rename_file.md
var renameFileDoc string

type renameFileArgs struct {
	From string `json:"from" jsonschema:"the file as it is called now, relative to the workspace's root" min:"1"`
	To   string `json:"to" jsonschema:"the whole new path, its file name included" min:"1"`
}

func renameFile() engine.Tool {
	return newTool("rename_file", renameFileDoc, engine.EffectEdit, callRenameFile)
}

func callRenameFile(ctx context.Context, draft engine.Draft, a renameFileArgs) (engine.ToolResult, error) {
	for _, p := range []string{a.From, a.To} {
		if err := checkPath(p); err != nil {
			return engine.ToolResult{}, err
		}
	}
	if a.From == a.To {
		return engine.ToolResult{}, mistakef("from and to are both %s: nothing was changed", a.From)
	}
	if err := notFolder(ctx, draft, a.From, "rename the files in it, each by a call"); err != nil {
		return engine.ToolResult{}, err
	}
	if err := notFolder(ctx, draft, a.To, "to is the file's whole new path, its name included"); err != nil {
		return engine.ToolResult{}, err
	}
	err := draft.Rename(ctx, a.From, a.To)
	if errors.Is(err, fs.ErrNotExist) {
		return engine.ToolResult{}, missingFile(ctx, draft, a.From)
	}
	if err != nil {
		return engine.ToolResult{}, told(err)
	}
	return done("renamed %s to %s", a.From, a.To), nil
}
