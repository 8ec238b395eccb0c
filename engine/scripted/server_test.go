package scripted

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, rules ...Rule) (*Server, *http.Client) {
	t.Helper()
	s, err := Start(Script{Rules: rules})
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		s.Close()
	})
	return s, &http.Client{Transport: tr}
}

func body(model, ticket string, turns int, stream bool) string {
	var b strings.Builder
	b.WriteString(`{"model":"` + model + `","stream":`)
	b.WriteString(map[bool]string{true: `true,"stream_options":{"include_usage":true}`, false: "false"}[stream])
	b.WriteString(`,"messages":[{"role":"system","content":"You work."},{"role":"user","content":"Ticket ` + ticket + `\nGo."}`)
	for range turns {
		b.WriteString(`,{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}`)
		b.WriteString(`,{"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"res"},{"type":"text","text":"ult"}]}`)
	}
	b.WriteString("]}")
	return b.String()
}

func post(t *testing.T, c *http.Client, s *Server, body string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer top-secret")
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.Header.Get(Header) != "true" {
		t.Errorf("the response does not say that it is scripted")
	}
	return resp
}

func readAll(t *testing.T, resp *http.Response) (string, error) {
	t.Helper()
	data, err := io.ReadAll(resp.Body)
	return string(data), err
}

// events gives the data of a stream's events.
func events(text string) []string {
	var out []string
	sc := bufio.NewScanner(strings.NewReader(text))
	for sc.Scan() {
		if d, ok := strings.CutPrefix(sc.Text(), "data: "); ok {
			out = append(out, d)
		}
	}
	return out
}

func TestStream(t *testing.T) {
	t.Parallel()
	args := `{"path":"lex.go","search":"a longer text with ünïcode"}`
	s, c := start(t, Rule{Ticket: "T1", Reply: Reply{
		Text: "Let me look at the lexer of this parser.", Reasoning: "Hm.", Chunk: 8,
		Calls: []Call{{Name: "read_file", Arguments: args}, {Name: "finish"}},
		Usage: &Usage{Input: 10, Cached: 4, Output: 6, Reasoning: 2},
	}})
	text, err := readAll(t, post(t, c, s, body("small", "T1", 0, true)))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, ": scripted model\n\n") {
		t.Errorf("the stream does not start by saying that it is scripted: %.60q", text)
	}
	got := joinStream(t, events(text))
	want := joined{
		Text: "Let me look at the lexer of this parser.", Reasoning: "Hm.", Finish: "tool_calls", Done: true,
		IDs: []string{"call_T1_0_0", "call_T1_0_1"}, Names: []string{"read_file", "finish"}, Args: []string{args, ""},
		Prompt: 10, Completion: 6, UsageAlone: true, Fingerprint: "scripted",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := len(events(text)); n < 15 {
		t.Errorf("only %d chunks: the calls do not come in pieces", n)
	}
}

type joined struct {
	Text, Reasoning, Finish, Fingerprint string
	IDs, Names, Args                     []string
	Prompt, Completion                   int
	UsageAlone, Done                     bool
}

func joinStream(t *testing.T, data []string) joined {
	t.Helper()
	var j joined
	for _, d := range data {
		if d == "[DONE]" {
			j.Done = true
			continue
		}
		var c struct {
			Fingerprint string `json:"system_fingerprint"`
			Choices     []struct {
				Delta struct {
					Content   string     `json:"content"`
					Reasoning string     `json:"reasoning_content"`
					Calls     []wireCall `json:"tool_calls"`
				} `json:"delta"`
				Finish string `json:"finish_reason"`
			} `json:"choices"`
			Usage *wireUsage `json:"usage"`
		}
		if err := json.Unmarshal([]byte(d), &c); err != nil {
			t.Fatalf("%v in %q", err, d)
		}
		j.Fingerprint = c.Fingerprint
		if c.Usage != nil {
			j.Prompt, j.Completion, j.UsageAlone = c.Usage.Prompt, c.Usage.Completion, len(c.Choices) == 0
		}
		for _, ch := range c.Choices {
			j.Text += ch.Delta.Content
			j.Reasoning += ch.Delta.Reasoning
			j.Finish += ch.Finish
			for _, call := range ch.Delta.Calls {
				if call.ID != "" {
					j.IDs, j.Names, j.Args = append(j.IDs, call.ID), append(j.Names, call.Function.Name), append(j.Args, "")
				}
				j.Args[*call.Index] += call.Function.Arguments
			}
		}
	}
	return j
}

