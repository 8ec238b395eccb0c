package openai

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/scripted"
)

// The request as it stands on the wire. What go-openai would leave out is there: the temperature 0, the empty content
// of a tool, empty arguments.
func TestRequestOnTheWire(t *testing.T) {
	t.Parallel()
	s := serve(t, always(scripted.Reply{Text: "ok"}))
	zero := 0.0
	p := connect(t, s.URL(), func(e *Endpoint) { e.Temperature = &zero })
	_, err := p.Generate(t.Context(), engine.Request{
		Model: "m",
		Messages: []engine.Message{
			{Role: engine.RoleSystem, Text: "s"},
			{Role: engine.RoleUser, Text: ""},
			{Role: engine.RoleAssistant, Calls: []engine.ToolCall{{ID: "a", Name: "get_diff", Arguments: ""}}},
			{Role: engine.RoleTool, CallID: "a", Name: "get_diff", Text: ""},
			{Role: engine.RoleAssistant, Text: ""},
		},
		Tools: []engine.ToolSpec{{Name: "get_diff", Description: "d"}},
	}, ignore)
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, s.Records()[0].Body, `{
	  "model": "m", "stream": true, "stream_options": {"include_usage": true}, "temperature": 0,
	  "messages": [
	    {"role": "system", "content": "s"},
	    {"role": "user", "content": ""},
	    {"role": "assistant", "content": null, "tool_calls": [
	      {"id": "a", "type": "function", "function": {"name": "get_diff", "arguments": ""}}]},
	    {"role": "tool", "tool_call_id": "a", "name": "get_diff", "content": ""},
	    {"role": "assistant", "content": ""}
	  ],
	  "tools": [{"type": "function", "function": {"name": "get_diff", "description": "d",
	    "parameters": {"type": "object", "properties": {}}}}]
	}`)
}

func sameJSON(t *testing.T, got []byte, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		t.Error(diff)
	}
}

func TestNoTemperatureAndNoUsageWhereNotWanted(t *testing.T) {
	t.Parallel()
	s := serve(t, always(scripted.Reply{Text: "ok"}))
	got, err := connect(t, s.URL(), func(e *Endpoint) { e.NoStreamUsage = true }).Generate(t.Context(), request("x"), ignore)
	if err != nil {
		t.Fatal(err)
	}
	body := string(s.Records()[0].Body)
	if strings.Contains(body, "temperature") || strings.Contains(body, "stream_options") || strings.Contains(body, "tools") {
		t.Error(body)
	}
	if diff := cmp.Diff(engine.Usage{Input: 1, Output: 1, Cost: engine.Cost{Unknown: true}}, got.Usage); diff != "" {
		t.Error(diff)
	}
}

// A thought signature goes back with the call that it came with, to the endpoint that it came from and to no other.
func TestExtraContentIsHandedBack(t *testing.T) {
	t.Parallel()
	const signature = `{"google":{"thought_signature":"c2ln"}}`
	s := serve(t,
		scripted.Rule{Turn: scripted.At(0), Reply: scripted.Reply{Calls: []scripted.Call{
			{Name: "plain", Arguments: "{}"}, {Name: "signed", Arguments: "{}", Extra: json.RawMessage(signature)},
		}}},
		scripted.Rule{Turn: scripted.At(1), Reply: scripted.Reply{Text: "ok"}},
	)
	req := request("x")
	p := connect(t, s.URL(), nil)
	first, err := p.Generate(t.Context(), req, ignore)
	if err != nil {
		t.Fatal(err)
	}
	req.Messages = append(req.Messages, first.Message)
	for name, want := range map[string]string{"local": signature, "other": ""} {
		p := connect(t, s.URL(), func(e *Endpoint) { e.Name = name })
		if _, err := p.Generate(t.Context(), req, ignore); err != nil {
			t.Fatal(err)
		}
		all := s.Records()
		calls := all[len(all)-1].Messages[1].Calls
		if len(calls[0].Extra) != 0 || string(calls[1].Extra) != want {
			t.Errorf("%s gets %s and %s", name, calls[0].Extra, calls[1].Extra)
		}
	}
}

