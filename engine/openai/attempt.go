package openai

import (
	"context"
	"errors"
	"io"
	"time"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/slop-ls/slop-ls/engine"
)

// drainTime is how long the end of a stream after [DONE] is waited for, so that its connection can be used again.
const drainTime = 200 * time.Millisecond

// attempt makes one call, in the manner that the model is known to take. It holds one of the endpoint's slots while it does.
func (e *endpoint) attempt(
	ctx context.Context, key string, req engine.Request, m manner, onDelta func(engine.Delta),
) (engine.Reply, error) {
	asked := req
	req = m.ask(req)
	if err := e.slots.Acquire(ctx, 1); err != nil {
		return engine.Reply{}, err
	}
	defer e.slots.Release(1)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	dog := newWatchdog(cancel, e.Limits)
	defer dog.stop()

	asm := newAssembly(e.Name, e.Limits.Reply)
	err := e.stream(ctx, key, req, dog, asm, onDelta)
	if err != nil {
		err = blame(ctx, err, asm)
	}
	if err != nil {
		return engine.Reply{}, err
	}
	reply, err := asm.reply(turns(req.Messages))
	if err != nil {
		return engine.Reply{}, err
	}
	reply.Usage.Cost = e.cost(req.Model, reply.Usage)
	return m.read(asked, reply), nil
}

// blame says what ended a call: the watchdog, or the stream itself. It is nil when the reply was whole and nothing but
// [DONE] was missing.
func blame(ctx context.Context, err error, asm *assembly) error {
	var stalled *failure
	if errors.As(context.Cause(ctx), &stalled) {
		err = stalled
	} else if !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if asm.whole() {
		return nil
	}
	return err
}

// stream sends the request and feeds asm until the stream ends well, which is nil, or otherwise.
func (e *endpoint) stream(
	ctx context.Context, key string, req engine.Request, dog *watchdog, asm *assembly, onDelta func(engine.Delta),
) error {
	stream, err := e.client(key, req, dog).CreateChatCompletionStream(ctx, e.chatRequest(req))
	if err != nil {
		return err
	}
	defer stream.Close()
	for {
		raw, err := stream.RecvRaw()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		d, progress, err := asm.add(raw)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if progress {
			dog.feed()
		}
		if d != (engine.Delta{}) {
			onDelta(d)
		}
	}
}

// client is go-openai's for one call, with the two Doers below it.
func (e *endpoint) client(key string, req engine.Request, dog *watchdog) *goopenai.Client {
	cfg := goopenai.DefaultConfig(key)
	cfg.BaseURL = e.BaseURL
	w := rewriter{provider: e.Name, temperature: e.Temperature, messages: req.Messages, form: req.Form, maxOutput: req.MaxOutput}
	cfg.HTTPClient = rewriteDoer{
		next:    streamDoer{http: e.http, line: e.Limits.Line, done: dog.drain},
		rewrite: w.rewrite,
	}
	return goopenai.NewClientWithConfig(cfg)
}

func (e *endpoint) cost(model string, u engine.Usage) engine.Cost {
	if e.Price == nil {
		return engine.Cost{Unknown: true}
	}
	return e.Price(model, u)
}

// turns counts what the model has said so far.
func turns(messages []engine.Message) int {
	n := 0
	for _, m := range messages {
		if m.Role == engine.RoleAssistant {
			n++
		}
	}
	return n
}

// watchdog cancels a call with a *failure as the cause when the provider says nothing for too long. One goroutine
// uses it.
type watchdog struct {
	cancel context.CancelCauseFunc
	limits Limits
	timer  *time.Timer
	fed    bool
}

func newWatchdog(cancel context.CancelCauseFunc, l Limits) *watchdog {
	w := &watchdog{cancel: cancel, limits: l}
	w.after(l.FirstToken, failed(engine.ProviderStalled, "no first token within %v", l.FirstToken))
	return w
}

func (w *watchdog) after(d time.Duration, f *failure) {
	w.timer = time.AfterFunc(d, func() { w.cancel(f) })
}

// feed starts the time anew. The first time it changes from the wait for a first token to that for the next.
func (w *watchdog) feed() {
	if w.fed {
		w.timer.Reset(w.limits.Idle)
		return
	}
	w.fed = true
	w.timer.Stop()
	w.after(w.limits.Idle, failed(engine.ProviderStalled, "silent for %v in the middle of the stream", w.limits.Idle))
}

// drain leaves little time for what follows [DONE].
func (w *watchdog) drain() { w.timer.Reset(drainTime) }

func (w *watchdog) stop() { w.timer.Stop() }
