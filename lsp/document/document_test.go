package document

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine/text"
)

const testURI = "file:///w/a.go"

func openDocument(t testing.TB, content string) *Set {
	t.Helper()
	return openIn(t, text.UTF16, testURI, content)
}

func openIn(t testing.TB, enc text.Encoding, u uri.URI, content string) *Set {
	t.Helper()
	docs, err := None(enc, RootAt("/w")).Opened(protocol.TextDocumentItem{URI: u, LanguageID: "go", Version: 1, Text: content})
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

func TestOpenChangeClose(t *testing.T) {
	t.Parallel()
	docs := openDocument(t, "package a\n")
	if d := docs.Get(testURI); d == nil || d.Path != "a.go" || d.language != "go" || d.Version != 1 {
		t.Fatalf("after didOpen: %+v", d)
	}
	docs, err := DidChange(docs, json.RawMessage(`{"textDocument":{"uri":"file:///w/a.go","version":7},"contentChanges":[
		{"range":{"start":{"line":0,"character":8},"end":{"line":0,"character":9}},"rangeLength":1,"text":"bc"},
		{"range":{"start":{"line":0,"character":10},"end":{"line":0,"character":10}},"text":"d"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if d := docs.Get(testURI); d.Text() != "package bcd\n" || d.Version != 7 {
		t.Errorf("after didChange: %q, version %d", d.Text(), d.Version)
	}
	docs, err = DidClose(docs, json.RawMessage(`{"textDocument":{"uri":"file:///w/a.go"}}`))
	if err != nil || docs.Get(testURI) != nil {
		t.Errorf("after didClose: %v", err)
	}
	if _, err := DidChange(docs, json.RawMessage(`{"textDocument":{"uri":"file:///w/a.go","version":8},"contentChanges":[]}`)); err == nil {
		t.Error("a change of a closed document was accepted")
	}
}

func TestPathsOutsideTheRoot(t *testing.T) {
	t.Parallel()
	r := RootAt("/w")
	for u, want := range map[uri.URI]string{
		"file:///w/a/b.go": "a/b.go", "file:///w/a%20b.go": "a b.go", "file:///w/": "", "file:///other/a.go": "",
		"file:///w/../etc/passwd": "", "file:///w2/a.go": "", "untitled:x": "", "file://host/w/a.go": "",
	} {
		c, err := Canonical(u)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := r.rel(c); got != want || ok != (want != "") {
			t.Errorf("%s is %q, %v; want %q", u, got, ok, want)
		}
	}
}

// TestRootsOfClients: a client that goes through links to the workspace, or to a folder within, has its files known, and
// gets them spelled as it does.
func TestRootsOfClients(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	at := func(p string) string { return filepath.Join(dir, filepath.FromSlash(p)) }
	if err := os.MkdirAll(at("w/a/b"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(at("other"), 0o700); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"all": "w", "part": "w/a", "other/all": "w"} {
		if err := os.Symlink(at(to), at(link)); err != nil {
			t.Skip(err)
		}
	}
	for _, c := range []struct{ client, file, rel, top string }{
		{"w", "w/a/b/x", "a/b/x", "w/y"},
		{"w/a", "w/a/b/x", "a/b/x", "w/y"},
		{"all", "all/a/b/x", "a/b/x", "all/y"},
		{"all/a/b", "all/a/b/x", "a/b/x", "all/y"},
		{"part", "part/b/x", "a/b/x", "w/y"},
		{"part/b", "part/b/x", "a/b/x", "w/y"},
		{"other", "other/x", "", "w/y"},
		{"other/all", "other/all/a/x", "a/x", "other/all/y"},
		{"missing", "missing/x", "", "w/y"},
	} {
		r := Root{dirs: []string{at("w")}}.WithClient(uri.File(at(c.client)))
		if rel, ok := r.rel(uri.File(at(c.file))); rel != c.rel || ok != (c.rel != "") {
			t.Errorf("%s: %s is %q, %v; want %q", c.client, c.file, rel, ok, c.rel)
		}
		if rel, ok := r.rel(uri.File(at("w/a/z"))); rel != "a/z" || !ok {
			t.Errorf("%s: the file's own path is %q, %v", c.client, rel, ok)
		}
		if got := r.URI("y"); got != uri.File(at(c.top)) {
			t.Errorf("%s: a file at the top is %s, want %s", c.client, got, c.top)
		}
		if c.rel == "" {
			continue
		}
		if got := r.URI(c.rel); got != uri.File(at(c.file)) {
			t.Errorf("%s: %s is %s, want %s", c.client, c.rel, got, c.file)
		}
	}
}

// model is the plainest way to say what a change does: lines of units, joined again.
func model(s string, enc text.Encoding, line, col, endLine, endCol int, repl string) string {
	at := func(line, col int) int {
		offset := 0
		for range line {
			i := strings.IndexAny(s[offset:], "\r\n")
			if i < 0 {
				return len(s)
			}
			offset += i + 1
			if s[offset-1] == '\r' && strings.HasPrefix(s[offset:], "\n") {
				offset++
			}
		}
		units := 0
		for offset < len(s) && s[offset] != '\n' && s[offset] != '\r' {
			r, size := utf8.DecodeRuneInString(s[offset:])
			width := map[text.Encoding]int{text.UTF8: size, text.UTF16: utf16.RuneLen(r), text.UTF32: 1}[enc]
			if units+width > col {
				break
			}
			units += width
			offset += size
		}
		return offset
	}
	start, end := at(line, col), at(endLine, endCol)
	return s[:start] + repl + s[max(start, end):]
}

func FuzzDidChange(f *testing.F) {
	f.Add(uint64(1), "héllo\nwörld 𝄞\n", 0)
	f.Add(uint64(2), "", 1)
	f.Add(uint64(3), "a\n\n\nb𝄞𝄞", 2)
	f.Add(uint64(4), "a𝄞\r\n\r\r\nb\r\r\n𝄞c\n", 1)
	f.Fuzz(func(t *testing.T, seed uint64, start string, encoding int) {
		if !utf8.ValidString(start) {
			t.Skip("JSON carries no other text")
		}
		enc := []text.Encoding{text.UTF8, text.UTF16, text.UTF32}[uint(encoding)%3]
		r := rand.New(rand.NewPCG(seed, 1))
		docs, want := openIn(t, enc, testURI, start), start
		for version := 2; version < 12; version++ {
			repl := []string{"", "x", "é\n", "𝄞", "\n\n", "longer text", "\r\n", "\r"}[r.IntN(8)]
			l, c := r.IntN(5), r.IntN(9)
			el, ec := l+r.IntN(3), r.IntN(9)
			if el == l {
				ec += c
			}
			params := fmt.Sprintf(`{"textDocument":{"uri":%q,"version":%d},"contentChanges":[{"range":{"start":{"line":%d,"character":%d},`+
				`"end":{"line":%d,"character":%d}},"text":%q}]}`, testURI, version, l, c, el, ec, repl)
			var err error
			if docs, err = DidChange(docs, json.RawMessage(params)); err != nil {
				t.Fatal(err)
			}
			want = model(want, enc, l, c, el, ec, repl)
			if got := docs.Get(testURI).Text(); got != want {
				t.Fatalf("%s\ngot  %q\nwant %q", params, got, want)
			}
		}
	})
}

// Trap 12: URIs have one spelling inside.
func TestTrap12URIs(t *testing.T) {
	t.Parallel()
	a, errA := Canonical("file:///C:/x/ä.go")
	b, errB := Canonical("file:///c%3A/x/%C3%A4.go")
	if errA != nil || errB != nil || a != b {
		t.Errorf("%q (%v) and %q (%v) are one file", a, errA, b, errB)
	}
	for _, other := range []string{"untitled:Untitled-1", "http://example.com/a.go", "file://host/share/a.go", "slop:/a"} {
		u, err := Canonical(uri.URI(other))
		if err != nil {
			t.Errorf("%q: %v", other, err)
		}
		if p, ok := FilePath(u); ok {
			t.Errorf("%q became the path %q", other, p)
		}
	}
}

// Trap 14, found here: a change whose range cannot be read passes for a whole text.
func TestTrap14UnreadableRange(t *testing.T) {
	t.Parallel()
	docs := openDocument(t, "one\ntwo\n")
	docs, err := DidChange(docs, json.RawMessage(`{"textDocument":{"uri":"file:///w/a.go","version":2},"contentChanges":[`+
		`{"range":{"start":{"line":0,"character":-1},"end":{"line":0,"character":1}},"text":"fragment"}]}`))
	if err == nil {
		t.Error("the change was accepted")
	}
	if _, err := docs.Need("file:///w/a.go"); err == nil {
		t.Error("the document still counts as known")
	}
	docs, err = DidChange(docs, json.RawMessage(`{"textDocument":{"uri":"file:///w/a.go","version":3},"contentChanges":[{"text":"whole"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if d, err := docs.Need("file:///w/a.go"); err != nil || d.Text() != "whole" {
		t.Errorf("after a whole text it is %v (%v)", d, err)
	}
}
