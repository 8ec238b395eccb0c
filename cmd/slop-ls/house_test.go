package main

import (
	"testing"

	"github.com/slop-ls/slop-ls/engine/config"
	"github.com/slop-ls/slop-ls/lsp"
)

// The words of the configuration's section "editor" are those of package lsp, which it does not know.
func TestEditorSettings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ toml, prompts, preview, save string }{
		{"", string(lsp.PromptAuto), string(lsp.PreviewAsked), string(lsp.SaveClean)},
		{"prompts = \"always\"\npreview = \"always\"\nsave = \"never\"", string(lsp.PromptAlways), string(lsp.PreviewAlways), string(lsp.SaveNever)},
		{"prompts = \"never\"\npreview = \"never\"", string(lsp.PromptNever), string(lsp.PreviewNever), string(lsp.SaveClean)},
	} {
		c, _, err := config.Load(config.Sources{User: config.File{Name: "config.toml", Text: []byte("[editor]\n" + tc.toml + "\n")}})
		if err != nil {
			t.Fatal(err)
		}
		if e := c.Editor; e.Prompts != tc.prompts || e.Preview != tc.preview || e.Save != tc.save {
			t.Errorf("%q: %+v", tc.toml, e)
		}
	}
}
