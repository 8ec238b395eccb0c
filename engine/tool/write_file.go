package tool

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/slop-ls/slop-ls/engine"
)

//go:embed write_file.md
var writeFileDoc string

type writeFileArgs struct {
	Path    string `json:"path" jsonschema:"the file, relative to the workspace's root" min:"1"`
	Content string `json:"content" jsonschema:"the whole new content"`
}

func writeFile() engine.Tool {
	return newTool("write_file", writeFileDoc, engine.EffectEdit, callWriteFile)
}

func callWriteFile(ctx context.Context, draft engine.Draft, a writeFileArgs) (engine.ToolResult, error) {
	if err := checkPath(a.Path); err != nil {
		return engine.ToolResult{}, err
	}
	old, err := draft.Peek(ctx, a.Path)
	isNew := errors.Is(err, fs.ErrNotExist)
	if err != nil && !isNew {
		return engine.ToolResult{}, told(err)
	}
	data := asBefore(old.Data, []byte(a.Content))
	if !isNew && bytes.Equal(old.Data, data) {
		return done("%s already has this content: nothing was changed", a.Path), nil
	}
	if err := draft.Write(ctx, a.Path, data); err != nil {
		return engine.ToolResult{}, told(err)
	}
	lines := plural(len(splitLines(string(data))), "line")
	if isNew {
		return done("created %s (%s)", a.Path, lines), nil
	}
	return done("replaced %s (%s, before %d)", a.Path, lines, len(splitLines(string(old.Data)))), nil
}

func done(format string, args ...any) engine.ToolResult {
	s := fmt.Sprintf(format, args...)
	return engine.ToolResult{Text: s + "\n", Summary: s}
}

// asBefore gives content the byte order mark and the line ends of the file that it replaces: models write neither.
func asBefore(old, content []byte) []byte {
	lf := bytes.Count(old, []byte("\n"))
	if lf > 0 && bytes.Count(old, []byte("\r\n")) == lf && !bytes.Contains(content, []byte("\r")) {
		content = bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n"))
	}
	mark := []byte("\ufeff")
	if bytes.HasPrefix(old, mark) && !bytes.HasPrefix(content, mark) {
		content = append(mark, content...)
	}
	return content
}
