package config

// setting is one key of the configuration. A "*" in its path stands for a name that the person chooses.
type setting struct {
	path    string
	doc     string
	field   func(c *Config, name string) any // a pointer to where the value is kept
	legal   []string                         // the only legal texts, where there are some
	least   float64                          // the least legal number
	check   func(text string) string         // why a text is illegal; "" where it is not
	tighten tightening

	each func(text string) string // why an element of a list is illegal; "" where it is not
}

// tightening is what a workspace's file may do to a setting.
type tightening struct {
	adds    bool                      // its elements are added to the list
	refuses func(old, new any) string // why a new value loosens; "" where it does not
	never   string                    // why it may not be set at all
	live    bool                      // an editor's settings may set it all the same
}

// fromEditor is why an editor's settings may not set it, or "". Nothing tells which of them are the person's own and
// which came with the repository.
func (t tightening) fromEditor() string {
	if t.never == "" || t.live {
		return ""
	}
	return "an editor's settings can come from the repository (.vscode), which cannot set this: set it in your own config file"
}

var (
	lower   = tightening{refuses: refuseHigher(false)}
	bounded = tightening{refuses: refuseHigher(true)}
	adds    = tightening{adds: true}

	noKey     = tightening{never: "a repository cannot name a key or the variable of one: set it in your own config file"}
	noName    = "a repository cannot add a provider: set it in your own config file"
	noURL     = tightening{never: "a repository cannot say where requests are sent: set it in your own config file"}
	noProgram = tightening{never: "a repository cannot name a program to start: set it in your own config file"}
	noModel   = tightening{never: "a repository cannot choose who sees the code and is paid for it: set it in your own config file"}
	noModels  = tightening{never: noModel.never, live: true}
	noAllow   = tightening{never: "a repository cannot allow what you would be asked for: set it in your own config file"}
	noKeep    = tightening{never: "a repository cannot say what is kept of its own doings: set it in your own config file"}
	noPrice   = tightening{never: "a repository cannot say what a model costs you: set it in your own config file"}
	noEditor  = tightening{never: "a repository cannot say what your editor does: set it in your own config file"}
	noQueue   = tightening{refuses: refuseTrue}
	noMerge   = tightening{refuses: refuseMerge}
)

