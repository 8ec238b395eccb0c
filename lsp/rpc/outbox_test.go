package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/lsp/frame"
)

// A client that never reads is bounded in what waits for it, and dropped; who talks to it is freed.
func TestDeafClient(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	defer ours.Close()
	c, ctx := New(t.Context(), theirs, &fakeRoutes{prep: echo}, slog.New(slog.DiscardHandler), nil)
	c.out.silence = 200 * time.Millisecond
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx) }()
	sent, long := 0, protocol.String(strings.Repeat("x", 100<<10))
	var err error
	for err == nil {
		err = c.Notify(ctx, "news", long)
		sent++
	}
	if sent < 5 || sent > 25 {
		t.Errorf("%d messages of 100 kB were taken", sent)
	}
	select {
	case err := <-done:
		if !errors.Is(err, errDeaf) {
			t.Errorf("the connection ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the client is still served")
	}
}

// Who waits for a client that does not read gives up when its own context ends.
func TestDeafClientAndContext(t *testing.T) {
	t.Parallel()
	p := newPeer(t, &fakeRoutes{prep: echo})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	long := protocol.String(strings.Repeat("x", maxUnread))
	gaveUp := make(chan error, 1)
	go func() {
		var err error
		for err == nil {
			err = p.conn.Notify(ctx, "news", long)
		}
		gaveUp <- err
	}()
	for !p.conn.out.behind() {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("it gave up with %v", err)
	}
}

// What several goroutines send arrives whole, and each one's in its order, longer messages than the bound too.
func TestOutboxOrder(t *testing.T) {
	t.Parallel()
	p := newPeer(t, &fakeRoutes{prep: echo})
	var senders sync.WaitGroup
	for k := range 4 {
		senders.Go(func() {
			for i := range 50 {
				size := 10
				if i%25 == 7 {
					size = maxUnread + 100
				}
				msg := fmt.Sprintf("%d %d %s", k, i, strings.Repeat("x", size))
				if err := p.conn.Notify(t.Context(), "news", protocol.String(msg)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var next [4]int
	for range 4 * 50 {
		var m struct{ Params string }
		body, err := p.Take()
		if err != nil {
			t.Fatal(err)
		}
		var k, i int
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscanf(m.Params, "%d %d", &k, &i); err != nil || i != next[k] {
			t.Fatalf("sender %d: message %d came where %d was due (%v)", k, i, next[k], err)
		}
		next[k]++
	}
	senders.Wait()
}

// What was answered before the connection ends arrives, though the client asks and leaves in one breath.
func TestLastWords(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	defer ours.Close()
	answered := make(chan struct{})
	var c *Conn
	routes := &fakeRoutes{prep: echo, notify: func(string, json.RawMessage) error { <-answered; c.End(); return nil }}
	c, ctx := New(t.Context(), theirs, routes, slog.New(slog.DiscardHandler), nil)
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx) }()
	two := frame.Append(nil, []byte(`{"jsonrpc":"2.0","id":1,"method":"shutdown"}`))
	two = frame.Append(two, []byte(`{"jsonrpc":"2.0","method":"exit"}`))
	if _, err := ours.Write(two); err != nil {
		t.Fatal(err)
	}
	for { // the answer is put, though nobody reads it yet
		c.out.mu.Lock()
		put := len(c.out.queue)+c.out.busy > 0
		c.out.mu.Unlock()
		if put {
			break
		}
		time.Sleep(time.Millisecond)
	}
	close(answered)
	if body, err := frame.NewReader(ours).Take(); err != nil || !strings.Contains(string(body), `"shutdown"`) {
		t.Errorf("got %s (%v)", body, err)
	}
	<-done
}
