package openai

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/scripted"
)

func byResponses(e *Endpoint) { e.API = ResponsesAPI }

func TestResponsesConformance(t *testing.T) {
	t.Parallel()
	enginetest.Provider(t, func(t *testing.T, answer func(engine.Request) enginetest.ProviderReply) engine.Provider {
		s := serve(t, always(scripted.Reply{Func: func(q scripted.Request) scripted.Reply {
			return scriptedReply(answer(engineRequest(q)))
		}}))
		return connect(t, s.URL(), byResponses)
	})
}

// serveDialect is serve in a provider's way of speaking.
func serveDialect(t *testing.T, d scripted.Dialect, rules ...scripted.Rule) *scripted.Server {
	t.Helper()
	s, err := scripted.Start(scripted.Script{Dialect: d, Rules: rules})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// twoTurns is a reply with a call, and a last word.
var twoTurns = []scripted.Rule{
	{Turn: scripted.At(0), Reply: scripted.Reply{
		Reasoning: "Which file?", Text: "Let me look.", Usage: &scripted.Usage{Input: 100, Cached: 60, Output: 30, Reasoning: 12},
		Calls: []scripted.Call{{Name: "read_file", Arguments: `{"path":"a"}`}, {Name: "finish", Arguments: `{}`}},
	}},
	{Turn: scripted.At(1), Reply: scripted.Reply{Text: "done"}},
}

// converse asks, answers the calls, and asks again. It gives the first reply.
func converse(t *testing.T, p *Provider) engine.Reply {
	t.Helper()
	req := request("Ticket T1")
	req.Tools = twoTools
	first, err := p.Generate(t.Context(), req, ignore)
	if err != nil {
		t.Fatal(err)
	}
	req.Messages = append(req.Messages, first.Message)
	for _, c := range first.Message.Calls {
		req.Messages = append(req.Messages, engine.Message{Role: engine.RoleTool, CallID: c.ID, Name: c.Name, Text: "of " + c.Name})
	}
	second, err := p.Generate(t.Context(), req, ignore)
	if err != nil || second.Message.Text != "done" {
		t.Fatalf("%+v, %v", second, err)
	}
	return first
}

// A model that is asked by the Responses API alone is known by its name or found out by its refusal, whichever comes
// first; what it thought goes back sealed, before the calls that it led to.
func TestAModelOfTheResponsesAPI(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*Endpoint)
		refused int
	}{
		"configured": {byResponses, 0},
		"by name":    {func(e *Endpoint) { e.NeedsResponses = func(m string) bool { return m == "small" } }, 0},
		"found out":  {nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveDialect(t, scripted.ResponsesDialect, twoTurns...)
			p := connect(t, s.URL(), func(e *Endpoint) {
				e.Key = func(context.Context) (string, error) { return testKey, nil }
				if c.change != nil {
					c.change(e)
				}
			})
			first := converse(t, p)
			want := engine.Reply{
				Finish: "tool_calls", Usage: engine.Usage{Input: 100, CachedInput: 60, Output: 30, Reasoning: 12, Cost: engine.Cost{Unknown: true}},
				Message: engine.Message{
					Role: engine.RoleAssistant, Text: "Let me look.", Reasoning: "Which file?", Opaque: first.Message.Opaque,
					Calls: []engine.ToolCall{
						{ID: "call_T1_0_0", Name: "read_file", Arguments: `{"path":"a"}`}, {ID: "call_T1_0_1", Name: "finish", Arguments: `{}`},
					},
				},
			}
			if diff := cmp.Diff(want, first); diff != "" {
				t.Error(diff)
			}
			records := s.Records()
			if len(records) != 2+c.refused {
				t.Fatalf("%d requests", len(records))
			}
			last := records[len(records)-1]
			if last.Path != "/v1/responses" || len(last.Messages) != 4 || len(last.Messages[1].Calls) != 2 || string(last.Messages[1].Reasoning) != `"c2NyaXB0ZWQ="` {
				t.Errorf("sent back: %s %s", last.Path, last.Body)
			}
		})
	}
}

func TestTheResponsesRequest(t *testing.T) {
	t.Parallel()
	s := serve(t, always(scripted.Reply{Text: `{"n": 1}`}))
	p := connect(t, s.URL(), byResponses)
	req := request("x")
	req.Messages = append([]engine.Message{{Role: engine.RoleSystem, Text: "Be brief."}}, req.Messages...)
	req.Messages = append(req.Messages, engine.Message{Role: engine.RoleAssistant, Text: "y", Calls: []engine.ToolCall{{ID: "c", Name: "f", Arguments: "{}"}}},
		engine.Message{Role: engine.RoleTool, CallID: "c", Name: "f", Text: "z"})
	req.Form, req.MaxOutput, req.Tools = answerForm, 50, []engine.ToolSpec{{Name: "f", Description: "Does f.", Schema: json.RawMessage(`{"type":"object"}`)}}
	if got, err := p.Generate(t.Context(), req, ignore); err != nil || got.Message.Text != `{"n": 1}` || got.Message.Opaque != nil {
		t.Fatal(got, err)
	}
	sameJSON(t, s.Records()[0].Body, `{
	  "model": "small", "stream": true, "store": false, "include": ["reasoning.encrypted_content"], "reasoning": {"summary": "auto"},
	  "instructions": "Be brief.", "max_output_tokens": 50,
	  "input": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"},
	    {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}, {"type": "function_call_output", "call_id": "c", "output": "z"}],
	  "tools": [{"type": "function", "name": "f", "description": "Does f.", "parameters": {"type": "object"}, "strict": false}],
	  "text": {"format": {"type": "json_schema", "name": "answer", "strict": true, "schema": `+string(answerForm.Schema)+`}}
	}`)
}

