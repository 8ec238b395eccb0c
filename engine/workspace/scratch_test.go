//go:build unix

package workspace_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/workspace"
)

// sh runs a command on a draft, which must exit 0, and gives its output.
func (f *folder) sh(d engine.Draft, line string) string {
	f.Helper()
	res, err := f.bench.Run(f.Context(), d, engine.ShellCommand{Line: line}, nil)
	must(f, err)
	if !res.OK() {
		f.Fatalf("%s: %+v", line, res)
	}
	return res.Output
}

func (f *folder) wantOutput(d engine.Draft, line, want string) {
	f.Helper()
	if diff := cmp.Diff(want, f.sh(d, line)); diff != "" {
		f.Errorf("%s (-want +got):\n%s", line, diff)
	}
}

// dirtyRepo is a repository with a file of each kind that a person may have lying about.
func dirtyRepo(t *testing.T, set ...func(*workspace.Options)) *folder {
	f := openFolder(t, set...)
	f.git("init", "-q")
	for _, p := range []string{"clean", "modified", "staged", "deleted", "removed", "moved", "sub/exec"} {
		f.put(p, "committed "+p+"\n")
	}
	f.put(".gitignore", "ignored\n")
	must(t, os.Chmod(filepath.Join(f.dir, "sub/exec"), 0o755))
	must(t, os.Symlink("clean", filepath.Join(f.dir, "link")))
	must(t, os.Symlink(filepath.Join(f.dir, "sub"), filepath.Join(f.dir, "abs")))
	f.git("add", ".")
	f.git("commit", "-q", "-m", "first")
	f.put("stashed", "s")
	f.git("add", "stashed")
	f.git("stash", "-q")
	f.put("modified", "modified now\n")
	f.put("staged", "staged now\n")
	f.git("add", "staged")
	f.put("staged", "and changed since\n")
	f.remove("deleted")
	f.git("rm", "-q", "removed")
	f.git("mv", "moved", "moved2")
	f.put("untracked", "untracked\n")
	f.put("ignored", "ignored\n")
	return f
}

// person is everything of git's that is the person's own.
func (f *folder) person() string {
	f.Helper()
	index, err := os.ReadFile(filepath.Join(f.dir, ".git", "index"))
	must(f, err)
	config, err := os.ReadFile(filepath.Join(f.dir, ".git", "config"))
	must(f, err)
	return strings.Join([]string{
		engine.ContentHash(index), string(config), f.git("status", "--porcelain"), f.git("stash", "list"),
		f.git("for-each-ref"), f.git("worktree", "list"), f.git("reflog"), f.git("symbolic-ref", "HEAD"),
	}, "\n--\n")
}

