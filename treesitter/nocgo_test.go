//go:build !cgo

package treesitter_test

import (
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/treesitter"
)

// TestWithoutCgo: Go is read as ever, the rest by lines, and the view says why.
func TestWithoutCgo(t *testing.T) {
	t.Parallel()
	viewer := treesitter.New(treesitter.Options{})
	defer viewer.Close()
	files := memFiles{
		"a.go": []byte("package p\n\nfunc F() int {\n\treturn 1\n}\n"),
		"a.py": []byte("def f():\n    return 1\n"),
	}
	for name, want := range map[string]string{"a.go": "func F() int { /* ... */ }", "a.py": "without cgo"} {
		view, err := viewer.View(t.Context(), files, engine.ViewRequest{Path: name, Kind: engine.Skeleton})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(view.Text, want) || view.Fallback != (name == "a.py") {
			t.Errorf("%s: fallback %t, text %q", name, view.Fallback, view.Text)
		}
	}
}
