//go:build unix

package attach

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/lsp/frame"
)

const patience = 20 * time.Second

// said is a message as an editor or a daemon sees it.
type said struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int
		Message string
	} `json:"error"`
	body []byte
}

// peer is one end of a connection that speaks frames: an editor, or a daemon that a test plays.
type peer struct {
	t    *testing.T
	out  *frame.Writer
	conn io.Closer
	last int

	mu     sync.Mutex
	got    []said
	ended  bool
	change chan struct{}
	reply  func(said) any // answers requests where it is not nil
}

func newPeer(t *testing.T, in io.Reader, out io.WriteCloser) *peer {
	p := &peer{t: t, out: &frame.Writer{Out: out}, conn: out, change: make(chan struct{})}
	go p.read(in)
	return p
}

func (p *peer) read(in io.Reader) {
	r := frame.NewReader(in)
	for {
		body, err := r.Next()
		var s said
		if err == nil {
			if err := json.Unmarshal(body, &s); err != nil {
				s.Method = "not JSON"
			}
			s.body = clone(body)
		}
		p.mu.Lock()
		if err == nil {
			p.got = append(p.got, s)
		}
		p.ended = err != nil
		close(p.change)
		p.change = make(chan struct{})
		reply := p.reply
		p.mu.Unlock()
		if err != nil {
			return
		}
		if reply != nil && s.Method != "" && s.ID != nil {
			_ = p.out.Write(result(s.ID, reply(s)))
		}
	}
}

// await is the first message that ok accepts, of those that came and will come.
func (p *peer) await(what string, ok func(said) bool) said {
	p.t.Helper()
	deadline := time.After(patience)
	for seen := 0; ; {
		p.mu.Lock()
		got, ended, change := p.got, p.ended, p.change
		p.mu.Unlock()
		for ; seen < len(got); seen++ {
			if ok(got[seen]) {
				return got[seen]
			}
		}
		if ended {
			p.t.Fatalf("the connection ended before %s; got %s", what, p.dump())
		}
		select {
		case <-change:
		case <-deadline:
			p.t.Fatalf("%s did not come; got %s", what, p.dump())
		}
	}
}

// all is what came until now.
func (p *peer) all() []said {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.got
}

func (p *peer) dump() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := ""
	for _, s := range p.got {
		out += fmt.Sprintf("\n%.300s", s.body)
	}
	return out
}

func (p *peer) awaitMethod(method string) said {
	p.t.Helper()
	return p.await(method, func(s said) bool { return s.Method == method })
}

func (p *peer) awaitReply(id int) said {
	p.t.Helper()
	return p.await("the answer to "+strconv.Itoa(id), func(s said) bool {
		return s.Method == "" && string(s.ID) == strconv.Itoa(id)
	})
}

func (p *peer) awaitEnd() {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		p.mu.Lock()
		ended, change := p.ended, p.change
		p.mu.Unlock()
		if ended {
			return
		}
		select {
		case <-change:
		case <-deadline:
			p.t.Fatal("the connection did not end")
		}
	}
}

func (p *peer) notify(method string, params any) {
	_ = p.out.Write(encode(method, params)) // what is lost is missed later
}

// send sends a request and returns its id.
func (p *peer) send(method string, params any) int {
	p.last++
	_ = p.out.Write(mustJSON(map[string]any{"jsonrpc": "2.0", "id": p.last, "method": method, "params": params}))
	return p.last
}

func (p *peer) call(method string, params any) said {
	p.t.Helper()
	return p.awaitReply(p.send(method, params))
}

// initialize opens the session.
func (p *peer) initialize() {
	p.t.Helper()
	if s := p.call("initialize", map[string]any{"rootUri": "file:///w", "capabilities": map[string]any{}}); s.Error != nil {
		p.t.Fatalf("initialize: %s", s.Error.Message)
	}
	p.notify("initialized", map[string]any{})
}

func (p *peer) view() view {
	p.t.Helper()
	s := p.call("view/resolve", nil)
	if s.Error != nil {
		p.t.Fatalf("view/resolve: %s", s.Error.Message)
	}
	var v view
	if err := json.Unmarshal(s.Result, &v); err != nil {
		p.t.Fatal(err)
	}
	return v
}

func (p *peer) open(uri, text string, version int) {
	p.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{
		"uri": uri, "languageId": "plain", "version": version, "text": text,
	}})
}

func (p *peer) edit(uri string, version int, changes ...plainChange) {
	p.notify("textDocument/didChange", map[string]any{
		"textDocument": map[string]any{"uri": uri, "version": version}, "contentChanges": changes,
	})
}

func doc(uri string) map[string]any {
	return map[string]any{"textDocument": map[string]any{"uri": uri}}
}

// forwarded starts Forward and returns the editor in front of it, and what Forward returns.
func forwarded(t *testing.T, o Forwarding) (*peer, <-chan error) {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	go func() {
		err := Forward(ctx, inR, outW, o)
		outW.Close()
		ended <- err
	}()
	p := newPeer(t, outR, inW)
	t.Cleanup(func() {
		cancel()
		inW.Close()
		p.awaitEnd()
	})
	return p, ended
}

func outcomeOf(t *testing.T, ended <-chan error) error {
	t.Helper()
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
		t.Fatal("it did not end")
		return nil
	}
}