// settings is every key there is, in the order in which they are documented.
var settings = append([]setting{
	{
		path: "mma.max_workers", doc: "how many workers run at the same time", least: 1, tighten: lower,
		field: func(c *Config, _ string) any { return &c.MMA.MaxWorkers },
	},
	{
		path: "mma.auto_queue", doc: "true: a ready ticket starts by itself", tighten: noQueue,
		field: func(c *Config, _ string) any { return &c.MMA.AutoQueue },
	},
	{
		path: "mma.max_retries", doc: "how often a failed ticket is tried again", tighten: lower,
		field: func(c *Config, _ string) any { return &c.MMA.MaxRetries },
	},
	{
		path: "mma.overlap", doc: "tickets on the same files: serial (one after the other) or merge", tighten: noMerge,
		legal: []string{string(Serial), string(Merge)},
		field: func(c *Config, _ string) any { return (*string)(&c.MMA.Overlap) },
	},
	{
		path: "mma.parked_lease", doc: "how long a ticket that waits for a person keeps its files from others; 0s: as long as it waits", tighten: bounded,
		field: func(c *Config, _ string) any { return &c.MMA.ParkedLease },
	},

	tierProvider(Orchestrator), tierModels(Orchestrator),
	tierProvider(TechLead), tierModels(TechLead),
	tierProvider(Worker), tierModels(Worker),
	tierProvider(QA), tierModels(QA),

	{
		path: "providers.*.kind", doc: `"openai" for any compatible endpoint, or a preset`, tighten: noURL, legal: kinds(),
		field: func(c *Config, n string) any { return &c.provider(n).Kind },
	},
	{
		path: "providers.*.base_url", doc: "where requests are sent", tighten: noURL, check: checkURL,
		field: func(c *Config, n string) any { return &c.provider(n).BaseURL },
	},
	{
		path: "providers.*.api_key_env", doc: "the name of the variable with the key, never the key", tighten: noKey, check: checkVariable,
		field: func(c *Config, n string) any { return &c.provider(n).APIKeyEnv },
	},
	{
		path: "providers.*.max_concurrent", doc: "how many requests at the same time", least: 1, tighten: lower,
		field: func(c *Config, n string) any { return &c.provider(n).MaxConcurrent },
	},
	{
		path: "providers.*.max_retries", doc: "how often one request is sent again", tighten: lower,
		field: func(c *Config, n string) any { return &c.provider(n).MaxRetries },
	},
	{
		path: "providers.*.first_token_timeout", doc: "how long to wait for a reply to begin; 0s: for ever", tighten: bounded,
		field: func(c *Config, n string) any { return &c.provider(n).FirstTokenTimeout },
	},
	{
		path: "providers.*.idle_timeout", doc: "how long a reply may stand still; 0s: for ever", tighten: bounded,
		field: func(c *Config, n string) any { return &c.provider(n).IdleTimeout },
	},

	{
		path: "providers.*.requests_per_minute", doc: "how many requests a minute; 0: no bound", tighten: bounded,
		field: func(c *Config, n string) any { return &c.provider(n).RequestsPerMinute },
	},
	{
		path: "providers.*.tokens_per_minute", doc: "how many tokens a minute, in and out; 0: no bound", tighten: bounded,
		field: func(c *Config, n string) any { return &c.provider(n).TokensPerMinute },
	},
	{
		path: "providers.*.api", doc: "auto (responses for models that need it), chat, or responses", tighten: noURL,
		legal: []string{string(AutoAPI), string(ChatAPI), string(ResponsesAPI)},
		field: func(c *Config, n string) any { return (*string)(&c.provider(n).API) },
	},
	{
		path: "providers.*.api_version", doc: "of Azure: the api-version of its older addresses, such as 2024-10-21", tighten: noURL,
		field: func(c *Config, n string) any { return &c.provider(n).APIVersion },
	},
	{
		path: "providers.*.tools", doc: "auto (in words for models that refuse them), native, or text (in words)", tighten: noURL,
		legal: []string{string(AutoTools), string(NativeTools), string(TextTools)},
		field: func(c *Config, n string) any { return (*string)(&c.provider(n).Tools) },
	},

	{
		path: "prices.*.input", doc: "dollars for a million tokens of input to the model", tighten: noPrice,
		field: func(c *Config, n string) any { return &c.price(n).Input },
	},
	{
		path: "prices.*.cached", doc: "of input that the provider had in its cache; left out: as input", tighten: noPrice,
		field: func(c *Config, n string) any { return &c.price(n).Cached },
	},
	{
		path: "prices.*.output", doc: "of output, reasoning included", tighten: noPrice,
		field: func(c *Config, n string) any { return &c.price(n).Output },
	},

	{
		path: "budget.ticket_tokens", doc: "tokens a ticket; 0: no bound, here and below", tighten: bounded,
		field: func(c *Config, _ string) any { return &c.Budget.TicketTokens },
	},
	{
		path: "budget.ticket_usd", doc: "dollars a ticket", tighten: bounded,
		field: func(c *Config, _ string) any { return &c.Budget.TicketUSD },
	},
	{
		path: "budget.ticket_turns", doc: "model replies a ticket", tighten: bounded,
		field: func(c *Config, _ string) any { return &c.Budget.TicketTurns },
	},
	{
		path: "budget.ticket_time", doc: "time that the workers of a ticket may work, without their waiting", tighten: bounded,
		field: func(c *Config, _ string) any { return &c.Budget.TicketTime },
	},
	{
		path: "budget.track_tokens", doc: "tokens a track", tighten: bounded,
		field: func(c *Config, _ string) any { return &c.Budget.TrackTokens },
	},
	{
		path: "budget.track_usd", doc: "dollars a track", tighten: bounded,
		field: func(c *Config, _ string) any { return &c.Budget.TrackUSD },
	},
	{
		path: "budget.track_turns", doc: "model replies a track", tighten: bounded,
		field: func(c *Config, _ string) any { return &c.Budget.TrackTurns },
	},
	{
		path: "budget.track_time", doc: "time that the workers of a track may work, together", tighten: bounded,
		field: func(c *Config, _ string) any { return &c.Budget.TrackTime },
	},
	{
		path: "budget.day_tokens", doc: "tokens a day", tighten: bounded,
		field: func(c *Config, _ string) any { return &c.Budget.DayTokens },
	},
	{
		path: "budget.day_usd", doc: "dollars a day", tighten: bounded,
		field: func(c *Config, _ string) any { return &c.Budget.DayUSD },
	},
	{
		path: "budget.day_turns", doc: "model replies a day", tighten: bounded,
		field: func(c *Config, _ string) any { return &c.Budget.DayTurns },
	},
	{
		path: "budget.day_time", doc: "time that all workers may work a day, together", tighten: bounded,
		field: func(c *Config, _ string) any { return &c.Budget.DayTime },
	},

	{
		path: "policy.deny", doc: "tools that may never be used", tighten: adds,
		field: func(c *Config, _ string) any { return &c.Policy.Deny },
	},
	{
		path: "policy.ask", doc: "tools that always ask", tighten: adds,
		field: func(c *Config, _ string) any { return &c.Policy.Ask },
	},
	{
		path: "policy.allow", doc: "tools that do not ask", tighten: noAllow,
		field: func(c *Config, _ string) any { return &c.Policy.Allow },
	},
	{
		path: "policy.deny_commands", doc: "commands, by their first words, that may never run", tighten: adds,
		field: func(c *Config, _ string) any { return &c.Policy.DenyCommands },
	},
	{
		path: "policy.ask_commands", doc: "commands that always ask", tighten: adds,
		field: func(c *Config, _ string) any { return &c.Policy.AskCommands },
	},
	{
		path: "policy.allow_commands", doc: "commands that do not ask", tighten: noAllow,
		field: func(c *Config, _ string) any { return &c.Policy.AllowCommands },
	},
	{
		path: "policy.deny_paths", doc: "files, by glob, that may never be touched", tighten: adds,
		field: func(c *Config, _ string) any { return &c.Policy.DenyPaths },
	},
	{
		path: "policy.ask_paths", doc: "files that always ask", tighten: adds,
		field: func(c *Config, _ string) any { return &c.Policy.AskPaths },
	},
	{
		path: "policy.allow_paths", doc: "files that do not ask", tighten: noAllow,
		field: func(c *Config, _ string) any { return &c.Policy.AllowPaths },
	},

	{
		path: "mcp.*.command", doc: "the program of an MCP server and its arguments", tighten: noProgram,
		field: func(c *Config, n string) any { return &c.server(n).Command },
	},
	{
		path: "mcp.*.url", doc: "the URL of an MCP server", tighten: noURL, check: checkURL,
		field: func(c *Config, n string) any { return &c.server(n).URL },
	},
	{
		path: "mcp.*.timeout", doc: "how long one call of an MCP server's tool may take; 0s: a minute", tighten: noProgram,
		field: func(c *Config, n string) any { return &c.server(n).Timeout },
	},
	{
		path: "mcp.*.env", doc: "the names of further variables that the program sees", tighten: noKey,
		field: func(c *Config, n string) any { return &c.server(n).Env },
	},
	{
		path: "mcp.*.sandbox", doc: "the program is held by the system: auto (where it can), require (else it does not run) or off; as commands.sandbox without it", tighten: noProgram,
		legal: sandboxes, field: func(c *Config, n string) any { return &c.server(n).Sandbox },
	},
	{
		path: "mcp.*.read", doc: "folders that the program may read beside the workspace, the system's and the toolchains", tighten: noProgram,
		field: func(c *Config, n string) any { return &c.server(n).Read },
	},
	{
		path: "mcp.*.write", doc: "folders that the program may write to beside its temporary one and commands.caches", tighten: noProgram,
		field: func(c *Config, n string) any { return &c.server(n).Write },
	},
	{
		path: "mcp.*.token_env", doc: "the name of the variable with the bearer token for the url, never the token", tighten: noKey, check: checkVariable,
		field: func(c *Config, n string) any { return &c.server(n).TokenEnv },
	},

	{
		path: "store.transcripts", doc: "how many attempts of a ticket keep their transcripts; 0: all", tighten: noKeep,
		field: func(c *Config, _ string) any { return &c.Store.Transcripts },
	},
	{
		path: "store.transcript_bytes", doc: "how many bytes all transcripts may take together; 0: no bound", tighten: noKeep,
		field: func(c *Config, _ string) any { return &c.Store.TranscriptBytes },
	},

	{
		path: "editor.prompts", doc: "approvals pop up: auto (where typing cannot answer them), always or never", tighten: noEditor,
		legal: []string{"auto", "always", "never"},
		field: func(c *Config, _ string) any { return &c.Editor.Prompts },
	},
	{
		path: "editor.preview", doc: "edits are shown hunk by hunk, in VS Code: asked (where a rule asks for the edit), always or never", tighten: noEditor,
		legal: []string{"asked", "always", "never"},
		field: func(c *Config, _ string) any { return &c.Editor.Preview },
	},
	{
		path: "editor.save", doc: "open files are saved after an edit, by editors that can be asked: clean (what was saved before it) or never", tighten: noEditor,
		legal: []string{"clean", "never"},
		field: func(c *Config, _ string) any { return &c.Editor.Save },
	},
}, commandSettings...)

func tierProvider(t TierName) setting {
	return setting{
		path: "tiers." + string(t) + ".provider", doc: "a name of [providers], or a preset", tighten: noModel,
		field: func(c *Config, _ string) any { return &c.Tiers.Of(t).Provider },
	}
}

func tierModels(t TierName) setting {
	return setting{
		path: "tiers." + string(t) + ".models", doc: "models in the order of escalation", tighten: noModels,
		field: func(c *Config, _ string) any { return &c.Tiers.Of(t).Models },
	}
}

// kinds lists what a provider can be; "openai" is a preset too.
func kinds() []string {
	out := make([]string, len(Presets))
	for i, p := range Presets {
		out[i] = p.Name
	}
	return out
}

func (c *Config) provider(name string) *Provider {
	if c.Providers[name] == nil {
		c.Providers[name] = defaultProvider()
	}
	return c.Providers[name]
}

func (c *Config) price(model string) *Price {
	if c.Prices[model] == nil {
		c.Prices[model] = &Price{unset, unset, unset}
	}
	return c.Prices[model]
}

func (c *Config) server(name string) *Server {
	if c.MCP[name] == nil {
		c.MCP[name] = &Server{}
	}
	return c.MCP[name]
}
