package lsp_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// asksItself is a client that asks for diagnostics, and again when it is told to; or, without refreshes, only says that
// it can ask.
func asksItself(r *refreshes, refreshes bool) lsptest.Option {
	return lsptest.WithConfig(func(c *client.Config) {
		c.Hooks.Asked = r.asked
		c.Initialize = []byte(fmt.Sprintf(`{"processId":null,"clientInfo":{"name":"x"},"rootUri":"file://%s","capabilities":{
			"textDocument":{"diagnostic":{"dynamicRegistration":true}},"workspace":{"diagnostics":{"refreshSupport":%t}},
			"window":{"showDocument":{"support":true}}}}`, c.Root, refreshes))
	})
}

// report is an answer to textDocument/diagnostic.
type report struct {
	Kind     string
	ResultID string
	Items    []struct {
		Severity int
		Message  string
	}
}

func (r report) has(message string) bool {
	for _, i := range r.Items {
		if strings.Contains(i.Message, message) {
			return true
		}
	}
	return false
}

func pull(t *testing.T, e *lsptest.Env, path, previous string) (r report) {
	t.Helper()
	params := map[string]any{"textDocument": map[string]any{"uri": e.URI(path)}}
	if previous != "" {
		params["previousResultId"] = previous
	}
	raw, err := json.Marshal(params)
	must(t, err)
	var answer json.RawMessage
	must(t, e.Call(t.Context(), protocol.MethodTextDocumentDiagnostic, json.RawMessage(raw), &answer))
	must(t, json.Unmarshal(answer, &r))
	return r
}

// awaitMore waits until a client was told to ask again more often than before.
func (r *refreshes) awaitMore(t *testing.T, before int) {
	t.Helper()
	wait(t, "a refresh of diagnostics", func() bool { return r.count(protocol.MethodWorkspaceDiagnosticRefresh) > before })
}

// pullUntil asks when it is told to, until a diagnostic is there, or is not.
func (r *refreshes) pullUntil(t *testing.T, e *lsptest.Env, path, message string, there bool) report {
	t.Helper()
	for {
		before := r.count(protocol.MethodWorkspaceDiagnosticRefresh)
		got := pull(t, e, path, "")
		if got.has(message) == there {
			return got
		}
		r.awaitMore(t, before)
	}
}

// A client that asks for diagnostics is published none. What it has already it is not told again; it is told to ask
// again when the state or the workspace has changed them, and asks by itself after typing.
func TestPullDiagnostics(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		told := noRefreshes()
		e := d.open(asksItself(told, true))
		must(t, e.Open(t.Context(), mainDoc))
		must(t, e.Open(t.Context(), "b.go"))
		clean := pull(t, e, mainDoc, "")
		if clean.Kind != "full" || len(clean.Items) != 0 || clean.ResultID == "" {
			t.Errorf("of a good document: %+v", clean)
		}
		if again := pull(t, e, mainDoc, clean.ResultID); again.Kind != "unchanged" || again.ResultID != clean.ResultID || again.Items != nil {
			t.Errorf("asked again: %+v", again)
		}
		whole := mustText(t, e, mainDoc)
		at := strings.Index(whole, "[T1]")
		must(t, e.Edit(t.Context(), mainDoc, text.Edit{Span: text.Span{Start: at + 1, End: at + 3}, New: "T9"}))
		bad := pull(t, e, mainDoc, clean.ResultID)
		if bad.Kind != "full" || len(bad.Items) != 1 || !bad.has("T9") || bad.Items[0].Severity != 1 {
			t.Errorf("after typing: %+v", bad)
		}
		must(t, e.SetText(t.Context(), mainDoc, strings.Replace(whole, "Lexer.Next", "Nobody", 1)))
		told.pullUntil(t, e, mainDoc, "Nobody", true) // which takes a look into the file
		must(t, e.SetText(t.Context(), mainDoc, whole))

		told.pullUntil(t, e, mainDoc, "Nobody", false)
		before := told.count(protocol.MethodWorkspaceDiagnosticRefresh)
		runTrack(t, e, mainTrack)
		told.awaitMore(t, before) // and not asked meanwhile
		asked := told.pullUntil(t, e, mainDoc, "A1 waits for you", true)
		if again := pull(t, e, mainDoc, asked.ResultID); again.Kind != "unchanged" {
			t.Errorf("while it waits: %+v", again)
		}
		must(t, e.Command(t.Context(), wire.ApprovalOpen, wire.ApprovalArgs{ID: "A1"}, nil))
		review := e.Await(lsptest.Shown("/A1.md")).Shown[0]
		content := mustText(t, e, review)
		must(t, e.SetText(t.Context(), review, strings.Replace(content, "<!-- slop:end prompt", "<!-- ", 1)))
		if damaged := pull(t, e, review, ""); len(damaged.Items) != 1 || damaged.Items[0].Severity != 1 {
			t.Errorf("of a damaged review: %+v", damaged)
		}
		must(t, e.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: "A1", Decision: wire.Reject}, nil))
		told.pullUntil(t, e, mainDoc, "A1 waits for you", false)

		for _, path := range []string{"b.go", "a.go"} { // one that is no document of ours, and one that is not open
			if other := pull(t, e, path, ""); other.Kind != "full" || len(other.Items) != 0 {
				t.Errorf("of %s: %+v", path, other)
			}
		}
		if n := len(e.Seen().Diagnostics); n != 0 {
			t.Errorf("%d documents were published as well", n)
		}
	})
}

// One that cannot be told to ask again is published everything, and answered nothing.
func TestPublishWithoutRefreshes(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(asksItself(noRefreshes(), false))
		if e.Result().Capabilities.DiagnosticProvider != nil {
			t.Error("it was promised answers")
		}
		must(t, e.Open(t.Context(), mainDoc))
		must(t, e.SetText(t.Context(), mainDoc, "tickets: 7\n"))
		e.Await(lsptest.DiagnosticCount(string(e.URI(mainDoc)), 1))
		params := json.RawMessage(`{"textDocument":{"uri":"` + string(e.URI(mainDoc)) + `"}}`)
		if err := e.Call(t.Context(), protocol.MethodTextDocumentDiagnostic, params, nil); err == nil || !strings.Contains(err.Error(), "publishes") {
			t.Errorf("asked: %v", err)
		}
	})
}
