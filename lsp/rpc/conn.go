package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/lsp/frame"
)

// maxInFlight bounds the requests of one connection that are being worked on. One more is refused.
const maxInFlight = 256

// Work is the second half of a request. Its result is what Marshal can encode.
type Work func(ctx context.Context) (any, error)

// Routes is what a connection serves. Both run on the read loop, one at a time.
type Routes interface {
	// Prepare is the first half of a request.
	Prepare(method string, params json.RawMessage) (Work, error)
	// Notified takes a notification. Its error is logged and changes nothing.
	Notified(method string, params json.RawMessage) error
}

// Served is told what each message came to, on the goroutine that took it.
type Served func(method string, params json.RawMessage, took time.Duration, err error)

// Conn is one connection. It is made by New, served by Serve and used by any number of goroutines between.
type Conn struct {
	rpc    jsonrpc2.Conn
	rw     io.ReadWriteCloser
	out    *outbox
	routes Routes
	log    *slog.Logger
	cancel context.CancelCauseFunc // ends every request and every call of this connection
	active sync.WaitGroup          // the goroutines that run work
	served Served

	mu       sync.Mutex
	inFlight map[jsonrpc2.ID]context.CancelCauseFunc
}

// Causes with which contexts of a connection end.
var (
	ErrDisconnected = errors.New("the editor has gone")
	ErrCancelled    = errors.New("cancelled by the editor")
)

// New makes a connection over rw and the context in which all of its requests run. Cancelling parent ends it. served
// may be nil.
func New(parent context.Context, rw io.ReadWriteCloser, r Routes, log *slog.Logger, served Served) (*Conn, context.Context) {
	ctx, cancel := context.WithCancelCause(parent)
	c := &Conn{rw: rw, routes: r, log: log, served: served, cancel: cancel, inFlight: map[jsonrpc2.ID]context.CancelCauseFunc{}}
	c.out = newOutbox(rw, maxSilence, cancel)
	s := &stream{in: frame.NewReader(rw), out: c.out, log: log, ended: cancel}
	c.rpc = jsonrpc2.NewConn(s, jsonrpc2.WithCodec(codec{}))
	return c, ctx
}

// Serve reads until the peer goes, ctx (of New) ends, or End is called. When it returns no goroutine of the
// connection runs any more; rw is closed, and rw.Close must make a pending Read return. A clean end is nil.
func (c *Conn) Serve(ctx context.Context) error {
	stop := make(chan struct{})
	go c.out.write(stop)
	c.rpc.Go(ctx, c.handle)
	select {
	case <-c.rpc.Done():
	case <-ctx.Done():
	}
	c.cancel(ErrDisconnected)
	close(stop)
	c.out.drain(lastWords)
	c.rw.Close() //nolint:errcheck // it may be closed already, and there is nobody left to tell
	c.out.drain(lastWords)
	c.rpc.Close()
	c.active.Wait()
	if errors.Is(context.Cause(ctx), errDeaf) {
		return errDeaf
	}
	return c.rpc.Err()
}

// Over is closed when the connection has ended and nothing more will come.
func (c *Conn) Over() <-chan struct{} { return c.rpc.Done() }

// End makes Serve return. It may be called from the read loop.
func (c *Conn) End() { c.cancel(ErrDisconnected) }

// handle is called by jsonrpc2 on the read loop. Nothing that it returns for a notification is an error: that would
// end the connection.
func (c *Conn) handle(rctx context.Context, req *jsonrpc2.Request) (any, error) {
	// The frame has memory of its own (frame.Reader.Take), so the parameters outlive the pooled request.
	method, params, start := req.Method(), json.RawMessage(req.Params()), time.Now()
	if !req.IsCall() {
		c.tell(method, params, start, c.notified(method, params))
		return nil, nil
	}
	result, err := c.request(rctx, req.ID(), method, params)
	c.tell(method, params, start, err)
	return result, err
}

func (c *Conn) tell(method string, params json.RawMessage, start time.Time, err error) {
	if c.served != nil {
		c.served(method, params, time.Since(start), err)
	}
}

func (c *Conn) notified(method string, params json.RawMessage) error {
	_, err := c.guard(method, func() (any, error) {
		if method == protocol.MethodCancelRequest {
			return nil, c.cancelRequest(params)
		}
		return nil, c.routes.Notified(method, params)
	})
	if err != nil {
		c.log.Warn("a notification was ignored", "method", method, "err", err)
	}
	return err
}

