// Package client is a small LSP client over any connection: open buffers, workspace edits that are really applied and
// reported back by didChange, and handlers for what a server asks. The demo and the command line use it towards the
// daemon; lsptest wraps it into a fake editor.
//
// A Client may be used by any number of goroutines. Buffers live in it, not in files: Save writes one.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine/text"
)

// Config says who the client is and what it does when the server asks.
type Config struct {
	Root          string          // the workspace's folder, absolute
	Name, Version string          // clientInfo
	Encodings     []text.Encoding // position encodings to offer; none: UTF-16 alone
	Experimental  any             // capabilities.experimental, as encoding/json writes it
	Initialize    json.RawMessage // the whole parameters of initialize, in place of all of the above but Root
	Hooks         Hooks
	Log           *slog.Logger // default: nothing is logged
}

// Hooks answer the server. Each may be nil. Those for requests run in goroutines of their own, with a context that
// ends with the connection.
type Hooks struct {
	// MessageRequest answers window/showMessageRequest; what it returns is the result as it is. Default: null.
	MessageRequest func(ctx context.Context, p protocol.ShowMessageRequestParams) (any, error)
	// ShowDocument answers window/showDocument. Default: it is opened as a buffer, where it is a file.
	ShowDocument func(ctx context.Context, p protocol.ShowDocumentParams) (bool, error)
	// ApplyEdit answers workspace/applyEdit. Default: Client.Apply.
	ApplyEdit func(ctx context.Context, c *Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error)
	// Configuration answers one item of workspace/configuration. Default: null.
	Configuration func(section string) any
	// Asked gets every request of the server before it is answered; where it returns an error, that is the answer.
	// Requests that come at once may come in any order.
	Asked func(method string, params json.RawMessage) error
	// Register is told what client/registerCapability asks for.
	Register func(p protocol.RegistrationParams)
	// Custom answers requests that are none of the protocol's own. Default: no such method.
	Custom func(ctx context.Context, method string, params json.RawMessage) (any, error)
	// Notified gets every notification, in order, on the read loop: it must not block and not call the client.
	Notified func(method string, params json.RawMessage)
}

// Client is one connection to a server.
type Client struct {
	cfg      Config
	rpc      jsonrpc2.Conn
	rw       io.ReadWriteCloser
	ended    chan struct{} // closed when the connection has gone
	cancel   context.CancelFunc
	encoding text.Encoding
	result   *protocol.InitializeResult

	mu      sync.Mutex // guards buffers, and keeps their changes in the order of the wire
	buffers map[uri.URI]*buffer
}

// Start takes over rw and reads from it until Close, or until the server goes. Call Initialize next.
func Start(ctx context.Context, rw io.ReadWriteCloser, cfg Config) *Client {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(ctx)
	c := &Client{cfg: cfg, rw: rw, ended: make(chan struct{}), cancel: cancel, encoding: text.UTF16, buffers: map[uri.URI]*buffer{}}
	c.rpc = jsonrpc2.NewConn(jsonrpc2.NewStream(rw), jsonrpc2.WithCodec(codec{}))
	c.rpc.Go(ctx, c.handle)
	go func() {
		<-c.rpc.Done()
		cancel()
		close(c.ended)
	}()
	return c
}

// Ended is closed when the connection has gone, for whatever reason.
func (c *Client) Ended() <-chan struct{} { return c.ended }

// Initialize does the handshake and settles the position encoding. It must be called once, before anything else.
func (c *Client) Initialize(ctx context.Context) (*protocol.InitializeResult, error) {
	params, err := c.initializeParams()
	if err != nil {
		return nil, err
	}
	var result protocol.InitializeResult
	if err := c.Call(ctx, protocol.MethodInitialize, params, &result); err != nil {
		return nil, fmt.Errorf("initializing: %w", err)
	}
	if e := result.Capabilities.PositionEncoding; e != "" {
		c.encoding = text.Encoding(e)
	}
	c.result = &result
	return &result, c.Notify(ctx, protocol.MethodInitialized, json.RawMessage("{}"))
}

// Result is what the server answered to initialize; nil before.
func (c *Client) Result() *protocol.InitializeResult { return c.result }

