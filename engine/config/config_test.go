package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine/leaftest"
)

// env is a lookup in which the named variables are set.
func env(names ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, n := range names {
			if n == name {
				return "sk-secret-value", true
			}
		}
		return "", false
	}
}

func userFile(text string) File { return File{"config.toml", []byte(text)} }

func problems(err error) string {
	if err == nil {
		return ""
	}
	return err.Error() + "\n"
}

// TestBadFiles holds every problem of each file in testdata/bad to a golden file. A name that starts with
// "workspace" is read as the workspace's.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := Sources{User: File{filepath.Base(file), text}}
			if strings.HasPrefix(filepath.Base(file), "workspace") {
				s = Sources{Workspace: s.User}
			}
			_, _, err = Load(s)
			var all *ProblemsError
			if !errors.As(err, &all) {
				t.Fatalf("%v is no list of problems", err)
			}
			leaftest.Golden(t, file+".golden", problems(err))
		})
	}
}

func TestSpecExample(t *testing.T) {
	t.Parallel()
	c, origins, err := Load(Sources{User: userFile(specExample)})
	if err != nil {
		t.Fatal(err)
	}
	local := defaultProvider()
	local.Kind, local.BaseURL, local.APIKeyEnv = "openai", "http://127.0.0.1:8080/v1", "LOCAL_API_KEY"
	all := []string{"small", "medium", "large"}
	want := Default()
	want.Tiers = Tiers{
		Tier{"local", all[2:]}, Tier{"local", all[2:]}, Tier{"local", all}, Tier{"local", all[:1]},
	}
	want.Providers = map[string]*Provider{"local": local}
	want.Budget.TicketTokens, want.Budget.TrackUSD = 200000, 5
	want.Policy.Ask, want.Policy.AllowCommands = []string{"run_command"}, []string{"go test", "go build"}
	want.MCP = map[string]*Server{"docs": {Command: []string{"some-mcp-server"}}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	if got := origins.Of("budget.track_usd").String(); got != "your config file (config.toml:17)" {
		t.Error(got)
	}
	if got := origins.Of("budget.day_usd").String(); got != "default" {
		t.Error(got)
	}
}

const specExample = `[mma]
max_workers = 4
auto_queue = false
max_retries = 2

[tiers.worker]                   # orchestrator, tech_lead, worker, qa
provider = "local"
models = ["small", "medium", "large"]   # escalation order

[providers.local]
kind = "openai"                  # or a preset: gemini, anthropic, deepseek, openrouter, ollama, …
base_url = "http://127.0.0.1:8080/v1"
api_key_env = "LOCAL_API_KEY"    # the name of the variable, never the key

[budget]
ticket_tokens = 200000
track_usd = 5.0

[policy]
ask = ["run_command"]
allow_commands = ["go test", "go build"]
[mcp.docs]
command = ["some-mcp-server"]
`

func TestLayers(t *testing.T) {
	t.Parallel()
	s := Sources{
		User:      userFile("mma = {max_workers = 8, max_retries = 5}\nbudget.ticket_time = \"2h\"\npolicy.deny = [\"a\"]\n"),
		Workspace: File{".slop/config.toml", []byte("[mma]\nmax_workers = 6\n[policy]\ndeny = [\"b\"]\n[budget]\nday_usd = 3\n")},
		Settings:  map[string]any{"mma": map[string]any{"max_workers": 5.0, "overlap": nil}, "policy.deny": []any{"c", "a"}},
		Flags:     map[string]any{"mma.auto_queue": true},
	}
	c, origins, err := Load(s)
	if err != nil {
		t.Fatal(err)
	}
	if want := (MMA{5, true, 5, Serial, Duration(10 * time.Minute)}); c.MMA != want {
		t.Errorf("%+v", c.MMA)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, c.Policy.Deny); diff != "" {
		t.Error(diff)
	}
	if c.Budget.TicketTime != Duration(2*time.Hour) || c.Budget.DayUSD != 3 {
		t.Errorf("%+v", c.Budget)
	}
	for key, want := range map[string]string{
		"mma.max_workers": "editor setting (slop.mma.max_workers)", "mma.auto_queue": "flag (mma.auto_queue)",
		"mma.max_retries": "your config file (config.toml:1)", "budget.day_usd": "the workspace's config file (.slop/config.toml:6)",
		"mma.overlap": "default",
	} {
		if got := origins.Of(key).String(); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

// TestWorkspaceCanOnlyTighten sets each setting in a workspace's file, and holds which values are taken.
func TestWorkspaceCanOnlyTighten(t *testing.T) {
	t.Parallel()
	user := specExample + "[store]\ntranscripts = 5\n"
	covered := map[string]bool{}
	for _, c := range []struct{ key, tighter, looser string }{
		{"mma.max_workers", "2", "9"},
		{"mma.auto_queue", "false", "true"},
		{"mma.max_retries", "0", "3"},
		{"mma.overlap", `"serial"`, `"merge"`},
		{"mma.parked_lease", `"1m"`, `"0s"`},
		{"tiers.orchestrator.provider", "", `"openai"`},
		{"tiers.orchestrator.models", "", `["small"]`},
		{"tiers.tech_lead.provider", "", `"local"`},
		{"tiers.tech_lead.models", "", `["small"]`},
		{"tiers.worker.provider", "", `"openai"`},
		{"tiers.worker.models", "", `["small"]`},
		{"tiers.qa.provider", "", `"local"`},
		{"tiers.qa.models", "", `["x"]`},
		{"providers.local.kind", "", `"openai"`},
		{"providers.local.base_url", "", `"http://evil.example/v1"`},
		{"providers.local.api_key_env", "", `"HOME"`},
		{"providers.local.max_concurrent", "1", "100"},
		{"providers.local.max_retries", "0", "100"},
		{"providers.local.first_token_timeout", `"1s"`, `"1h"`},
		{"providers.local.idle_timeout", `"1s"`, `"0s"`},
		{"providers.mine.max_retries", "", "1"},
		{"providers.local.requests_per_minute", "10", ""},
		{"providers.local.tokens_per_minute", "10", ""},
		{"providers.local.api_version", "", `"2024-10-21"`},
		{"providers.local.tools", "", `"text"`},
		{"providers.local.api", "", `"responses"`},
		{"prices.small.input", "", "0"},
		{"prices.small.cached", "", "0"},
		{"prices.small.output", "", "0"},
		{"budget.track_turns", "5", ""},
		{"budget.day_turns", "5", ""},
		{"budget.day_time", `"1h"`, ""},
		{"budget.ticket_tokens", "1000", "200001"},
		{"budget.ticket_usd", "0.5", ""},
		{"budget.ticket_turns", "10", "0"},
		{"budget.ticket_time", `"5m"`, `"2h"`},
		{"budget.track_tokens", "1000", ""},
		{"budget.track_usd", "1.5", "5.01"},
		{"budget.track_time", `"1h"`, ""},
		{"budget.day_tokens", "1", ""},
		{"budget.day_usd", "1", ""},
		{"policy.deny", `["x"]`, ""},
		{"policy.ask", `["x"]`, ""},
		{"policy.allow", "", `["run_command"]`},
		{"policy.deny_commands", `["x"]`, ""},
		{"policy.ask_commands", `["x"]`, ""},
		{"policy.allow_commands", "", `["rm"]`},
		{"policy.deny_paths", `["x"]`, ""},
		{"policy.ask_paths", `["x"]`, ""},
		{"policy.allow_paths", "", `["x"]`},
		{"mcp.docs.command", "", `["sh"]`},
		{"mcp.new.command", "", `["sh"]`},
		{"mcp.docs.url", "", `"http://x.example/"`},
		{"mcp.docs.timeout", "", `"1h"`},
		{"mcp.docs.env", "", `["HOME"]`},
		{"mcp.docs.token_env", "", `"HOME"`},
		{"mcp.docs.sandbox", "", `"off"`},
		{"mcp.docs.read", "", `["/"]`},
		{"mcp.docs.write", "", `["/"]`},
		{"store.transcripts", "", "1"},
		{"store.transcript_bytes", "", "1"},
		{"commands.sandbox", `"require"`, `"off"`},
		{"commands.caches", "", `["~"]`},
		{"commands.read", "", `["~"]`},
		{"commands.bring", "", `[".env"]`},
		{"commands.keep", "", "9"},
		{"commands.timeout", `"1s"`, `"2h"`},
		{"commands.output_bytes", "2000", "1000000"},
		{"commands.memory_mb", "100", ""},
		{"commands.file_mb", "100", "0"},
		{"commands.processes", "100", ""},
		{"editor.prompts", "", `"always"`},
		{"editor.preview", "", `"never"`},
		{"editor.save", "", `"never"`},
	} {
		covered[lookup(strings.Split(c.key, ".")).path] = true
		load := func(value string) (Config, Origins, error) {
			return Load(Sources{User: userFile(user), Workspace: File{".slop/config.toml", []byte("# one\n" + c.key + " = " + value + "\n")}})
		}
		if c.tighter != "" {
			if _, origins, err := load(c.tighter); err != nil || origins.Of(c.key).Layer != Workspace {
				t.Errorf("%s = %s: %v, set by %s", c.key, c.tighter, err, origins.Of(c.key))
			}
		}
		if c.looser == "" {
			continue
		}
		got, origins, err := load(c.looser)
		before, _, _ := Load(Sources{User: userFile(user)})
		if diff := cmp.Diff(before, got); diff != "" || origins.Of(c.key).Layer == Workspace {
			t.Errorf("%s = %s changed the configuration: %s", c.key, c.looser, diff)
		}
		var all *ProblemsError
		if !errors.As(err, &all) || !strings.HasPrefix(err.Error(), ".slop/config.toml:2:") || !strings.Contains(err.Error(), "a repository can") {
			t.Errorf("%s = %s: %v", c.key, c.looser, err)
		}
	}
	for _, s := range settings {
		if !covered[s.path] {
			t.Errorf("what a workspace may do to %s is not tested", s.path)
		}
	}
}

func TestUntrustedSettingsCanOnlyTighten(t *testing.T) {
	t.Parallel()
	settings := map[string]any{"mcp": map[string]any{"x": map[string]any{"command": []any{"sh"}}}, "mma.max_workers": 64}
	c, _, err := Load(Sources{Settings: settings, Untrusted: true})
	if err == nil || len(c.MCP) != 0 || c.MMA.MaxWorkers != 4 {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestEditorSettings: what a repository could bring along for an editor cannot be set there; the rest can.
func TestEditorSettings(t *testing.T) {
	t.Parallel()
	user := Sources{User: userFile("[providers.own]\nbase_url = \"http://127.0.0.1/v1\"\n[tiers.worker]\nmodels = [\"a\"]\n")}
	for key, value := range map[string]any{
		"mcp.x.command": []any{"sh"}, "mcp.x.url": "http://evil.example", "providers.own.base_url": "http://evil.example",
		"providers.own.api_key_env": "HOME", "providers.own.kind": "openai", "providers.new.kind": "openai",
		"providers.new.max_concurrent": 2, "tiers.worker.provider": "openai", "policy.allow": []any{"run_command"},
		"policy.allow_commands": []any{"rm"}, "policy.allow_paths": []any{"**"}, "store.transcripts": 0,
	} {
		s := user
		s.Settings = map[string]any{key: value}
		before, _, _ := Load(user)
		got, _, err := Load(s)
		if err == nil || !strings.Contains(err.Error(), "slop."+key) || !strings.Contains(err.Error(), "own config file") {
			t.Errorf("%s: %v", key, err)
		}
		if diff := cmp.Diff(before, got); diff != "" {
			t.Errorf("%s changed the configuration:\n%s", key, diff)
		}
	}
	user.Settings = map[string]any{
		"mma":   map[string]any{"max_workers": 64.0, "auto_queue": true, "max_retries": 5.0},
		"tiers": map[string]any{"worker": map[string]any{"models": []any{"b", "c"}}}, "policy.deny": []any{"run_command"},
	}
	c, _, err := Load(user)
	if err != nil || c.MMA.MaxWorkers != 64 || !c.MMA.AutoQueue || c.MMA.MaxRetries != 5 || len(c.Tiers.Worker.Models) != 2 || len(c.Policy.Deny) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	user.Settings = map[string]any{"mma.max_worker": 3}
	if _, _, err := Load(user); err == nil || !strings.Contains(err.Error(), `did you mean "max_workers"?`) {
		t.Errorf("a slip: %v", err)
	}
}

func TestPrices(t *testing.T) {
	t.Parallel()
	c, _, err := Load(Sources{User: userFile("[prices.\"vendor/gpt-5.1:free\"]\ninput = 0.1\noutput = 2\n[prices.small]\ninput = 1\ncached = 0\noutput = 4.5\n")})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]*Price{"vendor/gpt-5.1:free": {0.1, 0.1, 2}, "small": {1, 0, 4.5}}
	if diff := cmp.Diff(want, c.Prices); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]string{
		"[prices.small]\ninput = 1\n":                            "needs both input and output",
		"[prices.small]\n":                                       "needs both input and output",
		"[prices.small]\ninput = -1\noutput = 2\n":               "at least 0",
		"[prices.\"a b\"]\ninput = 1\noutput = 2\n":              "cannot be a name",
		"[prices.small]\ninpt = 1\n":                             `did you mean "input"`,
		"[providers.\"a.b\"]\nbase_url = \"http://h.example\"\n": "cannot be a name",
	} {
		c, _, err := Load(Sources{User: userFile(text)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
		for model, p := range c.Prices {
			if p.Input < 0 || p.Output < 0 || p.Cached < 0 {
				t.Errorf("%q: the price of %s is %+v", text, model, p)
			}
		}
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, user string
		env        []string
		tier       TierName
		want       string // provider, address and models; or what the error says
	}{
		{"gemini's defaults", "", []string{"GEMINI_API_KEY"}, Orchestrator, "gemini https://generativelanguage.googleapis.com/v1beta/openai gemini-3.1-pro-preview"},
		{"tech lead", "", []string{"GEMINI_API_KEY"}, TechLead, "gemini https://generativelanguage.googleapis.com/v1beta/openai gemini-3-flash-preview"},
		{"worker", "", []string{"GEMINI_API_KEY"}, Worker, "gemini https://generativelanguage.googleapis.com/v1beta/openai gemini-2.5-flash-lite gemini-2.5-flash gemini-3.1-pro-preview"},
		{"qa", "", []string{"GEMINI_API_KEY", "OPENAI_API_KEY"}, QA, "gemini https://generativelanguage.googleapis.com/v1beta/openai gemini-2.5-flash-lite"},
		{"second preset", "", []string{"DEEPSEEK_API_KEY"}, QA, "deepseek https://api.deepseek.com/v1 deepseek-chat"},
		{"no key", "", nil, Worker, "set one of GEMINI_API_KEY, OPENAI_API_KEY"},
		{"configured beats keys", `tiers.worker.provider = "anthropic"`, []string{"GEMINI_API_KEY"}, QA, "anthropic https://api.anthropic.com/v1 claude-haiku-4-5"},
		{"the only provider", `providers.gemini.max_retries = 1`, nil, Worker, "gemini https://generativelanguage.googleapis.com/v1beta/openai gemini-2.5-flash-lite gemini-2.5-flash gemini-3.1-pro-preview"},
		{"inherits", specExample, []string{"GEMINI_API_KEY"}, Orchestrator, "local http://127.0.0.1:8080/v1 large"},
		{"several", "providers.gemini.max_retries = 1\nproviders.openai.max_retries = 1\n", nil, Worker, "set provider in [tiers.worker]"},
		{"no models", `providers.ollama.max_retries = 1`, nil, Worker, "set models in [tiers.worker]"},
		{"own address, no models", `providers.x.base_url = "http://127.0.0.1:1/v1"`, nil, Worker, "set models in [tiers.worker]"},
	} {
		config, _, err := Load(Sources{User: userFile(c.user), LookupEnv: env(c.env...)})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		s, err := config.Select(c.tier)
		got := strings.Join(append([]string{s.Name, s.Provider.BaseURL}, s.Models...), " ")
		if err != nil {
			got = err.Error()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	var none *NoProviderError
	config := Default()
	if _, err := config.Select(Worker); !errors.As(err, &none) || len(none.Variables) < 5 {
		t.Error(err)
	}
}

// TestKeyOfOwnAddress: a key of a known provider is never sent to an address that only happens to be compatible.
func TestKeyOfOwnAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`providers.x.base_url = "http://127.0.0.1:1/v1"`: "", `providers.x = {kind = "openai", base_url = "http://127.0.0.1:1/v1"}`: "",
		`providers.x.kind = "openai"`: "OPENAI_API_KEY", `providers.azure.base_url = "https://x.example/v1"`: "AZURE_OPENAI_API_KEY",
	} {
		c, _, err := Load(Sources{User: userFile(text)})
		if err != nil {
			t.Fatal(err)
		}
		for name, p := range c.Providers {
			if p.APIKeyEnv != want {
				t.Errorf("%s: %s takes the key from %q, want %q", text, name, p.APIKeyEnv, want)
			}
		}
	}
}

func TestPresetIsNamed(t *testing.T) {
	t.Parallel()
	c, origins, err := Load(Sources{LookupEnv: env("OPENAI_API_KEY")})
	if err != nil || c.Preset != "openai" {
		t.Fatal(c.Preset, err)
	}
	if got := origins.Of("tiers.qa.provider").String(); got != "preset (OPENAI_API_KEY is set)" {
		t.Error(got)
	}
}

func TestKeyVariables(t *testing.T) {
	t.Parallel()
	c, _, err := Load(Sources{User: userFile(specExample)})
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(c.KeyVariables(), " ")
	if !strings.Contains(got, "LOCAL_API_KEY") || !strings.Contains(got, "GEMINI_API_KEY") || strings.HasPrefix(got, " ") {
		t.Error(got)
	}
	c.MCP["docs"].Env = []string{"DOCS_TOKEN"}
	if !slices.Contains(c.KeyVariables(), "DOCS_TOKEN") || slices.Contains(c.ProviderKeys(), "DOCS_TOKEN") {
		t.Error("a worker's command sees what only a server may")
	}
}

// TestKeysAreNotRepeated: what may be a key never reaches a message.
func TestKeysAreNotRepeated(t *testing.T) {
	t.Parallel()
	const key = "sk-proj-0123456789abcdefghijklmnopqrstuvwxyz"
	for _, text := range []string{
		`providers.x.api_key_env = "` + key + `"`, `providers.x.base_url = "https://u:` + key + `@h.example/v1"`,
		`providers.x.max_retries = "` + key + `"`, `providers.x."` + key + `" = 1`, `mma.max_workers = "` + key + `"`,
	} {
		_, _, err := Load(Sources{User: userFile(text)})
		if err == nil || strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestInit(t *testing.T) {
	t.Parallel()
	for name, variables := range map[string][]string{"none": nil, "gemini": {"GEMINI_API_KEY"}, "anthropic": {"ANTHROPIC_API_KEY"}} {
		text := Init(env(variables...))
		c, _, err := Load(Sources{User: File{"config.toml", text}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, tier := range TierNames {
			if _, err := c.Select(tier); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if strings.Contains(string(text), "sk-secret-value") {
			t.Errorf("%s: the key itself was written", name)
		}
		leaftest.Golden(t, filepath.Join("testdata", "init-"+name+".golden"), string(text))
	}
}

// TestListReadsBack: what List writes is a configuration that says the same.
func TestListReadsBack(t *testing.T) {
	t.Parallel()
	c, origins, err := Load(Sources{User: userFile(specExample)})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, v := range List(c, origins) {
		if v.Doc == "" {
			t.Errorf("%s has no documentation", v.Key)
		}
		if v.Value != `""` {
			b.WriteString(v.Key + " = " + v.Value + "\n")
		}
	}
	again, _, err := Load(Sources{User: userFile(b.String())})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, again, cmp.Transformer("joined", func(s []string) string { return strings.Join(s, "|") })); diff != "" {
		t.Error(diff)
	}
}

func TestDeepNestingIsNoCrash(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a = " + strings.Repeat("[", 1<<20), strings.Repeat("a.", 1<<12) + "b = 1", "[" + strings.Repeat("a.", 1<<12) + "b]\nx = 1", "a = " + strings.Repeat("{a = ", 1<<16)} {
		if _, _, err := Load(Sources{User: userFile(text)}); err == nil {
			t.Errorf("%.20s was taken", text)
		}
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"90s": "1m30s", "5m": "5m", "24h": "1d", "30d": "30d", "0s": "0s", "1h30m": "1h30m", "1h": "1h", "-1s": "", "5": "", "": "", "xd": ""} {
		var d Duration
		err := d.UnmarshalText([]byte(in))
		if want == "" != (err != nil) || err == nil && d.String() != want {
			t.Errorf("%q: %v, %v", in, d, err)
		}
	}
}

func TestReadFiles(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	f, err := ReadWorkspaceFile(root)
	if err != nil || len(f.Text) != 0 || f.Name != WorkspaceFile {
		t.Fatal(f, err)
	}
	if err := os.Mkdir(filepath.Join(root, ".slop"), 0o755); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(root, ".slop", "config.toml")
	outside := filepath.Join(t.TempDir(), "outside.toml")
	if err := os.WriteFile(outside, []byte("mma.max_workers = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, name); err == nil {
		if f, err := ReadWorkspaceFile(root); err == nil {
			t.Errorf("a link out of the workspace was followed: %s", f.Text)
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(name, []byte("# hello\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if f, err := ReadWorkspaceFile(root); err != nil || string(f.Text) != "# hello\n" {
		t.Error(f, err)
	}
	if f, err := ReadFile(filepath.Join(root, "none")); err != nil || f.Text != nil {
		t.Error(f, err)
	}
	if !strings.HasSuffix(filepath.ToSlash(UserFile()), "/slop-ls/config.toml") {
		t.Error(UserFile())
	}
}

// FuzzLoad: no text makes Load panic, and a workspace's text never changes what it may not.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(specExample))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, _, err := Load(Sources{User: File{"u", text}, LookupEnv: env("GEMINI_API_KEY")}); err != nil && err.Error() == "" {
			t.Fatal("an error without a problem")
		}
		c, _, _ := Load(Sources{Workspace: File{"w", text}, LookupEnv: env("GEMINI_API_KEY")})
		want, _, _ := Load(Sources{LookupEnv: env("GEMINI_API_KEY")})
		if diff := cmp.Diff(want.Tiers, c.Tiers); diff != "" || len(c.MCP) > 0 || c.MMA.MaxWorkers > 4 || c.MMA.AutoQueue || len(c.Providers) != 1 {
			t.Fatalf("a workspace changed what it may not: %+v", c)
		}
	})
}
