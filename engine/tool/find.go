package tool

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/slop-ls/slop-ls/engine"
)

//go:embed find_symbol.md
var findSymbolDoc string

//go:embed find_references.md
var findReferencesDoc string

type findArgs struct {
	Name string `json:"name" jsonschema:"the name, or Type.Method" min:"1"`
	Glob string `json:"path_glob,omitempty" jsonschema:"which files to look in; left out: all"`
	Max  int    `json:"max,omitempty" jsonschema:"how many lines to show at most; left out: 50" min:"1" max:"300"`
}

const defaultFound = 50

func findSymbol(p Ports) engine.Tool {
	return newTool("find_symbol", findSymbolDoc, engine.EffectRead, func(ctx context.Context, draft engine.Draft, a findArgs) (engine.ToolResult, error) {
		q, err := a.query(p.Secret)
		if err != nil {
			return engine.ToolResult{}, err
		}
		found, err := p.Finder.Symbols(ctx, draft, q)
		if err != nil {
			return engine.ToolResult{}, told(err)
		}
		if len(found.Mentions) == 0 {
			return engine.ToolResult{}, noSymbol(a, found)
		}
		return a.result("declaration", found, func(m engine.Mention) string { return m.Kind + " " + m.Symbol + ":" }), nil
	})
}

// noSymbol is the mistake of a name that nothing declares.
func noSymbol(a findArgs, found engine.Found) error {
	what := fmt.Sprintf("nothing is called %q", shorten(a.Name))
	if a.Glob != "" {
		what += " in the files that path_glob selects"
	}
	if len(found.Nearest) > 0 {
		return mistakef("%s; nearest: %s%s", what, strings.Join(found.Nearest, ", "), showNotes(found))
	}
	return mistakef("%s, and nothing like it: try search_files, or a part of the name%s", what, showNotes(found))
}

func findReferences(p Ports) engine.Tool {
	return newTool("find_references", findReferencesDoc, engine.EffectRead, func(ctx context.Context, draft engine.Draft, a findArgs) (engine.ToolResult, error) {
		q, err := a.query(p.Secret)
		if err != nil {
			return engine.ToolResult{}, err
		}
		found, err := p.Finder.References(ctx, draft, q)
		if err != nil {
			return engine.ToolResult{}, told(err)
		}
		if len(found.Mentions) == 0 {
			s := "no code uses the name " + shorten(a.Name)
			return engine.ToolResult{Text: s + " (search_files finds it in comments, strings and other files)" + showNotes(found) + "\n", Summary: s}, nil
		}
		return a.result("line", found, whereUsed), nil
	})
}

func whereUsed(m engine.Mention) string {
	switch {
	case m.Declares:
		return "(declares " + m.Kind + " " + m.Symbol + ")"
	case m.Symbol != "":
		return "(in " + m.Symbol + ")"
	}
	return "(outside of declarations)"
}

func (a findArgs) query(secret func(string) bool) (engine.FindQuery, error) {
	glob, err := wholeGlob(a.Glob)
	if err != nil {
		return engine.FindQuery{}, err
	}
	if strings.ContainsAny(a.Name, " \t\n") {
		return engine.FindQuery{}, mistakef("%q is not one name: give the name alone, like \"Next\" or \"Lexer.Next\"; search_files finds any text", shorten(a.Name))
	}
	q := engine.FindQuery{Name: a.Name, Max: defaultFound, Match: func(p string) bool {
		return !secret(p) && doublestar.MatchUnvalidated(glob, p)
	}}
	if a.Max > 0 {
		q.Max = a.Max
	}
	return q, nil
}

// result shows what was found, a line each.
func (a findArgs) result(what string, found engine.Found, label func(engine.Mention) string) engine.ToolResult {
	var b strings.Builder
	for _, m := range found.Mentions {
		fmt.Fprintf(&b, "%s:%d: %s %s\n", showName(m.Path), m.Line, label(m), clip(strings.TrimSpace(m.Text), 0))
	}
	summary := fmt.Sprintf("found %s of %s", plural(len(found.Mentions), what), shorten(a.Name))
	if found.More {
		fmt.Fprintf(&b, "[there are more after these %d: narrow the search with path_glob, or set max]\n", len(found.Mentions))
		summary += " and more"
	}
	return engine.ToolResult{Text: b.String() + strings.TrimPrefix(showNotes(found)+"\n", "\n"), Summary: summary}
}

func showNotes(found engine.Found) string {
	var b strings.Builder
	for _, n := range found.Notes {
		b.WriteString("\n[" + n + "]")
	}
	return b.String()
}
