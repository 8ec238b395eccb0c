package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine/workspace"
)

// gitTopLevel is the top level of the repository that a folder is in, or the folder where there is none. An empty dir is
// the current folder.
func gitTopLevel(ctx context.Context, dir string) string {
	if top, sure := plainTopLevel(dir); sure {
		return top
	}
	cmd := exec.CommandContext(ctx, "git", "rev-parse", "--show-toplevel")
	cmd.Dir, cmd.Env = dir, workspace.GitEnvironment(os.Environ())
	if dir != "" {
		cmd.Env = slices.DeleteFunc(cmd.Env, ofCurrentRepository)
	}
	out, err := cmd.Output()
	if err != nil {
		return cmp.Or(dir, ".")
	}
	return strings.TrimSuffix(string(out), "\n")
}

// ofCurrentRepository reports whether a variable says to git which repository the current folder is of, whatever folder
// git is asked about. An editor that git itself has started has such.
func ofCurrentRepository(kv string) bool {
	name, _, _ := strings.Cut(kv, "=")
	return name == "GIT_DIR" || name == "GIT_WORK_TREE" || name == "GIT_COMMON_DIR"
}

// plainTopLevel looks where git would look, without the milliseconds that git takes: an editor waits for them at each
// start. It is not sure where anything is out of the ordinary.
func plainTopLevel(from string) (top string, sure bool) {
	for _, kv := range os.Environ() {
		if strings.HasPrefix(kv, "GIT_") {
			return "", false
		}
	}
	dir, err := from, error(nil)
	if dir == "" {
		dir, err = os.Getwd()
	}
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
			return cmp.Or(from, "."), true
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
