package openai

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// pace is how fast an endpoint may be asked, by all workers together: so many requests and tokens a minute, in the order
// in which they come, and not at all before the time that the provider asked for.
type pace struct {
	requests *rate.Limiter // nil: no bound
	tokens   *rate.Limiter // nil: no bound

	mu    sync.Mutex
	until time.Time // what the provider asked for
}

func newPace(requests, tokens int) *pace {
	p := &pace{}
	if requests > 0 {
		p.requests = rate.NewLimiter(rate.Limit(requests)/60, max(requests/10, 1))
	}
	if tokens > 0 {
		p.tokens = rate.NewLimiter(rate.Limit(tokens)/60, tokens)
	}
	return p
}

// pass returns when a call with so many tokens of input may be made, or earlier with ctx's error.
func (p *pace) pass(ctx context.Context, input int, wait func(context.Context, time.Duration) error) error {
	now := time.Now()
	pause := p.held(now)
	if p.requests != nil {
		pause = max(pause, p.requests.ReserveN(now, 1).DelayFrom(now))
	}
	if p.tokens != nil {
		pause = max(pause, p.tokens.ReserveN(now, min(input, p.tokens.Burst())).DelayFrom(now))
	}
	if pause <= 0 {
		return nil
	}
	return wait(ctx, pause)
}

// spend takes what a reply came to off the tokens of the minute.
func (p *pace) spend(output int64) {
	if p.tokens != nil && output > 0 {
		p.tokens.ReserveN(time.Now(), int(min(output, int64(p.tokens.Burst()))))
	}
}

// hold makes everybody wait as the provider has asked one to.
func (p *pace) hold(pause time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(pause); until.After(p.until) {
		p.until = until
	}
}

// held is how long to wait, with up to a tenth more so that not all come at once; 0 for not at all.
func (p *pace) held(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := p.until.Sub(now)
	if left <= 0 {
		return 0
	}
	return left + rand.N(left/10+1)
}
