package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/slop-ls/slop-ls/lsp/attach"
)

// workspaceOf is the workspace in whose folder of state a path lies, "" where it lies in none: what is reviewed and read
// there belongs to that workspace, wherever an editor that opens it was started.
func workspaceOf(path string) string {
	dir := stateFolderOf(path)
	if dir == "" {
		return ""
	}
	root, err := attach.Place{Dir: dir}.Root()
	if err != nil {
		return ""
	}
	// What stands in the folder is believed as far as that is the folder of what it names.
	if place, err := placeOf(root); err != nil || place.Dir != dir {
		return ""
	}
	if info, err := os.Stat(root); err != nil || !info.IsDir() {
		return ""
	}
	return root
}

// stateFolderOf is the folder of a workspace's state that a path lies in, or "".
func stateFolderOf(path string) string {
	one, err := placeOf(string(filepath.Separator)) // all of them are beside each other
	if err != nil {
		return ""
	}
	all := filepath.Dir(one.Dir)
	rel, err := filepath.Rel(all, path)
	if resolved, resolveErr := filepath.EvalSymlinks(all); resolveErr == nil && (err != nil || !filepath.IsLocal(rel)) {
		rel, err = filepath.Rel(resolved, path)
	}
	if err != nil || !filepath.IsLocal(rel) || rel == "." {
		return ""
	}
	name, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
	return filepath.Join(all, name)
}

// pathOf is the path of a file URI, or "".
func pathOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" || u.Host != "" && u.Host != "localhost" {
		return ""
	}
	path := filepath.FromSlash(u.Path)
	if len(path) > 2 && path[0] == filepath.Separator && path[2] == ':' { // a drive
		path = path[1:]
	}
	return path
}
