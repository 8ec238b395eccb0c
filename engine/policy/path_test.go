package policy_test

import (
	"context"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/policy"
)

func TestPathsByDefault(t *testing.T) {
	t.Parallel()
	p := newPolicy(t, policy.Rules{})
	for _, c := range []struct {
		paths       string
		read, write engine.Verdict
	}{
		{"a.go docs/x.md . Makefile .editorconfig .gitignore .github/CODEOWNERS environment.go keys.go monkey", engine.Allow, engine.Allow},
		{".env.example .env.sample config/.env.template internal/credentials/store.go credentials_test.go", engine.Allow, engine.Allow},
		{".env .env.local a/b/.ENV prod.env .envrc .netrc .npmrc .pypirc .git-credentials server.pem TLS.PEM private.key a.kdbx", engine.Ask, engine.Ask},
		{"id_rsa id_rsa.old id_ed25519 credentials credentials.json CREDENTIALS.yml .aws/config .ssh/known_hosts a/.ssh .kube/config", engine.Ask, engine.Ask},
		{".docker/config.json secrets.yaml x.tfstate x.tfstate.backup .git/config", engine.Ask, engine.Ask},
		{".git .git/hooks/pre-commit ./.git/../.git/HEAD .GIT/HEAD sub/.git/HEAD .git./HEAD .git::$INDEX_ALLOCATION/x GIT~1/HEAD .g\u200cit/HEAD", engine.Allow, engine.Ask},
		{"a/../.git/HEAD .git\\HEAD .gıt/../.git/x .ſlop/x", engine.Allow, engine.Ask},
		{".slop/config.toml .slop/tracks/a.track.yaml .SLOP", engine.Allow, engine.Ask},
		{".vscode/settings.json .idea/x a.code-workspace .nvim.lua sub/.vscode/tasks.json .devcontainer/devcontainer.json", engine.Allow, engine.Ask},
		{".github/workflows/ci.yml .GitHub/Workflows/ci.yml .gitlab-ci.yml .ci/run Jenkinsfile .circleci/config.yml .travis.yml", engine.Allow, engine.Ask},
		{"azure-pipelines.yml .forgejo/workflows/x .drone.yaml .husky/pre-commit .pre-commit-config.yaml", engine.Allow, engine.Ask},
		{"/etc/passwd ../x a/../../x .. C:\\x C:/x \\\\host\\x ..\\x a\x00b ./../x //x", engine.Deny, engine.Deny},
	} {
		for path := range strings.FieldsSeq(c.paths) {
			if got := p.Rule(context.Background(), read(path)); got.Verdict != c.read {
				t.Errorf("read %q: got %v, want %s", path, got, c.read)
			}
			if got := p.Rule(context.Background(), write(path)); got.Verdict != c.write {
				t.Errorf("write %q: got %v, want %s", path, got, c.write)
			}
			if got := p.Rule(context.Background(), write("a.go", path)); got.Verdict != c.write {
				t.Errorf("write a.go and %q: got %v, want %s", path, got, c.write)
			}
			if want := c.read == engine.Ask; c.read != engine.Deny && policy.Secret(path) != want {
				t.Errorf("Secret(%q): want %v", path, want)
			}
		}
	}
}

func TestPathsTooDeepToLookAt(t *testing.T) {
	t.Parallel()
	deep, long := strings.Repeat("a/", 70)+"b", strings.Repeat("a", 5000)
	for _, path := range []string{deep, long} {
		if got := newPolicy(t, policy.Rules{AllowPaths: []string{"**"}}).Rule(context.Background(), write(path)); got.Verdict != engine.Ask {
			t.Errorf("%.20q: got %v", path, got)
		}
		if got := newPolicy(t, policy.Rules{DenyPaths: []string{"**/x"}}).Rule(context.Background(), write(path)); got.Verdict != engine.Deny {
			t.Errorf("%.20q: got %v", path, got)
		}
	}
}

func FuzzPaths(f *testing.F) {
	for _, s := range []string{"a", ".git/x", "../x", "a\x00", ".GIT\\..\\x", "ſ/K", strings.Repeat("../", 9)} {
		f.Add(s)
	}
	p := newPolicy(f, policy.Rules{AllowPaths: []string{"**"}, DenyPaths: []string{"no/**"}})
	f.Fuzz(func(t *testing.T, path string) {
		got := p.Rule(context.Background(), write(path))
		if got.Verdict != engine.Allow {
			return
		}
		for part := range strings.SplitSeq(path, "/") {
			if strings.EqualFold(part, ".git") || strings.EqualFold(part, ".slop") {
				// Only dots can have led out of it again.
				if !strings.Contains(path, "..") {
					t.Errorf("%q: %v", path, got)
				}
			}
		}
		if strings.HasPrefix(path, "/") || path == ".." || strings.HasPrefix(path, "../") || path == "no" || strings.HasPrefix(path, "no/") && !strings.Contains(path, "..") {
			t.Errorf("%q: %v", path, got)
		}
	})
}
