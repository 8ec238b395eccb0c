package lsptest

import (
	"context"
	"encoding/json"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// Responder answers one prompt, with whatever it returns as the result. n counts prompts from 0.
type Responder func(ctx context.Context, p protocol.ShowMessageRequestParams, n int) (any, error)

// asked records a prompt and answers it.
func (e *Env) asked(ctx context.Context, p protocol.ShowMessageRequestParams) (any, error) {
	var n int
	actions := make([]string, len(p.Actions))
	for i, a := range p.Actions {
		actions[i] = a.Title
	}
	e.change(func(s *State) {
		n = len(s.Prompts)
		s.Prompts = append(s.Prompts, Prompt{Message: p.Message, Actions: actions})
	})
	result, err := e.respond(ctx, p, n)
	e.change(func(s *State) { s.Prompts[n].Answered = true })
	return result, err
}

// raw answers with JSON as it stands.
func raw(result string) Responder {
	return func(context.Context, protocol.ShowMessageRequestParams, int) (any, error) {
		return json.RawMessage(result), nil
	}
}

// Choose answers every prompt with the action of that title.
func Choose(title string) Responder {
	return func(context.Context, protocol.ShowMessageRequestParams, int) (any, error) {
		return &protocol.MessageActionItem{Title: title}, nil
	}
}

// Script answers the prompts one after the other, and those beyond with Never.
func Script(answers ...Responder) Responder {
	return func(ctx context.Context, p protocol.ShowMessageRequestParams, n int) (any, error) {
		if n < len(answers) {
			return answers[n](ctx, p, n)
		}
		return Never()(ctx, p, n)
	}
}

// Never does not answer until the connection ends, as some clients do when a prompt is dismissed.
func Never() Responder {
	return func(ctx context.Context, _ protocol.ShowMessageRequestParams, _ int) (any, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
}

// Late answers once the gate is closed.
func Late(gate <-chan struct{}, then Responder) Responder {
	return func(ctx context.Context, p protocol.ShowMessageRequestParams, n int) (any, error) {
		select {
		case <-gate:
			return then(ctx, p, n)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Misbehaviours lists, by name, answers that clients were seen to give and that must not count as an answer.
func Misbehaviours() map[string]Responder {
	return map[string]Responder{
		"null":            raw(`null`),
		"empty object":    raw(`{}`),
		"empty title":     raw(`{"title":""}`),
		"null title":      raw(`{"title":null}`),
		"number":          raw(`1`),
		"list":            raw(`[{"title":"Approve"}]`),
		"string":          raw(`"Approve"`),
		"truncated title": raw(`{"title":"Appr"}`),
		"other case":      raw(`{"title":"approve"}`),
		"longer title":    raw(`{"title":"Approve "}`),
		"error": func(context.Context, protocol.ShowMessageRequestParams, int) (any, error) {
			return nil, jsonrpc2.Errorf(jsonrpc2.InternalError, "keyboard interrupt")
		},
		"no such method": func(context.Context, protocol.ShowMessageRequestParams, int) (any, error) {
			return nil, jsonrpc2.ErrMethodNotFound
		},
	}
}
