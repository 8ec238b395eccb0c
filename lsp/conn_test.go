package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/lsp/frame"
)

// One test for each of the traps of the jsonrpc2 and protocol packages that were measured: each fails with the
// handler chain that those packages bring along. They run with -tags jsonrpc2poison too.

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// fakeRoutes answers with functions.
type fakeRoutes struct {
	prep   func(method string, params json.RawMessage) (work, error)
	notify func(method string, params json.RawMessage) error
}

func (f *fakeRoutes) session() *Session { return nil }

func (f *fakeRoutes) prepare(method string, params json.RawMessage) (work, error) {
	return f.prep(method, params)
}

func (f *fakeRoutes) notified(method string, params json.RawMessage) error {
	if f.notify == nil {
		return nil
	}
	return f.notify(method, params)
}

// echo answers every request with its method.
func echo(method string, _ json.RawMessage) (work, error) {
	return func(context.Context, *Session) (any, error) { return protocol.String(method), nil }, nil
}

// peer speaks raw frames to a conn, as a test wants them.
type peer struct {
	t    testing.TB
	pipe net.Conn
	in   *frame.Reader
	conn *conn
	done chan error
}

func newPeer(t testing.TB, r routes) *peer {
	t.Helper()
	ours, theirs := net.Pipe()
	c, ctx := newConn(t.Context(), theirs, r, slog.New(slog.DiscardHandler))
	p := &peer{t: t, pipe: ours, in: frame.NewReader(ours), conn: c, done: make(chan error, 1)}
	go func() { p.done <- c.serve(ctx) }()
	t.Cleanup(func() {
		ours.Close()
		p.ended()
	})
	if err := ours.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *peer) send(format string, args ...any) {
	p.t.Helper()
	if _, err := p.pipe.Write(frame.Append(nil, fmt.Appendf(nil, format, args...))); err != nil {
		p.t.Fatalf("sending: %v", err)
	}
}

// want reads one message and compares it as JSON.
func (p *peer) want(format string, args ...any) {
	p.t.Helper()
	body, err := p.in.Take()
	if err != nil {
		p.t.Fatalf("reading: %v", err)
	}
	if got, want := normal(p.t, body), normal(p.t, fmt.Appendf(nil, format, args...)); got != want {
		p.t.Fatalf("got  %s\nwant %s", got, want)
	}
}

// wantCode reads one message, which must be an error with the code.
func (p *peer) wantCode(id string, code int) {
	p.t.Helper()
	body, err := p.in.Take()
	if err != nil {
		p.t.Fatalf("reading: %v", err)
	}
	var m struct {
		ID    json.RawMessage
		Error struct{ Code int }
	}
	if err := json.Unmarshal(body, &m); err != nil || string(m.ID) != id || m.Error.Code != code {
		p.t.Fatalf("got %s, want an error %d for id %s", body, code, id)
	}
}

// alive shows that the connection still answers.
func (p *peer) alive() {
	p.t.Helper()
	p.send(`{"jsonrpc":"2.0","id":"alive","method":"ping"}`)
	p.want(`{"jsonrpc":"2.0","id":"alive","result":"ping"}`)
}

func (p *peer) ended() {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.t.Fatal("serve did not return")
	}
}

func normal(t testing.TB, body []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Trap 1: deriving contexts in a handler.
func TestTrap01DerivedContexts(t *testing.T) {
	t.Parallel()
	p := newPeer(t, &fakeRoutes{prep: func(method string, _ json.RawMessage) (work, error) {
		return func(ctx context.Context, _ *Session) (any, error) {
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			inner, stop := context.WithCancel(ctx)
			go stop()
			<-inner.Done()
			return protocol.String(method), ctx.Err()
		}, nil
	}})
	for i := range 200 {
		p.send(`{"jsonrpc":"2.0","id":%d,"method":"ping"}`, i)
		p.want(`{"jsonrpc":"2.0","id":%d,"result":"ping"}`, i)
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
		prep: func(string, json.RawMessage) (work, error) {
			n := len(seen)
			return func(context.Context, *Session) (any, error) { return protocol.Integer(n), nil }, nil
		},
	})
	const n = 3000
	go func() {
		for i := range n {
			sent := frame.Append(nil, fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"change","params":%d}`, i))
			if i%3 == 2 {
				sent = frame.Append(sent, fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":"count"}`, i))
			}
			if _, err := p.pipe.Write(sent); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for range n / 3 {
		var m struct{ ID, Result int }
		body, err := p.in.Take()
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
		p.send("%s", m)
	}
	p.alive()
}

// Trap 4: a panic costs one answer.
func TestTrap04Panics(t *testing.T) {
	t.Parallel()
	p := newPeer(t, &fakeRoutes{
		prep: func(method string, params json.RawMessage) (work, error) {
			switch method {
			case "early":
				panic("in prepare")
			case "late":
				return func(context.Context, *Session) (any, error) { panic("in work") }, nil
			}
			return echo(method, params)
		},
		notify: func(string, json.RawMessage) error { panic("in a notification") },
	})
	p.send(`{"jsonrpc":"2.0","id":1,"method":"early"}`)
	p.wantCode("1", codeInternal)
	p.send(`{"jsonrpc":"2.0","id":2,"method":"late"}`)
	p.wantCode("2", codeInternal)
	p.send(`{"jsonrpc":"2.0","method":"boom"}`)
	p.alive()
}

