package lsp

import "testing"

func TestTodoIn(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"// TODO: add errors\nfunc a() {}": "add errors",
		"# FIXME handle None":              "handle None",
		"/* TODO(ann): less */":            "less",
		"x = 1 -- TODO sort":               "sort",
		"<!-- FIXME: close -->":            "close",
		"func TODO() {}":                   "",
		"// TODONE: no":                    "",
		"s := \"TODO\"":                    "",
		" * FIXME: in a block":             "in a block",
	} {
		if got := todoIn(src); got != want {
			t.Errorf("%q: got %q, want %q", src, got, want)
		}
	}
}
