package treesitter_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/treesitter"
)

// stamped are files whose entries have a stamp, as those of a disk have.
type stamped struct{ *enginetest.Files }

func (s stamped) List(ctx context.Context, dir string, recursive bool) ([]engine.Entry, error) {
	list, err := s.Files.List(ctx, dir, recursive)
	for i := range list {
		list[i].Stamp = 1
	}
	return list, err
}

// tenThousand are 10,000 files of 120 lines in three languages, each with five declarations, that use one another.
func tenThousand() stamped {
	contents := map[string]string{}
	for i := range 10_000 {
		dir := fmt.Sprintf("pkg%03d/", i%200)
		var body string
		switch i % 10 {
		default:
			body = fmt.Sprintf("package p\n\n// T%d is a type.\ntype T%[1]d struct{ n int }\n\n", i)
			for j := range 4 {
				body += fmt.Sprintf("// F%d_%d does it.\nfunc (t *T%[1]d) F%[1]d_%[2]d(a int) int {\n", i, j)
				for k := range 20 {
					body += fmt.Sprintf("\tif a > %d {\n\t\ta += helper%d(a, t.n)\n\t}\n", k, (i+k)%500)
				}
				body += "\treturn a\n}\n\n"
			}
			contents[fmt.Sprintf("%sf%d.go", dir, i)] = body
		case 8:
			for j := range 5 {
				body += fmt.Sprintf("class C%d_%d:\n    def run(self, a):\n", i, j)
				for k := range 20 {
					body += fmt.Sprintf("        a += helper%d(a)  # more\n", (i+k)%500)
				}
			}
			contents[fmt.Sprintf("%sf%d.py", dir, i)] = body
		case 9:
			for j := range 5 {
				body += fmt.Sprintf("export function g%d_%d(a: number): number {\n", i, j)
				for k := range 20 {
					body += fmt.Sprintf("  a += helper%d(a);\n", (i+k)%500)
				}
				body += "  return a;\n}\n"
			}
			contents[fmt.Sprintf("%sf%d.ts", dir, i)] = body
		}
	}
	return stamped{enginetest.NewFiles(contents)}
}

func benchDraft(b *testing.B, files engine.Files) engine.Draft {
	draft, release, err := (&enginetest.Workbench{Files: files}).Draft(b.Context(), engine.Run{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(release)
	return draft
}

// BenchmarkIndexBuild indexes 10,000 files. It reports what is kept of them.
func BenchmarkIndexBuild(b *testing.B) {
	files := tenThousand()
	draft := benchDraft(b, files)
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		viewer := treesitter.New(treesitter.Options{})
		index := treesitter.NewIndex(viewer, treesitter.IndexOptions{Files: files})
		if _, err := index.Symbols(b.Context(), draft, engine.FindQuery{Name: "T1", Max: 1}); err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		index.Close()
		viewer.Close()
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB-kept")
}

// BenchmarkIndexLookup asks an index of 10,000 files: for a declaration, for one that nobody has, for the uses of a name
// that hundreds of files have, and again right after a look at the files was due.
func BenchmarkIndexLookup(b *testing.B) {
	files := tenThousand()
	draft := benchDraft(b, files)
	viewer := treesitter.New(treesitter.Options{})
	defer viewer.Close()
	index := treesitter.NewIndex(viewer, treesitter.IndexOptions{Files: files, Fresh: 1 << 62})
	defer index.Close()
	looking := treesitter.NewIndex(viewer, treesitter.IndexOptions{Files: files, Fresh: -1})
	defer looking.Close()
	for _, c := range []struct {
		name, symbol string
		uses, look   bool
	}{
		{"declaration", "T5000.F5000_2", false, false}, {"none", "Nowhere", false, false}, {"uses", "helper42", true, false}, {"after-a-look", "T5000.F5000_2", false, true},
	} {
		find := index.Symbols
		switch {
		case c.uses:
			find = index.References
		case c.look:
			find = looking.Symbols
		}
		q := engine.FindQuery{Name: c.symbol, Max: 100}
		if _, err := find(b.Context(), draft, q); err != nil {
			b.Fatal(err)
		}
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := find(b.Context(), draft, q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