// Trap 5: a cancelled request is answered at once, with the code of a cancelled request, also when its work does not
// look at its context.
func TestTrap05Cancel(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	p := newPeer(t, &fakeRoutes{prep: func(method string, params json.RawMessage) (work, error) {
		switch method {
		case "stuck":
			return func(context.Context, *Session) (any, error) { <-stuck; return nil, nil }, nil
		case "polite":
			return func(ctx context.Context, _ *Session) (any, error) { <-ctx.Done(); return nil, ctx.Err() }, nil
		}
		return echo(method, params)
	}})
	t.Cleanup(func() { close(stuck) }) // before the peer's own, which waits for the work
	for id, method := range map[string]string{`1`: "stuck", `"x"`: "stuck", `3`: "polite"} {
		p.send(`{"jsonrpc":"2.0","id":%s,"method":"%s"}`, id, method)
		start := time.Now()
		p.send(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":%s}}`, id)
		p.wantCode(id, codeCancelled)
		if took := time.Since(start); took > time.Second {
			t.Errorf("cancelling took %v", took)
		}
	}
	p.send(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":99}}`) // nothing to cancel
	p.alive()
}

// Trap 6: when the client goes, its requests are cancelled and serve returns.
func TestTrap06ClientGoes(t *testing.T) {
	t.Parallel()
	cause := make(chan error, 1)
	p := newPeer(t, &fakeRoutes{prep: func(string, json.RawMessage) (work, error) {
		return func(ctx context.Context, _ *Session) (any, error) {
			<-ctx.Done()
			cause <- context.Cause(ctx)
			return nil, ctx.Err()
		}, nil
	}})
	p.send(`{"jsonrpc":"2.0","id":1,"method":"wait"}`)
	p.pipe.Close()
	if err := <-cause; !errors.Is(err, errDisconnected) {
		t.Errorf("the request ended with %v", err)
	}
	err := <-p.done
	p.done <- err
	if err != nil {
		t.Errorf("a clean end is %v", err)
	}
}

// Trap 7: requests without parameters.
func TestTrap07NoParams(t *testing.T) {
	t.Parallel()
	p := newPeer(t, &fakeRoutes{prep: func(method string, params json.RawMessage) (work, error) {
		var v struct{}
		if err := decode(params, &v); err != nil {
			return nil, err
		}
		return echo(method, params)
	}})
	p.send(`{"jsonrpc":"2.0","id":1,"method":"slop/status"}`)
	p.want(`{"jsonrpc":"2.0","id":1,"result":"slop/status"}`)
	p.send(`{"jsonrpc":"2.0","id":2,"method":"slop/status","params":null}`)
	p.want(`{"jsonrpc":"2.0","id":2,"result":"slop/status"}`)
}

// Trap 8: work may ask the client while the client asks on.
func TestTrap08CallsFromWork(t *testing.T) {
	t.Parallel()
	var p *peer
	ready := make(chan struct{})
	p = newPeer(t, &fakeRoutes{prep: func(string, json.RawMessage) (work, error) {
		return func(ctx context.Context, _ *Session) (any, error) {
			<-ready
			var answer json.RawMessage
			err := p.conn.call(ctx, "ask", protocol.Integer(1), &answer)
			return answer, err
		}, nil
	}})
	close(ready)
	p.send(`{"jsonrpc":"2.0","id":1,"method":"needsClient"}`)
	p.want(`{"jsonrpc":"2.0","id":1,"method":"ask","params":1}`)
	p.send(`{"jsonrpc":"2.0","id":2,"method":"needsClient"}`)
	p.want(`{"jsonrpc":"2.0","id":2,"method":"ask","params":1}`)
	p.send(`{"jsonrpc":"2.0","id":2,"result":{"title":null}}`)
	p.want(`{"jsonrpc":"2.0","id":2,"result":{"title":null}}`)
	p.send(`{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}`)
	p.wantCode("1", codeRequestFailed)
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
		if err != nil || normal(t, got) != normal(t, []byte(want)) {
			t.Errorf("got %s (%v), want %s", got, err, want)
		}
	}
}

// Trap 10: a number that a strict decoder refuses costs one message.
func TestTrap10StrictIntegers(t *testing.T) {
	t.Parallel()
	p := newPeer(t, &fakeRoutes{prep: func(method string, params json.RawMessage) (work, error) {
		switch method {
		case "initialize":
			var v protocol.InitializeParams
			return nil, decode(params, &v)
		case "codeAction":
			var v protocol.CodeActionParams
			return nil, decode(params, &v)
		}
		return echo(method, params)
	}})
	p.send(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":1.0,"rootUri":null,"capabilities":{}}}`)
	p.wantCode("1", codeInvalidParams)
	p.send(`{"jsonrpc":"2.0","id":2,"method":"codeAction","params":{"textDocument":{"uri":"file:///a"},"context":{"diagnostics":[]},` +
		`"range":{"start":{"line":0,"character":-1},"end":{"line":0,"character":0}}}}`)
	p.wantCode("2", codeInvalidParams)
	p.alive()
}

// Trap 11: requests in flight and frames are bounded.
func TestTrap11Bounds(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	p := newPeer(t, &fakeRoutes{prep: func(method string, params json.RawMessage) (work, error) {
		if method == "ping" {
			return echo(method, params)
		}
		return func(context.Context, *Session) (any, error) { <-release; return nil, nil }, nil
	}})
	for i := range maxInFlight {
		p.send(`{"jsonrpc":"2.0","id":%d,"method":"hold"}`, i)
	}
	p.send(`{"jsonrpc":"2.0","id":1000,"method":"hold"}`)
	p.wantCode("1000", codeRequestFailed)
	p.send(`{"jsonrpc":"2.0","id":1,"method":"ping"}`) // an id in use
	p.wantCode("1", codeInvalidRequest)
	close(release)
	for range maxInFlight {
		if _, err := p.in.Take(); err != nil {
			t.Fatal(err)
		}
	}
	p.alive()

	go func() { // more than a pipe holds
		fmt.Fprintf(p.pipe, "Content-Length: %d\r\n\r\n%s", frame.Max+1, strings.Repeat("x", frame.Max+1))
	}()
	p.wantCode("null", codeRequestFailed)
	p.alive()
}

// Trap 12: URIs have one spelling inside.
func TestTrap12URIs(t *testing.T) {
	t.Parallel()
	a, errA := canonical("file:///C:/x/ä.go")
	b, errB := canonical("file:///c%3A/x/%C3%A4.go")
	if errA != nil || errB != nil || a != b {
		t.Errorf("%q (%v) and %q (%v) are one file", a, errA, b, errB)
	}
	for _, other := range []string{"untitled:Untitled-1", "http://example.com/a.go", "file://host/share/a.go", "slop:/a"} {
		u, err := canonical(uri.URI(other))
		if err != nil {
			t.Errorf("%q: %v", other, err)
		}
		if p, ok := filePath(u); ok {
			t.Errorf("%q became the path %q", other, p)
		}
	}
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
		prep: func(method string, params json.RawMessage) (work, error) {
			keep(method, params)
			return echo(method, params)
		},
	})
	for i := range 50 {
		p.send(`{"jsonrpc":"2.0","method":"n%d","params":"value of n%d"}`, i, i)
		p.send(`{"jsonrpc":"2.0","id":%d,"method":"r%d","params":"value of r%d"}`, i, i, i)
		p.want(`{"jsonrpc":"2.0","id":%d,"result":"r%d"}`, i, i)
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

// Trap 14, found here: a change whose range cannot be read passes for a whole text.
func TestTrap14UnreadableRange(t *testing.T) {
	t.Parallel()
	docs := openDocument(t, "one\ntwo\n")
	docs, err := didChange(docs, json.RawMessage(`{"textDocument":{"uri":"file:///w/a.go","version":2},"contentChanges":[`+
		`{"range":{"start":{"line":0,"character":-1},"end":{"line":0,"character":1}},"text":"fragment"}]}`))
	if err == nil {
		t.Error("the change was accepted")
	}
	if _, err := docs.need("file:///w/a.go"); err == nil {
		t.Error("the document still counts as known")
	}
	docs, err = didChange(docs, json.RawMessage(`{"textDocument":{"uri":"file:///w/a.go","version":3},"contentChanges":[{"text":"whole"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if d, err := docs.need("file:///w/a.go"); err != nil || d.text() != "whole" {
		t.Errorf("after a whole text it is %v (%v)", d, err)
	}
}

// What is no message is answered and skipped.
func TestGarbageFrames(t *testing.T) {
	t.Parallel()
	p := newPeer(t, &fakeRoutes{prep: echo})
	for _, garbage := range []string{`{`, `nonsense`, `{"jsonrpc":"2.0"} trailing`} {
		p.send("%s", garbage)
		p.wantCode("null", codeParse)
	}
	for _, odd := range []string{`42`, `[]`, `{}`, `{"jsonrpc":"2.0","id":{},"method":"x"}`} {
		p.send("%s", odd)
		p.wantCode("null", codeInvalidRequest)
	}
	p.alive()
	if _, err := io.WriteString(p.pipe, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Log(err) // it may close before it has read all
	}
	p.ended()
	p.done <- nil
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
				if _, err := p.pipe.Write(sent); err != nil {
					t.Error(err)
					return
				}
			}
		}()
		for range burst {
			body, err := p.in.Take()
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(body), "error") {
				t.Fatalf("got %s", body)
			}
		}
	}
}
