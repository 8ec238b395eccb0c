package policy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/policy"
)

// TestCover: an answer for good covers what was shown and nothing more, and what is dangerous, hidden or secret has none.
func TestCover(t *testing.T) {
	t.Parallel()
	verify := run("go test ./...")
	verify.Tool = engine.VerifyCall
	remote := step("docs_fetch", engine.EffectNetwork, "api")
	remote.Arguments = json.RawMessage(`{ "path": "api",  "body": [1] }`)
	command := func(line string) *engine.Cover { return &engine.Cover{Tool: "run_command", Command: line} }
	for _, c := range []struct {
		name   string
		action engine.Action
		want   *engine.Cover
		once   string
	}{
		{"command", run("go test ./..."), command("go test ./..."), ""},
		{"blanks do not count", run("  go   test\t./...  "), command("go test ./..."), ""},
		{"quotes do", run("go test './...'"), command("go test './...'"), ""},
		{"joints do", run("go vet && go test\ngo build"), command("go vet && go test; go build"), ""},
		{"verify is a tool of its own", verify, &engine.Cover{Tool: engine.VerifyCall, Command: "go test ./..."}, ""},
		{"step", stepped(write("a.go")), &engine.Cover{Tool: "edit_file", Paths: []string{"a.go"}}, ""},
		{"two paths", stepped(step("rename_file", engine.EffectEdit, "a", "b")), &engine.Cover{Tool: "rename_file", Paths: []string{"a", "b"}}, ""},
		{"far tools by all of their arguments", remote, &engine.Cover{Tool: "docs_fetch", Arguments: `{"path":"api","body":[1]}`}, ""},
		{"no JSON", step("docs_fetch", engine.EffectNetwork), nil, "its arguments are no JSON"},
		{"spawn", spawn(false), nil, "spawn asks each time"},
		{"edit", edit("a.go"), nil, "edit asks each time"},
		{"question", engine.Action{Kind: engine.KindStep, Tool: "ask_person", Effect: engine.EffectPerson}, nil, "only a person has the answer"},
		{"secret", read(".env"), nil, "secrets always ask: .env"},
		{"secret in a command", run("cat config/.env.local"), nil, "secrets always ask"},
		{"CI", write(".github/workflows/x.yml"), nil, "CI always ask"},
		{"substitution", run("echo $(x)"), nil, "shell: a substitution"},
		{"redirection", run("echo x > y"), nil, "shell: a redirection"},
		{"sudo", run("sudo make"), nil, "shell: sudo runs another command"},
		{"invisible", run("go test\u200b"), nil, "shell: the character U+200B"},
		{"rm", run("go test && rm -rf build"), nil, "it destroys, publishes or reaches far: rm -rf build"},
		{"rm by its path", run("/bin/RM x"), nil, ""},
		{"git push", run("git --no-pager push origin"), nil, "it destroys"},
		{"git status", run("git status"), command("git status"), ""},
		{"publish", run("npm publish"), nil, "it destroys"},
		{"npm test", run("npm test"), command("npm test"), ""},
		{"curl", run("curl http://x"), nil, "it destroys"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := newPolicy(t, policy.Rules{}).Rule(t.Context(), c.action)
			if diff := cmp.Diff(c.want, got.Cover); diff != "" {
				t.Errorf("(-want +got)\n%s%s", diff, got.Once)
			}
			if (got.Once == "") != (c.want != nil) || !strings.HasPrefix(got.Once, c.once) {
				t.Errorf("once because of %q, want %q", got.Once, c.once)
			}
		})
	}
	denied := newPolicy(t, policy.Rules{Deny: []string{"run_command"}}).Rule(t.Context(), run("go test"))
	if denied.Cover != nil {
		t.Error("what is denied can be remembered")
	}
}
