package lsp

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/rpc/rpctest"
)

// newTokenPeer is a peer of a session that answers every request with what do says.
func newTokenPeer(t *testing.T, do func(ctx context.Context, method string) (any, error)) (*rpctest.Peer, *Session) {
	t.Helper()
	s := newSession(NewHub(Options{Root: "/w"}))
	return sessionPeer(t, s, &tokenRoutes{s, do}, s.traced), s
}

// tokenRoutes is a session that answers every request with what do says.
type tokenRoutes struct {
	s  *Session
	do func(ctx context.Context, method string) (any, error)
}

func (r *tokenRoutes) Prepare(method string, params json.RawMessage) (rpc.Work, error) {
	w := withTokens(method, params, func(ctx context.Context, _ *Session) (any, error) { return r.do(ctx, method) })
	return w.by(r.s), nil
}

func (r *tokenRoutes) Notified(method string, params json.RawMessage) error {
	if method == protocol.MethodSetTrace {
		return r.s.setTrace(params)
	}
	return r.s.progressCancelled(params)
}

// sessionPeer is the client of a session whose connection has other routes.
func sessionPeer(t testing.TB, s *Session, r rpc.Routes, served rpc.Served) *rpctest.Peer {
	t.Helper()
	return rpctest.NewPeer(t, func(rw io.ReadWriteCloser) func() error {
		c, ctx := rpc.New(t.Context(), rw, r, slog.New(slog.DiscardHandler), served)
		s.conn = c
		return func() error { return c.Serve(ctx) }
	})
}

// A long list goes out in pieces, in order, and the answer is then empty; a short one is the answer. Without a token,
// or of a request that has no such lists, it goes out whole.
func TestPartialResults(t *testing.T) {
	t.Parallel()
	p, _ := newTokenPeer(t, func(_ context.Context, method string) (any, error) {
		n := 2*partialPiece + 1
		if method == protocol.MethodWorkspaceSymbol {
			n = 3
		}
		list := make([]int, n)
		for i := range list {
			list[i] = i
		}
		return jsonOf(list)
	})
	p.Send(`{"jsonrpc":"2.0","id":1,"method":"textDocument/references","params":{"partialResultToken":"p"}}`)
	next := 0
	for _, want := range []int{partialPiece, partialPiece, 1} {
		var m struct {
			Method string
			Params struct {
				Token string
				Value []int
			}
		}
		body, err := p.Take()
		if err != nil || json.Unmarshal(body, &m) != nil || m.Params.Token != "p" || len(m.Params.Value) != want {
			t.Fatalf("got %.200s (%v)", body, err)
		}
		for _, v := range m.Params.Value {
			if v != next {
				t.Fatalf("element %d came where %d was due", v, next)
			}
			next++
		}
	}
	p.Want(`{"jsonrpc":"2.0","id":1,"result":[]}`)
	p.Send(`{"jsonrpc":"2.0","id":2,"method":"workspace/symbol","params":{"partialResultToken":7,"query":""}}`)
	p.Want(`{"jsonrpc":"2.0","id":2,"result":[0,1,2]}`)
	for i, request := range []string{
		`"method":"textDocument/references","params":{}`,
		`"method":"textDocument/references","params":{"partialResultToken":{"no":"token"}}`,
		`"method":"textDocument/hover","params":{"partialResultToken":"p"}`,
	} {
		p.Send(`{"jsonrpc":"2.0","id":%d,%s}`, 3+i, request)
		var m struct{ Result []int }
		if body, err := p.Take(); err != nil || json.Unmarshal(body, &m) != nil || len(m.Result) != 2*partialPiece+1 {
			t.Errorf("%s: got %.100s (%v)", request, body, err)
		}
	}
}

