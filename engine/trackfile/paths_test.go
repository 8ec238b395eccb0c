package trackfile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRenamePath(t *testing.T) {
	t.Parallel()
	yaml := `context: [docs/a.md, "parser/b.md"] # kept
tickets:
  - id: T1
    description: about parser/lex.go
    target_file: parser/lex.go # why
    context_requirements:
      - 'parser/lex.go'
      - parser/lex.gone
    writes: [parser/*.go, "*/lex.go", parser/lex.go/x]
`
	for _, tc := range []struct{ name, file, src, from, to, want string }{
		{"a file", "a.track.yaml", yaml, "parser/lex.go", "syntax/scan.go", `context: [docs/a.md, "parser/b.md"] # kept
tickets:
  - id: T1
    description: about parser/lex.go
    target_file: syntax/scan.go # why
    context_requirements:
      - 'syntax/scan.go'
      - parser/lex.gone
    writes: [parser/*.go, "*/lex.go", syntax/scan.go/x]
`},
		{"a folder", "a.track.yaml", yaml, "parser", "a b/[c]", `context: [docs/a.md, "a b/[c]/b.md"] # kept
tickets:
  - id: T1
    description: about parser/lex.go
    target_file: "a b/[c]/lex.go" # why
    context_requirements:
      - 'a b/[c]/lex.go'
      - "a b/[c]/lex.gone"
    writes: ["a b/[c]/*.go", "*/lex.go", "a b/[c]/lex.go/x"]
`},
		{"nothing", "a.track.yaml", yaml, "pars", "x", yaml},
		{"itself", "a.track.yaml", yaml, "parser/", "parser", yaml},
		{
			"json", "a.track.json", `[{"id": "T1", "description": "d", "target_file": "a.go", "writes": ["a.go"]}]`, "a.go", `b"c.go`,
			`[{"id": "T1", "description": "d", "target_file": "b\"c.go", "writes": ["b\"c.go"]}]`,
		},
	} {
		d := Parse(tc.file, []byte(tc.src))
		got := string(ApplyEdits(d.Source, RenamePath(d, tc.from, tc.to)))
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		if again := Parse(tc.file, []byte(got)); again.Errors() {
			t.Errorf("%s: %v", tc.name, again.Problems)
		}
	}
}
