package policy_test

import (
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/policy"
)

func run(line string) engine.Action {
	return engine.Action{Kind: engine.KindCommand, Tool: "run_command", Effect: engine.EffectRun, Command: line}
}

func file(tool string, effect engine.Effect, paths ...string) engine.Action {
	return engine.Action{Kind: engine.KindStep, Tool: tool, Effect: effect, Paths: paths}
}

func TestRule(t *testing.T) {
	t.Parallel()
	p, err := policy.New(policy.Rules{
		Deny: []string{"delete_file"}, Ask: []string{"get_view"}, Allow: []string{"spawn"},
		DenyCommands: []string{"git push", "rm -rf"}, AskCommands: []string{"go test -v"}, AllowCommands: []string{"go test", "go build", "echo"},
		DenyPaths: []string{"vault/**"}, AskPaths: []string{"*.sql"}, AllowPaths: []string{"docs/**"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		action engine.Action
		want   engine.Verdict
		rule   string
	}{
		{"reading", file("read_file", engine.EffectRead, "a.go"), engine.Allow, "default: read_file is allowed"},
		{"an edit", file("edit_file", engine.EffectEdit, "a.go"), engine.Allow, "default: edit_file is allowed"},
		{"a finished change", engine.Action{Kind: engine.KindEdit, Effect: engine.EffectEdit, Paths: []string{"a.go"}}, engine.Allow, "default: edit is allowed"},
		{"a spawn that is allowed", engine.Action{Kind: engine.KindSpawn}, engine.Allow, "policy.allow[0]: spawn"},
		{"a denied tool", file("delete_file", engine.EffectEdit, "docs/a.md"), engine.Deny, "policy.deny[0]: delete_file"},
		{"a tool that asks", file("get_view", engine.EffectRead, "a.go"), engine.Ask, "policy.ask[0]: get_view"},
		{"a path before its tool", file("get_view", engine.EffectRead, "docs/a.md"), engine.Allow, "policy.allow_paths[0]: docs/**"},
		{"a denied path", file("read_file", engine.EffectRead, "vault/x"), engine.Deny, "policy.deny_paths[0]: vault/**"},
		{"a path that asks", file("read_file", engine.EffectRead, "db/x.SQL"), engine.Ask, "policy.ask_paths[0]: *.sql"},
		{"one of two paths", file("rename_file", engine.EffectEdit, "docs/a.md", "vault/a.md"), engine.Deny, "policy.deny_paths[0]: vault/**"},
		{"git's folder", file("write_file", engine.EffectEdit, "sub/.git/config"), engine.Ask, "default: .git/** asks"},
		{"a dotted way there", file("write_file", engine.EffectEdit, "docs/../.GIT/config"), engine.Ask, "default: .git/** asks"},
		{"a secret", file("read_file", engine.EffectRead, "deploy/.env.prod"), engine.Ask, "default: .env.* asks"},
		{"CI", file("edit_file", engine.EffectEdit, ".github/workflows/x.yml"), engine.Ask, "default: .github/** asks"},
		{"a command", run("ls"), engine.Ask, "default: run_command asks"},
		{"an allowed one", run("go test ./..."), engine.Allow, "policy.allow_commands[0]: go test"},
		{"two allowed ones", run("go build ./... && go test ./... 2>&1"), engine.Allow, "policy.allow_commands[0]: go test"},
		{"quiet", run("go test ./... >/dev/null 2>&1"), engine.Allow, "policy.allow_commands[0]: go test"},
		{"ask before allow", run("go test -v ./..."), engine.Ask, "policy.ask_commands[0]: go test -v"},
		{"one of two", run("go test ./... ; ls"), engine.Ask, "default: run_command asks"},
		{"only its beginning", run("gopher test"), engine.Ask, "default: run_command asks"},
		{"a denied one", run("git push origin"), engine.Deny, "policy.deny_commands[0]: git push"},
		{"behind another", run("go test && git push"), engine.Deny, "policy.deny_commands[0]: git push"},
		{"behind a wrapper", run("sudo -n git push"), engine.Deny, "policy.deny_commands[0]: git push"},
		{"in a subshell", run("(cd x; git push)"), engine.Deny, "policy.deny_commands[0]: git push"},
		{"in a substitution", run("echo $(git push)"), engine.Deny, "policy.deny_commands[0]: git push"},
		{"by its path", run("/usr/bin/git push"), engine.Deny, "policy.deny_commands[0]: git push"},
		{"quoted", run(`"git" 'push'`), engine.Deny, "policy.deny_commands[0]: git push"},
		{"a substitution", run("echo $(ls)"), engine.Ask, "default: run_command asks"},
		{"backquotes", run("echo `ls`"), engine.Ask, "default: run_command asks"},
		{"a variable", run("echo $HOME"), engine.Ask, "default: run_command asks"},
		{"an assignment", run("GOFLAGS=-exec=x go test ./..."), engine.Ask, "default: run_command asks"},
		{"a runner's flag", run("go test -exec ./evil ./..."), engine.Ask, "default: run_command asks"},
		{"a runner's flag with =", run("go build -toolexec=./evil ./..."), engine.Ask, "default: run_command asks"},
		{"a redirection", run("echo x > a.go"), engine.Ask, "default: run_command asks"},
		{"a process substitution", run("go test <(ls)"), engine.Ask, "default: run_command asks"},
		{"in the background", run("go test ./... &"), engine.Ask, "default: run_command asks"},
		{"what is no shell", run("go test ("), engine.Ask, "default: run_command asks"},
		{"nothing", run(""), engine.Ask, "default: run_command asks"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := p.Rule(t.Context(), test.action)
			if got.Verdict != test.want || got.Rule != test.rule {
				t.Errorf("got %s by %q, want %s by %q", got.Verdict, got.Rule, test.want, test.rule)
			}
		})
	}
}

func TestNewRefusesBadGlobs(t *testing.T) {
	t.Parallel()
	if _, err := policy.New(policy.Rules{AskPaths: []string{"a["}}); err == nil {
		t.Error("a glob without an end was accepted")
	}
}

// FuzzCommand: whatever the shell text, it is never allowed unless each of its commands is, and nothing panics.
func FuzzCommand(f *testing.F) {
	for _, line := range []string{"go test ./...", "echo $(x)", "a && b", "((", "echo 'x' > y", "coproc x", "{ a; }", "a=b", "<<E\nE"} {
		f.Add(line)
	}
	p, err := policy.New(policy.Rules{AllowCommands: []string{"go test"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, line string) {
		for _, smuggled := range []string{line + "\nrm x", line + "; rm x"} {
			if got := p.Rule(t.Context(), run(smuggled)); got.Verdict == engine.Allow && !endsInText(line) {
				t.Fatalf("%q was allowed by %s", smuggled, got.Rule)
			}
		}
	})
}

// endsInText reports whether what follows a line may be no command: a comment, a quotation, a here-document, an
// escaped line end.
func endsInText(line string) bool {
	for _, c := range line {
		switch c {
		case '#', '\'', '"', '\\', '<':
			return true
		}
	}
	return false
}
