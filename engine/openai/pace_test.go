package openai

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/scripted"
)

// slept collects the pauses that a pace asks for, and lets none of them pass.
type slept struct {
	mu  sync.Mutex
	all []time.Duration
}

func (s *slept) wait(_ context.Context, d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, d)
	return context.Canceled // so that pass does not ask again
}

// What a provider asks one worker to wait, all of them wait.
func TestRetryAfterHoldsAllWorkers(t *testing.T) {
	t.Parallel()
	s := serve(t,
		scripted.Rule{Contains: "first", Reply: scripted.Reply{Text: "ok", Fault: scripted.Fault{Kind: scripted.FaultRateLimited, RetryAfter: 50 * time.Second}}},
		always(scripted.Reply{Text: "ok"}))
	p := connect(t, s.URL(), func(e *Endpoint) { e.Limits.Attempts = 1 })
	if _, err := p.Generate(t.Context(), request("first"), ignore); err == nil {
		t.Fatal("a refusal is no reply")
	}
	var pauses slept
	p.endpoints[0].wait = pauses.wait
	if _, err := p.Generate(t.Context(), request("second"), ignore); err == nil || len(pauses.all) != 1 || pauses.all[0] < 40*time.Second {
		t.Errorf("another worker waits %v (%v)", pauses.all, err)
	}
	if n := len(s.Records()); n != 1 {
		t.Errorf("the server was asked %d times", n)
	}
}

func TestRequestsAndTokensAMinute(t *testing.T) {
	t.Parallel()
	var pauses slept
	p := newPace(60, 0)
	for range 8 { // six at once, then one a second
		_ = p.pass(t.Context(), 100, pauses.wait)
	}
	if len(pauses.all) != 2 || pauses.all[1] <= pauses.all[0] || pauses.all[1] > 2*time.Second {
		t.Errorf("requests wait %v", pauses.all)
	}
	pauses.all = nil
	p = newPace(0, 6000)
	_ = p.pass(t.Context(), 5000, pauses.wait)
	p.spend(1000)
	_ = p.pass(t.Context(), 500, pauses.wait) // 100 a second
	_ = p.pass(t.Context(), 1_000_000, pauses.wait)
	if len(pauses.all) != 2 || pauses.all[0] < 4*time.Second || pauses.all[0] > 5*time.Second || pauses.all[1] < time.Minute {
		t.Errorf("tokens wait %v", pauses.all)
	}
	if err := newPace(0, 0).pass(t.Context(), 1<<30, nil); err != nil {
		t.Error(err)
	}
}

// A bound that is passed by one is waited for by the next in line, and a cancelled one waits no longer.
func TestACancelledWaitForThePace(t *testing.T) {
	t.Parallel()
	s := serve(t, always(scripted.Reply{Text: "ok"}))
	p := connect(t, s.URL(), func(e *Endpoint) { e.RequestsPerMinute = 1 })
	if _, err := p.Generate(t.Context(), request("x"), ignore); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { _, err := p.Generate(ctx, request("y"), func(engine.Delta) {}); ended <- err }()
	cancel()
	if err := <-ended; err == nil || len(s.Records()) != 1 {
		t.Errorf("%v, asked %d times", err, len(s.Records()))
	}
}
