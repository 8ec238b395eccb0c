package policy_test

import (
	"testing"

	"github.com/slop-ls/slop-ls/engine/policy"
)

// What a search does not open is what reading alone would be asked for, or denied, by its path.
func TestClosed(t *testing.T) {
	t.Parallel()
	p, err := policy.New(policy.Rules{
		DenyPaths: []string{"private/**"}, AskPaths: []string{"docs/*.md"}, AllowPaths: []string{"**"}, Ask: []string{"search_files", "read_file"}, Deny: []string{"step"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		"private/a/b.go": true, "Private/x": true, "docs/plan.md": true, "docs/deep/plan.md": false, ".env": true, "deploy/id_rsa": true, "main.go": false,
		".github/workflows/ci.yml": false,
	} {
		if got := p.Closed(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}
