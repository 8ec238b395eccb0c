package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// Selection is what a tier uses.
type Selection struct {
	Name     string // of the provider
	Provider Provider
	Models   []string // at least one, in the order of escalation
}

// Select is what a tier uses. Its error is a *NoProviderError where nothing is configured and no key is set,
// and else says which key to add.
func (c *Config) Select(name TierName) (Selection, error) {
	t := c.Tiers.Of(name)
	p := c.Providers[t.Provider]
	switch {
	case t.Provider == "" && len(c.Providers) == 0:
		return Selection{}, &NoProviderError{presetVariables()}
	case t.Provider == "":
		return Selection{}, fmt.Errorf("several providers are configured and none is chosen: set provider in [tiers.%s]", Worker)
	case p == nil:
		return Selection{}, fmt.Errorf("there is no provider %q: add [providers.%s]", t.Provider, t.Provider)
	case p.BaseURL == "":
		return Selection{}, fmt.Errorf("the provider %q has no address: set base_url in [providers.%s]", t.Provider, t.Provider)
	case len(t.Models) == 0:
		return Selection{}, fmt.Errorf("no model is known for the provider %q: set models in [tiers.%s]", t.Provider, name)
	}
	return Selection{t.Provider, *p, slices.Clone(t.Models)}, nil
}

func presetVariables() []string {
	var out []string
	for _, p := range Presets {
		if p.APIKeyEnv != "" && p.BaseURL != "" {
			out = append(out, p.APIKeyEnv)
		}
	}
	return out
}

// resolve fills what the layers left open, from presets and from what stands beside it.
func (l *loader) resolve(lookup func(string) (string, bool)) {
	c := &l.config
	if !l.configured() {
		l.takePreset(lookup)
	}
	for _, t := range TierNames {
		l.nameProvider(t)
	}
	for _, name := range sortedKeys(c.Providers) {
		l.fillProvider(name, c.Providers[name])
	}
	for _, t := range TierNames {
		l.inherit(t)
	}
	for _, t := range TierNames {
		l.fillModels(t)
	}
	for _, model := range sortedKeys(c.Prices) {
		l.fillPrice(model, c.Prices[model])
	}
	for _, name := range sortedKeys(c.MCP) {
		if why := c.MCP[name].wrong(name, c.ProviderKeys()); why != "" && !l.wrong("mcp", name) {
			l.problem(l.whereOf("mcp", name), []string{"mcp", name}, "%q %s", "mcp."+name, why)
		}
	}
}

// maxServerName leaves room for the names of its tools, of which a model's provider allows 64 characters.
const maxServerName = 24

// wrong says what is wrong with a server as a whole, or "". keys are the variables that no program may see.
func (s *Server) wrong(name string, keys []string) string {
	switch {
	case (len(s.Command) == 0) == (s.URL == ""):
		return "needs either a command or a url"
	case s.URL != "" && len(s.Env) > 0:
		return "has env, which only a command can see: name the variable with its token in token_env"
	case s.URL == "" && s.TokenEnv != "":
		return "has token_env, which is sent to a url: name the variable in env for its program to see"
	case len(name) > maxServerName || strings.Contains(name, "__"):
		return fmt.Sprintf("cannot be called so, since its tools are called %s__tool: use at most %d characters and no two _ in a row", name, maxServerName)
	}
	for _, v := range s.Env {
		if v == "" || checkVariable(v) != "" {
			return "has in env what is no name of a variable: write [\"DOCS_TOKEN\"], and its value into the environment"
		}
		if slices.Contains(keys, v) {
			return "names in env the key of a provider, " + v + ", which no program may see"
		}
	}
	return ""
}

// whereOf is where the first key of a named table was set.
func (l *loader) whereOf(path ...string) Origin {
	key := strings.Join(path, ".")
	if at, ok := l.origins[key]; ok {
		return at
	}
	for _, k := range sortedKeys(l.origins) {
		if strings.HasPrefix(k, key+".") {
			return l.origins[k]
		}
	}
	return Origin{Layer: Defaults}
}

