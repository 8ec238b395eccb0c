package config

import "time"

// Preset is a provider that needs only its key, or nothing at all.
type Preset struct {
	Name      string
	BaseURL   string // "" where it differs for everybody
	APIKeyEnv string // "" where no key is needed
	Tiers     Tiers  // default models; empty where only the person knows them
}

// Presets lists what is known, in the order in which keys are looked for when nothing is configured.
var Presets = []Preset{
	{
		Name: "gemini", BaseURL: "https://generativelanguage.googleapis.com/v1beta/openai", APIKeyEnv: "GEMINI_API_KEY",
		Tiers: tiers("gemini-3.1-pro-preview", "gemini-3-flash-preview", "gemini-2.5-flash-lite",
			"gemini-2.5-flash-lite", "gemini-2.5-flash", "gemini-3.1-pro-preview"),
	},
	{
		Name: "openai", BaseURL: "https://api.openai.com/v1", APIKeyEnv: "OPENAI_API_KEY",
		Tiers: tiers("gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5-nano", "gpt-5-mini", "gpt-5"),
	},
	{
		Name: "anthropic", BaseURL: "https://api.anthropic.com/v1", APIKeyEnv: "ANTHROPIC_API_KEY",
		Tiers: tiers("claude-opus-4-1", "claude-sonnet-4-5", "claude-haiku-4-5",
			"claude-haiku-4-5", "claude-sonnet-4-5", "claude-opus-4-1"),
	},
	{
		Name: "deepseek", BaseURL: "https://api.deepseek.com/v1", APIKeyEnv: "DEEPSEEK_API_KEY",
		Tiers: tiers("deepseek-reasoner", "deepseek-chat", "deepseek-chat", "deepseek-chat", "deepseek-reasoner"),
	},
	{
		Name: "openrouter", BaseURL: "https://openrouter.ai/api/v1", APIKeyEnv: "OPENROUTER_API_KEY",
		Tiers: tiers("google/gemini-2.5-pro", "google/gemini-2.5-flash", "google/gemini-2.5-flash-lite",
			"google/gemini-2.5-flash-lite", "google/gemini-2.5-flash", "google/gemini-2.5-pro"),
	},
	{Name: "azure", APIKeyEnv: "AZURE_OPENAI_API_KEY"},
	{Name: "ollama", BaseURL: "http://127.0.0.1:11434/v1"},
	{Name: "llamacpp", BaseURL: "http://127.0.0.1:8080/v1"},
	{Name: "vllm", BaseURL: "http://127.0.0.1:8000/v1"},
}

func tiers(orchestrator, techLead, qa string, worker ...string) Tiers {
	one := func(model string) Tier { return Tier{Models: []string{model}} }
	return Tiers{one(orchestrator), one(techLead), Tier{Models: worker}, one(qa)}
}

// FindPreset is the preset with the name, or nil.
func FindPreset(name string) *Preset {
	for i := range Presets {
		if Presets[i].Name == name {
			return &Presets[i]
		}
	}
	return nil
}

// Default is the configuration before anybody has said anything, but for the providers.
func Default() Config {
	return Config{
		MMA:       MMA{MaxWorkers: 4, MaxRetries: 2, Overlap: Serial, ParkedLease: Duration(10 * time.Minute)},
		Providers: map[string]*Provider{},
		Prices:    map[string]*Price{},
		Budget: Budget{
			TicketTokens: 1_000_000, TicketTurns: 100, TicketTime: Duration(time.Hour),
		},
		MCP:   map[string]*Server{},
		Store: Store{Transcripts: 10, TranscriptBytes: 256 << 20},

		Editor: Editor{Prompts: "auto", Preview: "asked", Save: "clean"}, Commands: defaultCommands(),
	}
}

// defaultProvider has the limits of a provider about which nothing is said.
func defaultProvider() *Provider {
	return &Provider{
		MaxConcurrent: 8, MaxRetries: 5,
		FirstTokenTimeout: Duration(2 * time.Minute), IdleTimeout: Duration(time.Minute), Tools: AutoTools, API: AutoAPI,
	}
}
