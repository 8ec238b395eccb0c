package lsp_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine/text"
)

// TestUnsavedBuffers: a worker's command must see what the person sees, of any editor, and nothing twice.
func TestUnsavedBuffers(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e, other := d.open(), d.open()
		must(t, e.Open(t.Context(), "a.go")) // as it is on the disk
		must(t, other.Open(t.Context(), "b.go"))
		must(t, other.Edit(t.Context(), "b.go", text.Edit{New: "// typed\n"}))
		must(t, e.OpenText(t.Context(), "unborn.go", "package a\n"))
		must(t, e.OpenText(t.Context(), "../elsewhere.go", "package b\n"))
		settle(t, e)
		settle(t, other)
		files, err := d.Unsaved(t.Context())
		must(t, err)
		got := map[string]string{}
		for _, f := range files {
			got[f.Path] = string(f.Data)
		}
		want := map[string]string{"b.go": mustText(t, other, "b.go"), "unborn.go": "package a\n"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
