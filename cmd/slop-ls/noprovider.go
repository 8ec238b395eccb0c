package main

import (
	"context"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/openai"
)

// noProvider stands in a server for a provider that cannot be made: an editor still gets its diagnostics, views and
// boards, and a ticket that needs a model waits with the reason.
type noProvider struct {
	openai.Provider // counts
	why             error
}

// Ready is why it stands here.
func (p *noProvider) Ready(_ context.Context, _ engine.Tier, model string) error {
	return &engine.ProviderError{Kind: engine.ProviderNoKey, Provider: "none", Model: model, Err: p.why}
}

// Generate implements engine.Provider.
func (p *noProvider) Generate(_ context.Context, req engine.Request, _ func(engine.Delta)) (engine.Reply, error) {
	return engine.Reply{}, &engine.ProviderError{Kind: engine.ProviderNoKey, Provider: "none", Model: req.Model, Err: p.why}
}
