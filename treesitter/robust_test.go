package treesitter_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/treesitter"
)

// hardFiles are contents that have broken viewers before. Each must give every kind of view.
func hardFiles() map[string][]byte {
	big := func(unit string, n int) []byte { return bytes.Repeat([]byte(unit), n/len(unit)+1) }
	return map[string][]byte{
		"empty.go":          nil,
		"empty.py":          nil,
		"only_bom.ts":       []byte("\xef\xbb\xbf"),
		"broken.go":         []byte("package p\n\nfunc a() {\n\tif x {\n\nfunc b() int {\n\treturn 1\n}\n\ntype T struct {\n"),
		"broken.py":         []byte("def a(:\n  x = (\nclass B\n    def c(self): return [\n\ndef d():\n    pass\n"),
		"broken.ts":         []byte("class A { f( { return 1 }\nexport function g() { return }}}}\n"),
		"no_package.go":     []byte("func a() {}\n"),
		"five_mb.go":        append([]byte("package p\n\n"), big("// F does it.\nfunc F(a, b int) int {\n\tfor a < b {\n\t\ta = a*2 + b/3\n\t}\n\treturn a\n}\n\n", 5<<20)...),
		"five_mb.py":        big("def f(a, b):\n    \"\"\"Doc.\"\"\"\n    while a < b:\n        a = a * 2 + b / 3\n    return a\n\n", 5<<20),
		"five_mb.ts":        big("export function f(a: number): number {\n  while (a < 9) { a = a * 2 + 1; }\n  return a;\n}\n", 5<<20),
		"five_mb.rs":        big("fn f(a: u8) -> u8 {\n    a + 1\n}\n", 5<<20),
		"one_line.js":       big("function f(a){return a*2+1}var x={a:1,b:[1,2,3]};", 1<<20),
		"one_line.go":       []byte("package p\n\nvar s = \"" + strings.Repeat("x", 1<<20) + "\"\n"),
		"one_line.py":       []byte("s = '" + strings.Repeat("x", 1<<20) + "'\n"),
		"one_line.txt":      big("words ", 1<<20),
		"one_comment.ts":    []byte("// " + strings.Repeat("x", 1<<20) + "\nexport const a = 1;\n"),
		"parens.go":         []byte("package p\n\nvar x = " + strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000) + "\n"),
		"parens.py":         []byte("x = " + strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000) + "\n"),
		"parens.js":         []byte("x = " + strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000) + "\n"),
		"open_parens.py":    []byte("x = " + strings.Repeat("(", 100_000)),
		"open_braces.ts":    []byte(strings.Repeat("{", 100_000)),
		"open_braces.go":    []byte("package p\nfunc f() " + strings.Repeat("{", 100_000)),
		"nested_classes.py": []byte(nestedClasses(300)),
		"sum.go":            []byte("package p\n\nvar x = 1" + strings.Repeat(" + 1", 100_000) + "\n"),
		"invalid.py":        []byte("def f():\n    return '\xff\xfe\x80'\n\ndef g(\xc3\x28):\n    pass\n"),
		"invalid.go":        []byte("package p\n\n// \xff\nfunc f() string { return \"\xff\" }\n"),
		"binary.go":         []byte("\x7fELF\x00\x00\x01\x02"),
		"utf16.ts":          utf16le("export function f() { return 1; }\n"),
		"errors.go":         append([]byte("package p\n"), big("func ( { ] ) var := \n", 300<<10)...),
	}
}

func nestedClasses(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + fmt.Sprintf("class C%d:\n", i))
	}
	return b.String() + strings.Repeat(" ", n) + "pass\n"
}

func utf16le(s string) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

func TestHardFilesGiveViews(t *testing.T) {
	viewer := treesitter.New(treesitter.Options{})
	defer viewer.Close()
	files := memFiles(hardFiles())
	for name, src := range files {
		t.Run(name, func(t *testing.T) {
			for _, kind := range []engine.ViewKind{engine.Skeleton, engine.Curated} {
				start := time.Now()
				view, err := viewer.View(t.Context(), files, engine.ViewRequest{Path: name, Kind: kind})
				if took := time.Since(start); took > treesitter.Patience {
					t.Errorf("%s took %v", kind, took)
				} else if took > time.Second {
					t.Logf("%s took %v", kind, took)
				}
				if err != nil {
					t.Fatal(err)
				}
				checkText(t, view, len(src))
			}
			o, err := viewer.Outline(t.Context(), name, src)
			if err != nil {
				t.Fatal(err)
			}
			checkSymbols(t, o, len(src))
		})
	}
}

