package engine_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The types of the event stream are those that docs/protocol.md lists.
func TestDocListsEvents(t *testing.T) {
	t.Parallel()
	types := func(file, pattern string) []string {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(data, -1) {
			found = append(found, string(m[1]))
		}
		slices.Sort(found)
		return slices.Compact(found)
	}
	code := types("event_lines.go", `"((?:track|ticket|approval|edit|undo|usage|budget|tool)(?:_[a-z]+)?)",`)
	doc := types("../docs/protocol.md", "(?m)^\\| `([a-z_]+)` \\|")
	if diff := cmp.Diff(code, doc); diff != "" || len(code) < 16 {
		t.Errorf("docs/protocol.md lists other events than event_lines.go tells (-code +doc):\n%s", diff)
	}
}
