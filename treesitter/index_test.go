package treesitter_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/treesitter"
)

func newIndex(t *testing.T, o treesitter.IndexOptions) *treesitter.Index {
	viewer := treesitter.New(treesitter.Options{})
	index := treesitter.NewIndex(viewer, o)
	t.Cleanup(func() {
		index.Close()
		viewer.Close()
	})
	return index
}

func TestFinderConformance(t *testing.T) {
	t.Parallel()
	enginetest.FinderConformance(t, func(t *testing.T, files *enginetest.Files) engine.Finder {
		return newIndex(t, treesitter.IndexOptions{Files: files, Fresh: -1})
	})
}

// found is each mention as path:line and what it is.
func found(f engine.Found) []string {
	var list []string
	for _, m := range f.Mentions {
		what := "in " + m.Symbol
		if m.Declares {
			what = m.Kind + " " + m.Symbol
		}
		list = append(list, m.Path+": "+what+": "+strings.TrimSpace(m.Text))
	}
	return list
}

// TestIndexLanguages: by syntax where there is a grammar, comments and strings are no uses; else by lines, which it says.
func TestIndexLanguages(t *testing.T) {
	t.Parallel()
	files := enginetest.NewFiles(map[string]string{
		"a.py":     "class Lexer:\n    \"\"\"scan is told of here\"\"\"\n    def scan(self):  # scan\n        return 'scan'\n\nprint(Lexer().scan())\n",
		"b.ts":     "export class Token {\n  scan(): string { return `scan ${this.scan()}`; }\n}\n",
		"c.rs":     "// scan\nfn scan() -> u8 { 1 }\n",
		"d.md":     "# scan\n",
		"e":        "#!/bin/sh\nscan() {\n  true\n}\n",
		"bin.go":   "scan\x00",
		"utf16.go": "\xff\xfes\x00",
	})
	draft := draftOf(t, files)
	index := newIndex(t, treesitter.IndexOptions{Files: files})
	got, err := index.References(t.Context(), draft, engine.FindQuery{Name: "scan", Max: 50})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"a.py: method Lexer.scan: def scan(self):  # scan",
		"a.py: in : print(Lexer().scan())",
		"b.ts: method Token.scan: scan(): string { return `scan ${this.scan()}`; }",
		"c.rs: function scan: fn scan() -> u8 { 1 }",
		"e: function scan: scan() {",
	}
	if !treesitter.HasTrees {
		want = nil // by lines a string and a docstring count as uses
	}
	if diff := cmp.Diff(want, found(got)); diff != "" && want != nil {
		t.Errorf("uses (-want +got): %s", diff)
	}
	if len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "by their lines alone") {
		t.Errorf("the notes are %q", got.Notes)
	}
	symbols, err := index.Symbols(t.Context(), draft, engine.FindQuery{Name: "scan", Max: 50})
	if want := map[bool]int{true: 4, false: 3}[treesitter.HasTrees]; err != nil || len(symbols.Mentions) != want { // by lines a method of TypeScript is not seen
		t.Errorf("symbols are %q, %v", found(symbols), err)
	}
}

// TestIndexFuzzily: what is not there exactly is found by a part of it, in any case, and any way of writing a method.
func TestIndexFuzzily(t *testing.T) {
	t.Parallel()
	files := enginetest.NewFiles(map[string]string{"a.go": "package a\n\ntype T struct{}\n\nfunc (t *T) ReadAll() {}\n\nfunc readAllFiles() {}\n"})
	draft := draftOf(t, files)
	index := newIndex(t, treesitter.IndexOptions{Files: files})
	for name, want := range map[string][]string{
		"readall":      {"a.go: method T.ReadAll: func (t *T) ReadAll() {}", "a.go: function readAllFiles: func readAllFiles() {}"},
		"(*T).ReadAll": {"a.go: method T.ReadAll: func (t *T) ReadAll() {}"},
		"T::ReadAll()": {"a.go: method T.ReadAll: func (t *T) ReadAll() {}"},
	} {
		got, err := index.Symbols(t.Context(), draft, engine.FindQuery{Name: name, Max: 5})
		if diff := cmp.Diff(want, found(got)); diff != "" || err != nil {
			t.Errorf("%s (-want +got): %s%v", name, diff, err)
		}
	}
	if _, err := index.Symbols(t.Context(), draft, engine.FindQuery{Name: " * ", Max: 5}); err == nil {
		t.Error("no name at all was looked for")
	}
}