func TestMessageExtrasAreKept(t *testing.T) {
	t.Parallel()
	reply, err := assembleAll(
		`{"choices":[{"delta":{"content":"a","extra_content":{"g":1},"reasoning_details":[{"n":1}]}}]}`,
		`{"choices":[{"delta":{"reasoning_details":[{"n":2}]}}]}`,
	)
	if err != nil {
		t.Fatal(err)
	}
	w := rewriter{provider: "p", messages: []engine.Message{reply.Message}}
	got, err := w.rewrite([]byte(`{"messages":[{"role":"assistant","content":"a"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, got, `{"messages":[{"role":"assistant","content":"a","extra_content":{"g":1},"reasoning_details":[{"n":1},{"n":2}]}]}`)
}

func TestForeignOpaqueChangesNothing(t *testing.T) {
	t.Parallel()
	for _, o := range []string{`"x"`, `{"provider":"q","message":{"extra_content":1}}`, `{"provider":"p","message":{"role":"system"}}`} {
		w := rewriter{provider: "p", messages: []engine.Message{{Opaque: json.RawMessage(o)}}}
		got, err := w.rewrite([]byte(`{"messages":[{"role":"user","content":"a"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		sameJSON(t, got, `{"messages":[{"role":"user","content":"a"}]}`)
	}
}

func TestARequestThatCannotBeMade(t *testing.T) {
	t.Parallel()
	s := serve(t, always(scripted.Reply{Text: "ok"}))
	p := connect(t, s.URL(), func(e *Endpoint) { e.API = ChatAPI })
	for want, change := range map[string]func(*engine.Request){
		`set api = "auto"`: func(r *engine.Request) {
			r.Model, r.Tools = "gpt-6-sol", []engine.ToolSpec{{Name: "f"}}
		},
		"the request was not sent": func(r *engine.Request) {
			r.Tools = []engine.ToolSpec{{Name: "f", Schema: json.RawMessage("{")}}
		},
	} {
		req := request("x")
		change(&req)
		_, err := p.Generate(t.Context(), req, ignore)
		if got := providerError(t, err); got.Kind != engine.ProviderBadRequest || !strings.Contains(err.Error(), want) {
			t.Errorf("%v", err)
		}
	}
	if n := len(s.Records()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestPrice(t *testing.T) {
	t.Parallel()
	s := serve(t, always(scripted.Reply{Text: "ok", Usage: &scripted.Usage{Input: 100, Output: 10}}))
	p := connect(t, s.URL(), func(e *Endpoint) {
		e.Price = func(model string, u engine.Usage) engine.Cost { return engine.Cost{MicroUSD: u.Input*2 + u.Output*8} }
	})
	got, err := p.Generate(t.Context(), request("x"), ignore)
	if err != nil || got.Usage.Cost != (engine.Cost{MicroUSD: 280}) {
		t.Errorf("%v %+v", err, got.Usage)
	}
}

// A server that does not say what a call used costs nothing less for it: what was sent and what came is counted here.
func TestUsageThatIsNotToldIsCounted(t *testing.T) {
	t.Parallel()
	for _, api := range []API{ChatAPI, ResponsesAPI} {
		long := strings.Repeat("word ", 1000)
		s := serve(t, always(scripted.Reply{Text: strings.Repeat("reply ", 100), Calls: []scripted.Call{{Name: "read_file", Arguments: `{"path":"a.go"}`}}, Usage: &scripted.Usage{}}))
		p := connect(t, s.URL(), func(e *Endpoint) {
			e.API = api
			e.Price = func(_ string, u engine.Usage) engine.Cost { return engine.Cost{MicroUSD: u.Input*2 + u.Output*8} }
		})
		got, err := p.Generate(t.Context(), request(long), ignore)
		if err != nil {
			t.Fatal(err)
		}
		u := got.Usage
		if u.Input < 1000 || u.Input > 1100 || u.Output < 100 || u.Output > 120 || u.Cost.MicroUSD != u.Input*2+u.Output*8 {
			t.Errorf("%s: %+v", api, u)
		}
	}
}
