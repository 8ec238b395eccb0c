package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slop-ls/slop-ls/engine"
)

// MakeProvider makes the provider under test for a model that answers with answer. It registers its own clean-up. Of
// the request that answer gets, Model, Messages (but not their Opaque) and the names of Tools must be as they were
// sent. Pauses between calls should be short, and a stall be noticed within a few seconds.
type MakeProvider func(t *testing.T, answer func(engine.Request) ProviderReply) engine.Provider

// Provider is what every engine.Provider must do, whatever is behind it. The fake and the real one both pass it.
func Provider(t *testing.T, newProvider MakeProvider) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, MakeProvider)
	}{
		{"a text streams and comes whole", providerText},
		{"calls come as the model wrote them", providerCalls},
		{"the whole conversation reaches the model", providerConversation},
		{"the same request has the same answer", providerStateless},
		{"a failure is typed", providerFailures},
		{"a second call voids what was streamed", providerRestart},
		{"a cancelled context asks nobody", providerCancelBefore},
		{"cancel ends a stream at once", providerCancelMiddle},
		{"a deadline ends a stream", providerDeadline},
		{"parallel calls do not mix", providerParallel},
		{"Count", providerCount},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, newProvider)
		})
	}
}

func always(r ProviderReply) func(engine.Request) ProviderReply {
	return func(engine.Request) ProviderReply { return r }
}

func ask(text string) engine.Request {
	return engine.Request{
		Tier: engine.TierWorker, Model: "small",
		Messages: []engine.Message{{Role: engine.RoleUser, Text: text}},
	}
}

// stream collects deltas as a watcher would show them.
type stream struct {
	text, reasoning strings.Builder
	restarts        int
}

func (s *stream) add(d engine.Delta) {
	if d.Restart {
		s.restarts++
		s.text.Reset()
		s.reasoning.Reset()
	}
	s.text.WriteString(d.Text)
	s.reasoning.WriteString(d.Reasoning)
}

func providerText(t *testing.T, newProvider MakeProvider) {
	want := ProviderReply{
		Text: "Déjà vu: one two three, 漢字 🙂.", Reasoning: "It is asked again.", Finish: "length",
		Usage: engine.Usage{Input: 20, CachedInput: 8, Output: 7, Reasoning: 3},
	}
	p := newProvider(t, always(want))
	var s stream
	got, err := p.Generate(t.Context(), ask("Ticket T1\nSay it."), s.add)
	if err != nil {
		t.Fatal(err)
	}
	wantReply := engine.Reply{
		Message: engine.Message{Role: engine.RoleAssistant, Text: want.Text, Reasoning: want.Reasoning}, Usage: want.Usage, Finish: "length",
	}
	if diff := cmp.Diff(wantReply, got, cmpopts.IgnoreFields(engine.Usage{}, "Cost"), cmpopts.IgnoreFields(engine.Message{}, "Opaque")); diff != "" {
		t.Error(diff)
	}
	if s.text.String() != want.Text || s.reasoning.String() != want.Reasoning || s.restarts != 0 {
		t.Errorf("streamed %q and %q, %d restarts", s.text.String(), s.reasoning.String(), s.restarts)
	}
}

func providerCalls(t *testing.T, newProvider MakeProvider) {
	calls := []engine.ToolCall{
		{Name: "read_file", Arguments: `{"path":"dir/ä b.go","lines":[1,2]}`},
		{Name: "read_file", Arguments: `{"path":"dir/ä b.go","lines":[1,2]}`},
		{Name: "get_diff", Arguments: ""},
		{Name: "write_file", Arguments: `{"content":"` + strings.Repeat("long ", 4000)},
	}
	p := newProvider(t, always(ProviderReply{Text: "First", Calls: calls}))
	got, err := p.Generate(t.Context(), ask("x"), func(engine.Delta) {})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(calls, got.Message.Calls, cmpopts.IgnoreFields(engine.ToolCall{}, "ID")); diff != "" {
		t.Error(diff)
	}
	ids := map[string]bool{}
	for _, c := range got.Message.Calls {
		ids[c.ID] = true
	}
	if len(ids) != len(calls) || ids[""] {
		t.Errorf("the ids are not distinct: %v", ids)
	}
	if got.Finish == "" || got.Message.Text != "First" {
		t.Errorf("finish %q, text %q", got.Finish, got.Message.Text)
	}
}

// conversation has each kind of message, and everything in them that could get lost.
func conversation() engine.Request {
	return engine.Request{
		Tier: engine.TierWorker, Model: "medium",
		Messages: []engine.Message{
			{Role: engine.RoleSystem, Text: "You work."},
			{Role: engine.RoleUser, Text: "Ticket T7\nMend <it> & \"that\"."},
			{Role: engine.RoleAssistant, Calls: []engine.ToolCall{
				{ID: "a", Name: "get_diff", Arguments: ""}, {ID: "b", Name: "read_file", Arguments: `{"path":"x"}`},
			}},
			{Role: engine.RoleTool, CallID: "a", Name: "get_diff", Text: ""},
			{Role: engine.RoleTool, CallID: "b", Name: "read_file", Text: "line\r\n\ttab \x00\u2028"},
			{Role: engine.RoleAssistant, Text: "Done?"},
			{Role: engine.RoleUser, Text: ""},
		},
		Tools: []engine.ToolSpec{
			{Name: "read_file", Description: "Reads.", Schema: json.RawMessage(`{"type":"object"}`)}, {Name: "get_diff"},
		},
	}
}

