package tool

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
)

//go:embed list_directory.md
var listDirectoryDoc string

type listDirectoryArgs struct {
	Path      string `json:"path,omitempty" jsonschema:"the folder, relative to the workspace's root; left out: the root"`
	Recursive bool   `json:"recursive,omitempty" jsonschema:"list everything below the folder too"`
}

func listDirectory() engine.Tool {
	return newTool("list_directory", listDirectoryDoc, engine.EffectRead, callListDirectory)
}

// maxEntries is how many entries are listed at a time.
const maxEntries = 500

func callListDirectory(ctx context.Context, draft engine.Draft, a listDirectoryArgs) (engine.ToolResult, error) {
	dir := a.Path
	if dir == "" || dir == "./" {
		dir = "."
	}
	if err := checkPath(dir); err != nil {
		return engine.ToolResult{}, err
	}
	list, err := draft.List(ctx, dir, a.Recursive)
	if errors.Is(err, fs.ErrNotExist) {
		return engine.ToolResult{}, mistakef("there is no folder %s: list the root to see what there is", dir)
	}
	if err != nil {
		return engine.ToolResult{}, told(err)
	}
	name := dir
	if dir == "." {
		name = "the workspace's root"
	}
	summary := fmt.Sprintf("listed %s (%s)", name, plural(len(list), "entry"))
	if len(list) == 0 {
		return engine.ToolResult{Text: name + " is empty\n", Summary: summary}, nil
	}
	return engine.ToolResult{Text: showEntries(list), Summary: summary}, nil
}

func showEntries(list []engine.Entry) string {
	var b strings.Builder
	head, tail := len(list), 0
	if len(list) > maxEntries {
		head, tail = maxEntries*2/3, maxEntries/3
	}
	for i, e := range list {
		switch {
		case i == head:
			gone := list[head : len(list)-tail]
			fmt.Fprintf(&b, "[… %s from %s to %s left out: list a folder of them …]\n", plural(len(gone), "entry"), e.Path, gone[len(gone)-1].Path)
		case i > head && i < len(list)-tail:
		case e.Dir:
			fmt.Fprintf(&b, "%s/\n", showName(e.Path))
		default:
			fmt.Fprintf(&b, "%s  %d\n", showName(e.Path), e.Size)
		}
	}
	return b.String()
}

// showName quotes a name that would not stay on its line.
func showName(p string) string {
	if strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }) {
		return fmt.Sprintf("%q", p)
	}
	return p
}
