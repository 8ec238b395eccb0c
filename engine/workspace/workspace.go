package workspace

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/slop-ls/slop-ls/engine"
)

// Workspace is one open root. It is an engine.Files and an engine.Applier on disk, safe for concurrent use;
// deliveries run one after the other.
type Workspace struct {
	path       string // absolute, links resolved
	root       *os.Root
	escapes    error         // os.Root's own error for a path that leaves it
	delivering chan struct{} // holds a token while a delivery is under way
	receipts   receipts      // used by who holds delivering
	pass       func(string)  // at the points of deliveries; nil: nobody looks
}

var (
	_ engine.Files   = (*Workspace)(nil)
	_ engine.Applier = (*Workspace)(nil)
)

// Open opens the folder at path, as Find gives it. Who opens it closes it.
func Open(path string) (*Workspace, error) {
	path, err := resolveFolder(path)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("opening the workspace: %w", err)
	}
	return &Workspace{path: path, root: root, escapes: escapeError(root), delivering: make(chan struct{}, 1)}, nil
}

// escapeError provokes the error by which os.Root refuses a path, since it exports none to compare with.
func escapeError(root *os.Root) error {
	_, err := root.Lstat("..")
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return engine.ErrOutside // never equal to what os gives: the path is then refused with os's own words
}

// Path is the root as the system names it: absolute, symbolic links resolved.
func (w *Workspace) Path() string { return w.path }

// Close frees the root. Nothing else may be called after it.
func (w *Workspace) Close() error { return w.root.Close() }

// System is the system's own path of a workspace path. It checks nothing and opens nothing.
func (w *Workspace) System(path string) string {
	return filepath.Join(w.path, filepath.FromSlash(path))
}

// Relative is the workspace path of one of the system's paths, whose links are not resolved. The error wraps
// engine.ErrOutside.
func (w *Workspace) Relative(system string) (string, error) {
	rel, err := filepath.Rel(w.path, system)
	if err != nil || !filepath.IsLocal(rel) {
		return "", &Refusal{Path: system, Problem: "is not below " + w.path, Err: engine.ErrOutside}
	}
	return filepath.ToSlash(rel), nil
}

// hold waits for the one delivery that may be under way.
func (w *Workspace) hold(ctx context.Context) (free func(), err error) {
	select {
	case w.delivering <- struct{}{}:
		return func() { <-w.delivering }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
