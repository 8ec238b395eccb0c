package lsp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// What every request may bring along: a workDoneToken, under which it is told how a long request goes on, and a
// partialResultToken, under which it takes a long list in pieces.

const (
	longRequest  = 250 * time.Millisecond // a request that takes longer shows a progress
	partialPiece = 200                    // elements of a list that go out at a time
)

// executeCommands announces the commands, which take a workDoneToken.
func executeCommands() protocol.ExecuteCommandOptions {
	return protocol.ExecuteCommandOptions{
		Commands: wire.Commands, WorkDoneProgressOptions: protocol.WorkDoneProgressOptions{WorkDoneProgress: new(true)},
	}
}

// partialLists are the requests whose result is a list that may go out in pieces.
var partialLists = map[string]bool{
	protocol.MethodTextDocumentReferences:     true,
	protocol.MethodTextDocumentDocumentSymbol: true,
	protocol.MethodTextDocumentDefinition:     true,
	protocol.MethodTextDocumentCodeAction:     true,
	protocol.MethodTextDocumentCodeLens:       true,
	protocol.MethodTextDocumentFoldingRange:   true,
	protocol.MethodWorkspaceSymbol:            true,
}

// tokens are what a request brought along, as it came: a number or a string; nil: none.
type tokens struct {
	WorkDoneToken      json.RawMessage
	PartialResultToken json.RawMessage
}

func tokensOf(params json.RawMessage) tokens {
	var t tokens
	if !bytes.Contains(params, []byte(`Token"`)) || json.Unmarshal(params, &t) != nil {
		return tokens{}
	}
	for _, raw := range []*json.RawMessage{&t.WorkDoneToken, &t.PartialResultToken} {
		if _, err := rpc.RequestID(*raw); err != nil {
			*raw = nil
		}
	}
	return t
}

// withTokens is work that honours the tokens of its request.
func withTokens(method string, params json.RawMessage, w work) work {
	t := tokensOf(params)
	if t.PartialResultToken != nil && partialLists[method] {
		w = inPieces(t.PartialResultToken, w)
	}
	if t.WorkDoneToken != nil {
		w = withProgress(t.WorkDoneToken, titleOf(method, params), w)
	}
	return w
}

// titleOf is what a long request is called in front of a person.
func titleOf(method string, params json.RawMessage) string {
	var p struct{ Command string }
	if method == protocol.MethodWorkspaceExecuteCommand && json.Unmarshal(params, &p) == nil {
		return p.Command
	}
	return method
}

// inPieces sends a long list piece by piece; what is answered is then the empty list.
func inPieces(token json.RawMessage, w work) work {
	return func(ctx context.Context, s *Session) (any, error) {
		result, err := w(ctx, s)
		if err != nil || result == nil {
			return result, err
		}
		raw, err := rpc.Marshal(result)
		if err != nil {
			return nil, fmt.Errorf("encoding a list: %w", err)
		}
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil || len(list) <= partialPiece {
			return json.RawMessage(raw), nil
		}
		for len(list) > 0 {
			n := min(len(list), partialPiece)
			if err := s.sendProgress(ctx, token, list[:n]); err != nil {
				return nil, err
			}
			list = list[n:]
		}
		return json.RawMessage("[]"), nil
	}
}

// sendProgress sends a $/progress under a token of the client. value is written by encoding/json.
func (s *Session) sendProgress(ctx context.Context, token json.RawMessage, value any) error {
	raw, err := jsonOf(map[string]any{"token": token, "value": value})
	if err != nil {
		return err
	}
	return s.conn.Notify(ctx, protocol.MethodProgress, raw)
}

// withProgress shows a progress under the client's token once the work has taken long. The person may cancel it, which
// cancels the request. Where it has begun it ends, before the answer goes out.
func withProgress(token json.RawMessage, title string, w work) work {
	return func(ctx context.Context, s *Session) (any, error) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		defer s.cancellable(token, cancel)()
		bar := &requestBar{s: s, token: token}
		ctx = context.WithValue(ctx, barKey{}, bar)
		begin := time.AfterFunc(longRequest, func() { bar.begin(ctx, title) })
		defer bar.end(ctx, begin)
		select {
		case o := <-s.conn.Start(ctx, title, w.by(s)):
			return o.Result, o.Err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// requestBar is the progress of one request.
type requestBar struct {
	s     *Session
	token json.RawMessage

	mu          sync.Mutex
	begun, over bool
	doing       string // what it says it does
}

// barKey is where a request's progress is in its context.
type barKey struct{}

// barOf is the progress of the request that ctx is of; nil where its client wants none.
func barOf(ctx context.Context) *requestBar {
	bar, _ := ctx.Value(barKey{}).(*requestBar)
	return bar
}

// report says what the request does now. Nil says nothing.
func (b *requestBar) report(ctx context.Context, doing string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.doing = doing; b.begun && !b.over {
		b.send(ctx, progressDoing(doing))
	}
}

func (b *requestBar) begin(ctx context.Context, title string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return
	}
	b.begun = true
	b.send(ctx, progressBegin("slop-ls: "+title, b.doing, true))
}

func (b *requestBar) end(ctx context.Context, begin *time.Timer) {
	begin.Stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	if b.begun {
		b.send(context.WithoutCancel(ctx), &protocol.WorkDoneProgressEnd{Kind: "end"})
	}
}

func (b *requestBar) send(ctx context.Context, value any) {
	raw, err := protocol.Marshal(value)
	if err == nil {
		err = b.s.sendProgress(ctx, b.token, json.RawMessage(raw))
	}
	if err != nil {
		b.s.log.Debug("progress was not sent", "err", err)
	}
}

// cancels are the requests that can be cancelled by their workDoneToken, by its JSON.
type cancels struct {
	mu      sync.Mutex
	byToken map[string]context.CancelCauseFunc
}

// cancellable makes a request end when its progress is cancelled, until undo is called.
func (s *Session) cancellable(token json.RawMessage, cancel context.CancelCauseFunc) (undo func()) {
	s.cancels.mu.Lock()
	defer s.cancels.mu.Unlock()
	if s.cancels.byToken == nil {
		s.cancels.byToken = map[string]context.CancelCauseFunc{}
	}
	s.cancels.byToken[string(token)] = cancel
	return func() {
		s.cancels.mu.Lock()
		defer s.cancels.mu.Unlock()
		delete(s.cancels.byToken, string(token))
	}
}

// cancelToken cancels the request of a workDoneToken; false where there is none.
func (s *Session) cancelToken(token json.RawMessage) bool {
	s.cancels.mu.Lock()
	defer s.cancels.mu.Unlock()
	cancel := s.cancels.byToken[string(token)]
	if cancel != nil {
		cancel(rpc.ErrCancelled)
	}
	return cancel != nil
}
