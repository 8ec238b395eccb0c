package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/document"
)

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

const sourceURI = "file:///w/a.go"

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
	docs, err := document.None(text.UTF16, document.RootAt("/w")).Opened(protocol.TextDocumentItem{URI: sourceURI, Text: b.String()})
	if err != nil {
		t.Fatal(err)
	}
	s.desk.Set(docs)
	d := docs.Get(sourceURI)
	viewer.gate <- struct{}{} // the first is waited for
	symbol := func(d *document.Document, find string) engine.Symbol {
		t.Helper()
		m, err := s.outline(t.Context(), d)
		sym, ok := m.SymbolAt(d, strings.Index(d.Text(), find))
		if err != nil || !ok {
			t.Fatalf("no symbol at %q (%v)", find, err)
		}
		return sym
	}
	if got := symbol(d, "body 2000\n"); got.Name != "F2000" {
		t.Fatalf("found %+v", got)
	}
	docs, err = document.DidChange(docs, json.RawMessage(`{"textDocument":{"uri":"`+sourceURI+`","version":2},"contentChanges":[
		{"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"text":"// é𝄞 a new head\n\n"},
		{"range":{"start":{"line":8003,"character":1},"end":{"line":8003,"character":1}},"text":"more of the "}]}`))
	if err != nil {
		t.Fatal(err)
	}
	s.desk.Set(docs)
	changed := docs.Get(sourceURI)
	got := symbol(changed, "body 2000\n") // the gate is shut: a parse would hang
	if got.Name != "F2000" || !strings.HasPrefix(changed.Text()[got.Start:], "func F2000 {") || changed.Text()[got.End-1] != '}' {
		t.Errorf("after the change: %+v is %q", got, changed.Text()[got.Start:got.End])
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
	if seen := <-viewer.calls; seen != changed.Text() {
		t.Error("the second outline was not of the newest text")
	}
	if got := symbol(changed, "body 2000\n"); got.Name != "F2000" || len(background) != 0 {
		t.Errorf("with the new outline: %+v", got)
	}
}