func (c *Conn) request(rctx context.Context, id jsonrpc2.ID, method string, params json.RawMessage) (any, error) {
	// Not a child of rctx: that one is pooled, and deriving from it in a synchronous handler is a data race.
	ctx, done, err := c.admit(jsonrpc2.DetachContext(rctx), id)
	if err != nil {
		return nil, wireError(err)
	}
	prepared, err := c.guard(method, func() (any, error) { return c.routes.Prepare(method, params) })
	if err != nil {
		done()
		return nil, wireError(err)
	}
	jsonrpc2.Async(rctx)
	return c.run(ctx, done, method, prepared.(Work))
}

// Outcome is what work came to.
type Outcome struct {
	Result any
	Err    error
}

// Start runs work in a goroutine that Serve waits for, and gives what it came to. Nobody need take it. A panic is an
// error.
func (c *Conn) Start(ctx context.Context, what string, w Work) <-chan Outcome {
	return c.startThen(ctx, what, w, func() {})
}

// startThen is Start that calls done once the outcome is there.
func (c *Conn) startThen(ctx context.Context, what string, w Work, done func()) <-chan Outcome {
	out := make(chan Outcome, 1) // room for the one outcome: the worker never waits for its reader
	c.active.Go(func() {
		defer done()
		result, err := c.guard(what, func() (any, error) { return w(ctx) })
		out <- Outcome{result, err}
	})
	return out
}

// run answers with the work's result, or as soon as the request is cancelled, whichever is first.
func (c *Conn) run(ctx context.Context, done func(), method string, w Work) (any, error) {
	out := c.startThen(ctx, method, w, done)
	select {
	case o := <-out:
		return o.Result, wireError(o.Err)
	case <-ctx.Done():
	}
	select {
	case o := <-out: // it was done before: done has cancelled ctx, or both happened at once
		return o.Result, wireError(o.Err)
	default:
		return nil, wireError(ctx.Err())
	}
}

// admit enters a request into the cancel map. done takes it out again and must be called once.
func (c *Conn) admit(ctx context.Context, id jsonrpc2.ID) (_ context.Context, done func(), _ error) {
	ctx, cancel := context.WithCancelCause(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, taken := c.inFlight[id]; taken {
		cancel(nil)
		return nil, nil, Refuse(InvalidRequest, "a request with the id %v is still being answered", id)
	}
	if len(c.inFlight) >= maxInFlight {
		cancel(nil)
		return nil, nil, Refuse(RequestFailed, "%d requests are still being answered: try again", maxInFlight)
	}
	c.inFlight[id] = cancel
	return ctx, func() {
		c.mu.Lock()
		delete(c.inFlight, id)
		c.mu.Unlock()
		cancel(nil)
	}, nil
}

func (c *Conn) cancelRequest(params json.RawMessage) error {
	var p struct{ ID json.RawMessage }
	if err := json.Unmarshal(params, &p); err != nil {
		return fmt.Errorf("decoding a cancellation: %w", err)
	}
	id, err := RequestID(p.ID)
	if err != nil {
		return err
	}
	c.mu.Lock()
	cancel := c.inFlight[id]
	c.mu.Unlock()
	if cancel != nil {
		cancel(ErrCancelled)
	}
	return nil
}

// RequestID reads the id of a request, which is spelled as a token is: a number or a string.
func RequestID(raw json.RawMessage) (jsonrpc2.ID, error) {
	var n int64
	if json.Unmarshal(raw, &n) == nil && string(raw) != "null" {
		return jsonrpc2.NewNumberID(n), nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil || string(raw) == "null" {
		return jsonrpc2.ID{}, fmt.Errorf("a request id must be a number or a string, not %.40s", raw)
	}
	return jsonrpc2.NewStringID(s), nil
}

// guard turns a panic into an error reply, so that one bad handler costs one answer and not the connection.
func (c *Conn) guard(method string, do func() (any, error)) (result any, err error) {
	defer func() {
		if r := recover(); r != nil {
			c.log.Error("a handler panicked", "method", method, "panic", r, "stack", string(debug.Stack()))
			result, err = nil, Refuse(Internal, "%s failed: %v; the log of slop-ls has the details", method, r)
		}
	}()
	return do()
}

// Call asks the client and waits for its answer, which it decodes into result, a pointer (to json.RawMessage for
// the answer as it is). The error is a *ReplyError when the client answered with one. When ctx ends first the
// client is told that its answer is not needed any more, and a late answer is dropped.
func (c *Conn) Call(ctx context.Context, method string, params, result any) error {
	id, err := c.rpc.Call(ctx, method, params, result)
	if ctx.Err() != nil && id.IsValid() {
		n, _ := id.Number()
		// Best effort, and without ctx, which has ended.
		_ = c.rpc.Notify(context.WithoutCancel(ctx), protocol.MethodCancelRequest, &protocol.CancelParams{ID: protocol.Integer(n)})
		return ctx.Err()
	}
	var wire *jsonrpc2.Error
	if errors.As(err, &wire) {
		return &ReplyError{Code: int(wire.Code), Message: wire.Message}
	}
	return err
}

// Behind says whether the client has not yet read what it was sent before. What is only nice to know is then left out.
func (c *Conn) Behind() bool { return c.out.behind() }

// Notify tells the client something. It waits only where the client is far behind with reading.
func (c *Conn) Notify(ctx context.Context, method string, params any) error {
	return c.rpc.Notify(ctx, method, params)
}

// wireError gives an error the code under which the client gets it.
func wireError(err error) error {
	var r *refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &r):
		return &jsonrpc2.Error{Code: jsonrpc2.Code(r.code), Message: err.Error()}
	case errors.Is(err, ErrCancelled), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return protocol.ErrRequestCancelled
	}
	return &jsonrpc2.Error{Code: jsonrpc2.Code(RequestFailed), Message: err.Error()}
}

