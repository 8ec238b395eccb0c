package tool

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
)

//go:embed get_view.md
var getViewDoc string

type getViewArgs struct {
	Path    string   `json:"path" jsonschema:"the source file, relative to the workspace's root" min:"1"`
	Kind    string   `json:"kind" jsonschema:"which view" enum:"skeleton,curated,targeted"`
	Symbols []string `json:"symbols,omitempty" jsonschema:"for targeted: the symbols to show whole"`
}

func getView(viewer engine.Viewer) engine.Tool {
	return newTool("get_view", getViewDoc, engine.EffectRead,
		func(ctx context.Context, draft engine.Draft, a getViewArgs) (engine.ToolResult, error) {
			return callGetView(ctx, viewer, draft, a)
		})
}

func callGetView(ctx context.Context, viewer engine.Viewer, draft engine.Draft, a getViewArgs) (engine.ToolResult, error) {
	if err := checkPath(a.Path); err != nil {
		return engine.ToolResult{}, err
	}
	kind := engine.ViewKind(a.Kind)
	switch {
	case kind == engine.Targeted && len(a.Symbols) == 0:
		return engine.ToolResult{}, mistakef(`a targeted view needs "symbols": take their names from the skeleton`)
	case kind != engine.Targeted && len(a.Symbols) > 0:
		return engine.ToolResult{}, mistakef(`"symbols" belong to the kind targeted, and this is %s`, a.Kind)
	}
	v, err := viewer.View(ctx, draft, engine.ViewRequest{Path: a.Path, Kind: kind, Symbols: a.Symbols})
	var symbol *engine.SymbolError
	switch {
	case errors.As(err, &symbol):
		return engine.ToolResult{}, told(symbol)
	case errors.Is(err, fs.ErrNotExist):
		return engine.ToolResult{}, missingFile(ctx, draft, a.Path)
	case err != nil:
		return engine.ToolResult{}, told(err)
	}
	return engine.ToolResult{Text: showView(v), Summary: viewSummary(a)}, nil
}

func showView(v engine.View) string {
	shown := strings.ToValidUTF8(v.Text, "\ufffd")
	if len(shown) > engine.MaxResult {
		shown = "[this view is too long to show whole: a targeted view of the symbols that you need is shorter]\n" + shown
	}
	for _, note := range v.Notes {
		shown += "\nnote: " + note
	}
	return strings.TrimRight(shown, "\n") + "\n"
}

func viewSummary(a getViewArgs) string {
	of := a.Path
	if len(a.Symbols) > 0 {
		of = strings.Join(a.Symbols, ", ") + " in " + a.Path
	}
	return fmt.Sprintf("viewed %s (%s)", of, a.Kind)
}
