package config

import (
	"fmt"
	"strings"
)

// Init is the text of a commented configuration for the first preset whose key is set, or for a server on this
// machine where none is. It loads without a problem. Keys are looked for and never read into it.
func Init(lookupEnv func(name string) (string, bool)) []byte {
	var b strings.Builder
	b.WriteString("# slop-ls: your own configuration. `slop-ls doctor` says what is in force and why.\n\n")
	if p := presetByKey(lookupEnv); p != nil {
		initPreset(&b, p)
	} else {
		b.WriteString(initLocal)
	}
	b.WriteString(initRest)
	return []byte(b.String())
}

func initPreset(b *strings.Builder, p *Preset) {
	fmt.Fprintf(b, "# Found %s in the environment: the provider is %q.\n", p.APIKeyEnv, p.Name)
	what := map[TierName]string{
		Orchestrator: "turns a goal into a track", TechLead: "breaks a track into tickets",
		Worker: "does a ticket; each retry takes the next model", QA: "says why a command failed",
	}
	for _, t := range TierNames {
		models := p.Tiers.Of(t).Models
		fmt.Fprintf(b, "\n[tiers.%s]  # %s\nprovider = %q\nmodels = [\"%s\"]\n", t, what[t], p.Name, strings.Join(models, `", "`))
	}
	fmt.Fprintf(b, "\n[providers.%s]\nkind = %q\napi_key_env = %q  # the name of the variable, never the key\n", p.Name, p.Name, p.APIKeyEnv)
}

const initLocal = `# No key of a known provider is set. This is a server on this machine (ollama); for another provider set its
# key, such as GEMINI_API_KEY or OPENAI_API_KEY, and let ` + "`slop-ls init`" + ` write this file again.

[tiers.worker]
provider = "local"
models = ["small", "large"]  # the names the server knows, in the order of escalation

[providers.local]
kind = "ollama"
base_url = "http://127.0.0.1:11434/v1"
`

const initRest = `
[mma]
max_workers = 4       # workers at the same time
auto_queue = false    # true: a ready ticket starts by itself
max_retries = 2       # of a failed ticket, each with the next model

[budget]              # 0: no bound
ticket_tokens = 1000000
# ticket_usd = 1.0
# track_usd = 5.0
# day_usd = 20.0

[policy]              # what is denied, asked for and allowed; a repository can only add to deny and ask
# deny_paths = ["secrets/**"]
# ask = ["run_command"]
# allow_commands = ["go test", "go build"]

[commands]            # what workers' commands may reach and take
# bring = ["node_modules", ".venv"]          # what git ignores and they need
# caches = ["go", "npm", "cargo", "pip"]     # what they may write to beside their worktree; folders too
# sandbox = "require"                        # none runs where the system cannot hold it

# [mcp.docs]
# command = ["some-mcp-server"]

[store]
transcripts = 10      # how many attempts of a ticket keep theirs
`