// A request that takes long shows a progress under the client's token, which ends before the answer comes; a quick one
// shows none. Cancelling the progress cancels the request.
func TestWorkDoneToken(t *testing.T) {
	t.Parallel()
	held := make(chan struct{})
	p, _ := newTokenPeer(t, func(ctx context.Context, method string) (any, error) {
		switch method {
		case "quick":
			return nil, nil
		case "fails":
			<-held
			panic("on purpose")
		}
		select {
		case <-held:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
	p.Send(`{"jsonrpc":"2.0","id":1,"method":"quick","params":{"workDoneToken":1}}`)
	p.Want(`{"jsonrpc":"2.0","id":1,"result":null}`)

	p.Send(`{"jsonrpc":"2.0","id":2,"method":"workspace/executeCommand","params":{"command":"slop.track.plan","workDoneToken":"a"}}`)
	p.Want(`{"jsonrpc":"2.0","method":"$/progress","params":{"token":"a","value":{"kind":"begin","title":"slop-ls: slop.track.plan","cancellable":true}}}`)
	p.Send(`{"jsonrpc":"2.0","method":"window/workDoneProgress/cancel","params":{"token":"a"}}`)
	p.Want(`{"jsonrpc":"2.0","method":"$/progress","params":{"token":"a","value":{"kind":"end"}}}`)
	p.WantCode("2", rpc.Cancelled)

	p.Send(`{"jsonrpc":"2.0","id":3,"method":"fails","params":{"workDoneToken":3}}`)
	p.Want(`{"jsonrpc":"2.0","method":"$/progress","params":{"token":3,"value":{"kind":"begin","title":"slop-ls: fails","cancellable":true}}}`)
	close(held)
	p.Want(`{"jsonrpc":"2.0","method":"$/progress","params":{"token":3,"value":{"kind":"end"}}}`)
	p.WantCode("3", rpc.Internal)
}

// $/cancelRequest, too, ends the progress of a request whose work does not listen.
func TestWorkDoneEndsWhenCancelled(t *testing.T) {
	t.Parallel()
	held := make(chan struct{})
	p, _ := newTokenPeer(t, func(context.Context, string) (any, error) { <-held; return nil, nil })
	t.Cleanup(func() { close(held) }) // before the peer's own
	p.Send(`{"jsonrpc":"2.0","id":1,"method":"deaf","params":{"workDoneToken":1}}`)
	p.Want(`{"jsonrpc":"2.0","method":"$/progress","params":{"token":1,"value":{"kind":"begin","title":"slop-ls: deaf","cancellable":true}}}`)
	p.Send(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}`)
	seen := map[string]bool{}
	for range 2 { // in either order
		body, err := p.Take()
		if err != nil {
			t.Fatal(err)
		}
		seen[rpctest.Normal(t, body)] = true
	}
	if end := `{"jsonrpc":"2.0","method":"$/progress","params":{"token":1,"value":{"kind":"end"}}}`; !seen[rpctest.Normal(t, []byte(end))] {
		t.Errorf("got %v", seen)
	}
}

func TestTrace(t *testing.T) {
	t.Parallel()
	p, _ := newTokenPeer(t, func(context.Context, string) (any, error) { return nil, nil })
	read := func() (m struct {
		Method string
		Params protocol.LogTraceParams
	},
	) {
		t.Helper()
		body, err := p.Take()
		if err != nil || json.Unmarshal(body, &m) != nil {
			t.Fatalf("got %s (%v)", body, err)
		}
		return m
	}
	p.Send(`{"jsonrpc":"2.0","method":"$/setTrace","params":{"value":"loud"}}`)
	p.Send(`{"jsonrpc":"2.0","id":1,"method":"x"}`)
	p.Want(`{"jsonrpc":"2.0","id":1,"result":null}`) // off is the default
	p.Send(`{"jsonrpc":"2.0","method":"$/setTrace","params":{"value":"messages"}}`)
	if m := read(); !strings.HasPrefix(m.Params.Message, "$/setTrace took ") || m.Params.Verbose != nil {
		t.Errorf("got %+v", m)
	}
	p.Send(`{"jsonrpc":"2.0","method":"$/setTrace","params":{"value":"verbose"}}`)
	read()
	p.Send(`{"jsonrpc":"2.0","id":2,"method":"x","params":["%s"]}`, strings.Repeat("long ", maxTraced))
	m := read()
	if m.Method != protocol.MethodLogTrace || m.Params.Verbose == nil || len(*m.Params.Verbose) > maxTraced+100 ||
		!strings.Contains(*m.Params.Verbose, "bytes more") {
		t.Errorf("got %.300v", m)
	}
	p.Want(`{"jsonrpc":"2.0","id":2,"result":null}`)
}

// The client's log gets warnings and errors, from initialized on, and never more than so many.
func TestClientLog(t *testing.T) {
	t.Parallel()
	p, s := newTokenPeer(t, func(context.Context, string) (any, error) { return nil, nil })
	s.log.Warn("too early")
	s.nowReady()
	s.log.Info("not for people")
	s.log.With("a", 1).WithGroup("g").Error("first\x1b[31m", "b", "2")
	p.Want(`{"jsonrpc":"2.0","method":"window/logMessage","params":{"type":1,"message":%q}}`, "first⟨U+001B⟩[31m a=1 g.b=2")
	for i := range 3 * maxLogged {
		s.log.Warn("more", "n", i)
	}
	for i := range maxLogged - 1 {
		p.Want(`{"jsonrpc":"2.0","method":"window/logMessage","params":{"type":2,"message":"more n=%d"}}`, i)
	}
	answers(p)
	b := &logBudget{}
	now := time.Now()
	for range 3 * maxLogged {
		b.take(now)
	}
	if left, ok := b.take(now.Add(2 * logSpan)); left != 2*maxLogged || !ok {
		t.Errorf("%d were left out, %v", left, ok)
	}
}

// answers shows that a connection still answers, whose requests are answered with null.
func answers(p *rpctest.Peer) {
	p.Send(`{"jsonrpc":"2.0","id":"alive","method":"ping"}`)
	p.Want(`{"jsonrpc":"2.0","id":"alive","result":null}`)
}

func TestStanding(t *testing.T) {
	t.Parallel()
	for phase, tool := range map[string]*engine.Ticket{
		"thinking":      {Status: engine.InProgress, Spawned: true},
		"running grep":  {Status: engine.InProgress, Spawned: true, Tool: "grep"},
		"verifying":     {Status: engine.InProgress, Spawned: true, Tool: engine.VerifyCall},
		"delivering":    {Status: engine.InProgress, Spawned: true, Delivery: &engine.Delivery{}},
		"waits for you": {Status: engine.InProgress},
	} {
		if got := doing(tool); got != phase {
			t.Errorf("%s is said to be %s", phase, got)
		}
	}
}

// Trap 9: the literal kinds of operations and of progress.
func TestTrap09LiteralKinds(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]any{
		`{"kind":"begin","title":"t"}`:                    progressBegin("t", "", false),
		`{"kind":"report","message":"m","percentage":50}`: progressReport("m", 50),
		`{"kind":"end","message":"m"}`:                    progressEnd("m"),
	} {
		got, err := protocol.Marshal(value)
		if err != nil || rpctest.Normal(t, got) != rpctest.Normal(t, []byte(want)) {
			t.Errorf("got %s (%v), want %s", got, err, want)
		}
	}
}