func TestScratchHasWhatThePersonHas(t *testing.T) {
	t.Parallel()
	f := dirtyRepo(t)
	must(t, os.MkdirAll(filepath.Join(f.dir, ".git", "hooks"), 0o755))
	hook := "#!/bin/sh\ntouch " + filepath.Join(f.dir, "hook-ran") + "\n"
	for _, h := range []string{"post-checkout", "post-index-change", "reference-transaction", "pre-commit", "fsmonitor"} {
		must(t, os.WriteFile(filepath.Join(f.dir, ".git", "hooks", h), []byte(hook), 0o755))
	}
	f.git("config", "core.fsmonitor", filepath.Join(f.dir, ".git", "hooks", "fsmonitor"))
	f.git("status")
	f.remove("hook-ran")
	before := f.person()
	f.remove("hook-ran")
	d, release, err := f.bench.Draft(t.Context(), engine.Run{})
	must(t, err)
	must(t, d.Write(t.Context(), "modified", []byte("drafted\n")))
	must(t, d.Write(t.Context(), "fresh/file", []byte("fresh\n")))
	must(t, d.Delete(t.Context(), "clean"))
	f.wantOutput(d, "find . -type f -not -path './.git/*' | sort | while read f; do echo $f: $(cat $f); done", strings.Join([]string{
		"./.gitignore: ignored", "./fresh/file: fresh", "./modified: drafted", "./moved2: committed moved",
		"./staged: and changed since", "./sub/exec: committed sub/exec", "./untracked: untracked", "",
	}, "\n"))
	f.wantOutput(d, "test -x sub/exec && test -L link && ls abs", "exec\n")
	f.wantOutput(d, `case $(realpath abs) in "$PWD"/*) echo inside; esac`, "inside\n")
	f.wantOutput(d, "git log --format=%s; git status --porcelain", "first\n M abs\n D clean\n D deleted\n M modified\n D moved\n D removed\n M staged\n?? fresh/\n?? moved2\n?? untracked\n")
	f.sh(d, "git add -A && git -c user.name=x -c user.email=x@y commit -q -m x && git branch mine && git tag v9 && git config core.pager evil")
	if got := f.sh(d, "git log --format=%s; git branch --show-current; echo z >modified; git -c user.name=x -c user.email=x@y stash -q && git stash list | wc -l"); !strings.HasPrefix(got, "x\nfirst\nmain\n1\n") {
		t.Errorf("git in the scratch says %q", got)
	}
	f.wantOutput(d, "git fsck 2>&1 | grep -v dangling; :", "")
	release()
	release()
	if _, err := os.Stat(filepath.Join(f.dir, "hook-ran")); err == nil {
		t.Error("a hook of the person's ran")
	}
	if diff := cmp.Diff(before, f.person()); diff != "" {
		t.Errorf("what is the person's has changed (-before +after):\n%s", diff)
	}
	if left, _ := os.ReadDir(f.scratch); len(left) > 0 {
		t.Errorf("there is left %v", left)
	}
	if _, err := os.Stat(filepath.Join(f.dir, ".git", "worktrees")); err == nil {
		t.Error(".git/worktrees is left")
	}
	if _, err := f.bench.Run(t.Context(), d, engine.ShellCommand{Line: "true"}, nil); err == nil {
		t.Error("a command ran after the release")
	}
}

func TestScratchLayers(t *testing.T) {
	t.Parallel()
	for _, commit := range []bool{true, false} {
		var buffer []engine.File
		f := openFolder(t, func(o *workspace.Options) {
			o.Overlays = func(context.Context) ([]engine.File, error) { return buffer, nil }
		})
		if commit {
			f.git("init", "-q")
		}
		for _, p := range []string{"a", "b", "c"} {
			f.put(p, "1\n")
		}
		if commit {
			f.git("add", ".")
			f.git("commit", "-q", "-m", "first")
		}
		ctx, d := t.Context(), f.draft()
		const show = `for f in *; do printf "$f:%s " "$(cat $f)"; done`
		f.wantOutput(d, show, "a:1 b:1 c:1 ")
		f.put("a", "2\n")
		f.remove("b")
		f.wantOutput(d, show, "a:2 c:1 ")
		buffer = []engine.File{{Path: "c", Data: []byte("buffer\n"), Open: true}, {Path: "unsaved", Data: []byte("u\n"), Open: true}}
		f.wantOutput(d, show, "a:2 c:buffer unsaved:u ")
		must(t, d.Write(ctx, "c", []byte("draft\n")))
		must(t, d.Write(ctx, "e", []byte("new\n")))
		f.wantOutput(d, show, "a:2 c:draft e:new unsaved:u ")
		buffer = nil
		must(t, d.Rename(ctx, "e", "f"))
		f.wantOutput(d, show, "a:2 c:draft f:new ")
		must(t, d.Write(ctx, "c", []byte("1\n")))
		must(t, d.Delete(ctx, "f"))
		f.wantOutput(d, show, "a:2 c:1 ")
		must(t, d.Delete(ctx, "c"))
		f.wantOutput(d, show, "a:2 ")
	}
}

// TestChangeWithinTheClock changes a file in a way that neither its size nor its time shows.
func TestChangeWithinTheClock(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	f.put("a", "1\n")
	name := filepath.Join(f.dir, "a")
	info, err := os.Stat(name)
	must(t, err)
	d := f.draft()
	f.wantOutput(d, "cat a", "1\n")
	f.put("a", "2\n")
	must(t, os.Chtimes(name, time.Time{}, info.ModTime()))
	f.wantOutput(d, "cat a", "2\n")
}