func TestRulesArePickedByTheRequestAlone(t *testing.T) {
	t.Parallel()
	s, c := start(t,
		Rule{Ticket: "T1", Model: "small", Turn: At(0), Reply: Reply{Text: "small first"}},
		Rule{Ticket: "T1", Turn: At(0), Reply: Reply{Text: "any first"}},
		Rule{Ticket: "T1", Last: "result", Turn: At(1), Reply: Reply{Text: "after the tool"}},
		Rule{Contains: "You work", Tools: WithTools(false), Ticket: "T9", Reply: Reply{Func: func(q Request) Reply {
			return Reply{Text: "made for " + q.Ticket}
		}}},
	)
	for range 2 { // the second time as after a crash
		for _, q := range []struct {
			model, ticket string
			turns         int
			want          string
		}{
			{"small", "T1", 0, "small first"},
			{"medium", "T1", 0, "any first"},
			{"small", "T1", 1, "after the tool"},
			{"x", "T9", 3, "made for T9"},
		} {
			text, err := readAll(t, post(t, c, s, body(q.model, q.ticket, q.turns, false)))
			if err != nil || !strings.Contains(text, q.want) {
				t.Errorf("%v: %v %s", q, err, text)
			}
		}
	}
}

func TestNoRule(t *testing.T) {
	t.Parallel()
	s, c := start(t, Rule{Ticket: "T1"})
	resp := post(t, c, s, body("m", "T2", 1, true))
	text, _ := readAll(t, resp)
	if resp.StatusCode != 400 || !strings.Contains(text, `"no_rule"`) || !strings.Contains(text, `ticket \"T2\"`) {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
	for _, bad := range []string{"", "{", `{"model":"m"}`, `{"messages":[{"role":"user"}]}`, `{"model":"m","messages":[{"content":7}]}`} {
		if resp := post(t, c, s, bad); resp.StatusCode != 400 {
			t.Errorf("%q: status %d", bad, resp.StatusCode)
		}
	}
}

func TestModels(t *testing.T) {
	t.Parallel()
	s, c := start(t, Rule{Model: "small"}, Rule{Model: "medium"}, Rule{Model: "small"})
	resp, err := c.Get(s.URL() + "/models")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var list struct {
		Data []struct {
			ID    string `json:"id"`
			Owner string `json:"owned_by"`
		} `json:"data"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	if len(list.Data) != 2 || list.Data[0].ID != "small" || list.Data[1].Owner != "slop-ls scripted" {
		t.Errorf("%+v", list)
	}
}

func TestRecordsKeepNoKey(t *testing.T) {
	t.Parallel()
	s, c := start(t, Rule{Reply: Reply{Text: "ok"}})
	if _, err := readAll(t, post(t, c, s, body("m", "T1", 1, true))); err != nil {
		t.Fatal(err)
	}
	recs, err := s.Await(t.Context(), func(r []Record) bool { return len(r) == 1 && r[0].Outcome == Answered })
	if err != nil {
		t.Fatal(err)
	}
	r := recs[0]
	if !r.Authorized || r.Model != "m" || r.Ticket != "T1" || r.Turn != 1 || r.Rule != 0 || len(r.Messages) != 4 {
		t.Errorf("%+v", r)
	}
	if r.Messages[3].Text != "result" || r.Messages[2].Calls[0].Name != "f" {
		t.Errorf("%+v", r.Messages)
	}
	data, err := json.Marshal(recs)
	if err != nil || bytes.Contains(data, []byte("top-secret")) {
		t.Errorf("%v, or the key is in the record", err)
	}
}

func TestStatusFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault  Fault
		status int
		want   string
	}{
		{Fault{Kind: FaultRateLimited, RetryAfter: 1500 * time.Millisecond}, 429, "rate_limit_exceeded"},
		{Fault{Kind: FaultServer}, 500, "server_error"},
		{Fault{Kind: FaultBadGateway}, 502, "<html>"},
		{Fault{Kind: FaultUnavailable}, 503, `"error":"model is loading"`},
		{Fault{Kind: FaultUnauthorized}, 401, "invalid_api_key"},
		{Fault{Kind: FaultBadRequest}, 400, "invalid_value"},
		{Fault{Kind: FaultTooLong}, 400, "context_length_exceeded"},
	} {
		s, client := start(t, Rule{Reply: Reply{Text: "fine", Fault: c.fault}})
		resp := post(t, client, s, body("m", "T1", 0, true))
		text, err := readAll(t, resp)
		if err != nil || resp.StatusCode != c.status || !strings.Contains(text, c.want) {
			t.Errorf("%s: %v %d %s", c.fault.Kind, err, resp.StatusCode, text)
		}
		if want := map[bool]string{true: "2"}[c.fault.RetryAfter > 0]; resp.Header.Get("Retry-After") != want {
			t.Errorf("%s: Retry-After %q", c.fault.Kind, resp.Header.Get("Retry-After"))
		}
	}
}

func TestRetryAfterAsDate(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	got := retryAfter(Fault{RetryAfter: 3 * time.Second, HTTPDate: true}, now)
	if got != "Sun, 22 Nov 2026 10:00:03 GMT" {
		t.Error(got)
	}
}

func TestFaultOfTheFirstCalls(t *testing.T) {
	t.Parallel()
	s, c := start(t, Rule{Reply: Reply{Text: "fine", Fault: Fault{Kind: FaultServer, First: 2}}})
	for i, want := range []int{500, 500, 200, 200} {
		if got := post(t, c, s, body("m", "T1", 0, false)).StatusCode; got != want {
			t.Errorf("call %d: status %d, want %d", i, got, want)
		}
	}
	if got := post(t, c, s, body("m", "T2", 0, false)).StatusCode; got != 500 {
		t.Errorf("another ticket: status %d, want its own count", got)
	}
}

func TestStreamFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind FaultKind
		want string
		err  error
	}{
		{FaultDropped, "", io.ErrUnexpectedEOF},
		{FaultTruncated, "", nil},
		{FaultMalformed, `{"cont`, nil},
		{FaultStreamError, `{"error":{"message":"The server is overloaded"`, nil},
		{FaultOversizedLine, strings.Repeat("x", 32<<20), nil},
	} {
		s, client := start(t, Rule{Reply: Reply{Text: "one two three four", Chunk: 4, Fault: Fault{Kind: c.kind}}})
		text, err := readAll(t, post(t, client, s, body("m", "T1", 0, true)))
		if !errors.Is(err, c.err) || !strings.Contains(text, c.want) || strings.Contains(text, "[DONE]") {
			t.Errorf("%s: %v %.200s", c.kind, err, text)
		}
		if !strings.Contains(text, `"content":"one "`) {
			t.Errorf("%s: nothing was streamed before: %.300s", c.kind, text)
		}
	}
}

func TestComments(t *testing.T) {
	t.Parallel()
	s, c := start(t, Rule{Reply: Reply{Text: "fine", Fault: Fault{Kind: FaultComments}}})
	text, err := readAll(t, post(t, c, s, body("m", "T1", 0, true)))
	if err != nil || strings.Count(text, ": keep-alive\n") != 300 || !strings.HasSuffix(text, "data: [DONE]\n\n") {
		t.Errorf("%v %.100s", err, text)
	}
}

func TestStallUntilTheClientHangsUp(t *testing.T) {
	t.Parallel()
	for _, r := range []Reply{
		{Text: "x", Fault: Fault{Kind: FaultStallStart}},
		{Text: "x", Fault: Fault{Kind: FaultStallMiddle}},
		{Text: "x", Delay: time.Hour},
	} {
		for _, stream := range []bool{true, false} {
			s, c := start(t, Rule{Reply: r})
			ctx, hangUp := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				req, _ := http.NewRequestWithContext(ctx, http.MethodPost, s.URL()+"/chat/completions",
					strings.NewReader(body("m", "T1", 0, stream)))
				if resp, err := c.Do(req); err == nil {
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			}()
			await(t, s, func(r []Record) bool { return len(r) == 1 && r[0].Rule == 0 })
			hangUp()
			await(t, s, func(r []Record) bool { return r[0].Outcome == HungUp && !r[0].Ended.IsZero() })
			<-done
		}
	}
}

func await(t *testing.T, s *Server, met func([]Record) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if recs, err := s.Await(ctx, met); err != nil {
		t.Fatalf("%v: %+v", err, recs)
	}
}

func TestCloseEndsWhatRuns(t *testing.T) {
	t.Parallel()
	s, c := start(t, Rule{Reply: Reply{Fault: Fault{Kind: FaultStallStart}}})
	ended := make(chan error, 1)
	go func() {
		resp, err := c.Post(s.URL()+"/chat/completions", "application/json", strings.NewReader(body("m", "T1", 0, true)))
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		ended <- err
	}()
	await(t, s, func(r []Record) bool { return len(r) == 1 && r[0].Rule == 0 })
	s.Close()
	s.Close()
	if r := s.Records(); r[0].Outcome != Closed {
		t.Errorf("outcome %s", r[0].Outcome)
	}
	<-ended
}

func TestOnlyOnLoopback(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "127.0.0.1"} {
		if s, err := StartOn(addr, Script{}); err == nil {
			s.Close()
			t.Errorf("served on %s", addr)
		}
	}
	if _, err := Start(Script{Rules: []Rule{{Turn: At(-1)}}}); err == nil {
		t.Error("a script that cannot be replayed was started")
	}
}
