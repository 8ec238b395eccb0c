package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/lsp/frame"
	"github.com/slop-ls/slop-ls/lsp/rpc/rpctest"
)

// One test for each of the traps of the jsonrpc2 and protocol packages that were measured: each fails with the
// handler chain that those packages bring along. They run with -tags jsonrpc2poison too.

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// fakeRoutes answers with functions.
type fakeRoutes struct {
	prep   func(method string, params json.RawMessage) (Work, error)
	notify func(method string, params json.RawMessage) error
}

func (f *fakeRoutes) Prepare(method string, params json.RawMessage) (Work, error) {
	return f.prep(method, params)
}

func (f *fakeRoutes) Notified(method string, params json.RawMessage) error {
	if f.notify == nil {
		return nil
	}
	return f.notify(method, params)
}

// echo answers every request with its method.
func echo(method string, _ json.RawMessage) (Work, error) {
	return func(context.Context) (any, error) { return protocol.String(method), nil }, nil
}

// peer is the far end of a connection, and the connection.
type peer struct {
	*rpctest.Peer
	conn *Conn
}

// newPeer is a peer of a connection over routes.
func newPeer(t testing.TB, r Routes) *peer {
	t.Helper()
	p := &peer{}
	p.Peer = rpctest.NewPeer(t, func(rw io.ReadWriteCloser) func() error {
		var ctx context.Context
		p.conn, ctx = New(t.Context(), rw, r, slog.New(slog.DiscardHandler), nil)
		return func() error { return p.conn.Serve(ctx) }
	})
	return p
}

// alive shows that the connection still answers.
func (p *peer) alive() {
	p.Send(`{"jsonrpc":"2.0","id":"alive","method":"ping"}`)
	p.Want(`{"jsonrpc":"2.0","id":"alive","result":"ping"}`)
}

// Trap 1: deriving contexts in a handler.
func TestTrap01DerivedContexts(t *testing.T) {
	t.Parallel()
	p := newPeer(t, &fakeRoutes{prep: func(method string, _ json.RawMessage) (Work, error) {
		return func(ctx context.Context) (any, error) {
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			inner, stop := context.WithCancel(ctx)
			go stop()
			<-inner.Done()
			return protocol.String(method), ctx.Err()
		}, nil
	}})
	for i := range 200 {
		p.Send(`{"jsonrpc":"2.0","id":%d,"method":"ping"}`, i)
		p.Want(`{"jsonrpc":"2.0","id":%d,"result":"ping"}`, i)
	}
}

// Trap 2: the order of notifications, also between requests, and what prepare sees of it.
func TestTrap02OrderIsKept(t *testing.T) {
	t.Parallel()
	var seen []int // of the read loop
	p := newPeer(t, &fakeRoutes{
		notify: func(_ string, params json.RawMessage) error {
			var n int
			err := json.Unmarshal(params, &n)
			seen = append(seen, n)
			return err
		},
		prep: func(string, json.RawMessage) (Work, error) {
			n := len(seen)
			return func(context.Context) (any, error) { return protocol.Integer(n), nil }, nil
		},
	})
	const n = 3000
	go func() {
		for i := range n {
			sent := frame.Append(nil, fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"change","params":%d}`, i))
			if i%3 == 2 {
				sent = frame.Append(sent, fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":"count"}`, i))
			}
			if _, err := p.Write(sent); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for range n / 3 {
		var m struct{ ID, Result int }
		body, err := p.Take()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(body, &m); err != nil || m.Result != m.ID+1 {
			t.Fatalf("request %d saw %d notifications, want %d (%v)", m.ID, m.Result, m.ID+1, err)
		}
	}
	for i, v := range seen {
		if v != i {
			t.Fatalf("notification %d came as number %d", v, i)
		}
	}
}

// Trap 3: unknown notifications, malformed parameters and failing handlers do not end the connection.
func TestTrap03BadNotifications(t *testing.T) {
	t.Parallel()
	p := newPeer(t, &fakeRoutes{prep: echo, notify: func(string, json.RawMessage) error { return errors.New("no") }})
	for _, m := range []string{
		`{"jsonrpc":"2.0","method":"no/such"}`,
		`{"jsonrpc":"2.0","method":"initialized"}`,
		`{"jsonrpc":"2.0","method":"textDocument/didChange","params":42}`,
		`{"jsonrpc":"2.0","method":"$/cancelRequest"}`,
		`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":null}}`,
		`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":{"a":1}}}`,
	} {
		p.Send("%s", m)
	}
	p.alive()
}

