package client

import (
	"context"
	"encoding/json"
	"fmt"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// handle is called on the read loop. Notifications are handed on at once and in order; requests release the loop
// first, because answering one may need another answer of the server.
func (c *Client) handle(rctx context.Context, req *jsonrpc2.Request) (any, error) {
	method, params := string([]byte(req.Method())), append(json.RawMessage(nil), req.Params()...)
	if !req.IsCall() {
		if c.cfg.Hooks.Notified != nil {
			c.cfg.Hooks.Notified(method, params)
		}
		return nil, nil
	}
	ctx := jsonrpc2.DetachContext(rctx)
	jsonrpc2.Async(rctx)
	if c.cfg.Hooks.Asked != nil {
		if err := c.cfg.Hooks.Asked(method, params); err != nil {
			return nil, err
		}
	}
	answer, ok := requests[method]
	if !ok && c.cfg.Hooks.Custom != nil {
		return c.cfg.Hooks.Custom(ctx, method, params)
	}
	if !ok {
		return nil, fmt.Errorf("%s: %w", method, jsonrpc2.ErrMethodNotFound)
	}
	return answer(ctx, c, params)
}

// requests is what a server may ask.
var requests = map[string]func(context.Context, *Client, json.RawMessage) (any, error){
	protocol.MethodWindowShowMessageRequest:       answerMessage,
	protocol.MethodWindowShowDocument:             answerShowDocument,
	protocol.MethodWorkspaceApplyEdit:             answerApplyEdit,
	protocol.MethodWorkspaceConfiguration:         answerConfiguration,
	protocol.MethodWindowWorkDoneProgressCreate:   answerNull,
	protocol.MethodClientRegisterCapability:       answerRegister,
	protocol.MethodClientUnregisterCapability:     answerNull,
	protocol.MethodWorkspaceCodeLensRefresh:       answerNull,
	protocol.MethodWorkspaceInlayHintRefresh:      answerNull,
	protocol.MethodWorkspaceDiagnosticRefresh:     answerNull,
	protocol.MethodWorkspaceSemanticTokensRefresh: answerNull,

	protocol.MethodWorkspaceTextDocumentContentRefresh: answerNull,
}

func answerRegister(_ context.Context, c *Client, params json.RawMessage) (any, error) {
	var p protocol.RegistrationParams
	if err := decode(params, &p); err != nil || c.cfg.Hooks.Register == nil {
		return nil, err
	}
	c.cfg.Hooks.Register(p)
	return nil, nil
}

func answerNull(context.Context, *Client, json.RawMessage) (any, error) { return nil, nil }

func decode(params json.RawMessage, into any) error {
	if err := protocol.Unmarshal(params, into); err != nil {
		return jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%v", err)
	}
	return nil
}

func answerMessage(ctx context.Context, c *Client, params json.RawMessage) (any, error) {
	var p protocol.ShowMessageRequestParams
	if err := decode(params, &p); err != nil || c.cfg.Hooks.MessageRequest == nil {
		return nil, err
	}
	return c.cfg.Hooks.MessageRequest(ctx, p)
}

func answerShowDocument(ctx context.Context, c *Client, params json.RawMessage) (any, error) {
	var p protocol.ShowDocumentParams
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	show := c.cfg.Hooks.ShowDocument
	if show == nil {
		show = c.show
	}
	ok, err := show(ctx, p)
	return &protocol.ShowDocumentResult{Success: ok}, err
}

// show opens a file as a buffer.
func (c *Client) show(ctx context.Context, p protocol.ShowDocumentParams) (bool, error) {
	if !p.URI.IsFile() {
		return false, nil
	}
	return true, c.Open(ctx, p.URI.FsPath())
}

func answerApplyEdit(ctx context.Context, c *Client, params json.RawMessage) (any, error) {
	var p protocol.ApplyWorkspaceEditParams
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	apply := c.cfg.Hooks.ApplyEdit
	if apply == nil {
		apply = func(ctx context.Context, c *Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
			return c.Apply(ctx, p.Edit), nil
		}
	}
	result, err := apply(ctx, c, p)
	return &result, err
}

func answerConfiguration(_ context.Context, c *Client, params json.RawMessage) (any, error) {
	var p struct{ Items []struct{ Section string } }
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%v", err)
	}
	values := make([]any, len(p.Items))
	for i, item := range p.Items {
		if c.cfg.Hooks.Configuration != nil {
			values[i] = c.cfg.Hooks.Configuration(item.Section)
		}
	}
	raw, err := json.Marshal(values)
	return json.RawMessage(raw), err
}
