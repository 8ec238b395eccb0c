package openai

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/scripted"
)

var twoTools = []engine.ToolSpec{{Name: "read_file", Description: "Reads a file."}, {Name: "finish", Description: "Ends."}}

func TestReadCalls(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, rest, calls string }{
		"one":       {"Let me look.\n```tool\n{\"name\": \"read_file\", \"arguments\": {\"path\": \"a\"}}\n```\n", "Let me look.", `read_file{"path":"a"}`},
		"two":       {"```tool\n{\"name\":\"read_file\",\"arguments\":{}}\n```\n```tool\n{\"name\":\"finish\"}\n```", "", `read_file{} finish{}`},
		"tags":      {"<tool_call>\n{\"name\": \"finish\", \"arguments\": {\"n\": 1}}\n</tool_call>", "", `finish{"n":1}`},
		"json":      {"```json\n{\"name\": \"finish\", \"parameters\": {\"n\": 2}}\n```", "", `finish{"n":2}`},
		"a fence":   {"```tool\n{\"name\":\"finish\",\"arguments\":{\"summary\":\"a\\n```tool\\nb\"}}\n```\nbye", "bye", "finish{\"summary\":\"a\\n```tool\\nb\"}"},
		"not ours":  {"```json\n{\"name\": \"Anna\"}\n```", "```json\n{\"name\": \"Anna\"}\n```", ""},
		"a string":  {"```tool\n{\"name\":\"finish\",\"arguments\":\"{\\\"n\\\": 3}\"}\n```", "", `finish{"n":3}`},
		"no end":    {"```tool\n{\"name\":\"finish\",\"arguments\":{}}", "", `finish{}`},
		"broken":    {"```tool\n{\"name\": read_file}\n```\n", "", `unreadable_call{"name": read_file}`},
		"unknown":   {"```tool\n{\"name\":\"rm\",\"arguments\":{}}\n```", "", `rm{}`},
		"plain":     {"It says ``` and tool.", "It says ``` and tool.", ""},
		"one brace": {"```tool\n{\"name\":\"finish\",\"arguments\":{}}}\n```", "", `finish{}`},
	} {
		rest, calls := readCalls(c.text, twoTools, 0)
		var got []string
		for _, call := range calls {
			got = append(got, call.Name+call.Arguments)
		}
		if rest != c.rest || strings.Join(got, " ") != c.calls {
			t.Errorf("%s: %q, %q", name, rest, got)
		}
	}
}

func FuzzReadCalls(f *testing.F) {
	f.Add("```tool\n{\"name\":\"finish\",\"arguments\":{}}\n```")
	f.Add("<tool_call>```json\n{}")
	f.Fuzz(func(t *testing.T, text string) {
		rest, calls := readCalls(text, twoTools, 1)
		if len(rest) > len(text) || len(calls) == 0 && rest != strings.TrimSpace(text) {
			t.Errorf("%q becomes %q with %d calls", text, rest, len(calls))
		}
	})
}

// A model that knows no tools is found out by its server's refusal, and then uses the same tools in words. Its calls come
// out as any other's, and go back to it in words.
func TestToolsInWordsWhereTheServerRefusesThem(t *testing.T) {
	t.Parallel()
	s := serve(t,
		scripted.Rule{Turn: scripted.At(0), Reply: scripted.Reply{Text: "First.\n```tool\n{\"name\": \"read_file\", \"arguments\": {\"path\": \"a.go\"}}\n```"}},
		scripted.Rule{Turn: scripted.At(1), Reply: scripted.Reply{Text: "All done."}})
	var refused atomic.Int32
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := readAll(t, r)
		if strings.Contains(body, `"tools"`) {
			refused.Add(1)
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":{"message":"small does not support tools","type":"api_error"}}`))
			return
		}
		pass(t, w, s.URL()+"/chat/completions", body)
	}))
	t.Cleanup(front.Close)
	p := connect(t, front.URL, nil)
	req := request("Ticket T1")
	req.Tools = twoTools
	first, err := p.Generate(t.Context(), req, ignore)
	if err != nil {
		t.Fatal(err)
	}
	want := engine.Message{Role: engine.RoleAssistant, Text: "First.", Calls: []engine.ToolCall{{ID: "call_0_0", Name: "read_file", Arguments: `{"path":"a.go"}`}}}
	if diff := cmp.Diff(want, first.Message); diff != "" {
		t.Error(diff)
	}
	req.Messages = append(req.Messages, first.Message, engine.Message{Role: engine.RoleTool, CallID: "call_0_0", Name: "read_file", Text: "package a"})
	second, err := p.Generate(t.Context(), req, ignore)
	if err != nil || second.Message.Text != "All done." || len(second.Message.Calls) > 0 {
		t.Fatal(second, err)
	}
	if refused.Load() != 1 {
		t.Errorf("refused %d times", refused.Load())
	}
	records := s.Records()
	said := records[len(records)-1].Messages
	if len(said) != 4 || said[0].Role != "system" || !strings.Contains(said[0].Text, "## read_file") ||
		!strings.Contains(said[2].Text, "```tool\n{\"name\":\"read_file\"") || said[3].Role != "user" || said[3].Text != "Result of read_file:\npackage a" {
		t.Errorf("%+v", said)
	}
}

func TestToolsByConfiguration(t *testing.T) {
	t.Parallel()
	s := serve(t, always(scripted.Reply{Text: "```tool\n{\"name\":\"finish\"}\n```"}))
	req := request("x")
	req.Tools = twoTools
	got, err := connect(t, s.URL(), func(e *Endpoint) { e.TextTools = true }).Generate(t.Context(), req, ignore)
	if err != nil || len(got.Message.Calls) != 1 || len(s.Records()[0].Tools) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
