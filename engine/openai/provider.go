package openai

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/slop-ls/slop-ls/engine"
)

// Provider sends each request to one of several endpoints. It implements engine.Provider and is safe for concurrent
// use.
type Provider struct {
	endpoints []*endpoint
	tiers     map[engine.Tier]*endpoint
}

var _ engine.Provider = (*Provider)(nil)

// endpoint is an Endpoint at work.
type endpoint struct {
	Endpoint
	http  *http.Client
	slots *semaphore.Weighted
	known manners
	pace  *pace
	wait  func(context.Context, time.Duration) error // returns ctx's error when it is cancelled
}

// New makes a Provider. tiers names the endpoint of each tier; a tier that it leaves out has the first endpoint.
// The error names the setting that is wrong. Close frees the connections.
func New(endpoints []Endpoint, tiers map[engine.Tier]string) (*Provider, error) {
	if len(endpoints) == 0 {
		return nil, fmt.Errorf("no provider is configured: run `slop-ls init`")
	}
	p := &Provider{tiers: map[engine.Tier]*endpoint{}}
	byName := map[string]*endpoint{}
	for _, e := range endpoints {
		if err := e.check(); err != nil {
			return nil, err
		}
		if byName[e.Name] != nil {
			return nil, fmt.Errorf("provider %s is configured twice", e.Name)
		}
		e.Limits = e.Limits.withDefaults()
		byName[e.Name] = newEndpoint(e)
		p.endpoints = append(p.endpoints, byName[e.Name])
	}
	for tier, name := range tiers {
		if byName[name] == nil {
			return nil, fmt.Errorf("tiers.%s: no provider %q is configured: add [providers.%s]", tier, name, name)
		}
		p.tiers[tier] = byName[name]
	}
	return p, nil
}

func newEndpoint(e Endpoint) *endpoint {
	tr := http.DefaultTransport.(*http.Transport).Clone()
	tr.DialContext = (&net.Dialer{Timeout: e.Limits.Connect, KeepAlive: 30 * time.Second}).DialContext
	tr.TLSHandshakeTimeout = e.Limits.Connect
	tr.MaxIdleConnsPerHost = e.Limits.Concurrent
	tr.DisableCompression = true // a compressed stream comes in lumps
	return &endpoint{
		Endpoint: e,
		// No Timeout here: it would cut a long stream. FirstToken and Idle bound what matters.
		http: &http.Client{
			Transport:     tr,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		slots: semaphore.NewWeighted(int64(e.Limits.Concurrent)),
		pace:  newPace(e.RequestsPerMinute, e.TokensPerMinute),
		wait:  wait,
	}
}

// Close closes the connections that are idle. Calls that run are ended by their contexts, not by Close.
func (p *Provider) Close() {
	for _, e := range p.endpoints {
		e.http.CloseIdleConnections()
	}
}

// Generate implements engine.Provider.
func (p *Provider) Generate(ctx context.Context, req engine.Request, onDelta func(engine.Delta)) (engine.Reply, error) {
	if err := ctx.Err(); err != nil {
		return engine.Reply{}, err
	}
	return p.route(req).generate(ctx, req, onDelta)
}

// Ready looks for the key of the endpoint that would answer, and asks no model. Its error is that of Generate.
func (p *Provider) Ready(ctx context.Context, tier engine.Tier, model string) error {
	_, err := p.route(engine.Request{Tier: tier, Model: model}).key(ctx, model)
	return err
}

// route finds the endpoint of a request: the tier's, unless another one lists the model and the tier's does not.
func (p *Provider) route(req engine.Request) *endpoint {
	home := p.tiers[req.Tier]
	if home == nil {
		home = p.endpoints[0]
	}
	if home.serves(req.Model) {
		return home
	}
	for _, e := range p.endpoints {
		if e.serves(req.Model) {
			return e
		}
	}
	return home
}

// wait returns after d, or earlier with ctx's error.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