func checkText(t *testing.T, view engine.View, size int) {
	t.Helper()
	if !utf8.ValidString(view.Text) || strings.Contains(view.Text, "\r") || strings.HasPrefix(view.Text, "\ufeff") {
		t.Errorf("%s view is not clean text", view.Kind)
	}
	if len(view.Text) > 3*size+1000 {
		t.Errorf("%s view has %d bytes, the file %d", view.Kind, len(view.Text), size)
	}
	if view.Fallback && (!strings.Contains(view.Text, "view by lines") || len(view.Notes) == 0) {
		t.Errorf("%s view is by lines and does not say so: %.100s", view.Kind, view.Text)
	}
}

func checkSymbols(t *testing.T, o engine.Outline, size int) {
	t.Helper()
	for _, s := range o.Symbols {
		ok := 0 <= s.Start && s.Start <= s.NameStart && s.NameStart <= s.NameEnd && s.NameEnd <= s.End && s.End <= size
		if !ok || s.Name == "" || s.Path == "" || s.Kind == "" {
			t.Errorf("symbol %+v of a file of %d bytes", s, size)
			return
		}
	}
}

// TestBrokenBuffersKeepTheirOutline: what stands around a syntax error is still found.
func TestBrokenBuffersKeepTheirOutline(t *testing.T) {
	t.Parallel()
	viewer := treesitter.New(treesitter.Options{})
	defer viewer.Close()
	tests := []struct{ name, src, want string }{
		{"a.go", "package p\n\nfunc a() {\n\tx :=\n}\n\nfunc b() {}\n\ntype T struct{ x int }\n\nfunc (t T) M() { foo( }\n\nfunc z() {}\n", "a b T T.M z"},
		{"a.go", "func a() {}\nfunc b() {}\n", "a b"},
		{"bad.go", "package p\n" + strings.Repeat("var = = 1\n", 30) + "func last() {}\n", "last"},
		{"a.go", "package p\nvar s = \"\xff\"\nfunc f() {}\n", "s f"},
	}
	for _, tt := range tests {
		o, err := viewer.Outline(t.Context(), tt.name, []byte(tt.src))
		if err != nil {
			t.Fatal(err)
		}
		have := map[string]bool{}
		for _, s := range o.Symbols {
			have[s.Path] = true
		}
		for _, w := range strings.Fields(tt.want) {
			if !have[w] && !o.Fallback {
				t.Errorf("%q: no symbol %s in %v", tt.src, w, have)
			}
		}
	}
}

// TestTextIsCleanWhateverTheEncoding: line endings, a byte order mark and UTF-16 change nothing in a view, and the
// spans of an outline are those of the bytes as they are.
func TestTextIsCleanWhateverTheEncoding(t *testing.T) {
	t.Parallel()
	viewer := treesitter.New(treesitter.Options{})
	defer viewer.Close()
	sources := map[string]string{
		"a.go": "package p\n\n// F does.\nfunc F() int {\n\treturn 1\n}\n",
		"a.py": "def f():\n    \"\"\"Doc.\"\"\"\n    return 1\n\n\nclass A:\n    x = 1\n",
		"a.ts": "/** Doc. */\nexport function f(): number {\n  return 1;\n}\n",
		"a.rs": "/// Doc.\nfn f() -> u8 {\n    1\n}\n",
	}
	for name, src := range sources {
		want := viewOf(t, viewer, name, []byte(src))
		crlf := strings.ReplaceAll(src, "\n", "\r\n")
		for what, data := range map[string][]byte{
			"CRLF":         []byte(crlf),
			"BOM":          []byte("\ufeff" + src),
			"BOM and CRLF": []byte("\ufeff" + crlf),
			"UTF-16":       utf16le(src),
		} {
			if got := viewOf(t, viewer, name, data); got != want {
				t.Errorf("%s with %s:\n%s\nwant:\n%s", name, what, got, want)
			}
			o, err := viewer.Outline(t.Context(), name, data)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range o.Symbols {
				if string(data[s.NameStart:s.NameEnd]) != s.Name {
					t.Errorf("%s with %s: %s is at %q", name, what, s.Name, data[s.NameStart:s.NameEnd])
				}
			}
		}
	}
}

func viewOf(t *testing.T, v *treesitter.Viewer, name string, src []byte) string {
	t.Helper()
	view, err := v.View(t.Context(), memFiles{name: src}, engine.ViewRequest{Path: name, Kind: engine.Skeleton})
	if err != nil {
		t.Fatal(err)
	}
	checkText(t, view, len(src))
	return view.Text
}

