package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPlainTopLevel wants of folders of all kinds what git says of them, or not to be sure.
func TestPlainTopLevel(t *testing.T) {
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "GIT_") {
			t.Setenv(name, "")
			if err := os.Unsetenv(name); err != nil { // Setenv puts it back
				t.Fatal(err)
			}
		}
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	in := func(path string, args ...string) {
		t.Helper()
		full := filepath.Join(dir, path)
		if err := os.MkdirAll(full, 0o755); err != nil {
			t.Fatal(err)
		}
		mustRun(t, full, "git", append([]string{"-c", "user.name=p", "-c", "user.email=p@example.org"}, args...)...)
	}
	in("plain", "init", "-q")
	in("plain", "commit", "-q", "--allow-empty", "-m", "one")
	in("plain", "worktree", "add", "-q", "--detach", filepath.Join(dir, "tree"))
	in("bare", "init", "-q", "--bare")
	in("elsewhere", "init", "-q")
	in("elsewhere", "config", "core.worktree", filepath.Join(dir, "plain"))
	if err := os.Symlink(filepath.Join(dir, "plain"), filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	for path, surely := range map[string]bool{
		"plain": true, "plain/a/b": true, "link/a": true, "outside/a": true, "tree": false, "bare": false, "bare/objects": false,
		"elsewhere": false, "plain/.git/refs": false, "broken/.git": false,
	} {
		full := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(full, 0o755); err != nil {
			t.Fatal(err)
		}
		t.Chdir(full)
		want := "."
		if out, err := exec.Command("git", "rev-parse", "--show-toplevel").Output(); err == nil {
			want = strings.TrimSuffix(string(out), "\n")
		}
		top, sure := plainTopLevel("")
		if sure && top != want || surely && !sure {
			t.Errorf("%s: %q, sure: %v; git says %q", path, top, sure, want)
		}
		t.Chdir(dir)
		if named := gitTopLevel(t.Context(), full); named != want && (want != "." || named != full) {
			t.Errorf("%s, by its name: %q; git says %q", path, named, want)
		}
	}
}
