package openai

import (
	"context"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/scripted"
)

var everyDialect = []scripted.Dialect{
	scripted.PlainDialect, scripted.OpenAIDialect, scripted.ResponsesDialect, scripted.AzureDialect, scripted.GeminiDialect,
	scripted.AnthropicDialect, scripted.DeepSeekDialect, scripted.OpenRouterDialect, scripted.OllamaDialect, scripted.LlamaCppDialect,
	scripted.VLLMDialect,
}

func keyed(e *Endpoint) { e.Key = func(context.Context) (string, error) { return testKey, nil } }

// speaking connects to a server of a dialect.
func speaking(t *testing.T, d scripted.Dialect, rules ...scripted.Rule) (*Provider, *scripted.Server) {
	t.Helper()
	s := serveDialect(t, d, rules...)
	return connect(t, s.URL(), func(e *Endpoint) {
		keyed(e)
		e.Azure = d == scripted.AzureDialect
	}), s
}

// Each dialect's thoughts, text, calls and usage come out the same, and what it wants back goes back.
func TestEachDialectConverses(t *testing.T) {
	t.Parallel()
	for _, d := range everyDialect {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			p, s := speaking(t, d, twoTurns...)
			first := converse(t, p)
			if first.Message.Reasoning != "Which file?" || first.Message.Text != "Let me look." || len(first.Message.Calls) != 2 {
				t.Errorf("%+v", first.Message)
			}
			if first.Usage.Input != 100 || first.Usage.Output != 30 {
				t.Errorf("%+v", first.Usage)
			}
			records := s.Records()
			back := string(records[len(records)-1].Messages[1].Reasoning)
			switch d {
			case scripted.DeepSeekDialect:
				if back != `"Which file?"` || first.Usage.CachedInput != 60 {
					t.Errorf("sent back %s, usage %+v", back, first.Usage)
				}
			case scripted.OpenRouterDialect:
				if !strings.Contains(back, "Which file?") {
					t.Errorf("sent back %s", back)
				}
			case scripted.ResponsesDialect:
			default:
				if back != "" {
					t.Errorf("thoughts were sent back: %s", back)
				}
			}
		})
	}
}

// An error among the chunks of a stream that began well is told for what it is, in every dialect, and tried again.
func TestAnErrorInTheStreamOfEachDialect(t *testing.T) {
	t.Parallel()
	for _, d := range everyDialect {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			broken := scripted.Reply{Text: strings.Repeat("so many words ", 20), Fault: scripted.Fault{Kind: scripted.FaultStreamError, First: 2}}
			p, s := speaking(t, d, always(broken))
			_, err := p.Generate(t.Context(), request("Ticket T1"), ignore)
			if got := providerError(t, err); got.Kind != engine.ProviderServer || !strings.Contains(err.Error(), "overloaded") {
				t.Errorf("%v", err)
			}
			if got, err := p.Generate(t.Context(), request("Ticket T1"), ignore); err != nil || got.Message.Text != broken.Text {
				t.Errorf("once it is mended: %q, %v", got.Message.Text, err)
			}
			if n := len(s.Records()); n < 3 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// A context that does not fit is the same outcome in every dialect, and so is a key that is missing.
func TestTheErrorsOfEachDialect(t *testing.T) {
	t.Parallel()
	for _, d := range everyDialect {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			p, s := speaking(t, d, always(scripted.Reply{Fault: scripted.Fault{Kind: scripted.FaultTooLong}}))
			_, err := p.Generate(t.Context(), request("x"), ignore)
			if got := providerError(t, err); got.Kind != engine.ProviderTooLarge {
				t.Errorf("%v", err)
			}
			bare := connect(t, s.URL(), func(e *Endpoint) { e.Azure = d == scripted.AzureDialect })
			_, err = bare.Generate(t.Context(), request("x"), ignore)
			got := providerError(t, err)
			if d == scripted.PlainDialect || d == scripted.OllamaDialect || d == scripted.LlamaCppDialect || d == scripted.VLLMDialect {
				if got.Kind != engine.ProviderTooLarge {
					t.Errorf("without a key: %v", err)
				}
			} else if got.Kind != engine.ProviderAuth {
				t.Errorf("without a key: %v", err)
			}
		})
	}
}

// The addresses of Azure: one a deployment where a version is given, and whichever form of its resource people know.
func TestAzure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		suffix, version string
		api             API
		path            string
	}{
		"the resource":       {"", "", AutoAPI, "/openai/v1/chat/completions"},
		"its newer address":  {"/openai/v1/", "", AutoAPI, "/openai/v1/chat/completions"},
		"responses":          {"/openai", "", ResponsesAPI, "/openai/v1/responses"},
		"a version":          {"/", "2024-10-21", AutoAPI, "/openai/deployments/gpt-3.5:x/chat/completions"},
		"version, openai":    {"/openai", "2024-10-21", AutoAPI, "/openai/deployments/gpt-3.5:x/chat/completions"},
		"version, responses": {"/openai/v1", "2025-04-01-preview", ResponsesAPI, "/openai/responses"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveDialect(t, scripted.AzureDialect, scripted.Rule{Model: "gpt-3.5:x", Reply: scripted.Reply{Text: "ok"}})
			p := connect(t, s.URL()+c.suffix, func(e *Endpoint) {
				keyed(e)
				e.Azure, e.APIVersion, e.API = true, c.version, c.api
			})
			req := request("x")
			req.Model = "gpt-3.5:x"
			if got, err := p.Generate(t.Context(), req, ignore); err != nil || got.Message.Text != "ok" {
				t.Fatal(got, err)
			}
			if r := s.Records()[0]; r.Path != c.path || !r.Authorized {
				t.Errorf("asked at %s, with its key: %v", r.Path, r.Authorized)
			}
		})
	}
}
