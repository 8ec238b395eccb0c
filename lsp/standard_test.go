package lsp_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
)

// What every request may bring along, and what a client may turn on, on its way through each kind of server. What these
// do is told in request_tokens_test.go; testdata/wire/cancel.txtar has cancellations.

// pieces collects the partial results that a server sends.
type pieces struct {
	mu    sync.Mutex
	sizes []int
	seen  map[string]int // locations, as they came
}

// taken takes a piece out of what a server says.
func (p *pieces) taken(method string, params json.RawMessage) {
	var m struct {
		Token string
		Value []json.RawMessage
	}
	if method != protocol.MethodProgress || json.Unmarshal(params, &m) != nil || m.Token != "pieces" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sizes = append(p.sizes, len(m.Value))
	for _, v := range m.Value {
		p.seen[string(v)]++
	}
}

// A long list goes out in pieces, none lost and none twice, and all of them before the answer.
func TestPartialResultsArrive(t *testing.T) {
	t.Parallel()
	var track strings.Builder
	track.WriteString("-- " + mainDoc + " --\ntickets:\n  - id: T0\n    description: a\n")
	for i := range 450 {
		fmt.Fprintf(&track, "  - id: T%d\n    description: a\n    depends_on: [T0]\n", i+1)
	}
	modes(t, track.String(), func(t *testing.T, d *daemon) {
		got := pieces{seen: map[string]int{}}
		e := d.open(lsptest.WithConfig(func(cfg *client.Config) {
			others := cfg.Hooks.Notified
			cfg.Hooks.Notified = func(method string, params json.RawMessage) {
				got.taken(method, params)
				others(method, params)
			}
		}))
		must(t, e.Open(t.Context(), mainDoc))
		params := fmt.Sprintf(`{"textDocument":{"uri":%q},"position":{"line":1,"character":9},"context":{"includeDeclaration":false}`, e.URI(mainDoc))
		var whole, rest []json.RawMessage
		must(t, e.Call(t.Context(), protocol.MethodTextDocumentReferences, json.RawMessage(params+`}`), &whole))
		must(t, e.Call(t.Context(), protocol.MethodTextDocumentReferences, json.RawMessage(params+`,"partialResultToken":"pieces"}`), &rest))
		got.mu.Lock()
		defer got.mu.Unlock()
		if len(whole) != 450 || len(rest) != 0 || len(got.seen) != len(whole) || len(got.sizes) != 3 {
			t.Errorf("%d whole; in pieces of %v, %d different ones, and %d as the answer", len(whole), got.sizes, len(got.seen), len(rest))
		}
		for _, location := range whole {
			if n := got.seen[string(location)]; n != 1 {
				t.Errorf("%s came %d times", location, n)
			}
		}
	})
}

// custom waits for a notification with a text in it.
func custom(method, want string) lsptest.Expectation {
	return lsptest.Expectation{What: method + " with " + want, Check: func(s lsptest.State) lsptest.Verdict {
		for _, params := range s.Custom[method] {
			if strings.Contains(string(params), want) {
				return lsptest.Met
			}
		}
		return lsptest.Unmet
	}}
}

// What a client turned on it gets, and what went wrong with its session is in its log.
func TestTraceAndLogArrive(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		settle(t, e)
		if n := len(e.Seen().Custom[protocol.MethodLogTrace]); n != 0 {
			t.Errorf("%d traces before it was turned on", n)
		}
		must(t, e.Notify(t.Context(), protocol.MethodSetTrace, json.RawMessage(`{"value":"verbose"}`)))
		settle(t, e)
		e.Await(custom(protocol.MethodLogTrace, "workspace/executeCommand took "), custom(protocol.MethodLogTrace, "slop.status"))
		must(t, e.Notify(t.Context(), protocol.MethodTextDocumentDidOpen, json.RawMessage(`{"textDocument":7}`)))
		e.Await(custom(protocol.MethodWindowLogMessage, "a notification was ignored method=textDocument/didOpen"))
	})
}