// codec encodes parameters and results: LSP's types by package protocol, everything raw as it is.
type codec struct{}

// Marshal implements jsonrpc2.Codec.
func (codec) Marshal(v any) ([]byte, error) { return Marshal(v) }

// Marshal encodes parameters and results: LSP's types by package protocol, what is JSON already as it is, nil as null.
func Marshal(v any) ([]byte, error) {
	switch raw := v.(type) {
	case nil:
		return []byte("null"), nil
	case json.RawMessage:
		if raw == nil {
			return []byte("null"), nil
		}
		return raw, nil
	}
	return protocol.Marshal(v)
}

// Unmarshal implements jsonrpc2.Codec.
func (codec) Unmarshal(data []byte, v any) error {
	if raw, ok := v.(*json.RawMessage); ok {
		*raw = append(json.RawMessage(nil), data...)
		return nil
	}
	return protocol.Unmarshal(data, v)
}

// stream frames messages. What is no message is answered with an error and skipped; only what makes the next frame
// unfindable ends it.
type stream struct {
	in    *frame.Reader // of the read loop
	out   *outbox
	log   *slog.Logger
	ended context.CancelCauseFunc // called when reading has ended: jsonrpc2 cancels nothing by itself
}

// Read implements jsonrpc2.Stream. It is called by the read loop alone.
func (s *stream) Read(ctx context.Context) (jsonrpc2.Message, int64, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		body, err := s.in.Take()
		var tooLong *frame.SizeError
		if err != nil && !errors.As(err, &tooLong) {
			s.ended(ErrDisconnected)
			return nil, 0, err
		}
		var msg jsonrpc2.Message
		if err == nil {
			msg, err = decodeMessage(body)
		}
		if err == nil {
			return msg, int64(len(body)), nil
		}
		s.refuse(ctx, err)
	}
}

// decodeMessage refuses what is not one complete JSON value, which the scanner of jsonrpc2 is not asked to find.
func decodeMessage(body []byte) (jsonrpc2.Message, error) {
	if !json.Valid(body) {
		return nil, Refuse(ParseError, "the message is not JSON")
	}
	msg, err := jsonrpc2.DecodeMessage(body)
	if err != nil {
		return nil, Refuse(InvalidRequest, "the message is no request, notification or response: %v", err)
	}
	return msg, nil
}

func (s *stream) refuse(ctx context.Context, err error) {
	s.log.Warn("a message was skipped", "err", err)
	if _, werr := s.Write(ctx, jsonrpc2.NewResponse(jsonrpc2.ID{}, nil, wireError(err))); werr != nil {
		s.log.Debug("the peer could not be told", "err", werr)
	}
}

// Write implements jsonrpc2.Stream. The message is queued: see outbox.
func (s *stream) Write(ctx context.Context, msg jsonrpc2.Message) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	body, err := jsonrpc2.EncodeMessage(msg)
	if err != nil {
		return 0, fmt.Errorf("encoding a message: %w", err)
	}
	noteSent(ctx, body)
	return int64(len(body)), s.out.put(ctx, body)
}

// Close implements jsonrpc2.Stream. jsonrpc2 calls it as soon as it reads no more, when what was answered may still be on
// its way out: Conn.Serve closes the transport, after that.
func (s *stream) Close() error { return nil }
