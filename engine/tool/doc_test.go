package tool_test

import (
	"os"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/tool"
)

// TestDocNamesTools holds docs/tools.md against the tools and their effects.
func TestDocNamesTools(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/tools.md")
	if err != nil {
		t.Fatal(err)
	}
	effects := map[string]string{}
	for line := range strings.Lines(string(doc)) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.Contains(cells[1], "`") {
			continue
		}
		effect, _, _ := strings.Cut(strings.TrimSpace(cells[2]), ":")
		for _, name := range strings.Split(cells[1], ",") {
			effects[strings.Trim(strings.TrimSpace(name), "`")] = effect
		}
	}
	for _, tl := range tool.Builtin(ports(&enginetest.Workbench{})) {
		if spec := tl.Spec(); effects[spec.Name] != string(spec.Effect) {
			t.Errorf("docs/tools.md says %q of %s, whose effect is %s", effects[spec.Name], spec.Name, spec.Effect)
		}
	}
}
