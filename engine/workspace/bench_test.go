//go:build unix

package workspace_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/workspace"
)

// large is a repository of 10,000 files, no two alike, with the workspace over it and its folder.
func large(b *testing.B) (*workspace.Workspace, *folder) {
	dir := b.TempDir()
	data := []byte(strings.Repeat("a line of some source file\n", 200))
	for i := range 10_000 {
		name := filepath.Join(dir, fmt.Sprintf("d%d/e%d/f%d.go", i%20, i%400, i))
		must(b, os.MkdirAll(filepath.Dir(name), 0o755))
		must(b, os.WriteFile(name, fmt.Appendf(data, "%d\n", i), 0o644))
	}
	git := &folder{T: &testing.T{}, dir: dir}
	git.git("init", "-q")
	git.git("add", ".")
	git.git("commit", "-q", "-m", "first")
	w, err := workspace.Open(dir)
	must(b, err)
	b.Cleanup(func() { w.Close() })
	return w, git
}

// BenchmarkCommand is what a command costs on a repository of 10,000 files: the first one of a draft, which copies
// them, and a later one, which looks at them. List is the recursive list of the same.
func BenchmarkCommand(b *testing.B) {
	w, _ := large(b)
	bench, err := workspace.NewWorkbench(w, w, workspace.Options{Scratch: filepath.Join(b.TempDir(), "s")})
	must(b, err)
	run := func(d engine.Draft) {
		res, err := bench.Run(b.Context(), d, engine.ShellCommand{Line: "true"}, nil)
		if err != nil || !res.OK() {
			b.Fatal(res, err)
		}
	}
	b.Run("list", func(b *testing.B) {
		for b.Loop() {
			if list, err := w.List(b.Context(), ".", true); err != nil || len(list) != 10_000 {
				b.Fatal(len(list), err)
			}
		}
	})
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			d, release, err := bench.Draft(b.Context(), engine.Run{})
			must(b, err)
			run(d)
			release()
		}
	})
	b.Run("later", func(b *testing.B) {
		d, release, err := bench.Draft(b.Context(), engine.Run{})
		must(b, err)
		defer release()
		run(d)
		run(d)
		for b.Loop() {
			run(d)
		}
	})
}

// BenchmarkScratch is what a scratch folder costs on a repository of 10,000 files, from the draft to its first command,
// as a ratio to git worktree add in the same run: a first one, and one that was kept from an attempt before. What takes
// them away again is not counted, of either.
func BenchmarkScratch(b *testing.B) {
	w, git := large(b)
	took := map[string]time.Duration{}
	attempt := func(name string, bench *workspace.Workbench) {
		begun := time.Now()
		d, release, err := bench.Draft(b.Context(), engine.Run{})
		must(b, err)
		must(b, d.Write(b.Context(), "d1/new.go", []byte("new\n")))
		res, err := bench.Run(b.Context(), d, engine.ShellCommand{Line: "cat d1/new.go && echo x >left && echo y >d1/e1/f1.go"}, nil)
		if err != nil || !res.OK() {
			b.Fatal(res, err)
		}
		took[name] += time.Since(begun)
		release()
	}
	for i := 0; b.Loop(); i++ {
		tree := filepath.Join(b.TempDir(), "tree")
		begun := time.Now()
		git.git("worktree", "add", "-q", "--detach", tree)
		took["git"] += time.Since(begun)
		git.git("worktree", "remove", "--force", tree)
		bench, err := workspace.NewWorkbench(w, w, workspace.Options{Scratch: filepath.Join(b.TempDir(), "s"), Keep: 1})
		must(b, err)
		attempt("first", bench)
		attempt("again", bench)
		must(b, bench.Close())
	}
	b.ReportMetric(float64(took["git"].Milliseconds())/float64(b.N), "git-ms")
	for _, name := range []string{"first", "again"} {
		b.ReportMetric(float64(took[name])/float64(took["git"]), name+"/git")
	}
}
