package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/attach"
)

// editorRoot is the workspace of an editor on standard input and output, and what to read in place of standard input:
// --root, else of the folder that the editor says in its initialize, which is waited for, else of the current one. An
// editor may be at work anywhere, and starts its servers where it was started itself. The error is attach.Open's, or
// says that the workspace cannot be had.
func (a *app) editorRoot(ctx context.Context) (root string, in io.Reader, err error) {
	if a.rootFlag != "" {
		root, err = a.root(ctx)
		return root, a.in, err
	}
	o, err := attach.Open(a.in, a.out)
	if err != nil {
		return "", nil, err
	}
	said := saidFolders(o)
	for _, f := range said {
		if f.dir == "" {
			continue
		}
		root, err = rootOf(ctx, f.dir)
		if n := notServed(root, o.Folders); err == nil && n > 0 {
			o.Tell(fmt.Sprintf("slop-ls serves %s, none of %d other folders", shortly(filepath.Base(root)), n))
		}
		return root, o.In, err
	}
	root, err = a.root(ctx)
	if err == nil && len(said) > 0 {
		o.Tell(fmt.Sprintf("slop-ls serves %s: %s is no folder here", shortly(root), shortly(said[0].as)))
	}
	return root, o.In, err
}

// shortly is a name as a message shows it.
func shortly(name string) string {
	line, _ := text.VisibleLine(name, 80)
	return line
}

// saidFolder is a folder as an editor says it, and as it is here: empty where there is no such.
type saidFolder struct{ as, dir string }

// saidFolders is where an editor is at work, the most telling first.
func saidFolders(o *attach.Opening) []saidFolder {
	var list []saidFolder
	for _, uri := range append(o.Folders[:len(o.Folders):len(o.Folders)], o.Root) {
		if uri != "" {
			list = append(list, saidFolder{uri, existing(pathOf(uri))})
		}
	}
	if o.Path != "" {
		list = append(list, saidFolder{o.Path, existing(o.Path)})
	}
	return list
}

// existing is a folder's absolute path, or empty for what is no folder.
func existing(path string) string {
	if !filepath.IsAbs(path) {
		return ""
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return ""
	}
	return filepath.Clean(path)
}

// rootOf is the workspace that a folder belongs to: its git top level, else the folder itself, and in a folder of state
// the workspace that it is of. The current folder is asked about as on a command line.
func rootOf(ctx context.Context, dir string) (string, error) {
	top := workspaceOf(dir)
	switch cwd, err := os.Getwd(); {
	case top != "":
	case err == nil && sameFolder(cwd, dir):
		top = gitTopLevel(ctx, "")
	default:
		top = gitTopLevel(ctx, dir)
	}
	return resolvedFolder(top)
}

func sameFolder(a, b string) bool {
	first, err := os.Stat(a)
	second, err2 := os.Stat(b)
	return err == nil && err2 == nil && os.SameFile(first, second)
}

// notServed counts the folders, by their URIs, that do not lie in a workspace.
func notServed(root string, uris []string) int {
	n := 0
	for _, uri := range uris {
		rel, err := filepath.Rel(root, resolveParent(pathOf(uri)))
		if err != nil || !filepath.IsLocal(rel) {
			n++
		}
	}
	return n
}
