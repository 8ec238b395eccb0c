package workspace

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// Find says which folder is the workspace of start: explicit where it is not empty, else the top level of the git
// work tree that start is in, else start itself. The result is absolute, with its symbolic links resolved. The error
// wraps fs.ErrNotExist for a folder that is not there.
func Find(explicit, start string) (string, error) {
	if explicit != "" {
		return resolveFolder(explicit)
	}
	folder, err := resolveFolder(start)
	if err != nil {
		return "", err
	}
	for at := folder; ; {
		if isGitTop(at) {
			return at, nil
		}
		up := filepath.Dir(at)
		if up == at {
			return folder, nil
		}
		at = up
	}
}

func resolveFolder(p string) (string, error) {
	abs, err := filepath.Abs(p)
	if err != nil {
		return "", fmt.Errorf("finding the workspace: %w", err)
	}
	real, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return "", fmt.Errorf("finding the workspace: %w", err)
	}
	info, err := os.Stat(real)
	if err != nil {
		return "", fmt.Errorf("finding the workspace: %w", err)
	}
	if !info.IsDir() {
		return "", fmt.Errorf("finding the workspace: %s is not a folder: pass a folder as --root", real)
	}
	return real, nil
}

// isGitTop looks for what git itself puts at the top of a work tree: a repository, or a file that says where it is.
// It needs no git and no process, since every start of the program passes here.
func isGitTop(dir string) bool {
	git := filepath.Join(dir, ".git")
	info, err := os.Stat(git)
	if err != nil {
		return false
	}
	if info.IsDir() {
		_, err := os.Stat(filepath.Join(git, "HEAD"))
		return err == nil
	}
	data, err := os.ReadFile(git)
	return err == nil && bytes.HasPrefix(data, []byte("gitdir:"))
}
