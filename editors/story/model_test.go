package story

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/slop-ls/slop-ls/engine/scripted"
)

// What the model says first, and how that ends: between the two it can be held.
const (
	firstWords = "The result is overwritten"
	lastWords  = "so that every amount counts."
)

// model is a scripted model behind a door, which holds a reply in its middle until it is let go.
type model struct {
	*scripted.Server
	door *httptest.Server

	mu   sync.Mutex
	hold chan struct{} // closed when replies may pass; nil: they pass
}

// startModel starts a model that mends the story's file in three turns: it looks, which is asked for, edits, and ends.
func startModel(t *testing.T) *model {
	t.Helper()
	say := func(turn int, text, tool string, args map[string]any) scripted.Rule {
		raw, err := json.Marshal(args)
		if err != nil {
			t.Fatal(err)
		}
		return scripted.Rule{Turn: scripted.At(turn), Reply: scripted.Reply{
			Text: text, Calls: []scripted.Call{{Name: tool, Arguments: string(raw)}},
		}}
	}
	server, err := scripted.Start(scripted.Script{Rules: []scripted.Rule{
		say(0, firstWords+" in each turn of the loop.\n"+strings.Repeat("It has to be added to.\n", 12)+lastWords,
			"run_command", map[string]any{"command": "wc -l " + sourceName}),
		say(1, "Now the change.", "edit_file", map[string]any{"path": sourceName, "search": before, "replace": after}),
		say(2, "", "finish", map[string]any{"status": "done", "summary": "total adds up"}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	m := &model{Server: server}
	m.door = httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host },
		FlushInterval:  -1,
		ModifyResponse: m.guard,
	})
	t.Cleanup(func() { server.Close(); m.door.Close() })
	return m
}

// config is a configuration that names the model.
func (m *model) config() string {
	var b strings.Builder
	for _, tier := range []string{"orchestrator", "tech_lead", "worker", "qa"} {
		fmt.Fprintf(&b, "[tiers.%s]\nprovider = \"local\"\nmodels = [\"small\"]\n", tier)
	}
	fmt.Fprintf(&b, "[providers.local]\nkind = \"openai\"\nbase_url = %q\n", m.door.URL+"/v1")
	return b.String()
}

// holdReplies makes the next replies stop in their middle until the returned function is called.
func (m *model) holdReplies() (release func()) {
	held := make(chan struct{})
	m.mu.Lock()
	m.hold = held
	m.mu.Unlock()
	return sync.OnceFunc(func() {
		m.mu.Lock()
		m.hold = nil
		m.mu.Unlock()
		close(held)
	})
}

func (m *model) guard(r *http.Response) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.hold != nil {
		r.Body = &heldBody{ReadCloser: r.Body, left: heldAfter, hold: m.hold, gone: r.Request.Context().Done()}
	}
	return nil
}

// heldAfter is how much of a reply passes before it is held, in bytes: more than its first words, less than its last.
const heldAfter = 1500

// heldBody is a body that stops after some bytes.
type heldBody struct {
	io.ReadCloser
	left int
	hold <-chan struct{}
	gone <-chan struct{}
}

func (b *heldBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		select {
		case <-b.hold:
		case <-b.gone:
			return 0, io.ErrUnexpectedEOF
		}
		return b.ReadCloser.Read(p)
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// heard waits until a model was asked something that holds a text.
func (m *model) heard(t *testing.T, text string) {
	t.Helper()
	wait(t, "the model is told "+text, func() (string, bool) {
		records := m.Records()
		for _, r := range records {
			for _, msg := range r.Messages {
				if strings.Contains(msg.Text, text) {
					return "", true
				}
			}
		}
		return fmt.Sprintf("%d requests", len(records)), false
	})
}
