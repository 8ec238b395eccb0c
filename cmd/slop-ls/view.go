package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/openai"
	"github.com/slop-ls/slop-ls/engine/workspace"
	"github.com/slop-ls/slop-ls/treesitter"
)

func viewCommand(a *app) *cobra.Command {
	var symbols []string
	cmd := &cobra.Command{
		Use:       "view skeleton|curated|targeted FILE",
		Short:     "Show a source file as a worker would get it",
		Args:      arguments(2, 2),
		ValidArgs: []string{string(engine.Skeleton), string(engine.Curated), string(engine.Targeted)},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.view(cmd.Context(), engine.ViewKind(args[0]), args[1], symbols)
		},
	}
	cmd.Flags().StringArrayVar(&symbols, "symbol", nil, "a symbol of a targeted view, `Name` or Type.Method; may be repeated")
	return cmd
}

// viewJSON is what `view --json` prints.
type viewJSON struct {
	Path         string `json:"path"`
	Language     string `json:"language"`
	Kind         string `json:"kind"`
	Text         string `json:"text"`
	TokensBefore int    `json:"tokens_before"`
	TokensAfter  int    `json:"tokens_after"`
}

func (a *app) view(ctx context.Context, kind engine.ViewKind, file string, symbols []string) error {
	switch kind {
	case engine.Skeleton, engine.Curated:
		if len(symbols) > 0 {
			return usageError("--symbol is for targeted views: `slop-ls view targeted " + file + " --symbol NAME`")
		}
	case engine.Targeted:
		if len(symbols) == 0 {
			return usageError("a targeted view needs a symbol: `slop-ls view targeted " + file + " --symbol NAME`")
		}
	default:
		return usageError("the kinds of view are skeleton, curated and targeted, not " + string(kind))
	}
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	path, err := workspacePath(root, file)
	if err != nil {
		return err
	}
	return viewing(root, func(disk *workspace.Workspace, viewer *treesitter.Viewer) error {
		source, err := disk.Read(ctx, path)
		if err != nil {
			return err
		}
		view, err := viewer.View(ctx, disk, engine.ViewRequest{Path: path, Kind: kind, Symbols: symbols})
		if err != nil {
			return err
		}
		return a.printView(view, source.Data)
	})
}

// viewing opens the workspace at root and a viewer over it for as long as do runs. The error is do's, and that of closing.
func viewing(root string, do func(disk *workspace.Workspace, viewer *treesitter.Viewer) error) (err error) {
	disk, err := workspace.Open(root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, disk.Close()) }()
	viewer := treesitter.New(treesitter.Options{})
	defer viewer.Close()
	return do(disk, viewer)
}

func (a *app) printView(view engine.View, source []byte) error {
	if !a.json {
		_, err := fmt.Fprint(a.out, view.Text)
		return err
	}
	return a.printJSON(viewJSON{
		Path: view.Path, Language: view.Language, Kind: string(view.Kind), Text: view.Text,
		TokensBefore: countTokens(string(source)), TokensAfter: countTokens(view.Text),
	})
}

// countTokens counts for whatever model: it needs no endpoint.
func countTokens(text string) int { return new(openai.Provider).Count("", text) }

// symbolsOf says for the workspace at root whether a file has a symbol, for `track check`; a file is read once.
func symbolsOf(ctx context.Context, root string) func(path, symbol string) (has, known bool) {
	viewer := treesitter.New(treesitter.Options{})
	outlines := map[string]*engine.Outline{}
	return func(path, symbol string) (has, known bool) {
		outline, seen := outlines[path]
		if !seen {
			if src, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path))); err == nil {
				if o, err := viewer.Outline(ctx, path, src); err == nil && !o.Fallback {
					outline = &o
				}
			}
			outlines[path] = outline
		}
		if outline == nil {
			return false, false
		}
		return slices.ContainsFunc(outline.Symbols, func(s engine.Symbol) bool { return s.Path == symbol || s.Name == symbol }), true
	}
}