func (c *Client) initializeParams() (json.RawMessage, error) {
	if c.cfg.Initialize != nil {
		return c.cfg.Initialize, nil
	}
	root := uri.File(c.cfg.Root)
	params, err := json.Marshal(map[string]any{
		"processId":        nil,
		"clientInfo":       map[string]any{"name": c.cfg.Name, "version": c.cfg.Version},
		"rootUri":          root,
		"workspaceFolders": []any{map[string]any{"uri": root, "name": "workspace"}},
		"capabilities": map[string]any{
			"general":      map[string]any{"positionEncodings": c.cfg.Encodings},
			"experimental": c.cfg.Experimental,
			"window": map[string]any{
				"workDoneProgress": true, "showDocument": map[string]any{"support": true},
				"showMessage": map[string]any{},
			},
			"textDocument": map[string]any{
				"codeAction": map[string]any{"codeActionLiteralSupport": map[string]any{"codeActionKind": map[string]any{"valueSet": []string{}}}},
			},
			"workspace": map[string]any{
				"applyEdit": true, "configuration": true, "executeCommand": map[string]any{},
				"workspaceEdit": map[string]any{
					"documentChanges": true, "resourceOperations": []string{"create", "rename", "delete"},
				},
			},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("encoding the capabilities: %w", err)
	}
	return params, nil
}

// Call sends a request and decodes its result into result, a pointer (to json.RawMessage for the bytes as they
// came) or nil. An error answer is an *Error. When ctx ends first the server is told to cancel.
func (c *Client) Call(ctx context.Context, method string, params, result any) error {
	id, err := c.rpc.Call(ctx, method, params, result)
	if ctx.Err() != nil && id.IsValid() {
		n, _ := id.Number()
		// Best effort: the server may have gone.
		_ = c.rpc.Notify(context.WithoutCancel(ctx), protocol.MethodCancelRequest, &protocol.CancelParams{ID: protocol.Integer(n)})
	}
	var wire *jsonrpc2.Error
	if errors.As(err, &wire) {
		return &Error{Method: method, Code: int(wire.Code), Message: wire.Message}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

// Error is a server's error answer.
type Error struct {
	Method  string
	Code    int
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s (%d)", e.Method, e.Message, e.Code) }

// Notify sends a notification.
func (c *Client) Notify(ctx context.Context, method string, params any) error {
	return c.rpc.Notify(ctx, method, params)
}

// Command runs workspace/executeCommand with one argument, which encoding/json writes, and decodes the answer the
// same way into result, unless that is nil.
func (c *Client) Command(ctx context.Context, name string, arg, result any) error {
	args := []json.RawMessage{}
	if arg != nil {
		raw, err := json.Marshal(arg)
		if err != nil {
			return fmt.Errorf("encoding the arguments of %s: %w", name, err)
		}
		args = append(args, raw)
	}
	params, err := json.Marshal(map[string]any{"command": name, "arguments": args})
	if err != nil {
		return fmt.Errorf("encoding %s: %w", name, err)
	}
	var raw json.RawMessage
	if err := c.Call(ctx, protocol.MethodWorkspaceExecuteCommand, json.RawMessage(params), &raw); err != nil {
		return err
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(raw, result); err != nil {
		return fmt.Errorf("the answer of %s: %w", name, err)
	}
	return nil
}

// Shutdown ends the session politely and closes the connection.
func (c *Client) Shutdown(ctx context.Context) error {
	err := c.Call(ctx, protocol.MethodShutdown, nil, nil)
	if err == nil {
		err = c.Notify(ctx, protocol.MethodExit, nil)
	}
	return errors.Join(err, c.Close())
}

// Close drops the connection, as a crashed editor would, and returns when it is gone and no hook runs any more: a hook
// must not call it.
func (c *Client) Close() error {
	c.cancel()
	err := c.rw.Close() // first: jsonrpc2 would wait for the answers to what is on its way
	c.rpc.Close()
	<-c.ended
	if errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// codec encodes LSP's own types by package protocol and raw JSON as it is.
type codec struct{}

// Marshal implements jsonrpc2.Codec.
func (codec) Marshal(v any) ([]byte, error) {
	if raw, ok := v.(json.RawMessage); ok {
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
