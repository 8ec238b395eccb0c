package lsp

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/text"
)

// Places move along with changes around them: the text of a span that no change touches is the same text after them,
// whichever way it is looked up.
func FuzzMovedPlaces(f *testing.F) {
	f.Add(uint64(1), 5)
	f.Add(uint64(2), 40)
	f.Fuzz(func(t *testing.T, seed uint64, edits int) {
		r := rand.New(rand.NewPCG(seed, 2))
		now := strings.Repeat("abcdefgh\n", 20)
		const mark = "<<the marked text>>"
		start := r.IntN(len(now) + 1)
		now = now[:start] + mark + now[start:]
		before := text.Span{Start: start, End: start + len(mark)}
		d := &document{lineage: &lineage{}, parsed: &trackCell{}}
		for range uint(edits) % 100 {
			at := strings.Index(now, mark)
			from := r.IntN(len(now) + 1)
			to := min(len(now), from+r.IntN(6))
			if from < at+len(mark) && to > at || from == to && from == at {
				continue // it would touch the mark, or push it along while standing before it
			}
			repl := strings.Repeat("x", r.IntN(5))
			d.note(text.Span{Start: from, End: to}, len(repl))
			now = now[:from] + repl + now[to:]
		}
		since, ok := d.since(0)
		if !ok {
			t.Fatal("the changes were forgotten")
		}
		from, to := forward(since, before.Start, false), forward(since, before.End, true)
		if at := strings.Index(now, mark); from > at || to < at+len(mark) || to-from > len(mark)+5*len(since) {
			t.Fatalf("the mark is at %d, its span at [%d:%d]", at, from, to)
		}
		for i := 1; i < len(mark); i++ {
			if got := backward(since, strings.Index(now, mark)+i); got != start+i {
				t.Fatalf("byte %d of the mark was at %d, not at %d", i, start+i, got)
			}
		}
	})
}

func TestChangesAreBounded(t *testing.T) {
	t.Parallel()
	d := &document{lineage: &lineage{}, parsed: &trackCell{}}
	for range 10 * maxChanges {
		d.note(text.Span{}, 1)
	}
	if len(d.changes) > 2*maxChanges {
		t.Errorf("%d changes are kept", len(d.changes))
	}
	if _, ok := d.since(0); ok {
		t.Error("changes that were forgotten are said to be known")
	}
	d.lineage.learn(&known{stamp: d.stamp - 10})
	d.lineage.learn(&known{stamp: d.stamp - 20}) // late: it changes nothing
	for range 4 * maxChanges {
		d.note(text.Span{}, 1)
		if since, ok := d.since(d.lineage.newest.Load().stamp); !ok || len(since) != d.stamp-d.lineage.newest.Load().stamp {
			t.Fatalf("%d changes since the newest outline, want %d (%v)", len(since), d.stamp-d.lineage.newest.Load().stamp, ok)
		}
		if d.stamp%50 == 0 {
			d.lineage.learn(&known{stamp: d.stamp})
		}
	}
}

func TestReplacedText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		before, after string
		start, end, n int
	}{
		{"", "", 0, 0, 0}, {"abc", "abc", 3, 3, 0}, {"abc", "axc", 1, 2, 1}, {"aa", "aaa", 2, 2, 1}, {"abc", "", 0, 3, 0},
		{"one two", "one new two", 4, 4, 4},
	} {
		if span, n := replaced(tc.before, tc.after); span != (text.Span{Start: tc.start, End: tc.end}) || n != tc.n {
			t.Errorf("%q to %q: %v became %d bytes", tc.before, tc.after, span, n)
		}
	}
}

// gatedViewer finds `func NAME {...}` blocks, once the gate lets it.
type gatedViewer struct {
	gate  chan struct{} // one receive a call
	calls chan string   // the text of each call, after the gate
}

func (v *gatedViewer) Outline(_ context.Context, _ string, src []byte) (engine.Outline, error) {
	<-v.gate
	var out engine.Outline
	for at := 0; ; {
		i := strings.Index(string(src[at:]), "func ")
		if i < 0 {
			break
		}
		start := at + i
		end := start + strings.IndexByte(string(src[start:]), '}') + 1
		name, _, _ := strings.Cut(string(src[start+5:end]), " ")
		out.Symbols = append(out.Symbols, engine.Symbol{Name: name, Path: name, Start: start, End: end, NameStart: start + 5, NameEnd: start + 5 + len(name)})
		at = end
	}
	v.calls <- string(src)
	return out, nil
}

func (v *gatedViewer) View(context.Context, engine.Files, engine.ViewRequest) (engine.View, error) {
	return engine.View{}, io.ErrUnexpectedEOF
}

// A large document is answered about from the last outline, in places of the present text; the newer one comes
// without anybody waiting for it. A small one is never behind.
func TestOutlineOfLargeDocumentLags(t *testing.T) {
	t.Parallel()
	viewer := &gatedViewer{gate: make(chan struct{}, 9), calls: make(chan string, 9)}
	s := newSession(NewHub(Options{Root: "/w", Disk: enginetest.NewFiles(nil), Viewer: viewer}))
	background := make(chan func(context.Context), 9)
	s.later = func(do func(context.Context)) { background <- do }

	var b strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&b, "func F%d {\n\tbody %d\n}\n\n", i, i)
	}
	docs := openDocument(t, b.String())
	s.desk.set(docs)
	d := docs.get(testURI)
	viewer.gate <- struct{}{} // the first is waited for
	symbol := func(d *document, find string) engine.Symbol {
		t.Helper()
		m, err := s.outline(t.Context(), d)
		sym, ok := m.symbolAt(d, strings.Index(d.text(), find))
		if err != nil || !ok {
			t.Fatalf("no symbol at %q (%v)", find, err)
		}
		return sym
	}
	if got := symbol(d, "body 2000\n"); got.Name != "F2000" {
		t.Fatalf("found %+v", got)
	}
	changed, err := docs.changed(d, 2, []contentChange{{Range: rangeAt(0, 0), Text: new("// é𝄞 a new head\n\n")}, {Range: rangeAt(8003, 1), Text: new("more of the ")}})
	if err != nil {
		t.Fatal(err)
	}
	s.desk.set(docs.with(changed))
	got := symbol(changed, "body 2000\n") // the gate is shut: a parse would hang
	if got.Name != "F2000" || !strings.HasPrefix(changed.text()[got.Start:], "func F2000 {") || changed.text()[got.End-1] != '}' {
		t.Errorf("after the change: %+v is %q", got, changed.text()[got.Start:got.End])
	}
	symbol(changed, "body 7\n")
	if len(background) != 1 {
		t.Fatalf("%d outlines were begun in the background, want 1", len(background))
	}
	viewer.gate <- struct{}{}
	(<-background)(t.Context())
	if seen := <-viewer.calls; seen != b.String() {
		t.Error("the first outline was not of the first text")
	}
	if seen := <-viewer.calls; seen != changed.text() {
		t.Error("the second outline was not of the newest text")
	}
	if got := symbol(changed, "body 2000\n"); got.Name != "F2000" || len(background) != 0 {
		t.Errorf("with the new outline: %+v", got)
	}
}

func rangeAt(line, character int64) *struct{ Start, End *wirePosition } {
	p := &wirePosition{Line: &line, Character: &character}
	return &struct{ Start, End *wirePosition }{p, p}
}