func providerConversation(t *testing.T, newProvider MakeProvider) {
	got := make(chan engine.Request, 1)
	p := newProvider(t, func(q engine.Request) ProviderReply {
		got <- q
		return ProviderReply{Text: "ok"}
	})
	req := conversation()
	if _, err := p.Generate(t.Context(), req, func(engine.Delta) {}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(conversation(), req); diff != "" {
		t.Error("Generate changed what it was given:", diff)
	}
	q := <-got
	if diff := cmp.Diff(req.Messages, q.Messages, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if q.Model != "medium" || len(q.Tools) != 2 || q.Tools[0].Name != "read_file" || q.Tools[1].Name != "get_diff" {
		t.Errorf("model %q, tools %v", q.Model, q.Tools)
	}
}

func providerStateless(t *testing.T, newProvider MakeProvider) {
	p := newProvider(t, func(q engine.Request) ProviderReply {
		return ProviderReply{Text: fmt.Sprint(len(q.Messages), " messages")}
	})
	for range 3 {
		got, err := p.Generate(t.Context(), conversation(), func(engine.Delta) {})
		if err != nil || got.Message.Text != "7 messages" {
			t.Fatalf("%v %q", err, got.Message.Text)
		}
	}
}

func providerFailures(t *testing.T, newProvider MakeProvider) {
	for _, kind := range []engine.ProviderErrorKind{
		engine.ProviderAuth, engine.ProviderBadRequest, engine.ProviderTooLarge, engine.ProviderRateLimited,
		engine.ProviderServer, engine.ProviderDropped, engine.ProviderMalformed, engine.ProviderOversized,
		engine.ProviderStalled,
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int64
			p := newProvider(t, func(engine.Request) ProviderReply {
				calls.Add(1)
				return ProviderReply{Text: "some of the text", Fail: kind}
			})
			_, err := p.Generate(t.Context(), ask("x"), func(engine.Delta) {})
			var got *engine.ProviderError
			if !errors.As(err, &got) {
				t.Fatalf("%v is no ProviderError", err)
			}
			if got.Kind != kind || got.Provider == "" || got.Model != "small" || got.Err == nil {
				t.Errorf("%+v", got)
			}
			if n := int(calls.Load()); n != got.Attempts || n < 1 || n > 10 {
				t.Errorf("%d calls were made, it says %d", n, got.Attempts)
			}
		})
	}
}

func providerRestart(t *testing.T, newProvider MakeProvider) {
	var calls atomic.Int64
	p := newProvider(t, func(engine.Request) ProviderReply {
		if calls.Add(1) == 1 {
			return ProviderReply{Text: "half of what was to be said", Fail: engine.ProviderDropped}
		}
		return ProviderReply{Text: "all of it"}
	})
	var s stream
	got, err := p.Generate(t.Context(), ask("x"), s.add)
	if err != nil {
		t.Fatal(err)
	}
	if got.Message.Text != "all of it" || s.text.String() != "all of it" || s.restarts != 1 {
		t.Errorf("reply %q, streamed %q, %d restarts", got.Message.Text, s.text.String(), s.restarts)
	}
}

func providerCancelBefore(t *testing.T, newProvider MakeProvider) {
	p := newProvider(t, func(engine.Request) ProviderReply {
		t.Error("the model was asked")
		return ProviderReply{}
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Generate(ctx, ask("x"), func(engine.Delta) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func providerCancelMiddle(t *testing.T, newProvider MakeProvider) {
	p := newProvider(t, always(ProviderReply{Text: "then nothing more", Hang: true}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var cancelled time.Time
	_, err := p.Generate(ctx, ask("x"), func(engine.Delta) {
		if cancelled.IsZero() {
			cancelled = time.Now()
			cancel()
		}
	})
	if took := time.Since(cancelled); cancelled.IsZero() || took > time.Second {
		t.Errorf("it came back %v after the cancel", took)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func providerDeadline(t *testing.T, newProvider MakeProvider) {
	p := newProvider(t, always(ProviderReply{Text: "then nothing more", Hang: true}))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.Generate(ctx, ask("x"), func(engine.Delta) {}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func providerParallel(t *testing.T, newProvider MakeProvider) {
	p := newProvider(t, func(q engine.Request) ProviderReply {
		text := q.Messages[0].Text
		return ProviderReply{
			Text:  strings.Repeat(text+" ", 20),
			Calls: []engine.ToolCall{{Name: "finish", Arguments: `{"summary":"` + text + `"}`}},
		}
	})
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			text := fmt.Sprintf("T%d", i)
			var s stream
			got, err := p.Generate(t.Context(), ask(text), s.add)
			if err != nil {
				t.Error(err)
				return
			}
			want := strings.Repeat(text+" ", 20)
			if got.Message.Text != want || s.text.String() != want ||
				len(got.Message.Calls) != 1 || got.Message.Calls[0].Arguments != `{"summary":"`+text+`"}` {
				t.Errorf("%s got %q, %v", text, got.Message.Text, got.Message.Calls)
			}
		})
	}
	all.Wait()
}

func providerCount(t *testing.T, newProvider MakeProvider) {
	p := newProvider(t, always(ProviderReply{}))
	if n := p.Count("small", ""); n != 0 {
		t.Errorf("nothing counts %d", n)
	}
	text := "func (l *Lexer) Next() Token { return l.scan() } // the next token\n"
	one, many := p.Count("small", text), p.Count("no-such-model", strings.Repeat(text, 1000))
	if one < len(text)/10 || one > len(text) {
		t.Errorf("%d bytes count %d", len(text), one)
	}
	if many < 900*one || many > 1100*one {
		t.Errorf("a thousand times the text counts %d, once it counts %d", many, one)
	}
	for _, odd := range []string{"\xff\xfe\x00", strings.Repeat("x", 1<<20), strings.Repeat(" \n", 1<<18)} {
		if n := p.Count("small", odd); n < 1 || n > len(odd) {
			t.Errorf("%d odd bytes count %d", len(odd), n)
		}
	}
}
