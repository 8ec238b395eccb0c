package policy_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/policy"
)

func newPolicy(t testing.TB, r policy.Rules) *policy.Policy {
	t.Helper()
	p, err := policy.New(r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The actions are made as the worker makes them.
func run(command string) engine.Action {
	args, err := json.Marshal(map[string]string{"command": command})
	if err != nil {
		panic(err)
	}
	return engine.Action{Kind: engine.KindCommand, Tool: "run_command", Effect: engine.EffectRun, Arguments: args, Command: command}
}

func step(tool string, effect engine.Effect, paths ...string) engine.Action {
	return engine.Action{Kind: engine.KindStep, Tool: tool, Effect: effect, Paths: paths}
}

func read(paths ...string) engine.Action  { return step("read_file", engine.EffectRead, paths...) }
func write(paths ...string) engine.Action { return step("edit_file", engine.EffectEdit, paths...) }

func edit(paths ...string) engine.Action {
	return engine.Action{Kind: engine.KindEdit, Effect: engine.EffectEdit, Paths: paths}
}

func spawn(stepMode bool) engine.Action {
	return engine.Action{Kind: engine.KindSpawn, Step: stepMode}
}

func stepped(a engine.Action) engine.Action {
	a.Step = true
	return a
}

func TestOrderOfRules(t *testing.T) {
	t.Parallel()
	verify := engine.Action{Kind: engine.KindCommand, Tool: engine.VerifyCall, Effect: engine.EffectRun, Command: "go test ./..."}
	remote := step("docs_fetch", engine.EffectNetwork, "/api")
	question := engine.Action{Kind: engine.KindQuestion, Tool: "ask_person", Effect: engine.EffectPerson}
	type rules = policy.Rules
	for _, c := range []struct {
		name    string
		rules   rules
		action  engine.Action
		verdict engine.Verdict
		rule    string
	}{
		{"spawn", rules{}, spawn(false), engine.Ask, "default: spawn asks"},
		{"spawn by rule", rules{Allow: []string{"spawn"}}, spawn(false), engine.Allow, `allow "spawn"`},
		{"spawn by rule in step mode", rules{Allow: []string{"spawn"}}, spawn(true), engine.Ask, "step_mode asks for each call"},
		{"question", rules{}, question, engine.Ask, "default: ask_person asks"},
		{"no rule answers a question", rules{Allow: []string{"*"}}, question, engine.Ask, "default: ask_person asks"},
		{"question denied", rules{Deny: []string{"ask_person"}}, question, engine.Deny, `deny "ask_person"`},
		{"edit", rules{}, edit("a.go"), engine.Allow, "default: edit is allowed"},
		{"edit by rule", rules{Ask: []string{"edit"}}, edit("a.go"), engine.Ask, `ask "edit"`},
		{"edit of CI made by a command", rules{}, edit("a.go", ".github/workflows/x.yml"), engine.Ask, "ask for CI: .github/workflows/x.yml"},
		{"verify", rules{}, verify, engine.Ask, "default: verify asks"},
		{"verify allowed", rules{AllowCommands: []string{"go test"}}, verify, engine.Allow, `allow_commands "go test"`},
		{"run", rules{}, run("go test ./..."), engine.Ask, "default: run_command asks"},
		{"command beats tool", rules{Ask: []string{"run_command"}, AllowCommands: []string{"go test"}}, run("go test ./..."), engine.Allow, `allow_commands "go test"`},
		{"ask beats allow", rules{AskCommands: []string{"go test"}, AllowCommands: []string{"go test"}}, run("go test"), engine.Ask, `ask_commands "go test"`},
		{"deny beats ask", rules{DenyCommands: []string{"go test"}, AskCommands: []string{"go test"}}, run("go test"), engine.Deny, `deny_commands "go test"`},
		{"deny of the tool", rules{Deny: []string{"run_command"}, AllowCommands: []string{"go test"}}, run("go test"), engine.Deny, `deny "run_command"`},
		{"tool allowed", rules{Allow: []string{"run_command"}}, run("make all"), engine.Allow, `allow "run_command"`},
		{"tool allowed, hidden command", rules{Allow: []string{"run_command"}}, run("make $(x)"), engine.Ask, "ask for shell: a substitution, which runs another command"},
		{"tools by pattern", rules{Allow: []string{"docs_*"}}, remote, engine.Allow, `allow "docs_*"`},
		{"network", rules{}, remote, engine.Ask, "default: docs_fetch asks"},
		{"no path rule allows a far path", rules{AllowPaths: []string{"**"}}, step("x", engine.EffectNetwork, "api"), engine.Ask, "default: x asks"},
		{"read", rules{}, read("a.go"), engine.Allow, "default: read_file is allowed"},
		{"read by tool", rules{Ask: []string{"read_file"}}, read("a.go"), engine.Ask, `ask "read_file"`},
		{"read by path", rules{Ask: []string{"read_file"}, AllowPaths: []string{"docs/**"}}, read("docs/a.md"), engine.Allow, `allow_paths "docs/**"`},
		{"one path of two", rules{Ask: []string{"rename_file"}, AllowPaths: []string{"docs"}}, step("rename_file", engine.EffectEdit, "docs/a", "b"), engine.Ask, `ask "rename_file"`},
		{"allow by path as it is written", rules{Ask: []string{"read_file"}, AllowPaths: []string{"docs"}}, read("DOCS/a.md"), engine.Ask, `ask "read_file"`},
		{"deny by path in any case", rules{DenyPaths: []string{"internal/Keys/"}}, read("./x/../internal/keys/a"), engine.Deny, `deny_paths "internal/Keys/": ./x/../internal/keys/a`},
		{"ask by path at any depth", rules{AskPaths: []string{"*.sql"}}, write("db/m/1.SQL"), engine.Ask, `ask_paths "*.sql": db/m/1.SQL`},
		{"deny by path in a command", rules{DenyPaths: []string{"vault"}, AllowCommands: []string{"cat"}}, run("cat ./vault/x"), engine.Deny, `deny_paths "vault": ./vault/x`},
		{"deny by path behind a redirection", rules{DenyPaths: []string{"vault"}}, run("sort <vault/x"), engine.Deny, `deny_paths "vault": vault/x`},
		{"secrets are no matter of the tool", rules{Allow: []string{"read_file"}}, read(".env"), engine.Ask, "ask for secrets: .env"},
		{"nor of the path", rules{AllowPaths: []string{"**"}}, read("a/.env.local"), engine.Ask, "ask for secrets: a/.env.local"},
		{"secrets can be denied", rules{DenyPaths: []string{".env"}}, read(".env"), engine.Deny, `deny_paths ".env": .env`},
		{"step mode", rules{}, stepped(read("a.go")), engine.Ask, "step_mode asks for each call"},
		{"step mode does not lift a denial", rules{Deny: []string{"read_file"}}, stepped(read("a.go")), engine.Deny, `deny "read_file"`},
		{"finish", rules{}, step("finish", engine.EffectFinish), engine.Allow, "default: finish is allowed"},
		{"an effect nobody knows", rules{}, step("x", "new"), engine.Ask, "default: x asks"},
		{"a kind nobody knows", rules{}, engine.Action{Kind: "new", Effect: engine.EffectRead}, engine.Ask, "default: new asks"},
		{"what a rule says is visible", rules{}, read("a\u202e/.env"), engine.Ask, "ask for secrets: a⟨U+202E⟩/.env"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := newPolicy(t, c.rules).Rule(context.Background(), c.action)
			got.Cover, got.Once = nil, "" // see TestCover
			if diff := cmp.Diff(engine.Ruling{Verdict: c.verdict, Rule: c.rule}, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestDoubledArguments(t *testing.T) {
	t.Parallel()
	p := newPolicy(t, policy.Rules{})
	for args, want := range map[string]engine.Verdict{
		`{"path": "a", "content": {"path": 1}}`:      engine.Allow,
		`{"path": ".env", "path": "a"}`:              engine.Ask,
		`{"path": ".env", "PATH": "a"}`:              engine.Ask,
		`{"\u0070ath": ".env", "path": "a"}`:         engine.Ask,
		`not json`:                                   engine.Allow, // the tool refuses it
		`["path"]`:                                   engine.Allow,
		`{"path": `:                                  engine.Allow,
		`{"a":1,"b":[{"a":1},{"a":2}],"c":{"a":{}}}`: engine.Allow,
	} {
		a := read("a")
		a.Arguments = json.RawMessage(args)
		if got := p.Rule(context.Background(), a); got.Verdict != want {
			t.Errorf("%s: got %v, want %s", args, got, want)
		}
	}
}

func TestBadRules(t *testing.T) {
	t.Parallel()
	type rules = policy.Rules
	for _, c := range []struct {
		rules rules
		want  string
	}{
		{rules{Deny: []string{"a", ""}}, `policy.deny[1] "": expected the name of a tool`},
		{rules{Ask: []string{"run command"}}, `policy.ask[0] "run command": expected the name`},
		{rules{Allow: []string{"x["}}, `policy.allow[0] "x[": not a pattern`},
		{rules{AllowCommands: []string{"go test", "  "}}, `policy.allow_commands[1] "  ": expected the first words`},
		{rules{AllowCommands: []string{"go test && ls"}}, `expected one command`},
		{rules{AllowCommands: []string{"go *"}}, `a glob, which stands for other words: write the first words`},
		{rules{DenyCommands: []string{"rm $X"}}, `policy.deny_commands[0] "rm $X": a variable`},
		{rules{DenyCommands: []string{"'rm"}}, `it cannot be parsed`},
		{rules{AskCommands: []string{"g\u200bo"}}, `one line of plain letters`},
		{rules{AskCommands: []string{"go >x"}}, `a redirection`},
		{rules{AskCommands: []string{"A=b go"}}, `a variable is set`},
		{rules{DenyPaths: []string{"a/[b"}}, `policy.deny_paths[0] "a/[b": not a glob`},
		{rules{DenyPaths: []string{""}}, `expected a path`},
		{rules{AskPaths: []string{"/etc"}}, `relative to the workspace's root`},
		{rules{AskPaths: []string{"~/x"}}, `relative to the workspace's root`},
		{rules{AllowPaths: []string{"a/../b"}}, `cannot go up`},
	} {
		_, err := policy.New(c.rules)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want %s", c.rules, err, c.want)
		}
	}
}
