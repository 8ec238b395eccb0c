package main

import (
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/catalog"
	"github.com/slop-ls/slop-ls/engine/config"
)

// Every model that a preset starts with has a known price and a known size; a server at an address of the person's own
// has neither, whatever its models are called, until they say so.
func TestPricesOfPresets(t *testing.T) {
	t.Parallel()
	c := config.Default()
	for _, preset := range config.Presets {
		for _, tier := range config.TierNames {
			for _, model := range preset.Tiers.Of(tier).Models {
				if cost := priceOf(&c, config.Provider{Kind: preset.Name, BaseURL: preset.BaseURL}, model, engine.Usage{Input: 1000}); cost.Unknown || cost.MicroUSD == 0 {
					t.Errorf("%s %s costs %+v", preset.Name, model, cost)
				}
			}
		}
	}
	own := config.Provider{Kind: "openai", BaseURL: "http://127.0.0.1:8080/v1"}
	if cost := priceOf(&c, own, "gpt-5", engine.Usage{Input: 1000}); !cost.Unknown {
		t.Errorf("a server of one's own charges what OpenAI does: %+v", cost)
	}
	c.Prices["gpt-5"] = &config.Price{Input: 1, Cached: 0.5, Output: 2}
	want := engine.Cost{MicroUSD: 600 + 200 + 200}
	if cost := priceOf(&c, own, "gpt-5", engine.Usage{Input: 1000, CachedInput: 400, Output: 100, Reasoning: 50}); cost != want {
		t.Errorf("%+v, want %+v", cost, want)
	}
	openai := config.FindPreset("openai")
	if cost := priceOf(&c, config.Provider{Kind: "openai", BaseURL: openai.BaseURL}, "gpt-5", engine.Usage{Output: 1000}); cost.MicroUSD != 2000 {
		t.Errorf("the person's own price does not come first: %+v", cost)
	}
	azure := config.Provider{Kind: "azure", BaseURL: "https://own.openai.azure.com/openai/v1"}
	if m, ok := catalog.Find(catalogName(azure), "gpt-5-mini"); !ok || m.Context == 0 {
		t.Errorf("azure knows no model of OpenAI: %+v", m)
	}
}

func TestPricingFindsTheProvider(t *testing.T) {
	t.Parallel()
	c, _, err := config.Load(config.Sources{User: config.File{Name: "c", Text: []byte(
		"[tiers.worker]\nprovider = \"ollama\"\nmodels = [\"small\"]\n[tiers.qa]\nprovider = \"gemini\"\n")}})
	if err != nil {
		t.Fatal(err)
	}
	price := pricing(&c)
	if cost := price("gemini-2.5-flash-lite", engine.Usage{Input: 1_000_000}); cost != (engine.Cost{MicroUSD: 100_000}) {
		t.Errorf("%+v", cost)
	}
	if cost := price("small", engine.Usage{Input: 1_000_000}); !cost.Unknown {
		t.Errorf("%+v", cost)
	}
}
