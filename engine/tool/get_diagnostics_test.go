package tool_test

import (
	"context"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/tool"
)

// toldOf tells of a.go only.
type toldOf struct{}

func (toldOf) Diagnostics(_ context.Context, path string) (engine.DiagnosticReport, error) {
	switch path {
	case "", "a.go":
		return engine.DiagnosticReport{
			Told: true, Notes: []string{"a note"},
			Problems: []engine.Problem{{Path: "a.go", Line: 3, Severity: "error", Source: "gopls", Message: "no\nsuch \u202ething"}, {Path: "a.go", Line: 4, Severity: "hint", Message: "x"}},
		}, nil
	case "fine.go":
		return engine.DiagnosticReport{Told: true}, nil
	}
	return engine.DiagnosticReport{}, nil
}

func TestGetDiagnostics(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"a.go": "1\n", "fine.go": "2\n", "b.go": "3\n"})
	k.want("get_diagnostics", `{}`, "no editor says anything about any file: whether there is something wrong is not known. Run the project's compiler or linter with run_command\n",
		"no editor tells diagnostics of any file")
	p := ports(k.bench)
	p.Diagnostics = toldOf{}
	for _, tl := range tool.Builtin(p) {
		k.tools[tl.Spec().Name] = tl
	}
	k.want("get_diagnostics", `{"path":"a.go"}`, "a.go:3: error: no such ⟨U+202E⟩thing (gopls)\na.go:4: hint: x\n[a note]\n", "read the diagnostics of a.go (2 problems)")
	k.want("get_diagnostics", `{"path":"fine.go"}`, "nothing is said to be wrong with fine.go\n", "read the diagnostics of fine.go (0 problems)")
	k.want("get_diagnostics", `{"path":"b.go"}`, "no editor says anything about b.go: whether there is something wrong is not known. Run the project's compiler or linter with run_command\n",
		"no editor tells diagnostics of b.go")
	k.do("write_file", `{"path":"a.go","content":"new\n"}`)
	k.want("get_diagnostics", `{"path":"a.go"}`, "a.go:3: error: no such ⟨U+202E⟩thing (gopls)\na.go:4: hint: x\n[a note]\n[your changes are not in this: a.go]\n",
		"read the diagnostics of a.go (2 problems)")
}
