package openai

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/scripted"
)

func providerError(t *testing.T, err error) *engine.ProviderError {
	t.Helper()
	var pe *engine.ProviderError
	if !errors.As(err, &pe) {
		t.Fatalf("%v (%T) is no ProviderError", err, err)
	}
	return pe
}

func TestEveryFaultIsTypedAndBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault    scripted.FaultKind
		kind     engine.ProviderErrorKind
		status   int
		attempts int
	}{
		{scripted.FaultRateLimited, engine.ProviderRateLimited, 429, 3},
		{scripted.FaultServer, engine.ProviderServer, 500, 3},
		{scripted.FaultBadGateway, engine.ProviderServer, 502, 3},
		{scripted.FaultUnavailable, engine.ProviderServer, 503, 3},
		{scripted.FaultUnauthorized, engine.ProviderAuth, 401, 1},
		{scripted.FaultBadRequest, engine.ProviderBadRequest, 400, 1},
		{scripted.FaultTooLong, engine.ProviderTooLarge, 400, 1},
		{scripted.FaultDropped, engine.ProviderDropped, 0, 3},
		{scripted.FaultTruncated, engine.ProviderDropped, 0, 3},
		{scripted.FaultMalformed, engine.ProviderMalformed, 0, 3},
		{scripted.FaultStreamError, engine.ProviderServer, 503, 3},
		{scripted.FaultStallStart, engine.ProviderStalled, 0, 3},
		{scripted.FaultStallMiddle, engine.ProviderStalled, 0, 3},
		{scripted.FaultOversizedLine, engine.ProviderOversized, 0, 1},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			t.Parallel()
			s := serve(t, always(scripted.Reply{Text: "one two three four five", Chunk: 4, Fault: scripted.Fault{Kind: c.fault}}))
			p := connect(t, s.URL(), func(e *Endpoint) {
				e.Limits.Attempts, e.Limits.FirstToken, e.Limits.Idle = 3, 400*time.Millisecond, 400*time.Millisecond
			})
			_, err := p.Generate(t.Context(), request("x"), ignore)
			got := providerError(t, err)
			if got.Kind != c.kind || got.Status != c.status || got.Attempts != c.attempts {
				t.Errorf("kind %s, status %d, %d attempts: %v", got.Kind, got.Status, got.Attempts, err)
			}
			if got.Provider != "local" || got.Model != "small" || len(s.Records()) != c.attempts {
				t.Errorf("provider %q, model %q, %d requests", got.Provider, got.Model, len(s.Records()))
			}
		})
	}
}

// Each fault that is worth another call is gone at the second.
func TestRetriesSucceed(t *testing.T) {
	t.Parallel()
	for _, kind := range []scripted.FaultKind{
		scripted.FaultRateLimited, scripted.FaultServer, scripted.FaultBadGateway, scripted.FaultUnavailable,
		scripted.FaultDropped, scripted.FaultTruncated, scripted.FaultMalformed, scripted.FaultStreamError,
		scripted.FaultStallStart, scripted.FaultStallMiddle, scripted.FaultComments,
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := serve(t, always(scripted.Reply{
				Text: "one two three four five", Chunk: 4, Fault: scripted.Fault{Kind: kind, First: 1},
			}))
			p := connect(t, s.URL(), func(e *Endpoint) { e.Limits.FirstToken, e.Limits.Idle = time.Second, time.Second })
			shown := ""
			got, err := p.Generate(t.Context(), request("x"), func(d engine.Delta) {
				if d.Restart {
					shown = ""
				}
				shown += d.Text
			})
			if err != nil || got.Message.Text != "one two three four five" || shown != got.Message.Text {
				t.Errorf("%v: reply %q, shown %q", err, got.Message.Text, shown)
			}
		})
	}
}

// A reply that broke off was paid for, too, as far as it had come.
func TestBrokenRepliesCount(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 1000)
	s := serve(t, always(scripted.Reply{
		Text: strings.Repeat("reply ", 100), Usage: &scripted.Usage{Input: 1000, Output: 100}, Fault: scripted.Fault{Kind: scripted.FaultDropped, First: 1},
	}))
	p := connect(t, s.URL(), func(e *Endpoint) {
		e.Price = func(_ string, u engine.Usage) engine.Cost { return engine.Cost{MicroUSD: u.Input*2 + u.Output*8} }
	})
	got, err := p.Generate(t.Context(), request(long), ignore)
	if err != nil {
		t.Fatal(err)
	}
	if u := got.Usage; u.Input < 1900 || u.Input > 2200 || u.Output < 101 || u.Output > 300 || u.Cost.MicroUSD != u.Input*2+u.Output*8 {
		t.Errorf("two calls are told as %+v", u)
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + ln.Addr().String() + "/v1"
	ln.Close()
	_, err = connect(t, url, nil).Generate(t.Context(), request("x"), ignore)
	if got := providerError(t, err); got.Kind != engine.ProviderUnreachable || got.Attempts != 2 {
		t.Errorf("%+v", got)
	}
}

