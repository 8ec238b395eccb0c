package lsptest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"go.lsp.dev/jsonrpc2"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp"
)

// The test and its daemon process talk over the process's standard input and output: JSON-RPC, asked by both.

// What the test asks and what the daemon process asks and tells.
const (
	askDeliver = "deliver" // → delivered
	askRead    = "read"    // → the file
	askUnsaved = "unsaved" // → what the editors have and the disk has not
	askWork    = "work"    // → a change set or null
	askSetting = "setting" // an editor's section → lines for its person
	askView    = "view"    // a path, before a view of it is made → null
	askDoubted = "doubted" // → whether some editor does not trust the workspace
	tellState  = "state"   // an encoded engine.Snapshot
	tellTrust  = "trust"   // an editor that did not trust the workspace has left
	tellFailed = "failed"  // a delivery did
)

type deliverParams struct {
	Run engine.Run
	Set engine.ChangeSet
}

// settingParams has a member because parameters that are null are none.
type settingParams struct{ Section json.RawMessage }

type workParams struct {
	Job    engine.Job
	Prompt string
}

// answered is a result, or an error that keeps its type.
type answered[T any] struct {
	Result T
	Error  *farError
}

// farError is an error of the other process.
type farError struct {
	Text     string
	Delivery *lsp.DeliveryError
	Conflict *engine.ConflictError
	Declined *engine.DeclinedError
}

func far(err error) *farError {
	if err == nil {
		return nil
	}
	f := &farError{Text: err.Error()}
	errors.As(err, &f.Delivery)
	errors.As(err, &f.Conflict)
	errors.As(err, &f.Declined)
	return f
}

func (f *farError) Error() string { return f.Text }

// Unwrap gives the error's type back.
func (f *farError) Unwrap() error {
	switch {
	case f.Delivery != nil:
		return f.Delivery
	case f.Conflict != nil:
		return f.Conflict
	case f.Declined != nil:
		return f.Declined
	}
	return nil
}

// route answers a question of the other side.
func route[P, R any](do func(ctx context.Context, params P) (R, error)) func(context.Context, json.RawMessage) (any, error) {
	return func(ctx context.Context, raw json.RawMessage) (any, error) {
		var p P
		if err := json.Unmarshal(raw, &p); err != nil {
			return nil, err
		}
		result, err := do(ctx, p)
		return answered[R]{result, far(err)}, nil
	}
}

// ask asks the other side.
func ask[T any](ctx context.Context, c jsonrpc2.Conn, method string, params any) (T, error) {
	var a answered[T]
	if _, err := c.Call(ctx, method, params, &a); err != nil {
		return a.Result, fmt.Errorf("asking the other process to %s: %w", method, err)
	}
	if a.Error != nil {
		return a.Result, a.Error
	}
	return a.Result, nil
}

// routes answers by method. Notifications are handed on in order; questions are answered beside each other.
type routes map[string]func(ctx context.Context, params json.RawMessage) (any, error)

func (r routes) handle(rctx context.Context, req *jsonrpc2.Request) (any, error) {
	method, params := string([]byte(req.Method())), append(json.RawMessage(nil), req.Params()...)
	ctx := jsonrpc2.DetachContext(rctx)
	if req.IsCall() {
		jsonrpc2.Async(rctx)
	}
	do, ok := r[method]
	if !ok {
		return nil, fmt.Errorf("%s: %w", method, jsonrpc2.ErrMethodNotFound)
	}
	return do(ctx, params)
}

// connect starts to serve the other side.
func connect(ctx context.Context, rw io.ReadWriteCloser, r routes) jsonrpc2.Conn {
	c := jsonrpc2.NewConn(jsonrpc2.NewStream(rw), jsonrpc2.WithCodec(plainJSON{}))
	c.Go(ctx, r.handle)
	return c
}

// plainJSON is encoding/json as the engine uses it.
type plainJSON struct{}

// Marshal implements jsonrpc2.Codec.
func (plainJSON) Marshal(v any) ([]byte, error) { return json.Marshal(v) }

// Unmarshal implements jsonrpc2.Codec.
func (plainJSON) Unmarshal(data []byte, v any) error { return json.Unmarshal(data, v) }
