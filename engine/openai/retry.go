package openai

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/slop-ls/slop-ls/engine"
)

// generate makes calls until one succeeds or no other is worth making.
func (e *endpoint) generate(
	ctx context.Context, req engine.Request, onDelta func(engine.Delta),
) (engine.Reply, error) {
	key, err := e.key(ctx, req.Model)
	if err != nil {
		return engine.Reply{}, err
	}
	pauses := e.pauses()
	input := e.inputTokens(req)
	var streamed strings.Builder // of the call under way
	var broken engine.Usage      // of calls whose replies broke off
	emit := func(d engine.Delta) {
		streamed.WriteString(d.Reasoning + d.Text)
		onDelta(d)
	}
	for attempt := 1; ; attempt++ {
		m := e.manner(req.Model)
		if err := e.pace.pass(ctx, input, e.wait); err != nil {
			return engine.Reply{}, err
		}
		reply, err := e.attempt(ctx, key, req, m, emit)
		if err == nil {
			e.pace.spend(reply.Usage.Output)
			return e.withBroken(req.Model, reply, broken), nil
		}
		if ctx.Err() != nil {
			return engine.Reply{}, ctx.Err()
		}
		f := failureOf(err)
		if f.retryAfter > 0 && f.retryAfter <= e.Limits.MaxRetryAfter && worthRetrying(f.kind) {
			e.pace.hold(f.retryAfter)
		}
		if e.learn(req, m, f) {
			attempt-- // it is spoken to otherwise now, which happens once for each thing it can refuse
			continue
		}
		pause, again := e.again(f, attempt, pauses.NextBackOff())
		if !again {
			return engine.Reply{}, e.providerError(f, req.Model, attempt, key)
		}
		if f.retryAfter <= 0 { // else the pace holds everybody, and this call with them
			if err := e.wait(ctx, pause); err != nil {
				return engine.Reply{}, err
			}
		}
		if streamed.Len() > 0 {
			onDelta(engine.Delta{Restart: true})
			broken = broken.Add(estimated(req, engine.Message{Text: streamed.String()}))
			streamed.Reset()
		}
	}
}

// withBroken adds to a reply what the calls before it used whose replies broke off: they were paid for, too.
func (e *endpoint) withBroken(model string, reply engine.Reply, broken engine.Usage) engine.Reply {
	if broken != (engine.Usage{}) {
		reply.Usage = reply.Usage.Add(broken)
		reply.Usage.Cost = e.cost(model, reply.Usage)
	}
	return reply
}

// inputTokens is what a request counts against the tokens of a minute; 0 where they are not bounded.
func (e *endpoint) inputTokens(req engine.Request) int {
	if e.TokensPerMinute <= 0 {
		return 0
	}
	return requestTokens(req)
}

// requestTokens counts what a request says.
func requestTokens(req engine.Request) int {
	n := 0
	for _, m := range req.Messages {
		n += messageTokens(m)
	}
	for _, t := range req.Tools {
		n += count(t.Name + t.Description + string(t.Schema))
	}
	return n
}

func messageTokens(m engine.Message) int {
	n := count(m.Text)
	for _, c := range m.Calls {
		n += count(c.Name + c.Arguments)
	}
	return n
}

// pauses gives the pauses of one Generate.
func (e *endpoint) pauses() *backoff.ExponentialBackOff {
	b := &backoff.ExponentialBackOff{
		InitialInterval:     e.Limits.Backoff,
		RandomizationFactor: 0.5,
		Multiplier:          2,
		MaxInterval:         e.Limits.MaxBackoff,
	}
	b.Reset()
	return b
}

// again says whether to call once more after a failure, and after which pause. A pause that the provider asked for is
// kept, with up to a tenth more so that all who were told the same do not come back at once.
func (e *endpoint) again(f *failure, attempt int, own time.Duration) (pause time.Duration, again bool) {
	if f.final || !worthRetrying(f.kind) || attempt >= e.Limits.Attempts || f.retryAfter > e.Limits.MaxRetryAfter {
		return 0, false
	}
	if f.retryAfter > 0 {
		return f.retryAfter + rand.N(f.retryAfter/10+1), true
	}
	return own, true
}

func worthRetrying(kind engine.ProviderErrorKind) bool {
	switch kind {
	case engine.ProviderRateLimited, engine.ProviderServer, engine.ProviderDropped, engine.ProviderMalformed,
		engine.ProviderStalled, engine.ProviderUnreachable:
		return true
	case engine.ProviderNoKey, engine.ProviderAuth, engine.ProviderBadRequest, engine.ProviderTooLarge,
		engine.ProviderOversized:
	}
	return false
}

// key looks the key up. Its error is ctx's, or a *engine.ProviderError of kind ProviderNoKey.
func (e *endpoint) key(ctx context.Context, model string) (string, error) {
	if e.Key == nil {
		return "", nil
	}
	key, err := e.Key(ctx)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err == nil && key == "" {
		err = errors.New("no API key is set: run `slop-ls doctor`")
	}
	if err != nil {
		return "", &engine.ProviderError{Kind: engine.ProviderNoKey, Provider: e.Name, Model: model, Err: err}
	}
	return key, nil
}

// providerError is the outcome for the engine. The key is cut out of its text.
func (e *endpoint) providerError(f *failure, model string, attempts int, key string) *engine.ProviderError {
	return &engine.ProviderError{
		Kind:       f.kind,
		Provider:   e.Name,
		Model:      model,
		Status:     f.status,
		RetryAfter: f.retryAfter,
		Attempts:   attempts,
		Err:        &safeError{text: tidy(redact(f.msg, key)), cause: f.cause},
	}
}
