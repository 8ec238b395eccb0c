//go:build unix

package workspace_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/workspace"
)

// BenchmarkCommand is what a command costs on a repository of 10,000 files: the first one of a draft, which copies
// them, and a later one, which looks at them. List is the recursive list of the same.
func BenchmarkCommand(b *testing.B) {
	dir := b.TempDir()
	data := []byte(strings.Repeat("a line of some source file\n", 200))
	for i := range 10_000 {
		name := filepath.Join(dir, fmt.Sprintf("d%d/e%d/f%d.go", i%20, i%400, i))
		must(b, os.MkdirAll(filepath.Dir(name), 0o755))
		must(b, os.WriteFile(name, data, 0o644))
	}
	git := &folder{T: &testing.T{}, dir: dir}
	git.git("init", "-q")
	git.git("add", ".")
	git.git("commit", "-q", "-m", "first")
	w, err := workspace.Open(dir)
	must(b, err)
	defer w.Close()
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
