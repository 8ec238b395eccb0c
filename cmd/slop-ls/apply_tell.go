package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/text/patch"
)

// verdict is what became of a patch as a whole.
type verdict struct{ ok, dry bool }

// The statuses of a part in `apply --json`.
const (
	partApplied    = "applied"
	partFits       = "fits"        // --dry-run: it would be applied
	partNotApplied = "not_applied" // it fits, and another part is refused
	partRefused    = "refused"
)

func (v verdict) status(o patch.Outcome) string {
	switch {
	case o.Err != nil:
		return partRefused
	case !v.ok:
		return partNotApplied
	case v.dry:
		return partFits
	}
	return partApplied
}

// partJSON is one part in `apply --json`.
type partJSON struct {
	Format    patch.Format `json:"format,omitempty"`
	Path      string       `json:"path,omitempty"`
	From      string       `json:"from,omitempty"`
	Op        patch.Op     `json:"op,omitempty"`
	Status    string       `json:"status"`
	How       text.Step    `json:"how,omitempty"`  // how the search matched
	Line      int          `json:"line,omitempty"` // the lines that it covers, from 1
	LastLine  int          `json:"last_line,omitempty"`
	Added     int          `json:"added"`
	Removed   int          `json:"removed"`
	InputLine int          `json:"input_line,omitempty"` // where the part begins in the input
	Error     string       `json:"error,omitempty"`
	Nearest   *nearestJSON `json:"nearest,omitempty"`
	Places    []int        `json:"places,omitempty"` // the lines at which it fits, where these are several
}

type nearestJSON struct {
	Line int    `json:"line"`
	Text string `json:"text"`
}

// unread tells that an input is no patch. Nothing was changed.
func (a *app) unread(format patch.Format, err error) error {
	if a.json {
		part := partJSON{Format: format, Status: partRefused, Error: err.Error()}
		var syntax *patch.SyntaxError
		if errors.As(err, &syntax) {
			part.InputLine = syntax.Line
		}
		if err := a.printJSON(part); err != nil {
			return err
		}
	}
	return fmt.Errorf("nothing was changed: %w", err)
}

// tellApplied reports each part. The error is for a patch that was refused.
func (a *app) tellApplied(format patch.Format, outcomes []patch.Outcome, v verdict) error {
	refused := 0
	for _, o := range outcomes {
		if o.Err != nil {
			refused++
		}
		if err := a.tellPart(format, o, v); err != nil {
			return err
		}
	}
	if refused == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d parts refused, nothing was changed: mend what is said of each and apply the whole input again",
		refused, len(outcomes))
}

func (a *app) tellPart(format patch.Format, o patch.Outcome, v verdict) error {
	if a.json {
		return a.printJSON(partOf(format, o, v))
	}
	_, err := fmt.Fprintln(a.out, text.Visible(partLine(o, v)))
	return err
}

func partOf(format patch.Format, o patch.Outcome, v verdict) partJSON {
	p := partJSON{
		Format: format, Path: o.Path, From: o.From, Op: o.Op, Status: v.status(o), How: o.Step, Line: o.Line, LastLine: o.Last,
		Added: o.Added, Removed: o.Removed, InputLine: o.Input,
	}
	if o.Err == nil {
		return p
	}
	p.Error = o.Err.Error()
	var missing *text.NotFoundError
	if errors.As(o.Err, &missing) && missing.Line > 0 {
		p.Nearest = &nearestJSON{missing.Line, missing.Snippet}
	}
	var many *text.AmbiguousError
	if errors.As(o.Err, &many) {
		p.Places = many.Lines
	}
	return p
}

// partLine is one part for people.
func partLine(o patch.Outcome, v verdict) string {
	path := shownPath(o.Path)
	if o.Err != nil {
		return fmt.Sprintf("%s: refused (line %d of the input): %v", path, o.Input, o.Err)
	}
	said := []string{}
	switch o.Op {
	case patch.Create:
		said = append(said, "new file")
	case patch.Delete:
		said = append(said, "deleted")
	case patch.Rename:
		said = append(said, "renamed from "+shownPath(o.From))
	case patch.Copy:
		said = append(said, "copied from "+shownPath(o.From))
	case patch.Edit:
		if o.Step == "" {
			said = append(said, "permissions")
		}
	}
	if o.Step != "" {
		said = append(said, o.Step.Words()+" at "+linesText(o.Line, o.Last))
	}
	line := fmt.Sprintf("%s: %s (+%d -%d)", path, strings.Join(said, ", "), o.Added, o.Removed)
	switch v.status(o) {
	case partFits:
		line += ", not written: --dry-run"
	case partNotApplied:
		line += ", not written"
	}
	return line
}

// shownPath is a path on one line, cut where nobody would read on.
func shownPath(path string) string {
	line, _ := text.VisibleLine(path, 300)
	return line
}

func linesText(first, last int) string {
	if last > first {
		return fmt.Sprintf("lines %d to %d", first, last)
	}
	return fmt.Sprintf("line %d", first)
}
