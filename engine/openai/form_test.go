package openai

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/scripted"
)

var answerForm = &engine.Form{Name: "answer", Schema: json.RawMessage(
	`{"type":"object","additionalProperties":false,"required":["n"],"properties":{"n":{"type":"integer"}}}`)}

func TestAFormIsAskedForOnTheWire(t *testing.T) {
	t.Parallel()
	s := serve(t, always(scripted.Reply{Text: `{"n": 1}`}))
	req := request("x")
	req.Form, req.MaxOutput = answerForm, 50
	got, err := connect(t, s.URL(), nil).Generate(t.Context(), req, ignore)
	if err != nil || got.Message.Text != `{"n": 1}` {
		t.Fatal(got, err)
	}
	sameJSON(t, s.Records()[0].Body, `{
	  "model": "small", "stream": true, "stream_options": {"include_usage": true},
	  "messages": [{"role": "user", "content": "x"}], "max_completion_tokens": 50,
	  "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "strict": true, "schema": `+string(answerForm.Schema)+`}}
	}`)
}

// A server that knows no forms is asked in words, from its refusal on.
func TestAFormIsAskedForInWordsWhereTheServerRefusesIt(t *testing.T) {
	t.Parallel()
	s := serve(t, always(scripted.Reply{Text: "Here it is:\n```json\n{\"n\": 2}\n```\n"}))
	var refused atomic.Int32
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := readAll(t, r)
		if strings.Contains(body, "response_format") {
			refused.Add(1)
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":{"message":"This response_format type is unavailable now","type":"invalid_request_error"}}`))
			return
		}
		pass(t, w, s.URL()+"/chat/completions", body)
	}))
	t.Cleanup(front.Close)
	p := connect(t, front.URL, nil)
	for range 2 {
		req := request("x")
		req.Form = answerForm
		got, err := p.Generate(t.Context(), req, ignore)
		if err != nil || got.Message.Text != `{"n": 2}` {
			t.Fatalf("%q, %v", got.Message.Text, err)
		}
	}
	if refused.Load() != 1 {
		t.Errorf("refused %d times: what was learned is not kept", refused.Load())
	}
	first := s.Records()[0].Messages[0]
	if first.Role != "system" || !strings.Contains(first.Text, `"required":["n"]`) {
		t.Errorf("the form is not in the prompt: %+v", first)
	}
}

func TestUnfenced(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		" {\"a\":1}\n":                        `{"a":1}`,
		"```json\n{\"a\":1}\n```":             `{"a":1}`,
		"Sure:\n```\n{\"a\":1}\n```\nDone.":   `{"a":1}`,
		"The answer is {\"a\":{\"b\":2}}. ok": `{"a":{"b":2}}`,
		"no object":                           "no object",
		"{broken":                             "{broken",
		"``` {\"a\":\"```\"}":                 "{\"a\":\"```\"}",
	} {
		if got := unfenced(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestStrict(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]bool{
		string(answerForm.Schema):                 true,
		`{"type":"object","properties":{"n":{}}}`: false,
		`{"type":"object","additionalProperties":false,"required":[],"properties":{"n":{}}}`:                   false,
		`{"type":"array","items":{"type":"object","properties":{"a":{}}}}`:                                     false,
		`{"type":"array","items":{"type":"string"}}`:                                                           true,
		`{"anyOf":[{"type":"object","properties":{"a":{}},"additionalProperties":true,"required":["a"]}]}`:     false,
		`{"type":"object","additionalProperties":false,"required":["a"],"properties":{"a":{"properties":{}}}}`: false,
	} {
		if got := strict(json.RawMessage(schema)); got != want {
			t.Errorf("%s: %v", schema, got)
		}
	}
}
