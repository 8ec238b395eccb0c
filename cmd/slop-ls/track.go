package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

func trackCommand(a *app) *cobra.Command {
	track := &cobra.Command{Use: "track", Short: "Check, look at and make tracks", Args: noCommand, RunE: needsCommand}
	track.AddCommand(
		trackNewCommand(a),
		trackDiffCommand(a),
		&cobra.Command{
			Use:   "check FILE...",
			Short: "Say what is wrong with track documents: file:line:col: severity: message",
			Args:  arguments(1, 1000),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.trackCheck(cmd.Context(), args) },
		},
		&cobra.Command{
			Use:   "list",
			Short: "List the tracks of the workspace and where they stand",
			Args:  arguments(0, 0),
			RunE:  func(cmd *cobra.Command, _ []string) error { return a.trackList(cmd.Context()) },
		},
		&cobra.Command{
			Use:   "show TRACK",
			Short: "Show a track: its tickets, what they wait for, and what they cost",
			Args:  arguments(1, 1),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.trackShow(cmd.Context(), args[0]) },
		},
		trackPlanCommand(a),
		trackImportCommand(a),
		trackExportCommand(a),
	)
	return track
}

// checkLine is one object of `track check --json`.
type checkLine struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
}

// trackCheck prints the problems of documents. It reads the files as they are named, also outside of a workspace; where there is
// no such file the name may be a track's.
func (a *app) trackCheck(ctx context.Context, files []string) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	failed := false
	for _, file := range files {
		src, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			path, missing := findTrack(root, file)
			if missing != nil {
				return missing
			}
			file = filepath.Join(root, filepath.FromSlash(path))
			src, err = os.ReadFile(file)
		}
		if err != nil {
			return fmt.Errorf("reading the track: %w", err)
		}
		doc := trackfile.Parse(filepath.ToSlash(file), src)
		failed = failed || doc.Errors()
		if err := oneTrack("", filepath.ToSlash(file)); err != nil {
			failed = true
			shared := trackfile.Problem{Line: 1, Column: 1, Severity: trackfile.Error, Code: "shared-id", Message: err.Error()}
			if err := a.printProblem(file, shared); err != nil {
				return err
			}
		}
		for _, p := range problems(ctx, root, doc) {
			if err := a.printProblem(file, p); err != nil {
				return err
			}
		}
	}
	if failed {
		return &exitError{code: exitFailed}
	}
	return nil
}

// problems are what is wrong with a document itself and with what it names in the workspace, in source order.
func problems(ctx context.Context, root string, doc *trackfile.Document) []trackfile.Problem {
	exists := func(path string) bool {
		_, err := os.Stat(filepath.Join(root, filepath.FromSlash(path)))
		return !errors.Is(err, fs.ErrNotExist)
	}
	found := append([]trackfile.Problem{}, doc.Problems...)
	return append(found, trackfile.CheckTargets(doc, exists, symbolsOf(ctx, root))...)
}

func (a *app) printProblem(file string, p trackfile.Problem) error {
	if !a.json {
		_, err := fmt.Fprintln(a.out, p.String(file))
		return err
	}
	return a.printJSON(checkLine{
		File: file, Line: p.Line, Column: p.Column,
		Severity: string(p.Severity), Code: string(p.Code), Message: p.Message,
	})
}

// writeNew makes a file that must not exist yet, with the folders above it.
func writeNew(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("making %s: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists already: choose another name, or delete it", path)
	}
	if err != nil {
		return fmt.Errorf("making %s: %w", path, err)
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", path, err), f.Close())
	}
	return f.Close()
}
