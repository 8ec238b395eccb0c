package trackfile

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLineEndsMeanTheSame holds that a document says the same on every system.
func TestLineEndsMeanTheSame(t *testing.T) {
	t.Parallel()
	more := "- id: A\n  description: \"one\n    two\n\n    three \\\n    four\"\n  verify: 'it''s\n    one\n\n    line'\n- id: B\n  description: >-\n    a\n    b\n\n    c\n  verify: plain\n    goes on\n"
	sources := map[string]string{"a.track.yaml": more}
	for _, file := range documents(t, "good") {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(src), "\r") {
			sources[file] = string(src)
		}
	}
	for name, src := range sources {
		want := Parse(name, []byte(src))
		for _, eol := range []string{"\r\n", "\r"} {
			got := Parse(name, []byte(strings.ReplaceAll(src, "\n", eol)))
			if diff := cmp.Diff(want.Track, got.Track); diff != "" || got.Errors() {
				t.Errorf("%s with %q (-with \\n +so):\n%s\n%v", name, eol, diff, got.Problems)
			}
		}
	}
}
