package lsp

import (
	"testing"

	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/text"
)

// TestUnsavedBuffers: a worker's command must see what the person sees, and nothing twice.
func TestUnsavedBuffers(t *testing.T) {
	t.Parallel()
	disk := enginetest.NewFiles(map[string]string{"same.go": "a\n", "dirty.go": "old\n"})
	h := NewHub(Options{Root: t.TempDir(), Disk: disk})
	s := newSession(h)
	h.enter(s, nil)
	open := map[uri.URI]*document{}
	for path, content := range map[string]string{"same.go": "a\n", "dirty.go": "new\n", "unborn.go": "x\n", "": "elsewhere\n"} {
		u := uri.File("/w/" + path + "x")
		open[u] = &document{sent: u, path: path, index: text.NewIndex([]byte(content))}
	}
	s.desk.set(&documents{open: open, enc: text.UTF16, root: root{dirs: []string{h.opts.Root}}})
	files, err := h.Unsaved(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range files {
		got[f.Path] = string(f.Data)
	}
	if len(got) != 2 || got["dirty.go"] != "new\n" || got["unborn.go"] != "x\n" {
		t.Errorf("unsaved: %v", got)
	}
}