// A model that does not think is not asked for its thoughts from its refusal on, and an account that may have no summary
// still has the thoughts themselves.
func TestReasoningIsNotAskedOfWhoRefusesIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		word, refusal string
		include       bool
	}{
		"no summary":  {`"summary"`, "Your organization must be verified to generate reasoning summaries.", true},
		"no thoughts": {`"include"`, "Encrypted content is not supported with this model.", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, always(scripted.Reply{Text: "ok"}))
			var refused atomic.Int32
			front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body := readAll(t, r)
				if strings.Contains(body, c.word) {
					refused.Add(1)
					w.WriteHeader(http.StatusBadRequest)
					_, _ = w.Write([]byte(`{"error":{"message":"` + c.refusal + `","type":"invalid_request_error","param":"reasoning","code":"unsupported_value"}}`))
					return
				}
				pass(t, w, s.URL()+"/responses", body)
			}))
			t.Cleanup(front.Close)
			p := connect(t, front.URL, byResponses)
			for range 2 {
				if got, err := p.Generate(t.Context(), request("x"), ignore); err != nil || got.Message.Text != "ok" {
					t.Fatal(got, err)
				}
			}
			if n := refused.Load(); n != 1 {
				t.Errorf("refused %d times", n)
			}
			if got := strings.Contains(string(s.Records()[1].Body), "encrypted_content"); got != c.include {
				t.Errorf("asked for sealed reasoning: %v", got)
			}
		})
	}
}

func respondAll(events ...string) (engine.Reply, error) {
	r := newResponse("p", 1000)
	for _, e := range events {
		if _, _, err := r.add([]byte(e)); err != nil {
			return engine.Reply{}, err
		}
	}
	return r.reply(3)
}

func TestOddResponses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		events []string
		want   engine.Reply
	}{
		"only the whole": {
			[]string{`{"type":"response.completed","response":{"output":[{"type":"message","content":[{"type":"output_text","text":"a"},{"type":"refusal","refusal":"b"}]}]}}`},
			engine.Reply{Finish: "stop", Message: engine.Message{Role: engine.RoleAssistant, Text: "ab"}},
		},
		"cut off, unknown items and events": {
			[]string{
				`{"type":"response.web_search_call.searching","delta":{"x":1}}`,
				`{"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","name":"f","arguments":"{"}}`,
				`{"type":"response.output_item.done","output_index":0,"item":{"type":"web_search_call","id":"w"}}`,
				`{"type":"response.incomplete","response":{"incomplete_details":{"reason":"max_output_tokens"},"usage":{"input_tokens":3,"output_tokens":4}}}`,
			},
			engine.Reply{Finish: "length", Usage: engine.Usage{Input: 3, Output: 4}, Message: engine.Message{
				Role: engine.RoleAssistant, Calls: []engine.ToolCall{{ID: "call_3_0", Name: "f", Arguments: "{"}},
			}},
		},
		"thoughts that cannot go back": {
			[]string{
				`{"type":"response.reasoning_summary_text.delta","delta":"one"}`,
				`{"type":"response.reasoning_summary_part.added","summary_index":1}`,
				`{"type":"response.reasoning_summary_text.delta","summary_index":1,"delta":"two"}`,
				`{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs"}}`,
				`{"type":"response.completed"}`,
			},
			engine.Reply{Finish: "stop", Message: engine.Message{Role: engine.RoleAssistant, Reasoning: "one\n\ntwo"}},
		},
	} {
		got, err := respondAll(c.events...)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func TestBadResponses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event string
		kind  engine.ProviderErrorKind
	}{
		"no JSON":        {`{"type":`, engine.ProviderMalformed},
		"nothing at all": {`{"type":"response.created"}`, engine.ProviderMalformed},
		"no item":        {`{"type":"response.output_item.done","item":"x"}`, engine.ProviderMalformed},
		"a wild index":   {`{"type":"response.output_item.done","output_index":-1,"item":{}}`, engine.ProviderMalformed},
		"too much":       {`{"type":"response.output_text.delta","delta":"` + strings.Repeat("x", 1001) + `"}`, engine.ProviderOversized},
		"failed":         {`{"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"slow down"}}}`, engine.ProviderRateLimited},
		"too long":       {`{"type":"response.failed","response":{"error":{"code":"context_length_exceeded","message":"too long"}}}`, engine.ProviderTooLarge},
		"for no reason":  {`{"type":"response.failed"}`, engine.ProviderServer},
	} {
		_, err := respondAll(c.event)
		if f := failureOf(err); err == nil || f.kind != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}