// TestViewErrors: the only errors of a view are those of its request and of reading the file.
func TestViewErrors(t *testing.T) {
	t.Parallel()
	viewer := treesitter.New(treesitter.Options{})
	defer viewer.Close()
	files := memFiles{"a.go": []byte("package p\n\nfunc Parse() {}\nfunc Print() {}\nfunc Other() {}\nfunc X() {}\n")}
	_, err := viewer.View(t.Context(), files, engine.ViewRequest{Path: "b.go", Kind: engine.Skeleton})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	_, err = viewer.View(t.Context(), files, engine.ViewRequest{Path: "a.go", Kind: engine.Targeted, Symbols: []string{"Parse", "Pars"}})
	var unknown *engine.SymbolError
	if !errors.As(err, &unknown) || unknown.Symbol != "Pars" || len(unknown.Nearest) != 3 || unknown.Nearest[0] != "Parse" {
		t.Errorf("unknown symbol: %v", err)
	}
	if _, err := viewer.View(t.Context(), files, engine.ViewRequest{Path: "a.go", Kind: "whole"}); err == nil {
		t.Error("a kind that is none: no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := viewer.View(ctx, files, engine.ViewRequest{Path: "a.go", Kind: "whole"}); err == nil {
		t.Error("a cancelled context: no error")
	}
}

// TestPassedBytesAreNotKept: the caller may change its bytes after a call, and what is cached of them stays right.
func TestPassedBytesAreNotKept(t *testing.T) {
	t.Parallel()
	viewer := treesitter.New(treesitter.Options{})
	defer viewer.Close()
	for name, text := range map[string]string{"a.go": "package p\n\nfunc first() {}\n", "a.py": "def first(): pass\n", "a.rs": "fn first() {}\n"} {
		src := []byte(text)
		if _, err := viewer.Outline(t.Context(), name, src); err != nil {
			t.Fatal(err)
		}
		copy(src, bytes.ReplaceAll(src, []byte("first"), []byte("other")))
		if got := viewOf(t, viewer, name, []byte(text)); !strings.Contains(got, "first") {
			t.Errorf("%s: the view of the first bytes is %q", name, got)
		}
		if got := viewOf(t, viewer, name, src); !strings.Contains(got, "other") {
			t.Errorf("%s: the view of the changed bytes is %q", name, got)
		}
	}
}

// fuzzNames gives each way to read a file its share of a fuzzer's time.
var fuzzNames = []string{"a.go", "a.py", "a.ts", "a.tsx", "a.js", "a.rs", "a.c", "a.txt"}

func FuzzViews(f *testing.F) {
	for name, src := range hardFiles() {
		for i, n := range fuzzNames {
			if len(src) < 4096 && filepath.Ext(n) == filepath.Ext(name) {
				f.Add(uint8(i), src)
			}
		}
	}
	f.Add(uint8(1), []byte("@a\nclass B(C):\n  'd'\n  async def e(self, *, f=1): return 1\n  x: int = {1:2}\n"))
	f.Add(uint8(3), []byte("export default class extends A<B> { @c d = () => <e f={g}>h</e>; static {} get i() {return 1} }"))
	f.Add(uint8(3), []byte("class {(!,0(){"))
	f.Add(uint8(0), []byte("package a\nimport \"b\"\nconst (c = iota; d)\ntype e[f any] struct { g, h int; i }\nfunc (j *e[f]) k() {}"))
	f.Add(uint8(2), []byte("class A{(!0A000 function ()0"))
	f.Add(uint8(0), []byte("package A0\nfunc\n"))
	f.Add(uint8(6), []byte("int a(void)\n{\n  b();\n}\n#!/bin/sh\n"))
	viewer := treesitter.New(treesitter.Options{CacheBytes: 1 << 20})
	f.Cleanup(viewer.Close)
	f.Fuzz(func(t *testing.T, kind uint8, src []byte) {
		name := fuzzNames[int(kind)%len(fuzzNames)]
		files := memFiles{name: src}
		o, err := viewer.Outline(t.Context(), name, src)
		if err != nil {
			t.Fatal(err)
		}
		checkSymbols(t, o, len(src))
		requests := []engine.ViewRequest{{Path: name, Kind: engine.Skeleton}, {Path: name, Kind: engine.Curated}}
		for i, s := range o.Symbols {
			if i < 5 {
				requests = append(requests, engine.ViewRequest{Path: name, Kind: engine.Targeted, Symbols: []string{s.Path}})
			}
		}
		for _, r := range requests {
			view, err := viewer.View(t.Context(), files, r)
			var unknown *engine.SymbolError
			if err != nil && !errors.As(err, &unknown) {
				t.Fatal(err)
			}
			if err == nil {
				checkText(t, view, 3*len(src))
			}
		}
	})
}