func TestWhatACommandWrites(t *testing.T) {
	t.Parallel()
	f := dirtyRepo(t)
	d := f.draft()
	must(t, d.Write(t.Context(), "mine", []byte("draft\n")))
	got := f.sh(d, "echo x >mine; rm clean; mkdir made; echo built >made/out; rm -r sub; ln -s /etc sub; echo tmp >$TMPDIR/t; echo done")
	want := "done\n\n[slop-ls: the command changed files of the scratch worktree. They are put back before the next command, " +
		"and the draft does not have the change: clean, mine, sub/exec]\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	f.wantOutput(d, "cat mine clean made/out sub/exec $TMPDIR/t", "draft\ncommitted clean\nbuilt\ncommitted sub/exec\ntmp\n")
	if got, err := d.Read(t.Context(), "made/out"); err == nil {
		t.Errorf("the draft has what a command wrote: %q", got.Data)
	}
	set, err := d.Changes(t.Context())
	must(t, err)
	if len(set.Files) != 1 {
		t.Errorf("changes: %+v", set.Files)
	}
}

// TestNoWriteThroughALink has a command leave second names of the person's files where the draft will write.
func TestNoWriteThroughALink(t *testing.T) {
	t.Parallel()
	f := dirtyRepo(t, func(o *workspace.Options) { o.Sandbox.Mode = workspace.SandboxOff }) // which would hold the command
	d := f.draft()
	f.sh(d, "rm modified; ln "+filepath.Join(f.dir, "clean")+" modified || cp clean modified; rm untracked; ln -s "+
		filepath.Join(f.dir, "clean")+" untracked; ln -s "+f.dir+" out; ln "+filepath.Join(f.dir, "clean")+" fresh || :")
	for _, p := range []string{"modified", "untracked", "out/clean", "fresh"} {
		must(t, d.Write(t.Context(), p, []byte("draft\n")))
	}
	f.wantOutput(d, "cat modified untracked out/clean fresh", "draft\ndraft\ndraft\ndraft\n")
	if got := f.content("clean"); got != "committed clean\n" {
		t.Errorf("the person's file is now %q", got)
	}
}

func TestDraftCannotRedirectGit(t *testing.T) {
	t.Parallel()
	f := dirtyRepo(t)
	d := f.draft()
	if err := d.Write(t.Context(), "sub/.git/config", []byte("x")); err == nil {
		t.Error("the draft takes git's settings")
	}
	f.wantOutput(d, "ls -A sub; git log --format=%s", "exec\nfirst\n")
}

func TestUnbornHead(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	f.git("init", "-q")
	f.put(".gitignore", "ignored\n")
	f.put("ignored", "x")
	f.put("a", "a\n")
	f.git("add", "a")
	d, release, err := f.bench.Draft(t.Context(), engine.Run{})
	must(t, err)
	f.wantOutput(d, "ls -A; git status 2>&1 | head -n 1", ".gitignore\na\nfatal: not a git repository (or any of the parent directories): .git\n")
	release()
	if left, _ := os.ReadDir(f.scratch); len(left) > 0 {
		t.Errorf("there is left %v", left)
	}
}

// TestWorkspaceBelowTheTop is a workspace that is a folder of a larger repository: its commands see all of that.
func TestWorkspaceBelowTheTop(t *testing.T) {
	t.Parallel()
	whole := dirtyRepo(t)
	whole.put("svc/a/main", "1\n")
	f := openAt(t, filepath.Join(whole.dir, "svc", "a"))
	d := f.draft()
	must(t, d.Write(t.Context(), "main", []byte("2\n")))
	f.wantOutput(d, "cat main ../../untracked; basename $PWD", "2\nuntracked\na\n")
}

