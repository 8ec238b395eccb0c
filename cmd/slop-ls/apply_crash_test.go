//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine/workspace"
)

// killedPatch changes, makes, moves and deletes.
const killedPatch = `*** Begin Patch
*** Update File: a.txt
@@
 one
-two
+2
*** Add File: new/b.txt
+made
*** Delete File: gone.txt
*** Update File: old.txt
*** Move to: new/moved.txt
@@
-was
+is
*** Update File: z.txt
@@
-last
+LAST
*** End Patch
`

// lastPatch changes nothing of what killedPatch does.
const lastPatch = "other.txt\n<<<<<<< SEARCH\nother\n=======\nOTHER\n>>>>>>> REPLACE\n"

// applyScene is a workspace that is patched.
type applyScene struct{ *doorScene }

func newApplyScene(t *testing.T) applyScene {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	mustNot(t, err)
	s := applyScene{&doorScene{t: t, dir: dir, root: filepath.Join(dir, "repo")}}
	for name, text := range oldFiles() {
		mustNot(t, os.MkdirAll(s.root, 0o755))
		mustNot(t, os.WriteFile(filepath.Join(s.root, name), []byte(text), 0o640))
	}
	return s
}

func oldFiles() map[string]string {
	return map[string]string{"a.txt": "one\ntwo\n", "gone.txt": "gone\n", "old.txt": "was\n", "z.txt": "last\n", "other.txt": "other\n"}
}

func newFiles() map[string]string {
	return map[string]string{"a.txt": "one\n2\n", "new/b.txt": "made\n", "new/moved.txt": "is\n", "z.txt": "LAST\n", "other.txt": "other\n"}
}

// files are all files below the root, also those that a delivery prepares.
func (s applyScene) files() map[string]string {
	found := map[string]string{}
	mustNot(s.t, filepath.WalkDir(s.root, func(p string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(p)
		rel, _ := filepath.Rel(s.root, p)
		found[filepath.ToSlash(rel)] = string(text)
		return err
	}))
	return found
}

// killed applies killedPatch and is ended by SIGKILL at the nth pass of a point.
func (s applyScene) killed(point string, n int) {
	s.t.Helper()
	s.failpoint = fmt.Sprintf("%s:%d", point, n)
	out, err := s.program(killedPatch, "apply", "--root", s.root)
	s.failpoint = ""
	if err == nil || !strings.Contains(err.Error(), "killed") {
		s.t.Fatalf("the apply was not killed at %s:%d: %v: %s", point, n, err, out)
	}
}

// intents are what is kept of deliveries under way.
func (s applyScene) intents() []string {
	kept, err := filepath.Glob(filepath.Join(s.dir, "home", "state", "slop-ls", "*", "apply", "*"))
	mustNot(s.t, err)
	return kept
}

// TestApplyKilled ends `slop-ls apply` at each of its points. What starts next, be it another apply or what a daemon
// opens, finds all files old or makes all new.
func TestApplyKilled(t *testing.T) {
	t.Parallel()
	points := map[string]int{workspace.PointKept: 1, workspace.PointStaged: 1, workspace.PointPut: 6, workspace.PointDone: 1}
	for point, passes := range points {
		for n := 1; n <= passes; n++ {
			for _, next := range []string{"apply", "house"} {
				if next == "house" && n > 2 {
					continue
				}
				t.Run(fmt.Sprintf("%s %d %s", point, n, next), func(t *testing.T) {
					t.Parallel()
					s := newApplyScene(t)
					s.killed(point, n)
					want := newFiles()
					if next == "apply" {
						out, err := s.program(lastPatch, "apply", "--root", s.root)
						if err != nil || !strings.Contains(out, "an apply that was killed is now finished: ") {
							t.Fatalf("%v: %s", err, out)
						}
						want["other.txt"] = "OTHER\n"
					} else if out, err := s.program("", "--standalone", "--root", s.root); err != nil && !strings.Contains(out, "exit") {
						t.Logf("standalone: %v: %s", err, out)
					}
					if diff := cmp.Diff(want, s.files()); diff != "" {
						t.Errorf("after the next start (-want +got):\n%s", diff)
					}
					if left := s.intents(); len(left) > 0 {
						t.Errorf("there is still %v", left)
					}
				})
			}
		}
	}
}

// TestApplyKilledAndChanged: where somebody has changed the same lines before the next start, what had arrived is taken
// back, and their change stays.
func TestApplyKilledAndChanged(t *testing.T) {
	t.Parallel()
	s := newApplyScene(t)
	s.killed(workspace.PointPut, 2)
	mustNot(t, os.WriteFile(filepath.Join(s.root, "z.txt"), []byte("mine\n"), 0o640))
	out, err := s.program(lastPatch, "apply", "--root", s.root)
	if err != nil || !strings.Contains(out, "taken back, since the same lines were changed") {
		t.Fatalf("%v: %s", err, out)
	}
	want := oldFiles()
	want["z.txt"], want["other.txt"] = "mine\n", "OTHER\n"
	if diff := cmp.Diff(want, s.files()); diff != "" {
		t.Errorf("taken back (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(filepath.Join(s.root, "gone.txt")); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("what was deleted is there again with %v, %v", info, err)
	}
}

// TestApplyBesideAnother: what a process that lives has under way is left to it.
func TestApplyBesideAnother(t *testing.T) {
	t.Parallel()
	s := newApplyScene(t)
	s.failpoint = workspace.PointPut + ":1:stop"
	stopped := s.command(killedPatch, "apply", "--root", s.root)
	mustNot(t, stopped.Start())
	awaitStopped(t, stopped.Process.Pid)
	s.failpoint = ""
	half := s.files()
	out, err := s.program(lastPatch, "apply", "--root", s.root, "--dry-run")
	if err != nil || !strings.Contains(out, "another apply is under way") {
		t.Errorf("a dry run beside it: %v: %s", err, out)
	}
	if out, err := s.program(lastPatch, "apply", "--root", s.root); err != nil || strings.Contains(out, "killed") {
		t.Errorf("beside it: %v: %s", err, out)
	}
	half["other.txt"] = "OTHER\n"
	if diff := cmp.Diff(half, s.files()); diff != "" {
		t.Errorf("beside it (-want +got):\n%s", diff)
	}
	mustNot(t, stopped.Process.Signal(syscall.SIGCONT))
	mustNot(t, stopped.Wait())
	want := newFiles()
	want["other.txt"] = "OTHER\n"
	if diff := cmp.Diff(want, s.files()); diff != "" {
		t.Errorf("when it went on (-want +got):\n%s", diff)
	}
}
