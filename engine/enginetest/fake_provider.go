package enginetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/slop-ls/slop-ls/engine"
)

// ProviderReply is what a scripted model says to one call, in terms that every Provider can show.
type ProviderReply struct {
	Text      string
	Reasoning string
	Calls     []engine.ToolCall // without an id: the provider makes one
	Usage     engine.Usage
	Finish    string // "": "stop", or "tool_calls"
	// Fail ends the call with this kind of error: after the text for the kinds that happen in the middle of a
	// stream, instead of it for the others.
	Fail engine.ProviderErrorKind
	// Hang says nothing more after the text until the caller gives up.
	Hang bool
}

// FakeProvider is an engine.Provider in memory that passes the same suite as the real one. Its model is a function of
// the request. It streams a word at a time, gives up when ctx is cancelled, also within a Hang, and makes one more
// call after a failure that is worth it.
type FakeProvider struct {
	answer func(engine.Request) ProviderReply

	mu   sync.Mutex
	seen []engine.Request
}

var _ engine.Provider = (*FakeProvider)(nil)

// NewFakeProvider makes a provider whose model answers with answer, which is called by many goroutines at once, once a
// call and so twice where a call is made again.
func NewFakeProvider(answer func(engine.Request) ProviderReply) *FakeProvider {
	return &FakeProvider{answer: answer}
}

// Requests gives every call that was made so far, in order.
func (p *FakeProvider) Requests() []engine.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen)
}

// Generate implements engine.Provider.
func (p *FakeProvider) Generate(
	ctx context.Context, req engine.Request, onDelta func(engine.Delta),
) (engine.Reply, error) {
	const attempts = 2
	for attempt := 1; ; attempt++ {
		reply, err := p.call(ctx, req, onDelta)
		var failed *engine.ProviderError
		if !errors.As(err, &failed) {
			return reply, err
		}
		if attempt == attempts || !again(failed.Kind) {
			failed.Model, failed.Attempts = req.Model, attempt
			return engine.Reply{}, failed
		}
		if midStream(failed.Kind) {
			onDelta(engine.Delta{Restart: true})
		}
	}
}

func (p *FakeProvider) call(
	ctx context.Context, req engine.Request, onDelta func(engine.Delta),
) (engine.Reply, error) {
	if err := ctx.Err(); err != nil {
		return engine.Reply{}, err
	}
	p.mu.Lock()
	p.seen = append(p.seen, cloneRequest(req))
	p.mu.Unlock()
	r := p.answer(cloneRequest(req))
	if r.Fail != "" && !midStream(r.Fail) {
		return engine.Reply{}, failure(r.Fail)
	}
	if err := emit(ctx, r, onDelta); err != nil {
		return engine.Reply{}, err
	}
	if r.Hang {
		<-ctx.Done()
		return engine.Reply{}, ctx.Err()
	}
	if r.Fail != "" {
		return engine.Reply{}, failure(r.Fail)
	}
	return r.reply(turns(req)), nil
}

// emit streams a reply word by word.
func emit(ctx context.Context, r ProviderReply, onDelta func(engine.Delta)) error {
	if r.Reasoning != "" {
		onDelta(engine.Delta{Reasoning: r.Reasoning})
	}
	for _, word := range strings.SplitAfter(r.Text, " ") {
		if err := ctx.Err(); err != nil {
			return err
		}
		if word != "" {
			onDelta(engine.Delta{Text: word})
		}
	}
	return ctx.Err()
}

func (r ProviderReply) reply(turn int) engine.Reply {
	calls := slices.Clone(r.Calls)
	for i := range calls {
		if calls[i].ID == "" {
			calls[i].ID = fmt.Sprintf("call_%d_%d", turn, i)
		}
	}
	finish := r.Finish
	if finish == "" {
		finish = "stop"
		if len(calls) > 0 {
			finish = "tool_calls"
		}
	}
	return engine.Reply{
		Message: engine.Message{Role: engine.RoleAssistant, Text: r.Text, Reasoning: r.Reasoning, Calls: calls},
		Usage:   r.Usage,
		Finish:  finish,
	}
}

// Count implements engine.Provider: four bytes are a token.
func (p *FakeProvider) Count(_, text string) int { return (len(text) + 3) / 4 }

func failure(kind engine.ProviderErrorKind) *engine.ProviderError {
	return &engine.ProviderError{Kind: kind, Provider: "fake", Err: errors.New("as scripted")}
}

func again(kind engine.ProviderErrorKind) bool {
	switch kind {
	case engine.ProviderRateLimited, engine.ProviderServer, engine.ProviderDropped, engine.ProviderMalformed,
		engine.ProviderStalled, engine.ProviderUnreachable:
		return true
	default:
		return false
	}
}

func midStream(kind engine.ProviderErrorKind) bool {
	switch kind {
	case engine.ProviderDropped, engine.ProviderMalformed, engine.ProviderStalled, engine.ProviderOversized:
		return true
	default:
		return false
	}
}

func turns(req engine.Request) int {
	n := 0
	for _, m := range req.Messages {
		if m.Role == engine.RoleAssistant {
			n++
		}
	}
	return n
}

// cloneRequest copies what a caller might change afterwards.
func cloneRequest(req engine.Request) engine.Request {
	req.Messages = slices.Clone(req.Messages)
	for i := range req.Messages {
		req.Messages[i].Calls = slices.Clone(req.Messages[i].Calls)
	}
	req.Tools = slices.Clone(req.Tools)
	return req
}