func TestDraftsAreApart(t *testing.T) {
	t.Parallel()
	f := dirtyRepo(t)
	const n = 4
	fail := make(chan error, n)
	for i := range n {
		go func() {
			fail <- func() error {
				d, release, err := f.bench.Draft(t.Context(), engine.Run{})
				if err != nil {
					return err
				}
				defer release()
				mine := fmt.Sprintf("draft %d\n", i)
				for range 3 {
					if err := d.Write(t.Context(), "clean", []byte(mine)); err != nil {
						return err
					}
					res, err := f.bench.Run(t.Context(), d, engine.ShellCommand{Line: "cat clean; ls made-*; touch made-" + fmt.Sprint(i)}, nil)
					if err != nil {
						return err
					}
					if !strings.HasPrefix(res.Output, mine) || strings.Count(res.Output, "made-") > 1+strings.Count(res.Output, "cannot") {
						return fmt.Errorf("draft %d saw %q", i, res.Output)
					}
				}
				return nil
			}()
		}()
	}
	for range n {
		if err := <-fail; err != nil {
			t.Error(err)
		}
	}
	if list := f.git("worktree", "list"); strings.Count(list, "\n") != 1 {
		t.Errorf("worktrees left:\n%s", list)
	}
}

// TestSweep kills a process that has a scratch worktree and a command running in it.
func TestSweep(t *testing.T) {
	if dir := os.Getenv("SLOP_TEST_SWEEP"); dir != "" {
		f := openAt(t, dir, func(o *workspace.Options) { o.Scratch = os.Getenv("SLOP_TEST_SCRATCH") })
		d := f.draft()
		_, _ = f.bench.Run(t.Context(), d, engine.ShellCommand{Line: "sleep 1234 & echo $! $$; wait"}, func(p []byte) { _, _ = os.Stdout.Write(p) })
		return
	}
	t.Parallel()
	f := dirtyRepo(t)
	mine := f.draft()
	f.wantOutput(mine, "echo live", "live\n")
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command(self, "-test.run=^TestSweep$")
	cmd.Env = append(os.Environ(), "SLOP_TEST_SWEEP="+f.dir, "SLOP_TEST_SCRATCH="+f.scratch)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var sleeper, shell int
	_, err = fmt.Fscan(out, &sleeper, &shell)
	must(t, err)
	must(t, f.bench.Sweep(t.Context())) // both are alive
	f.wantScratches("two are alive", "slop-1", "slop-2")
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	waitDead(t, sleeper)
	waitDead(t, shell)
	must(t, f.bench.Sweep(t.Context()))
	f.wantScratches("one is alive", "slop-1")
	f.wantOutput(mine, "echo still live", "still live\n")
	d2, release, err := f.bench.Draft(t.Context(), engine.Run{})
	must(t, err)
	f.wantOutput(d2, "cat clean; basename $PWD", "committed clean\nslop-2\n")
	release()
}

// wantScratches compares the scratch folders that are there.
func (f *folder) wantScratches(when string, want ...string) {
	f.Helper()
	found, err := os.ReadDir(f.scratch)
	must(f, err)
	var got []string
	for _, e := range found {
		if e.IsDir() && filepath.Ext(e.Name()) == "" {
			got = append(got, e.Name())
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("%s (-want +got):\n%s", when, diff)
	}
}

func waitDead(t *testing.T, pid int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for alive(pid) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d lives on", pid)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// TestScratchesSideBySide makes many at a time, of one repository.
func TestScratchesSideBySide(t *testing.T) {
	t.Parallel()
	f := dirtyRepo(t)
	for range 8 {
		errs := make(chan error)
		const side = 8
		for range side {
			go func() {
				d, release, err := f.bench.Draft(t.Context(), engine.Run{Attempt: 1})
				if err == nil {
					_, err = f.bench.Run(t.Context(), d, engine.ShellCommand{Line: "true"}, nil)
					release()
				}
				errs <- err
			}()
		}
		for range side {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	}
	if left := f.git("worktree", "list"); strings.Count(left, "\n") != 1 {
		t.Errorf("worktrees are left:\n%s", left)
	}
}
