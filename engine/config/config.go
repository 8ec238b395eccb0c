package config

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is the configuration in force. It is the caller's to read; its maps and slices must not be changed.
type Config struct {
	MMA       MMA
	Tiers     Tiers
	Providers map[string]*Provider // by the name that tiers use
	Prices    map[string]*Price    // by model: the person's own word on what it costs
	Budget    Budget
	Policy    Policy
	MCP       map[string]*Server
	Store     Store
	Editor    Editor
	Commands  Commands

	// Preset is the preset that was taken because nothing was configured and its key is set; else "".
	Preset string
}

// MMA is how the conductor works.
type MMA struct {
	MaxWorkers int
	AutoQueue  bool
	MaxRetries int
	Overlap    Overlap

	ParkedLease Duration // how long a ticket that waits for a person keeps its files; 0: as long as it waits
}

// Overlap says what becomes of tickets that declare the same files.
type Overlap string

// Serial runs them one after the other; Merge lets them run side by side and merges.
const (
	Serial Overlap = "serial"
	Merge  Overlap = "merge"
)

// Editor is how slop-ls deals with the person's editors. The values are those of package lsp.
type Editor struct {
	Prompts string // when an approval may pop up
	Preview string // when an edit is shown hunk by hunk, in editors that can
	Save    string // which open files are saved after an edit, by editors that can be asked
}

// TierName names one of the four tiers.
type TierName string

// The tiers, from the first to the fourth.
const (
	Orchestrator TierName = "orchestrator"
	TechLead     TierName = "tech_lead"
	Worker       TierName = "worker"
	QA           TierName = "qa"
)

// TierNames lists the tiers from the first to the fourth.
var TierNames = []TierName{Orchestrator, TechLead, Worker, QA}

// Tiers says which models each tier uses.
type Tiers struct{ Orchestrator, TechLead, Worker, QA Tier }

// Tier is a provider and its models in the order of escalation.
type Tier struct {
	Provider string
	Models   []string
}

// Of is the tier with the name; the Worker's for a name that is none.
func (t *Tiers) Of(name TierName) *Tier {
	switch name {
	case Orchestrator:
		return &t.Orchestrator
	case TechLead:
		return &t.TechLead
	case QA:
		return &t.QA
	default:
		return &t.Worker
	}
}

// Provider is an OpenAI-compatible endpoint.
type Provider struct {
	Kind              string // "openai", or the name of a preset
	BaseURL           string
	APIKeyEnv         string // the name of the variable that holds the key; "" where none is needed
	MaxConcurrent     int    // requests at the same time
	MaxRetries        int    // of one request
	RequestsPerMinute int    // 0: no bound
	TokensPerMinute   int    // 0: no bound
	API               APIMode
	APIVersion        string // of Azure
	Tools             ToolMode
	FirstTokenTimeout Duration
	IdleTimeout       Duration // between two pieces of a reply
}

// APIMode says by which of OpenAI's two APIs a provider's models are asked.
type APIMode string

// AutoAPI asks by chat, but for models that are known to need the Responses API or that refuse chat for it; ChatAPI and
// ResponsesAPI ask every model so.
const (
	AutoAPI      APIMode = "auto"
	ChatAPI      APIMode = "chat"
	ResponsesAPI APIMode = "responses"
)

// ToolMode says how a provider's models are given their tools.
type ToolMode string

// AutoTools offers them the provider's own way until a model refuses; NativeTools never does otherwise; TextTools
// describes them in words, for models and servers that know none.
const (
	AutoTools   ToolMode = "auto"
	NativeTools ToolMode = "native"
	TextTools   ToolMode = "text"
)

// Price is what a million tokens of a model cost, in dollars. After Load nothing in it is unset.
type Price struct{ Input, Cached, Output float64 }

// unset is a price that nobody has given.
const unset = -1

// Budget bounds what may be used up; 0 means no bound.
type Budget struct {
	TicketTokens, TrackTokens, DayTokens int
	TicketUSD, TrackUSD, DayUSD          float64
	TicketTurns, TrackTurns, DayTurns    int
	TicketTime, TrackTime, DayTime       Duration
}

// Policy lists rules over tools by name, commands by their first words, and paths by glob.
type Policy struct {
	Deny, Ask, Allow                         []string
	DenyCommands, AskCommands, AllowCommands []string
	DenyPaths, AskPaths, AllowPaths          []string
}

// Server is an MCP server: a program to start, or a URL.
type Server struct {
	Command  []string
	URL      string
	Timeout  Duration // of one call; 0: a minute
	Env      []string // the names of further variables that the program sees
	TokenEnv string   // of a URL: the name of the variable that holds a bearer token
	Sandbox  string   // of a program: auto, require or off; "": as commands.sandbox
	Read     []string // folders that it may read beside the workspace, the system's and the toolchains
	Write    []string // folders that it may write to beside its temporary one and commands.caches
}

// Store is what is kept, and for how long.
type Store struct {
	Transcripts     int // how many attempts of a ticket keep theirs; 0: all
	TranscriptBytes int // bounds all of them together; 0: no bound
}

// KeyVariables lists, sorted, every variable that may hold a key: those that the configuration names and those
// of all presets. None of them may reach a worker's command; an MCP server sees those that its own table names.
func (c *Config) KeyVariables() []string {
	out := c.ProviderKeys()
	for _, s := range c.MCP {
		out = append(append(out, s.Env...), s.TokenEnv)
	}
	return distinct(out)
}

// ProviderKeys are those of KeyVariables that may hold a provider's key. None of them may reach any child process.
func (c *Config) ProviderKeys() []string {
	var out []string
	for _, p := range c.Providers {
		out = append(out, p.APIKeyEnv)
	}
	for _, p := range Presets {
		out = append(out, p.APIKeyEnv)
	}
	return distinct(out)
}

// distinct gives variables sorted, each once, without empty ones.
func distinct(out []string) []string {
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" })
}

// Duration is a length of time that is written as "90s", "5m", "1h30m" or, in whole days, "30d".
type Duration time.Duration

// UnmarshalText reads a duration; it must not be negative.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return errDuration
		}
		*d = Duration(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 {
		return errDuration
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes the duration as UnmarshalText reads it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String is the duration in its shortest spelling.
func (d Duration) String() string {
	const day = 24 * time.Hour
	v := time.Duration(d)
	if v > 0 && v%day == 0 {
		return strconv.FormatInt(int64(v/day), 10) + "d"
	}
	s := v.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
