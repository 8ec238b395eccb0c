package scripted

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLoadScript(t *testing.T) {
	t.Parallel()
	got, err := LoadScript(strings.NewReader(`{
	  "models": ["large"],
	  "rules": [
	    {"ticket": "T1", "model": "small", "turn": 0, "contains": "lex", "last": "FAIL", "tools": false,
	     "reply": {"text": "hi", "reasoning": "hm", "finish": "length", "delay": "20ms", "chunk": 7,
	       "calls": [{"name": "a", "arguments": {"x": 1, "y": "é"}}, {"id": "c2", "name": "b", "arguments": "{not json"}],
	       "usage": {"input": 5, "cached": 2, "output": 3, "reasoning": 1},
	       "fault": {"kind": "rate_limited", "first": 2, "after": 4, "retry_after": "1s", "http_date": true}}},
	    {"reply": {}}
	  ]
	}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Script{Models: []string{"large"}, Rules: []Rule{
		{
			Ticket: "T1", Model: "small", Turn: At(0), Contains: "lex", Last: "FAIL", Tools: WithTools(false),
			Reply: Reply{
				Text: "hi", Reasoning: "hm", Finish: "length", Delay: 20 * time.Millisecond, Chunk: 7,
				Calls: []Call{{Name: "a", Arguments: `{"x":1,"y":"é"}`}, {ID: "c2", Name: "b", Arguments: "{not json"}},
				Usage: &Usage{Input: 5, Cached: 2, Output: 3, Reasoning: 1},
				Fault: Fault{Kind: FaultRateLimited, First: 2, After: 4, RetryAfter: time.Second, HTTPDate: true},
			},
		},
		{},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLoadScriptErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{``, `script: 1:1: the script is empty: expected an object with "rules"`},
		{"{\n  \"rules\": [}", `script: 2:13: invalid character '}' looking for beginning of value`},
		{`{"rule": []}`, `unknown field "rule"`},
		{`{"rules": [{"reply": {"txt": "x"}}]}`, `unknown field "txt"`},
		{`{"rules": [{"turn": "0", "reply": {}}]}`, `rules.turn is a string, expected int`},
		{`{"rules": []} {}`, `text after the end of the script`},
		{`{"rules": [{}]}`, `script: rules[0] has no "reply"`},
		{`{"rules": [{"turn": -1, "reply": {}}]}`, `script: rules[0]: turn is -1: turns count from 0`},
		{`{"rules": [{"reply": {"delay": "soon"}}]}`, `script: rules[0].reply: delay is "soon": expected a duration such as "250ms"`},
		{`{"rules": [{"reply": {"calls": [{}]}}]}`, `script: rules[0]: calls[0] has no name`},
		{`{"rules": [{"reply": {"fault": {"kind": "explode"}}}]}`, `rules[0]: unknown fault kind "explode": use one of rate_limited`},
		{`{"rules": [{"reply": {"fault": {"kind": "dropped", "first": -1}}}]}`, `counts and times start at 0`},
	} {
		_, err := LoadScript(strings.NewReader(c.in))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("LoadScript(%q) = %v, want %q in it", c.in, err, c.want)
		}
	}
}

func FuzzLoadScript(f *testing.F) {
	f.Add(`{"rules": [{"ticket": "T1", "reply": {"text": "x", "fault": {"kind": "dropped"}}}]}`)
	f.Add(`{"rules": [{"reply": {"calls": [{"name": "n", "arguments": "\u0000"}]}}]}`)
	f.Fuzz(func(t *testing.T, in string) {
		s, err := LoadScript(strings.NewReader(in))
		if err == nil && s.check() != nil {
			t.Errorf("a script was loaded that cannot be replayed: %v", s.check())
		}
	})
}

func TestTicketOf(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Ticket T1\nDo it.":     "T1",
		"Ticket T-22: the rest": "T-22",
		"Ticket":                "",
		"ticket T1":             "",
		"Do it.\nTicket T1":     "",
		"":                      "",
	} {
		if got := ticketOf(in); got != want {
			t.Errorf("ticketOf(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestPiecesKeepTheText(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("aé漢🙂", 50)
	for size := range 12 {
		got := pieces(text, size)
		if strings.Join(got, "") != text {
			t.Errorf("size %d: the pieces are not the text", size)
		}
		for _, p := range got {
			if strings.ContainsRune(p, '\uFFFD') {
				t.Errorf("size %d: a character is cut in %q", size, p)
			}
		}
	}
	if n := len(pieces(strings.Repeat("x", 1<<20), 0)); n > 501 {
		t.Errorf("1 MB makes %d pieces", n)
	}
}