// wrong says whether a named table has a problem already, so that nothing more need be said about it.
func (l *loader) wrong(path ...string) bool {
	key := strings.Join(path, ".") + "."
	return slices.ContainsFunc(l.problems, func(p Problem) bool { return strings.HasPrefix(p.Key, key) })
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// configured says whether anybody named a provider.
func (l *loader) configured() bool {
	return len(l.config.Providers) > 0 ||
		slices.ContainsFunc(TierNames, func(t TierName) bool { return l.config.Tiers.Of(t).Provider != "" })
}

// takePreset takes the first preset that needs nothing but its key, and whose key is set.
func (l *loader) takePreset(lookup func(string) (string, bool)) {
	p := presetByKey(lookup)
	if p == nil {
		return
	}
	l.config.Preset = p.Name
	for _, t := range TierNames {
		l.config.Tiers.Of(t).Provider = p.Name
		l.origins["tiers."+string(t)+".provider"] = Origin{Layer: FromEnv, File: p.APIKeyEnv + " is set"}
	}
}

func presetByKey(lookup func(string) (string, bool)) *Preset {
	for i := range Presets {
		p := &Presets[i]
		if p.APIKeyEnv == "" || p.BaseURL == "" || lookup == nil {
			continue
		}
		if key, ok := lookup(p.APIKeyEnv); ok && strings.TrimSpace(key) != "" {
			return p
		}
	}
	return nil
}

// nameProvider makes the provider of a tier that names a preset, and reports a name that is nothing.
func (l *loader) nameProvider(t TierName) {
	name := l.config.Tiers.Of(t).Provider
	if name == "" || l.config.Providers[name] != nil {
		return
	}
	key := "tiers." + string(t) + ".provider"
	if FindPreset(name) != nil {
		l.config.provider(name)
		l.origins["providers."+name] = l.origins.Of(key)
		return
	}
	hint := "add [providers." + name + "], or use one of " + strings.Join(kinds(), ", ")
	if near := trackfile.Nearest(name, append(sortedKeys(l.config.Providers), kinds()...)); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if !variableLike(name) {
		hint = "use one of " + strings.Join(kinds(), ", ")
	}
	l.problem(l.origins.Of(key), []string{key}, "%q: there is no provider %q: %s", key, name, hint)
}

// fillProvider takes from its preset what a provider does not say. One with an address of its own and no kind
// is any compatible endpoint, whose key has no name that could be guessed.
func (l *loader) fillProvider(name string, p *Provider) {
	kind := p.Kind
	if kind == "" && FindPreset(name) != nil {
		kind = name
	}
	own := p.BaseURL != ""
	if kind == "" && own {
		kind = "openai"
	}
	preset := FindPreset(kind)
	if preset == nil && l.wrong("providers", name) {
		return
	}
	if preset == nil {
		l.problem(l.whereOf("providers", name), []string{"providers", name},
			"%q needs a kind (one of %s) or a base_url", "providers."+name, strings.Join(kinds(), ", "))
		return
	}
	p.Kind = kind
	if !own {
		p.BaseURL = preset.BaseURL
	}
	if p.APIKeyEnv == "" && !(own && kind == "openai") {
		p.APIKeyEnv = preset.APIKeyEnv
	}
	if p.BaseURL == "" && !l.wrong("providers", name) {
		l.problem(l.whereOf("providers", name), []string{"providers", name},
			`"providers.%s" needs a base_url: %s has none for everybody`, name, kind)
	}
}

// fillPrice holds that a price is whole: half a price would be none where it matters.
func (l *loader) fillPrice(model string, p *Price) {
	if p.Cached == unset {
		p.Cached = p.Input
	}
	if p.Input != unset && p.Output != unset {
		return
	}
	delete(l.config.Prices, model)
	if !l.wrong("prices", model) {
		l.problem(l.whereOf("prices", model), []string{"prices", model},
			"the price of %q needs both input and output, in dollars for a million tokens", model)
	}
}

// inherit gives a tier without a provider that of the worker, else that of another tier, else the only one.
func (l *loader) inherit(t TierName) {
	tier := l.config.Tiers.Of(t)
	for _, from := range append([]TierName{Worker}, TierNames...) {
		if tier.Provider == "" {
			tier.Provider = l.config.Tiers.Of(from).Provider
		}
	}
	if names := sortedKeys(l.config.Providers); tier.Provider == "" && len(names) == 1 {
		tier.Provider = names[0]
	}
}

// fillModels gives a tier without models those of its preset; else, of the worker's, which are in the order of
// escalation, the last for the tiers that plan and the first for the one that reads output.
func (l *loader) fillModels(t TierName) {
	tier, worker := l.config.Tiers.Of(t), &l.config.Tiers.Worker
	if len(tier.Models) > 0 {
		return
	}
	p := l.config.Providers[tier.Provider]
	sameAsWorker := tier.Provider == worker.Provider && len(worker.Models) > 0 && l.origins.Of("tiers.worker.models").Layer != Defaults
	switch {
	case p == nil:
	case sameAsWorker && t == QA:
		tier.Models = worker.Models[:1]
	case sameAsWorker:
		tier.Models = worker.Models[len(worker.Models)-1:]
	default:
		if preset := FindPreset(p.Kind); preset != nil && p.BaseURL == preset.BaseURL {
			tier.Models = slices.Clone(preset.Tiers.Of(t).Models)
		}
	}
}
