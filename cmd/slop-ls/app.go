package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/term"
)

// app is one invocation: its streams and what the flags that every subcommand has say.
type app struct {
	in       io.Reader
	out, err io.Writer

	rootFlag   string // --root
	configFlag string // --config
	json       bool   // --json
}

// main runs one command line and returns its exit status. Whatever went wrong is on standard error by then, in one
// line.
func (a *app) main(ctx context.Context, args []string) int {
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	if err != nil {
		if line := errorLine(err); line != "" {
			fmt.Fprintln(a.err, line)
		}
	}
	return exitCode(err)
}

// root is the workspace: --root, else the git top level, else the current folder, and in a folder of state the workspace
// that it is of; always absolute, symlinks resolved.
func (a *app) root(ctx context.Context) (string, error) {
	dir := a.rootFlag
	if dir == "" {
		dir = gitTopLevel(ctx, "")
		if cwd, err := os.Getwd(); err == nil {
			dir = cmp.Or(workspaceOf(cwd), dir)
		}
	}
	return resolvedFolder(dir)
}

// resolvedFolder is a workspace's folder as everybody spells it.
func resolvedFolder(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding the workspace: %w", err)
	}
	resolved, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return "", fmt.Errorf("the workspace %s cannot be read; pass an existing folder to --root: %w", abs, err)
	}
	if info, err := os.Stat(resolved); err != nil || !info.IsDir() {
		return "", usageError(resolved + " is not a folder: pass the workspace's folder to --root")
	}
	return resolved, nil
}

// workspacePath is a path that a person gave, as a slash-separated path in the workspace. A relative one is taken from
// the current folder, as everywhere on a command line, and where it does not exist there, from the root.
func workspacePath(root, given string) (string, error) {
	abs, err := filepath.Abs(given)
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", given, err)
	}
	if _, err := os.Stat(abs); err != nil && !filepath.IsAbs(given) {
		abs = filepath.Join(root, given)
	}
	rel, err := filepath.Rel(root, resolveParent(abs))
	if err != nil || !filepath.IsLocal(rel) {
		return "", fmt.Errorf("%s is outside the workspace %s: pass its own workspace to --root", given, root)
	}
	return filepath.ToSlash(rel), nil
}

// resolveParent resolves the symlinks of the longest part of a path that exists: the rest may yet have to be made.
func resolveParent(abs string) string {
	if resolved, err := filepath.EvalSymlinks(abs); err == nil {
		return resolved
	}
	parent := filepath.Dir(abs)
	if parent == abs {
		return abs
	}
	return filepath.Join(resolveParent(parent), filepath.Base(abs))
}

// terminal reports whether a person sits at a stream.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// person reports whether somebody can be asked: standard input and standard error are both a terminal.
func (a *app) person() bool { return terminal(a.in) && terminal(a.err) }

// printJSON writes v as one line.
func (a *app) printJSON(v any) error {
	encoder := json.NewEncoder(a.out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}
