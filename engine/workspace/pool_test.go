//go:build darwin || linux

package workspace_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/workspace"
)

func keepOne(o *workspace.Options) { o.Keep = 1 }

// openDraft is a draft that the test releases itself.
func (f *folder) openDraft() (engine.Draft, func()) {
	f.Helper()
	d, release, err := f.bench.Draft(f.Context(), engine.Run{Attempt: 1})
	must(f, err)
	return d, release
}

// TestNextDraftBeginsAnew: of what an attempt and its commands did, the next one in the same folder sees nothing.
func TestNextDraftBeginsAnew(t *testing.T) {
	t.Parallel()
	f := dirtyRepo(t, keepOne)
	const show = "find . -path ./.git -prune -o -print | sort; cat modified sub/exec untracked; git status --porcelain; git branch; git log --format=%s; git config core.pager; ls $TMPDIR"
	d, release := f.openDraft()
	fresh := f.sh(d, show+"; pwd")
	must(t, d.Write(t.Context(), "modified", []byte("drafted\n")))
	must(t, d.Write(t.Context(), "drafted", []byte("drafted\n")))
	must(t, d.Delete(t.Context(), "sub/exec"))
	f.sh(d, "echo x >left; mkdir -p deep/er; echo x >deep/er/x; mkdir locked; echo x >locked/x; chmod 0 locked; rm clean; echo x >untracked; echo x >$TMPDIR/x; rm -r sub; "+
		"ln -s / sub; git checkout -q -b other; git config core.pager evil; git -c user.name=x -c user.email=x@y commit -qam x; printf 'evil' >.git/hooks; rm moved2; mkdir moved2")
	release()
	f.wantScratches("one is kept", "slop-1")
	d, release = f.openDraft()
	f.wantOutput(d, show+"; pwd", fresh)
	release()
	f.put("untracked", "changed meanwhile\n")
	f.remove("clean")
	f.git("commit", "-q", "-m", "second")
	d, release = f.openDraft()
	f.wantOutput(d, "cat untracked; ls clean 2>/dev/null; git log --format=%s", "changed meanwhile\nsecond\nfirst\n")
	release()
	must(t, f.bench.Close())
	f.wantScratches("the workbench is closed")
}

func TestPoolIsBounded(t *testing.T) {
	t.Parallel()
	f := dirtyRepo(t, keepOne)
	var releases []func()
	for range 3 {
		d, release := f.openDraft()
		f.sh(d, "true")
		releases = append(releases, release)
	}
	f.wantScratches("three work", "slop-1", "slop-2", "slop-3")
	for _, release := range releases {
		release()
	}
	f.wantScratches("one is kept", "slop-1")
	_, last := f.openDraft()
	d, late := f.openDraft()
	f.sh(d, "true")
	must(t, f.bench.Close())
	late()
	last()
	f.wantScratches("released after the close")
}

func TestKeptForAWhile(t *testing.T) {
	t.Parallel()
	f := dirtyRepo(t, keepOne, func(o *workspace.Options) { o.KeepFor = 10 * time.Millisecond })
	d, release := f.openDraft()
	f.sh(d, "true")
	release()
	deadline := time.Now().Add(20 * time.Second)
	for {
		if _, err := os.Stat(filepath.Join(f.scratch, "slop-1")); errors.Is(err, os.ErrNotExist) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the scratch folder stays")
		}
		time.Sleep(5 * time.Millisecond)
	}
	must(t, f.bench.Close())
}

// TestBrought: what git ignores and commands need is there, is theirs to change, and is never the person's own.
func TestBrought(t *testing.T) {
	t.Parallel()
	for _, commit := range []bool{true, false} {
		f := openFolder(t, keepOne, func(o *workspace.Options) {
			o.Bring = []string{"node_modules", ".venv", "absent", "one.bin"}
			o.Hidden = func(p string) bool { return filepath.Base(p) == ".env" }
		})
		if commit {
			f.git("init", "-q")
			f.put(".gitignore", "node_modules\n.venv\n*.bin\nother\n")
		}
		f.put("a", "a\n")
		f.put("node_modules/m/index.js", "m\n")
		f.put("node_modules/m/.env", "secret\n")
		f.put("node_modules/.hidden/x", "x\n")
		f.put(".venv/bin/tool", "#!/bin/sh\n")
		f.put("one.bin", "one\n")
		if commit {
			f.put("other/x", "x\n")
			f.git("add", ".")
			f.git("commit", "-q", "-m", "first")
		}
		must(t, os.Chmod(filepath.Join(f.dir, ".venv/bin/tool"), 0o755))
		must(t, os.Symlink("m", filepath.Join(f.dir, "node_modules/link")))
		d, release := f.openDraft()
		f.wantOutput(d, "cat node_modules/m/index.js node_modules/link/index.js node_modules/.hidden/x one.bin; .venv/bin/tool; ls node_modules/m other 2>/dev/null; :", "m\nm\nx\none\nnode_modules/m:\nindex.js\n")
		got := f.sh(d, "echo installed >node_modules/m/index.js; echo new >node_modules/new; rm -r .venv")
		if got != "" {
			t.Errorf("what is brought along is the command's own, but it was told %q", got)
		}
		f.wantOutput(d, "cat node_modules/m/index.js node_modules/new; ls -d .venv 2>/dev/null; :", "installed\nnew\n")
		if f.content("node_modules/m/index.js") != "m\n" || f.content(".venv/bin/tool") == "" {
			t.Error("the person's own was changed")
		}
		release()
		f.put("node_modules/m/index.js", "upgraded\n")
		d, release = f.openDraft()
		f.wantOutput(d, "cat node_modules/m/index.js node_modules/.hidden/x; .venv/bin/tool; ls node_modules", "upgraded\nx\nlink\nm\n")
		release()
		must(t, f.bench.Close())
	}
}
