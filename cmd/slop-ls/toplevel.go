package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/slop-ls/slop-ls/engine/workspace"
)

// gitTopLevel is the top level of the repository that the current folder is in, or "." where there is none.
func gitTopLevel(ctx context.Context) string {
	if top, sure := plainTopLevel(); sure {
		return top
	}
	cmd := exec.CommandContext(ctx, "git", "rev-parse", "--show-toplevel")
	cmd.Env = workspace.GitEnvironment(os.Environ())
	out, err := cmd.Output()
	if err != nil {
		return "."
	}
	return strings.TrimSuffix(string(out), "\n")
}

// plainTopLevel looks where git would look, without the milliseconds that git takes: an editor waits for them at each
// start. It is not sure where anything is out of the ordinary.
func plainTopLevel() (top string, sure bool) {
	for _, kv := range os.Environ() {
		if strings.HasPrefix(kv, "GIT_") {
			return "", false
		}
	}
	dir, err := os.Getwd()
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, bare := os.Lstat(filepath.Join(dir, "HEAD")); !errors.Is(bare, fs.ErrNotExist) {
			return "", false // it may be a repository itself
		}
		_, found := os.Lstat(filepath.Join(dir, ".git"))
		switch {
		case found == nil:
			return dir, plainRepository(filepath.Join(dir, ".git"))
		case !errors.Is(found, fs.ErrNotExist):
			return "", false
		case filepath.Dir(dir) == dir:
			return ".", true
		}
	}
	return "", false
}

// plainRepository reports whether a .git is a repository whose work tree is the folder that it is in.
func plainRepository(git string) bool {
	for _, name := range []string{"HEAD", "objects", "refs"} {
		if _, err := os.Stat(filepath.Join(git, name)); err != nil {
			return false
		}
	}
	config, err := os.ReadFile(filepath.Join(git, "config"))
	lower := bytes.ToLower(config)
	return err == nil && !bytes.Contains(lower, []byte("worktree")) && !bytes.Contains(lower, []byte("include")) &&
		!bytes.Contains(lower, []byte("bare = true"))
}
