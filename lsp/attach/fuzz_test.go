//go:build unix

package attach

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/lsp/frame"
)

// FuzzScan holds the scanner against encoding/json.
func FuzzScan(f *testing.F) {
	f.Add([]byte(`{"jsonrpc":"2.0","id":1,"method":"a/b","params":{"a":[1,{"b":"}\\\"]"}]}}`))
	f.Add([]byte(` { "id" : "x\"y" , "result" : null } `))
	f.Add([]byte(`{"id":null,"error":{}}`))
	f.Add([]byte(`{"i\u0064":1,"method":"m\u0041"}`))
	f.Add([]byte(`{"id":1,"id":2}`))
	f.Add([]byte(`[{"id":1}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, ok := scan(body)
		want, valid := membersOf(body)
		if !valid {
			return // the scanner promises nothing but to return
		}
		if want == nil {
			if ok {
				t.Fatalf("%q passed", body)
			}
			return
		}
		if !ok {
			t.Fatalf("%q was refused", body)
		}
		got := map[string]string{}
		if m.id != nil {
			got["id"] = string(m.id)
			parts := m.withID([]byte("77"))
			if changed, ok := scan(bytes.Join(parts, nil)); !ok || string(changed.id) != "77" || changed.method != m.method {
				t.Fatalf("with another id: %q", bytes.Join(parts, nil))
			}
		}
		if m.method != "" {
			got["method"] = m.method
		}
		if m.params != nil {
			got["params"] = string(m.params)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q (-json +scan):\n%s", body, diff)
		}
	})
}

// membersOf is what scan should find, nil where it should refuse; valid is false where body is no JSON.
func membersOf(body []byte) (_ map[string]string, valid bool) {
	if !json.Valid(body) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, true
	}
	found, seen := map[string]string{}, map[string]bool{}
	for d.More() {
		key, _ := d.Token()
		var raw json.RawMessage
		if d.Decode(&raw) != nil {
			return nil, false
		}
		name := key.(string)
		switch name {
		case "id", "method", "params", "error":
			if seen[name] {
				return nil, true
			}
			seen[name] = true
		}
		switch name {
		case "id":
			if string(raw) != "null" {
				found[name] = string(raw)
			}
		case "method":
			var s string
			if raw[0] != '"' || json.Unmarshal(raw, &s) != nil || s == "" {
				return nil, true
			}
			found[name] = s
		case "params":
			found[name] = string(raw)
		}
	}
	return found, true
}

// FuzzMemory lets an editor say things to daemons that die: each successor, told by the memory alone, must come to what
// one that lived throughout knows.
func FuzzMemory(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, uint16(200))
	}
	f.Fuzz(func(t *testing.T, seed uint64, steps uint16) {
		rng := rand.New(rand.NewPCG(seed, 1))
		m, truth, current := newMemory(), newMute(), newMute()
		say := func(body []byte) {
			msg, ok := scan(body)
			if !ok {
				t.Fatalf("%s was refused", body)
			}
			m.client(&msg)
			truth.hear(body)
			current.hear(body)
		}
		for step := range min(steps, 500) {
			uri := fmt.Sprintf("file:///w/%d", rng.IntN(3))
			d, open := truth.docs[uri]
			switch n := rng.IntN(12); {
			case n == 0:
				current = newMute() // the daemon dies
				for _, body := range m.retell() {
					current.hear(body)
				}
			case !open || n == 1:
				say(encode("textDocument/didOpen", openParams{textItem{URI: uri, LanguageID: "l", Version: int32(step), Text: "a🙂b\nc\n"}}))
			case n == 2:
				say(encode("textDocument/didClose", doc(uri)))
			case n == 3:
				say(encode("textDocument/didSave", doc(uri)))
			default:
				var changes []plainChange
				after := model{uri: d}
				for range 1 + rng.IntN(3) {
					c := plainChange{Range: randomRange(after[uri].Text, rng), Text: []string{"", "é\n", "xyz", "🙂"}[rng.IntN(4)]}
					if rng.IntN(10) == 0 {
						c = plainChange{Text: "all\nnew"}
					}
					after.change(uri, 0, []plainChange{c})
					changes = append(changes, c)
				}
				say(encode("textDocument/didChange", map[string]any{
					"textDocument": map[string]any{"uri": uri, "version": step}, "contentChanges": changes,
				}))
			}
			if diff := cmp.Diff(truth.docs.views(), current.docs.views()); diff != "" {
				t.Fatalf("step %d (-lived throughout +was told):\n%s", step, diff)
			}
		}
	})
}

// newMute is a fake daemon that answers nobody.
func newMute() *fakeServer { return &fakeServer{out: &frame.Writer{Out: io.Discard}, docs: model{}} }

func (s *fakeServer) hear(body []byte) {
	var m said
	_ = json.Unmarshal(body, &m) // scan took it
	s.handle(m.ID, m.Method, m.Params, m.Result)
}
