package tool

import (
	"context"
	_ "embed"
	"errors"
	"io/fs"

	"github.com/slop-ls/slop-ls/engine"
)

//go:embed delete_file.md
var deleteFileDoc string

type deleteFileArgs struct {
	Path string `json:"path" jsonschema:"the file, relative to the workspace's root" min:"1"`
}

func deleteFile() engine.Tool {
	return newTool("delete_file", deleteFileDoc, engine.EffectEdit, callDeleteFile)
}

func callDeleteFile(ctx context.Context, draft engine.Draft, a deleteFileArgs) (engine.ToolResult, error) {
	if err := checkPath(a.Path); err != nil {
		return engine.ToolResult{}, err
	}
	if err := notFolder(ctx, draft, a.Path, "delete the files in it, each by a call"); err != nil {
		return engine.ToolResult{}, err
	}
	err := draft.Delete(ctx, a.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return engine.ToolResult{}, missingFile(ctx, draft, a.Path)
	}
	if err != nil {
		return engine.ToolResult{}, told(err)
	}
	return done("deleted %s", a.Path), nil
}

// notFolder is the mistake of a path that is a folder. instead says what to do with one.
func notFolder(ctx context.Context, draft engine.Draft, p, instead string) error {
	if p == "." {
		return mistakef("the workspace's root is a folder: %s", instead)
	}
	list, err := draft.List(ctx, p, false)
	switch {
	case err != nil: // a file, or nothing
		return nil
	case len(list) == 0:
		return mistakef("%s is an empty folder: leave it", p)
	}
	return mistakef("%s is a folder: %s", p, instead)
}