// TestIndexOverlays: an editor's unsaved buffer hides the disk, and the draft hides the buffer.
func TestIndexOverlays(t *testing.T) {
	t.Parallel()
	files := enginetest.NewFiles(map[string]string{"a.go": "package a\n\nfunc onDisk() {}\n"})
	buffer := engine.File{Path: "a.go", Data: []byte("package a\n\nfunc inBuffer() {}\n"), Open: true}
	index := newIndex(t, treesitter.IndexOptions{Files: files, Overlays: func(context.Context) ([]engine.File, error) { return []engine.File{buffer}, nil }})
	draft := draftOf(t, &overlaid{Files: files, buffer: buffer})
	check := func(want ...string) {
		t.Helper()
		for _, name := range []string{"onDisk", "inBuffer", "inDraft"} {
			got, err := index.Symbols(t.Context(), draft, engine.FindQuery{Name: name, Max: 5})
			if there := len(got.Mentions) == 1; there != (name == want[0]) || err != nil {
				t.Errorf("%s: %q, %v; want %s", name, found(got), err, want[0])
			}
		}
	}
	check("inBuffer")
	if err := draft.Write(t.Context(), "a.go", []byte("package a\n\nfunc inDraft() {}\n")); err != nil {
		t.Fatal(err)
	}
	check("inDraft")
}

// overlaid is files with one open buffer.
type overlaid struct {
	*enginetest.Files
	buffer engine.File
}

func (o *overlaid) Read(ctx context.Context, p string) (engine.File, error) {
	if p == o.buffer.Path {
		return o.buffer, nil
	}
	return o.Files.Read(ctx, p)
}

func draftOf(t *testing.T, files engine.Files) engine.Draft {
	t.Helper()
	draft, release, err := (&enginetest.Workbench{Files: files}).Draft(t.Context(), engine.Run{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return draft
}

// TestIndexBounds: what is left out is said.
func TestIndexBounds(t *testing.T) {
	t.Parallel()
	contents := map[string]string{"large.go": "package p\n" + strings.Repeat("// x\n", 300_000)}
	for _, name := range []string{"a.go", "b.go", "c.go"} {
		contents[name] = "package p\n\nfunc many() {}\n"
	}
	files := enginetest.NewFiles(contents)
	index := newIndex(t, treesitter.IndexOptions{Files: files, MaxFiles: 2})
	got, err := index.Symbols(t.Context(), draftOf(t, files), engine.FindQuery{Name: "many", Max: 5})
	want := []string{"1 file larger than 1 MiB and not searched", "1 file not searched, because there are too many"}
	if diff := cmp.Diff(want, got.Notes); diff != "" || err != nil || len(got.Mentions) != 2 {
		t.Errorf("%q, %v, notes (-want +got): %s", found(got), err, diff)
	}
}

// TestIndexCloses: a closed index answers nobody, and keeps nobody waiting.
func TestIndexCloses(t *testing.T) {
	t.Parallel()
	files := enginetest.NewFiles(map[string]string{"a.go": "package a\n"})
	index := newIndex(t, treesitter.IndexOptions{Files: files})
	index.Close()
	if _, err := index.Symbols(t.Context(), draftOf(t, files), engine.FindQuery{Name: "a", Max: 5}); !errors.Is(err, context.Canceled) {
		t.Errorf("a closed index gave %v", err)
	}
}
