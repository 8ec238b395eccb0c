package tool

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

//go:embed get_diagnostics.md
var getDiagnosticsDoc string

type getDiagnosticsArgs struct {
	Path string `json:"path,omitempty" jsonschema:"the file, relative to the workspace's root; left out: all that anything is said of"`
}

func getDiagnostics(known engine.Diagnostics) engine.Tool {
	return newTool("get_diagnostics", getDiagnosticsDoc, engine.EffectRead,
		func(ctx context.Context, draft engine.Draft, a getDiagnosticsArgs) (engine.ToolResult, error) {
			return callGetDiagnostics(ctx, known, draft, a)
		})
}

func callGetDiagnostics(ctx context.Context, known engine.Diagnostics, draft engine.Draft, a getDiagnosticsArgs) (engine.ToolResult, error) {
	if a.Path != "" {
		if _, err := read(ctx, draft, a.Path); err != nil {
			return engine.ToolResult{}, err
		}
	}
	var report engine.DiagnosticReport
	if known != nil {
		var err error
		if report, err = known.Diagnostics(ctx, a.Path); err != nil {
			return engine.ToolResult{}, told(err)
		}
	}
	about := "any file"
	if a.Path != "" {
		about = a.Path
	}
	if !report.Told {
		return engine.ToolResult{
			Text:    "no editor says anything about " + about + ": whether there is something wrong is not known. Run the project's compiler or linter with run_command\n",
			Summary: "no editor tells diagnostics of " + about,
		}, nil
	}
	stale, err := changedIn(ctx, draft, a.Path)
	if err != nil {
		return engine.ToolResult{}, told(err)
	}
	return engine.ToolResult{
		Text: showProblems(about, report) + stale, Summary: fmt.Sprintf("read the diagnostics of %s (%s)", about, plural(len(report.Problems), "problem")),
	}, nil
}

func showProblems(about string, report engine.DiagnosticReport) string {
	var b strings.Builder
	for _, p := range report.Problems {
		message, _ := text.VisibleLine(strings.ReplaceAll(p.Message, "\n", " "), 500)
		source := ""
		if p.Source != "" {
			source, _ = text.VisibleLine(p.Source, 60)
			source = " (" + source + ")"
		}
		fmt.Fprintf(&b, "%s:%d: %s: %s%s\n", showName(p.Path), p.Line, p.Severity, message, source)
	}
	if len(report.Problems) == 0 {
		fmt.Fprintf(&b, "nothing is said to be wrong with %s\n", about)
	}
	for _, n := range report.Notes {
		fmt.Fprintf(&b, "[%s]\n", n)
	}
	return b.String()
}

// changedIn says which of the files have changes of the draft, which nobody in an editor has seen.
func changedIn(ctx context.Context, draft engine.Draft, p string) (string, error) {
	set, err := draft.Changes(ctx)
	if err != nil {
		return "", err
	}
	var changed []string
	for _, c := range set.Files {
		if p == "" || c.Path == p || c.From == p {
			changed = append(changed, c.Path)
		}
	}
	if len(changed) == 0 {
		return "", nil
	}
	return fmt.Sprintf("[your changes are not in this: %s]\n", text.CutMiddle(strings.Join(changed, ", "), 1000)), nil
}