// A chunk that only names the role is no token: silence after it is still the wait for the first.
func TestARoleIsNoToken(t *testing.T) {
	t.Parallel()
	s := serve(t, always(scripted.Reply{Text: "x", Fault: scripted.Fault{Kind: scripted.FaultStallMiddle, After: 1}}))
	p := connect(t, s.URL(), func(e *Endpoint) {
		e.Limits.Attempts, e.Limits.FirstToken, e.Limits.Idle = 1, 200*time.Millisecond, time.Hour
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := p.Generate(ctx, request("x"), ignore)
	if got := providerError(t, err); got.Kind != engine.ProviderStalled || !strings.Contains(err.Error(), "no first token within 200ms") {
		t.Errorf("%v", err)
	}
}

// A server that accepts and hangs up is there, but dropped the call.
func TestHungUpBeforeAnAnswer(t *testing.T) {
	t.Parallel()
	b := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(b.Close)
	_, err := connect(t, b.URL, nil).Generate(t.Context(), request("x"), ignore)
	if got := providerError(t, err); got.Kind != engine.ProviderDropped || got.Attempts != 2 {
		t.Errorf("%+v", got)
	}
}

// Where the finish reason and the usage have come, nothing of the reply can be missing but [DONE].
func TestAWholeReplyWithoutDone(t *testing.T) {
	t.Parallel()
	const finish = `data: {"choices":[{"delta":{"content":"all"},"finish_reason":"stop"}]}` + "\n\n"
	const usage = `data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}` + "\n\n"
	for body, whole := range map[string]bool{finish + usage: true, finish: false, usage: false} {
		b := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = w.Write([]byte(body))
		}))
		t.Cleanup(b.Close)
		got, err := connect(t, b.URL, nil).Generate(t.Context(), request("x"), ignore)
		if whole && (err != nil || got.Message.Text != "all" || got.Usage.Input != 3) {
			t.Errorf("%v %+v", err, got)
		}
		if !whole && providerError(t, err).Kind != engine.ProviderDropped {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// pauses records the pauses instead of waiting for them.
func pauses(p *Provider) *[]time.Duration {
	var got []time.Duration
	p.endpoints[0].wait = func(ctx context.Context, d time.Duration) error {
		got = append(got, d)
		return ctx.Err()
	}
	return &got
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	for _, date := range []bool{false, true} {
		for _, kind := range []scripted.FaultKind{scripted.FaultRateLimited, scripted.FaultUnavailable} {
			s := serve(t, always(scripted.Reply{Text: "ok", Fault: scripted.Fault{
				Kind: kind, First: 2, RetryAfter: 30 * time.Second, HTTPDate: date,
			}}))
			p := connect(t, s.URL(), func(e *Endpoint) { e.Limits.Attempts = 3 })
			waited := pauses(p)
			if _, err := p.Generate(t.Context(), request("x"), ignore); err != nil {
				t.Fatal(err)
			}
			for _, d := range *waited {
				if d < 28*time.Second || d > 33*time.Second {
					t.Errorf("date %v: a pause of %v", date, d)
				}
			}
			if len(*waited) != 2 {
				t.Errorf("pauses: %v", *waited)
			}
		}
	}
}

func TestALongRetryAfterIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, always(scripted.Reply{Fault: scripted.Fault{Kind: scripted.FaultRateLimited, RetryAfter: time.Hour}}))
	p := connect(t, s.URL(), nil)
	waited := pauses(p)
	_, err := p.Generate(t.Context(), request("x"), ignore)
	got := providerError(t, err)
	if got.Kind != engine.ProviderRateLimited || got.RetryAfter != time.Hour || got.Attempts != 1 || len(*waited) != 0 {
		t.Errorf("%+v after %v", got, *waited)
	}
}

func TestOwnPausesGrow(t *testing.T) {
	t.Parallel()
	s := serve(t, always(scripted.Reply{Fault: scripted.Fault{Kind: scripted.FaultServer}}))
	p := connect(t, s.URL(), func(e *Endpoint) {
		e.Limits.Attempts, e.Limits.Backoff, e.Limits.MaxBackoff = 6, time.Second, 5*time.Second
	})
	waited := pauses(p)
	if _, err := p.Generate(t.Context(), request("x"), ignore); err == nil {
		t.Fatal("no error")
	}
	for i, middle := range []time.Duration{1, 2, 4, 5, 5} {
		middle *= time.Second
		if got := (*waited)[i]; got < middle/2 || got > middle*3/2+1 {
			t.Errorf("pause %d is %v, want about %v", i, got, middle)
		}
	}
}