// Trap 4: a panic costs one answer.
func TestTrap04Panics(t *testing.T) {
	t.Parallel()
	p := newPeer(t, &fakeRoutes{
		prep: func(method string, params json.RawMessage) (Work, error) {
			switch method {
			case "early":
				panic("in prepare")
			case "late":
				return func(context.Context) (any, error) { panic("in work") }, nil
			}
			return echo(method, params)
		},
		notify: func(string, json.RawMessage) error { panic("in a notification") },
	})
	p.Send(`{"jsonrpc":"2.0","id":1,"method":"early"}`)
	p.WantCode("1", Internal)
	p.Send(`{"jsonrpc":"2.0","id":2,"method":"late"}`)
	p.WantCode("2", Internal)
	p.Send(`{"jsonrpc":"2.0","method":"boom"}`)
	p.alive()
}

// Trap 5: a cancelled request is answered at once, with the code of a cancelled request, also when its work does not
// look at its context.
func TestTrap05Cancel(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	p := newPeer(t, &fakeRoutes{prep: func(method string, params json.RawMessage) (Work, error) {
		switch method {
		case "stuck":
			return func(context.Context) (any, error) { <-stuck; return nil, nil }, nil
		case "polite":
			return func(ctx context.Context) (any, error) { <-ctx.Done(); return nil, ctx.Err() }, nil
		}
		return echo(method, params)
	}})
	t.Cleanup(func() { close(stuck) }) // before the peer's own, which waits for the work
	for id, method := range map[string]string{`1`: "stuck", `"x"`: "stuck", `3`: "polite"} {
		p.Send(`{"jsonrpc":"2.0","id":%s,"method":"%s"}`, id, method)
		start := time.Now()
		p.Send(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":%s}}`, id)
		p.WantCode(id, Cancelled)
		if took := time.Since(start); took > time.Second {
			t.Errorf("cancelling took %v", took)
		}
	}
	p.Send(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":99}}`) // nothing to cancel
	p.alive()
}

// Trap 6: when the client goes, its requests are cancelled and serve returns.
func TestTrap06ClientGoes(t *testing.T) {
	t.Parallel()
	cause := make(chan error, 1)
	p := newPeer(t, &fakeRoutes{prep: func(string, json.RawMessage) (Work, error) {
		return func(ctx context.Context) (any, error) {
			<-ctx.Done()
			cause <- context.Cause(ctx)
			return nil, ctx.Err()
		}, nil
	}})
	p.Send(`{"jsonrpc":"2.0","id":1,"method":"wait"}`)
	p.Close()
	if err := <-cause; !errors.Is(err, ErrDisconnected) {
		t.Errorf("the request ended with %v", err)
	}
	if err := p.Ended(); err != nil {
		t.Errorf("a clean end is %v", err)
	}
}

// Trap 7: requests without parameters.
func TestTrap07NoParams(t *testing.T) {
	t.Parallel()
	p := newPeer(t, &fakeRoutes{prep: func(method string, params json.RawMessage) (Work, error) {
		var v struct{}
		if err := Decode(params, &v); err != nil {
			return nil, err
		}
		return echo(method, params)
	}})
	p.Send(`{"jsonrpc":"2.0","id":1,"method":"slop/status"}`)
	p.Want(`{"jsonrpc":"2.0","id":1,"result":"slop/status"}`)
	p.Send(`{"jsonrpc":"2.0","id":2,"method":"slop/status","params":null}`)
	p.Want(`{"jsonrpc":"2.0","id":2,"result":"slop/status"}`)
}

// Trap 8: work may ask the client while the client asks on.
func TestTrap08CallsFromWork(t *testing.T) {
	t.Parallel()
	var p *peer
	ready := make(chan struct{})
	p = newPeer(t, &fakeRoutes{prep: func(string, json.RawMessage) (Work, error) {
		return func(ctx context.Context) (any, error) {
			<-ready
			var answer json.RawMessage
			err := p.conn.Call(ctx, "ask", protocol.Integer(1), &answer)
			return answer, err
		}, nil
	}})
	close(ready)
	p.Send(`{"jsonrpc":"2.0","id":1,"method":"needsClient"}`)
	p.Want(`{"jsonrpc":"2.0","id":1,"method":"ask","params":1}`)
	p.Send(`{"jsonrpc":"2.0","id":2,"method":"needsClient"}`)
	p.Want(`{"jsonrpc":"2.0","id":2,"method":"ask","params":1}`)
	p.Send(`{"jsonrpc":"2.0","id":2,"result":{"title":null}}`)
	p.Want(`{"jsonrpc":"2.0","id":2,"result":{"title":null}}`)
	p.Send(`{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}`)
	p.WantCode("1", RequestFailed)
}

// Trap 10: a number that a strict decoder refuses costs one message.
func TestTrap10StrictIntegers(t *testing.T) {
	t.Parallel()
	p := newPeer(t, &fakeRoutes{prep: func(method string, params json.RawMessage) (Work, error) {
		switch method {
		case "initialize":
			var v protocol.InitializeParams
			return nil, Decode(params, &v)
		case "codeAction":
			var v protocol.CodeActionParams
			return nil, Decode(params, &v)
		}
		return echo(method, params)
	}})
	p.Send(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":1.0,"rootUri":null,"capabilities":{}}}`)
	p.WantCode("1", InvalidParams)
	p.Send(`{"jsonrpc":"2.0","id":2,"method":"codeAction","params":{"textDocument":{"uri":"file:///a"},"context":{"diagnostics":[]},` +
		`"range":{"start":{"line":0,"character":-1},"end":{"line":0,"character":0}}}}`)
	p.WantCode("2", InvalidParams)
	p.alive()
}

// Trap 11: requests in flight and frames are bounded.
func TestTrap11Bounds(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	p := newPeer(t, &fakeRoutes{prep: func(method string, params json.RawMessage) (Work, error) {
		if method == "ping" {
			return echo(method, params)
		}
		return func(context.Context) (any, error) { <-release; return nil, nil }, nil
	}})
	for i := range maxInFlight {
		p.Send(`{"jsonrpc":"2.0","id":%d,"method":"hold"}`, i)
	}
	p.Send(`{"jsonrpc":"2.0","id":1000,"method":"hold"}`)
	p.WantCode("1000", RequestFailed)
	p.Send(`{"jsonrpc":"2.0","id":1,"method":"ping"}`) // an id in use
	p.WantCode("1", InvalidRequest)
	close(release)
	for range maxInFlight {
		if _, err := p.Take(); err != nil {
			t.Fatal(err)
		}
	}
	p.alive()

	go func() { // more than a pipe holds
		fmt.Fprintf(p, "Content-Length: %d\r\n\r\n%s", frame.Max+1, strings.Repeat("x", frame.Max+1))
	}()
	p.WantCode("null", RequestFailed)
	p.alive()
}

// Trap 13: parameters may be kept after the handler returned.
func TestTrap13ParamsAreOwned(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	kept := map[string]json.RawMessage{}
	keep := func(method string, params json.RawMessage) {
		mu.Lock()
		defer mu.Unlock()
		kept[method] = params
	}
	p := newPeer(t, &fakeRoutes{
		notify: func(method string, params json.RawMessage) error { keep(method, params); return nil },
		prep: func(method string, params json.RawMessage) (Work, error) {
			keep(method, params)
			return echo(method, params)
		},
	})
	for i := range 50 {
		p.Send(`{"jsonrpc":"2.0","method":"n%d","params":"value of n%d"}`, i, i)
		p.Send(`{"jsonrpc":"2.0","id":%d,"method":"r%d","params":"value of r%d"}`, i, i, i)
		p.Want(`{"jsonrpc":"2.0","id":%d,"result":"r%d"}`, i, i)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(kept) != 100 {
		t.Errorf("%d methods were kept, want 100", len(kept))
	}
	for method, params := range kept {
		if string(params) != `"value of `+method+`"` {
			t.Errorf("%s kept %s", method, params)
		}
	}
}

// What is no message is answered and skipped.
func TestGarbageFrames(t *testing.T) {
	t.Parallel()
	p := newPeer(t, &fakeRoutes{prep: echo})
	for _, garbage := range []string{`{`, `nonsense`, `{"jsonrpc":"2.0"} trailing`} {
		p.Send("%s", garbage)
		p.WantCode("null", ParseError)
	}
	for _, odd := range []string{`42`, `[]`, `{}`, `{"jsonrpc":"2.0","id":{},"method":"x"}`} {
		p.Send("%s", odd)
		p.WantCode("null", InvalidRequest)
	}
	p.alive()
	if _, err := io.WriteString(p, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Log(err) // it may close before it has read all
	}
	_ = p.Ended() // with whatever it makes of that
}

// A request that was done is answered with its result, also when its context has ended by then.
func TestNoAnswerIsLost(t *testing.T) {
	t.Parallel()
	p := newPeer(t, &fakeRoutes{prep: echo})
	const n, burst = 4000, 100
	for i := 0; i < n; i += burst {
		go func() {
			for k := range burst {
				sent := frame.Append(nil, fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":"ping"}`, i+k))
				if _, err := p.Write(sent); err != nil {
					t.Error(err)
					return
				}
			}
		}()
		for range burst {
			body, err := p.Take()
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(body), "error") {
				t.Fatalf("got %s", body)
			}
		}
	}
}
