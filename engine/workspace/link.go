package workspace

import (
	"context"
	"io/fs"
	"path/filepath"

	"github.com/slop-ls/slop-ls/engine"
)

// ByName gives files of the workspace, but for what hidden knows where a path leads to it by a link: that is read by its own
// name alone. The error of Read wraps fs.ErrPermission then. hidden must be safe for concurrent use.
func (w *Workspace) ByName(files engine.Files, hidden func(path string) bool) engine.Files {
	return unlinked{files, w, hidden}
}

// unlinked are files, but for those of hidden under another name: a rule about a path is asked about the
// name that stands there, which for a link can be any.
type unlinked struct {
	engine.Files
	w      *Workspace
	hidden func(path string) bool // nil: of none
}

// Read implements engine.Files. What is hidden is read by its own name alone; the error wraps fs.ErrPermission.
func (u unlinked) Read(ctx context.Context, path string) (engine.File, error) {
	if to := u.behind(path); to != "" {
		return engine.File{}, &Refusal{path, "is a link to " + quotePath(to) + ", which looks like it holds secrets, or a rule closes it: ask for it by that name", fs.ErrPermission}
	}
	return u.Files.Read(ctx, path)
}

// behind is what is hidden where a link of the workspace leads; "" where a path is no link, or leads to nothing that is.
func (u unlinked) behind(path string) string {
	if u.hidden == nil || checkPath(path) != nil || u.hidden(path) {
		return ""
	}
	real, err := filepath.EvalSymlinks(u.w.System(path))
	if err != nil {
		return ""
	}
	to, err := filepath.Rel(u.w.path, real)
	if to = filepath.ToSlash(to); err != nil || to == path || !u.hidden(to) {
		return ""
	}
	return to
}
