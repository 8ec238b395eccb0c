package treesitter_test

import (
	"sync"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/treesitter"
)

// TestViewsOfOneFileAtOnce: many workers look at the same file, whose analysis they share in the cache. Each must get
// what it would get alone; -race sees whoever changes what is shared.
func TestViewsOfOneFileAtOnce(t *testing.T) {
	t.Parallel()
	files := memFiles{"a.go": []byte("package a\n\n// Table is data.\nvar Table = map[string]int{\n\t\"b\": 2,\n\t\"a\": 1,\n}\n\n" +
		"type T struct{ n int }\n\nfunc (t T) Use() int { return helper(t.n) + Table[\"a\"] }\n\n" +
		"func helper(n int) int {\n\tf := func() int { return n }\n\tg := func() int { return f() }\n\treturn g()\n}\n")}
	requests := []engine.ViewRequest{
		{Path: "a.go", Kind: engine.Skeleton},
		{Path: "a.go", Kind: engine.Curated},
		{Path: "a.go", Kind: engine.Targeted, Symbols: []string{"T.Use"}},
		{Path: "a.go", Kind: engine.Targeted, Symbols: []string{"helper"}},
	}
	alone := make([]string, len(requests))
	for i, req := range requests {
		v := treesitter.New(treesitter.Options{})
		alone[i] = view(t, v, files, req)
		v.Close()
	}
	shared := treesitter.New(treesitter.Options{})
	defer shared.Close()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i, req := range requests {
				if got := view(t, shared, files, req); got != alone[i] {
					t.Errorf("%s %v:\n%s\nalone it is\n%s", req.Kind, req.Symbols, got, alone[i])
				}
			}
		})
	}
	wg.Wait()
}

func view(t *testing.T, v *treesitter.Viewer, files engine.Files, req engine.ViewRequest) string {
	t.Helper()
	got, err := v.View(t.Context(), files, req)
	if err != nil {
		t.Error(err)
	}
	return got.Text
}
