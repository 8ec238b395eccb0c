package lsp

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// listener is a session with a.go open at version 3.
func listener(t *testing.T) (*Hub, *Session) {
	t.Helper()
	h := NewHub(Options{Root: "/w", Disk: enginetest.NewFiles(nil)})
	s := newSession(h)
	h.sessions = append(h.sessions, s)
	docs, err := document.DidOpen(s.desk.Docs(), json.RawMessage(`{"textDocument":{"uri":"file:///w/a.go","languageId":"go","version":3,"text":"package a\n\nvar x int = nil\n"}}`))
	if err != nil {
		t.Fatal(err)
	}
	s.desk.Set(docs)
	s.stage = stageInitialized
	return h, s
}

func wantReport(t *testing.T, h *Hub, path string, want engine.DiagnosticReport) {
	t.Helper()
	got, err := h.Diagnostics(t.Context(), path)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("diagnostics of %q (-want +got): %s%v", path, diff, err)
	}
}

func said(line int, source, message string) string {
	return fmt.Sprintf(`{"range":{"start":{"line":%d,"character":0},"end":{"line":%[1]d,"character":1}},"severity":2,"code":7,"source":%q,"message":%q,"data":{"x":1}}`, line, source, message)
}

// TestDiagnosticsTold: what a client tells whole replaces what it told before, and our own is left out.
func TestDiagnosticsTold(t *testing.T) {
	t.Parallel()
	h, s := listener(t)
	wantReport(t, h, "a.go", engine.DiagnosticReport{})
	tell := func(uri string, version int, diagnostics string) {
		t.Helper()
		if err := s.Notified(wire.DiagnosticsMethod, json.RawMessage(fmt.Sprintf(`{"uri":%q,"version":%d,"diagnostics":[%s]}`, uri, version, diagnostics))); err != nil {
			t.Fatal(err)
		}
	}
	tell("file:///w/a.go", 3, said(2, "compiler", "nil is no int")+","+said(0, "slop-ls", "our own")+`,{"range":"broken"}`)
	tell("file:///w/sub/b.go", 0, said(0, "", "unused"))
	tell("file:///elsewhere/c.go", 1, said(0, "", "not ours"))
	a := engine.Problem{Path: "a.go", Line: 3, Severity: "warning", Source: "compiler", Message: "nil is no int"}
	b := engine.Problem{Path: "sub/b.go", Line: 1, Severity: "warning", Message: "unused"}
	wantReport(t, h, "a.go", engine.DiagnosticReport{Told: true, Problems: []engine.Problem{a}})
	wantReport(t, h, "", engine.DiagnosticReport{Told: true, Problems: []engine.Problem{a, b}})
	tell("file:///w/a.go", 2, "")
	wantReport(t, h, "a.go", engine.DiagnosticReport{Told: true, Notes: []string{"a.go has changed in the editor since that was said"}})
	if err := s.Notified(wire.DiagnosticsMethod, json.RawMessage(`{"uri":7}`)); err == nil {
		t.Error("what cannot be read was taken")
	}
	h.sessions = nil
	wantReport(t, h, "a.go", engine.DiagnosticReport{})
}

// TestDiagnosticsOverheard: what comes along with a request for code actions is of some lines only.
func TestDiagnosticsOverheard(t *testing.T) {
	t.Parallel()
	h, s := listener(t)
	ask := func(line int, diagnostics string) {
		t.Helper()
		params := fmt.Sprintf(`{"textDocument":{"uri":"file:///w/a.go"},"range":{"start":{"line":%d,"character":0},"end":{"line":%[1]d,"character":1}},"context":{"diagnostics":[%s],"only":["quickfix"]}}`, line, diagnostics)
		var p codeActionParams
		if err := json.Unmarshal([]byte(params), &p); err != nil {
			t.Fatal(err)
		}
		s.overheard(s.desk.Docs().ByPath("a.go"), p.Range, readable(p.Context.Diagnostics))
	}
	const partly = "a.go: only what the editor showed where the person was; there may be more"
	ask(1, "")
	wantReport(t, h, "a.go", engine.DiagnosticReport{})
	ask(2, said(2, "compiler", "nil is no int"))
	ask(0, said(0, "lint", "no comment"))
	first := engine.Problem{Path: "a.go", Line: 1, Severity: "warning", Source: "lint", Message: "no comment"}
	third := engine.Problem{Path: "a.go", Line: 3, Severity: "warning", Source: "compiler", Message: "nil is no int"}
	wantReport(t, h, "a.go", engine.DiagnosticReport{Told: true, Problems: []engine.Problem{first, third}, Notes: []string{partly}})
	ask(2, "")
	wantReport(t, h, "a.go", engine.DiagnosticReport{Told: true, Problems: []engine.Problem{first}, Notes: []string{partly}})
	if prepared, err := prepareCodeAction(view{docs: s.desk.Docs(), traits: s.traits()}, json.RawMessage(`{"textDocument":{"uri":"file:///w/a.go"},"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"context":{"diagnostics":[]}}`)); err != nil || prepared == nil {
		t.Error(err)
	}
}
