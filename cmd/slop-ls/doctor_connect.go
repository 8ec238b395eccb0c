package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/catalog"
	"github.com/slop-ls/slop-ls/engine/config"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// connectPatience bounds the call with which a connection is tried.
const connectPatience = time.Minute

// connectFindings asks the first model of each provider for one word. It costs a few tokens each.
func (a *app) connectFindings(ctx context.Context, root string) []finding {
	c, _, err := loadConfig(a, root)
	if err != nil {
		return nil // said before
	}
	provider, err := newProvider(&c, &lent{}, func() *config.Config { return &c })
	if err != nil {
		return []finding{{"connection", false, err.Error()}}
	}
	defer provider.Close()
	var out []finding
	tried := map[string]bool{}
	for _, tier := range config.TierNames {
		s, err := c.Select(tier)
		if err != nil || tried[s.Name+s.Models[0]] {
			continue
		}
		tried[s.Name+s.Models[0]] = true
		out = append(out, tryConnection(ctx, provider, engine.Tier(tier), s))
	}
	return out
}

func tryConnection(ctx context.Context, provider engine.Provider, tier engine.Tier, s config.Selection) finding {
	ctx, cancel := context.WithTimeout(ctx, connectPatience)
	defer cancel()
	req := engine.Request{Tier: tier, Model: s.Models[0], Messages: []engine.Message{{Role: engine.RoleUser, Text: "Answer with the word ok."}}}
	begun := time.Now()
	reply, err := provider.Generate(ctx, req, func(engine.Delta) {})
	if err != nil {
		return finding{"connection", false, fmt.Sprintf("%s, %s: %s", s.Name, s.Models[0], connectionWords(err, s))}
	}
	return finding{"connection", true, fmt.Sprintf("%s: %s answered in %v (%d tokens in, %d out)",
		s.Name, s.Models[0], time.Since(begun).Round(time.Millisecond), reply.Usage.Input, reply.Usage.Output)}
}

// connectionWords say what is wrong and what to do.
func connectionWords(err error, s config.Selection) string {
	var failed *engine.ProviderError
	if !errors.As(err, &failed) {
		return fmt.Sprintf("no answer within %v: check base_url and the network", connectPatience)
	}
	said := failed.Error()
	switch failed.Kind {
	case engine.ProviderNoKey:
		return noKeyText(failed.Err)
	case engine.ProviderAuth:
		return "the key was refused: check what " + s.Provider.APIKeyEnv + " holds, and that the account may use this model (" + said + ")"
	case engine.ProviderRateLimited:
		return "it takes no more requests now: wait, or look at the account's limits (" + said + ")"
	case engine.ProviderUnreachable, engine.ProviderStalled, engine.ProviderDropped:
		return "it cannot be reached: check base_url, and that a server of your own runs (" + said + ")"
	case engine.ProviderMalformed:
		return "what answers there is no OpenAI-compatible server: check base_url (" + said + ")"
	case engine.ProviderBadRequest:
		return "the request was refused: check the model's name" + nearestModel(s) + " (" + said + ")"
	default:
		return said
	}
}

// nearestModel suggests a model that is known, where the configured one is not.
func nearestModel(s config.Selection) string {
	name := catalogName(s.Provider)
	if _, known := catalog.Find(name, s.Models[0]); known || name == "" {
		return ""
	}
	if near := trackfile.Nearest(s.Models[0], catalog.IDs(name)); near != "" {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	return ""
}
