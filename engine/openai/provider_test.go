package openai

import (
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/scripted"
)

func TestRouting(t *testing.T) {
	t.Parallel()
	var endpoints []Endpoint
	for _, name := range []string{"one", "two", "three"} {
		s := serve(t, always(scripted.Reply{Text: name}))
		endpoints = append(endpoints, Endpoint{Name: name, BaseURL: s.URL(), Limits: quick})
	}
	endpoints[1].Models = []string{"small", "both"}
	endpoints[2].Models = []string{"large", "both"}
	p, err := New(endpoints, map[engine.Tier]string{engine.TierWorker: "two", engine.TierTechLead: "three"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	for _, c := range []struct {
		tier        engine.Tier
		model, want string
	}{
		{engine.TierWorker, "small", "two"},
		{engine.TierWorker, "both", "two"},
		{engine.TierTechLead, "both", "three"},
		{engine.TierWorker, "large", "three"}, // the escalation's last model has another provider
		{engine.TierWorker, "unheard-of", "two"},
		{engine.TierQA, "unheard-of", "one"},
	} {
		req := request("x")
		req.Tier, req.Model = c.tier, c.model
		got, err := p.Generate(t.Context(), req, ignore)
		if err != nil || got.Message.Text != c.want {
			t.Errorf("%s %s goes to %q, want %q (%v)", c.tier, c.model, got.Message.Text, c.want, err)
		}
	}
}

func TestBadSettings(t *testing.T) {
	t.Parallel()
	ok := Endpoint{Name: "p", BaseURL: "https://example.org/v1"}
	for want, c := range map[string]struct {
		endpoints []Endpoint
		tiers     map[engine.Tier]string
	}{
		"no provider is configured: run `slop-ls init`": {},
		"a provider has no name":                        {endpoints: []Endpoint{{BaseURL: ok.BaseURL}}},
		"provider p: base_url must be an http":          {endpoints: []Endpoint{{Name: "p", BaseURL: "example.org"}}},
		"base_url must be an http or https URL":         {endpoints: []Endpoint{{Name: "p", BaseURL: "ftp://example.org"}}},
		"provider p is configured twice":                {endpoints: []Endpoint{ok, ok}},
		`tiers.qa: no provider "q" is configured`:       {[]Endpoint{ok}, map[engine.Tier]string{engine.TierQA: "q"}},
	} {
		if _, err := New(c.endpoints, c.tiers); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
