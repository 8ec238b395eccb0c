package main

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/config"
	"github.com/slop-ls/slop-ls/engine/scripted"
)

// documented is one configuration of docs/providers.md and the dialect that it is for.
type documented struct {
	name, text string
	dialect    scripted.Dialect
}

// dialectOf are the headings of the document.
var dialectOf = map[string]scripted.Dialect{
	"Gemini": scripted.GeminiDialect, "OpenAI": scripted.OpenAIDialect, "OpenAI Responses": scripted.ResponsesDialect,
	"Azure": scripted.AzureDialect, "Azure with api_version": scripted.AzureDialect, "Anthropic": scripted.AnthropicDialect,
	"DeepSeek": scripted.DeepSeekDialect, "OpenRouter": scripted.OpenRouterDialect, "Ollama": scripted.OllamaDialect,
	"llama.cpp": scripted.LlamaCppDialect, "vLLM": scripted.VLLMDialect,
}

func documentedProviders(t *testing.T) []documented {
	t.Helper()
	doc, err := os.ReadFile("../../docs/providers.md")
	if err != nil {
		t.Fatal(err)
	}
	var out []documented
	for _, b := range regexp.MustCompile("(?s)\n## ([^\n]+)\n\n```toml\n(.*?)```").FindAllStringSubmatch(string(doc), -1) {
		d, known := dialectOf[b[1]]
		if !known {
			t.Errorf("no dialect for %q", b[1])
		}
		out = append(out, documented{b[1], b[2], d})
	}
	if len(out) != len(dialectOf) {
		t.Fatalf("the document has %d configurations, want %d", len(out), len(dialectOf))
	}
	return out
}

// TestProvidersOfTheDocument tries each configuration of docs/providers.md against the scripted server in that provider's
// dialect; nothing but the address is changed. It is a script that answers, no model.
func TestProvidersOfTheDocument(t *testing.T) {
	t.Parallel()
	for _, d := range documentedProviders(t) {
		t.Run(d.name, func(t *testing.T) { t.Parallel(); tryProvider(t, d.dialect, d.text) })
	}
}

func tryProvider(t *testing.T, dialect scripted.Dialect, text string) {
	c, _, err := config.Load(config.Sources{User: config.File{Name: "docs/providers.md", Text: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	tier, err := c.Select(config.Worker)
	if err != nil {
		t.Fatal(err)
	}
	usage := &scripted.Usage{Input: 1000, Output: 100, Reasoning: 40}
	s, err := scripted.Start(scripted.Script{Dialect: dialect, Models: tier.Models, Rules: []scripted.Rule{
		{Turn: scripted.At(0), Reply: scripted.Reply{Reasoning: "hm", Usage: usage, Calls: []scripted.Call{{Name: "read_file", Arguments: `{"path":"a.go"}`}}}},
		{Turn: scripted.At(1), Reply: scripted.Reply{Text: "done", Usage: usage}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	prices := c
	moved := *c.Providers[tier.Name]
	moved.BaseURL = s.URL()
	c.Providers = map[string]*config.Provider{tier.Name: &moved}
	var keys lent
	provider, err := newProvider(&c, &keys, func() *config.Config { return &prices })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(provider.Close)
	req := engine.Request{
		Tier: engine.TierWorker, Model: tier.Models[0], Tools: []engine.ToolSpec{{Name: "read_file"}},
		Messages: []engine.Message{{Role: engine.RoleUser, Text: "Ticket T1"}},
	}
	var thought strings.Builder
	said := func(d engine.Delta) { thought.WriteString(d.Reasoning) }
	keys.take(map[string]string{tier.Provider.APIKeyEnv: "k-test"}, []string{tier.Provider.APIKeyEnv})
	first, err := provider.Generate(t.Context(), req, said)
	if err != nil || len(first.Message.Calls) != 1 || first.Message.Calls[0].Arguments != `{"path":"a.go"}` || thought.String() != "hm" {
		t.Fatalf("%+v, %q, %v", first, thought.String(), err)
	}
	if first.Usage.Input != 1000 || first.Usage.Output != 100 {
		t.Errorf("usage is %+v", first.Usage)
	}
	req.Messages = append(req.Messages, first.Message, engine.Message{Role: engine.RoleTool, CallID: first.Message.Calls[0].ID, Name: "read_file", Text: "package a"})
	if second, err := provider.Generate(t.Context(), req, said); err != nil || second.Message.Text != "done" {
		t.Fatalf("the second turn: %+v, %v", second, err)
	}
	req.Model = "no-such-model"
	var failed *engine.ProviderError
	if _, err := provider.Generate(t.Context(), req, said); !errors.As(err, &failed) || failed.Kind != engine.ProviderBadRequest || !strings.Contains(err.Error(), "not found") {
		t.Errorf("an unknown model: %v", err)
	}
	if first.Message.Reasoning != "hm" {
		t.Errorf("its thoughts are not kept: %+v", first.Message)
	}
	for _, r := range s.Records() {
		if !r.Authorized && tier.Provider.APIKeyEnv != "" {
			t.Errorf("%s went without a key", r.Path)
		}
	}
	if cost := priceOf(&prices, tier.Provider, tier.Models[0], first.Usage); cost.Unknown {
		t.Errorf("its price is unknown")
	}
}
