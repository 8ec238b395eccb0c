package openai

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
)

func assembleAll(chunks ...string) (engine.Reply, error) {
	asm := newAssembly("p", 1000)
	for _, c := range chunks {
		if _, _, err := asm.add([]byte(c)); err != nil {
			return engine.Reply{}, err
		}
	}
	return asm.reply(3)
}

func calls(pieces string) string {
	return `{"choices":[{"delta":{"tool_calls":[` + pieces + `]}}]}`
}

func TestCallsAreAssembled(t *testing.T) {
	t.Parallel()
	two := []engine.ToolCall{{ID: "a", Name: "f", Arguments: `{"x":1}`}, {ID: "b", Name: "g", Arguments: `{}`}}
	for name, c := range map[string]struct {
		chunks []string
		want   []engine.ToolCall
	}{
		"one after the other": {[]string{
			calls(`{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}`),
			calls(`{"index":0,"function":{"arguments":"{\"x\""}}`), calls(`{"index":0,"function":{"arguments":":1}"}}`),
			calls(`{"index":1,"id":"b","function":{"name":"g"}}`), calls(`{"index":1,"function":{"arguments":"{}"}}`),
		}, two},
		"interleaved, the second first": {[]string{
			calls(`{"index":1,"id":"b","function":{"name":"g"}},{"index":0,"id":"a","function":{"name":"f"}}`),
			calls(`{"index":0,"function":{"arguments":"{\"x\":"}},{"index":1,"function":{"arguments":"{"}}`),
			calls(`{"index":1,"function":{"arguments":"}"}},{"index":0,"function":{"arguments":"1}"}}`),
		}, two},
		"id and name in each piece": {[]string{
			calls(`{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}`),
			calls(`{"index":0,"id":"a","function":{"name":"f","arguments":"1}"}}`),
			calls(`{"index":1,"id":"b","function":{"name":"g","arguments":"{}"}}`),
		}, two},
		"the same index for all": {[]string{
			calls(`{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}`),
			calls(`{"index":0,"id":"b","function":{"name":"g","arguments":"{}"}}`),
		}, two},
		"no index": {[]string{
			calls(`{"id":"a","function":{"name":"f","arguments":"{\"x\":"}}`), calls(`{"function":{"arguments":"1}"}}`),
			calls(`{"id":"b","function":{"name":"g","arguments":{}}}`),
		}, two},
		"no id": {[]string{
			calls(`{"index":0,"function":{"name":"f","arguments":"{\"x\":1}"}}`),
			calls(`{"index":1,"function":{"name":"g","arguments":null}}`),
		}, []engine.ToolCall{{ID: "call_3_0", Name: "f", Arguments: `{"x":1}`}, {ID: "call_3_1", Name: "g"}}},
	} {
		got, err := assembleAll(c.chunks...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got.Message.Calls); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestOddChunks(t *testing.T) {
	t.Parallel()
	got, err := assembleAll(
		`{}`,
		`{"choices":[{"index":1,"delta":{"content":"another choice"}}]}`,
		`{"choices":[{"delta":{"content":null,"reasoning":"hm","reasoning_content":"hm"}}]}`,
		`{"choices":[{"delta":{"content":[{"type":"text","text":"par"},{"type":"x"},{"text":"ts"}]}}]}`,
		`{"choices":[{"delta":{"refusal":", no"},"finish_reason":null}]}`,
		`{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}`,
		`{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":10,"prompt_cache_hit_tokens":4,
		  "completion_tokens_details":{"reasoning_tokens":3}}}`,
	)
	want := engine.Reply{
		Message: engine.Message{Role: engine.RoleAssistant, Text: "parts, no", Reasoning: "hm"}, Finish: "stop",
		Usage: engine.Usage{Input: 5, CachedInput: 4, Output: 5, Reasoning: 3},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestBadChunks(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 129 {
		many = append(many, calls(fmt.Sprintf(`{"id":"c%d","function":{"name":"f"}}`, i)))
	}
	for name, c := range map[string]struct {
		chunks []string
		kind   engine.ProviderErrorKind
	}{
		"no JSON":               {[]string{`{"choices":`}, engine.ProviderMalformed},
		"wrong type":            {[]string{`{"choices":"x"}`}, engine.ProviderMalformed},
		"nothing at all":        {[]string{`{"choices":[]}`}, engine.ProviderMalformed},
		"a piece of no call":    {[]string{calls(`{"index":0,"function":{"arguments":"{"}}`)}, engine.ProviderMalformed},
		"a wild index":          {[]string{calls(`{"index":-9,"id":"a","function":{"name":"f"}}`)}, engine.ProviderMalformed},
		"a huge index":          {[]string{calls(`{"index":1000000000,"id":"a","function":{"name":"f"}}`)}, engine.ProviderMalformed},
		"too many calls":        {many, engine.ProviderMalformed},
		"too much":              {[]string{`{"choices":[{"delta":{"content":"` + strings.Repeat("x", 1001) + `"}}]}`}, engine.ProviderOversized},
		"a stream of nothings":  {slices.Repeat([]string{`{"choices":[{"delta":{"content":""}}]}`}, maxBarren+1), engine.ProviderMalformed},
		"too many small pieces": {slices.Repeat([]string{`{"choices":[{"delta":{"reasoning":"xx"}}]}`}, 501), engine.ProviderOversized},
	} {
		_, err := assembleAll(c.chunks...)
		var f *failure
		if !errors.As(err, &f) || f.kind != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Why a reply is not whole is said in one word, whatever the server calls it.
func TestFinishReasons(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"length": engine.FinishLength, "MAX_TOKENS": engine.FinishLength, "model_length": engine.FinishLength,
		"content_filter": engine.FinishFilter, "SAFETY": engine.FinishFilter, "stop": "stop", "tool_calls": "tool_calls",
	} {
		a := newAssembly("p", 1000)
		if _, _, err := a.add([]byte(`{"choices":[{"delta":{"content":"x"},"finish_reason":"` + said + `"}]}`)); err != nil {
			t.Fatal(err)
		}
		if got, err := a.reply(0); err != nil || got.Finish != want {
			t.Errorf("%s: %q, %v", said, got.Finish, err)
		}
	}
}
