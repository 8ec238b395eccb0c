package openai

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/scripted"
)

// On a busy machine a single measurement says little: one of five must be quick.
func TestCancelReachesTheServerAtOnce(t *testing.T) {
	t.Parallel()
	for _, r := range []scripted.Reply{
		{Text: "x", Fault: scripted.Fault{Kind: scripted.FaultStallStart}},
		{Text: "one two three", Chunk: 4, Fault: scripted.Fault{Kind: scripted.FaultStallMiddle}},
	} {
		best := time.Hour
		for range 5 {
			best = min(best, cancelSeen(t, r))
		}
		if best > 100*time.Millisecond {
			t.Errorf("the server saw it after %v", best)
		}
	}
}

// cancelSeen is the time from cancelling a call until the server sees that the client hung up.
func cancelSeen(t *testing.T, r scripted.Reply) time.Duration {
	t.Helper()
	s := serve(t, always(r))
	p := connect(t, s.URL(), nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := p.Generate(ctx, request("x"), ignore)
		ended <- err
	}()
	await(t, s, func(r []scripted.Record) bool { return len(r) == 1 && r[0].Rule == 0 })
	at := time.Now()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	recs := await(t, s, func(r []scripted.Record) bool { return r[0].Outcome == scripted.HungUp })
	return recs[0].Ended.Sub(at)
}

func await(t *testing.T, s *scripted.Server, met func([]scripted.Record) bool) []scripted.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	recs, err := s.Await(ctx, met)
	if err != nil {
		t.Fatalf("%v: %+v", err, recs)
	}
	return recs
}

func TestCancelEndsAPause(t *testing.T) {
	t.Parallel()
	s := serve(t, always(scripted.Reply{Fault: scripted.Fault{Kind: scripted.FaultRateLimited, RetryAfter: 50 * time.Second}}))
	p := connect(t, s.URL(), nil)
	ctx, cancel := context.WithCancel(t.Context())
	real := p.endpoints[0].wait
	p.endpoints[0].wait = func(ctx context.Context, d time.Duration) error {
		cancel()
		return real(ctx, d)
	}
	if _, err := p.Generate(ctx, request("x"), ignore); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// blocking is a server that holds each request until release, and says how many it held at most at a time.
type blocking struct {
	*httptest.Server
	inside, most atomic.Int64
	entered      chan struct{}
	release      chan struct{}
}

func newBlocking(t *testing.T) *blocking {
	b := &blocking{entered: make(chan struct{}, 100), release: make(chan struct{})}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := b.inside.Add(1)
		for old := b.most.Load(); n > old && !b.most.CompareAndSwap(old, n); old = b.most.Load() {
		}
		b.entered <- struct{}{}
		select {
		case <-b.release:
		case <-r.Context().Done():
		}
		b.inside.Add(-1)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write([]byte("data: {\"choices\":[{\"delta\":{\"content\":\"ok\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"))
	}))
	t.Cleanup(b.Close)
	return b
}

func TestConcurrencyIsLimited(t *testing.T) {
	t.Parallel()
	b := newBlocking(t)
	p := connect(t, b.URL, func(e *Endpoint) { e.Limits.Concurrent = 2 })
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if _, err := p.Generate(t.Context(), request("x"), ignore); err != nil {
				t.Error(err)
			}
		})
	}
	<-b.entered
	<-b.entered
	close(b.release)
	all.Wait()
	if got := b.most.Load(); got != 2 {
		t.Errorf("%d requests at a time, want 2", got)
	}
}

func TestCancelWhileWaitingForASlot(t *testing.T) {
	t.Parallel()
	b := newBlocking(t)
	p := connect(t, b.URL, func(e *Endpoint) { e.Limits.Concurrent = 1 })
	var first sync.WaitGroup
	first.Go(func() {
		if _, err := p.Generate(t.Context(), request("x"), ignore); err != nil {
			t.Error(err)
		}
	})
	<-b.entered
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := p.Generate(ctx, request("x"), ignore); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	close(b.release)
	first.Wait()
	if got := b.most.Load(); got != 1 {
		t.Errorf("%d requests at a time", got)
	}
}

// After [DONE] the connection serves the next call.
func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	var conns atomic.Int64
	b := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write([]byte("data: {\"choices\":[{\"delta\":{\"content\":\"ok\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"))
		_ = http.NewResponseController(w).Flush()
		time.Sleep(20 * time.Millisecond) // so that the end of the body comes by itself
	}))
	b.Config.ConnState = countNew(&conns)
	b.Start()
	t.Cleanup(b.Close)
	p := connect(t, b.URL, nil)
	for range 5 {
		if _, err := p.Generate(t.Context(), request("x"), ignore); err != nil {
			t.Fatal(err)
		}
	}
	if n := conns.Load(); n != 1 {
		t.Errorf("%d connections for 5 calls", n)
	}
}

func countNew(n *atomic.Int64) func(net.Conn, http.ConnState) {
	return func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			n.Add(1)
		}
	}
}

func TestDeltasStopWithTheContext(t *testing.T) {
	t.Parallel()
	s := serve(t, always(scripted.Reply{Text: "one two three four five six", Chunk: 4}))
	p := connect(t, s.URL(), nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	_, err := p.Generate(ctx, request("x"), func(engine.Delta) {
		n++
		cancel()
	})
	if !errors.Is(err, context.Canceled) || n != 1 {
		t.Errorf("%v after %d deltas", err, n)
	}
}
