// Package rpctest is the far end of a connection as tests want it: raw frames, compared as JSON.
package rpctest

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/lsp/frame"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// Peer speaks raw frames to a server. It is for one goroutine.
type Peer struct {
	t    testing.TB
	pipe net.Conn
	in   *frame.Reader
	done chan error
}

// NewPeer starts a server over one end of a pipe and is the other. serve makes the server and gives what runs it until the
// pipe ends, which it does with the test at the latest.
func NewPeer(t testing.TB, serve func(rw io.ReadWriteCloser) func() error) *Peer {
	t.Helper()
	ours, theirs := net.Pipe()
	p := &Peer{t: t, pipe: ours, in: frame.NewReader(ours), done: make(chan error, 1)}
	run := serve(theirs)
	go func() { p.done <- run() }()
	t.Cleanup(func() {
		ours.Close()
		_ = p.Ended() // what it ended with is for who asks
	})
	if err := ours.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return p
}

// Send sends one message.
func (p *Peer) Send(format string, args ...any) {
	p.t.Helper()
	if _, err := p.pipe.Write(frame.Append(nil, fmt.Appendf(nil, format, args...))); err != nil {
		p.t.Fatalf("sending: %v", err)
	}
}

// Write sends bytes as they are, which need be no frame.
func (p *Peer) Write(b []byte) (int, error) { return p.pipe.Write(b) }

// Close ends the pipe.
func (p *Peer) Close() error { return p.pipe.Close() }

// Take reads one message.
func (p *Peer) Take() ([]byte, error) { return p.in.Take() }

// take is Take where there must be one.
func (p *Peer) take() []byte {
	p.t.Helper()
	body, err := p.Take()
	if err != nil {
		p.t.Fatalf("reading: %v", err)
	}
	return body
}

// Want reads one message and compares it as JSON.
func (p *Peer) Want(format string, args ...any) {
	p.t.Helper()
	if got, want := Normal(p.t, p.take()), Normal(p.t, fmt.Appendf(nil, format, args...)); got != want {
		p.t.Fatalf("got  %s\nwant %s", got, want)
	}
}

// WantCode reads one message, which must be an error with the code.
func (p *Peer) WantCode(id string, code int) {
	p.t.Helper()
	body := p.take()
	var m struct {
		ID    json.RawMessage
		Error struct{ Code int }
	}
	if err := json.Unmarshal(body, &m); err != nil || string(m.ID) != id || m.Error.Code != code {
		p.t.Fatalf("got %s, want an error %d for id %s", body, code, id)
	}
}

// Ended waits until the server has ended, and gives what it ended with.
func (p *Peer) Ended() error {
	p.t.Helper()
	select {
	case err := <-p.done:
		p.done <- err // for who asks again
		return err
	case <-time.After(patience):
		p.t.Fatal("the server did not end")
		return nil
	}
}

// Normal is one spelling of a JSON value, to compare it by.
func Normal(t testing.TB, body []byte) string {
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
