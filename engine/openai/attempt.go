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

	asm := e.assembler(m)
	err := e.stream(ctx, e.client(key, req, m, dog), req, m, asm, dog, onDelta)
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
	if reply.Usage == (engine.Usage{}) {
		reply.Usage = estimated(req, reply.Message)
	}
	reply.Usage.Cost = e.cost(req.Model, reply.Usage)
	return m.read(asked, reply), nil
}

// assembler puts a reply together from the events of one of the APIs. One goroutine uses it.
type assembler interface {
	// add takes an event. progress tells whether the reply has grown; d is what to stream of it. The error is a *failure.
	add(raw []byte) (d engine.Delta, progress bool, err error)
	// whole reports whether nothing but the end of the stream is missing.
	whole() bool
	// reply is what has come together. turn makes the ids of calls that have none unique in the conversation. The error is
	// a *failure.
	reply(turn int) (engine.Reply, error)
}

func (e *endpoint) assembler(m manner) assembler {
	if m.responses {
		return newResponse(e.Name, e.Limits.Reply)
	}
	return newAssembly(e.Name, e.Limits.Reply)
}

// blame says what ended a call: the watchdog, or the stream itself. It is nil when the reply was whole and nothing but
// [DONE] was missing.
func blame(ctx context.Context, err error, asm assembler) error {
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
	ctx context.Context, c *goopenai.Client, req engine.Request, m manner, asm assembler, dog *watchdog, onDelta func(engine.Delta),
) error {
	stream, err := e.open(ctx, c, req, m)
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
		switch {
		case m.responses && asm.whole(): // it has no [DONE]
			dog.drain()
		case progress:
			dog.feed()
		}
		if d != (engine.Delta{}) {
			onDelta(d)
		}
	}
}

// events is go-openai's stream, of either API.
type events interface {
	RecvRaw() ([]byte, error)
	Close() error
}

func (e *endpoint) open(ctx context.Context, c *goopenai.Client, req engine.Request, m manner) (events, error) {
	if m.responses {
		s, err := c.CreateResponseStream(ctx, e.responseRequest(req, m))
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	s, err := c.CreateChatCompletionStream(ctx, e.chatRequest(req))
	if err != nil {
		return nil, err
	}
	return s, nil
}

// client is go-openai's for one call, with the Doers below it.
func (e *endpoint) client(key string, req engine.Request, m manner, dog *watchdog) *goopenai.Client {
	cfg, header := e.address(key)
	var next goopenai.HTTPDoer = streamDoer{http: e.http, line: e.Limits.Line, done: dog.drain, header: header}
	if !m.responses {
		w := rewriter{
			provider: e.Name, temperature: e.Temperature, messages: req.Messages, form: req.Form, maxOutput: req.MaxOutput,
			reasonsBack: m.reasonsBack,
		}
		next = rewriteDoer{next: next, rewrite: w.rewrite}
	}
	cfg.HTTPClient = next
	return goopenai.NewClientWithConfig(cfg)
}

// estimated is what a call used as far as it can be counted here, for servers that do not say it: with nothing at all no bound
// would ever be reached.
func estimated(req engine.Request, m engine.Message) engine.Usage {
	thought := count(m.Reasoning)
	return engine.Usage{Input: int64(requestTokens(req)), Output: int64(messageTokens(m) + thought), Reasoning: int64(thought)}
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
