package main

import (
	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/catalog"
	"github.com/slop-ls/slop-ls/engine/config"
	"github.com/slop-ls/slop-ls/engine/openai"
)

// catalogName is under which provider the catalog knows the models of a configured one; "" where its address is the
// person's own: what a server there charges is for them to say.
func catalogName(p config.Provider) string {
	if p.Kind == "azure" {
		return "openai"
	}
	if preset := config.FindPreset(p.Kind); preset != nil && preset.BaseURL == p.BaseURL {
		return p.Kind
	}
	return ""
}

// priceOf is what a call of a model costs at a provider: by the configuration, else by the catalog, else unknown.
func priceOf(c *config.Config, p config.Provider, model string, u engine.Usage) engine.Cost {
	price, known := catalog.Price{}, false
	if own := c.Prices[model]; own != nil {
		price.Rates = catalog.Rates{Input: catalog.Dollars(own.Input), Cached: catalog.Dollars(own.Cached), Output: catalog.Dollars(own.Output)}
		known = true
	} else if m, found := catalog.Find(catalogName(p), model); found {
		price, known = m.Price, true
	}
	if !known {
		return engine.Cost{Unknown: true}
	}
	return engine.Cost{MicroUSD: int64(price.Cost(u.Input, u.CachedInput, u.Output))}
}

// pricing is priceOf for whichever provider answers for a model: the one of the tier that lists it, the workers' first.
func pricing(c *config.Config) func(model string, u engine.Usage) engine.Cost {
	return func(model string, u engine.Usage) engine.Cost { return priceOf(c, providerOf(c, model), model, u) }
}

func providerOf(c *config.Config, model string) config.Provider {
	var home config.Provider
	for i, tier := range []config.TierName{config.Worker, config.QA, config.TechLead, config.Orchestrator} {
		s, err := c.Select(tier)
		if err != nil {
			continue // doctor says what is missing
		}
		for _, m := range s.Models {
			if m == model {
				return s.Provider
			}
		}
		if i == 0 {
			home = s.Provider
		}
	}
	return home
}

// prices is the configuration whose prices are in force.
func (h *house) prices() *config.Config {
	if now := h.live.prices.Load(); now != nil {
		return now
	}
	return &h.config
}

// apis are the names that the configuration has for OpenAI's two APIs.
var apis = map[config.APIMode]openai.API{config.ChatAPI: openai.ChatAPI, config.ResponsesAPI: openai.ResponsesAPI}

// needsResponses says which models of a provider are known to be asked by the Responses API alone.
func needsResponses(p config.Provider) func(model string) bool {
	provider := catalogName(p)
	return func(model string) bool {
		m, known := catalog.Find(provider, model)
		return known && m.Responses
	}
}
