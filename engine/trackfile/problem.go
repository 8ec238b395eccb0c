package trackfile

import (
	"cmp"
	"fmt"
	"slices"
)

// Severity is how bad a problem is: a document with an Error never becomes the plan.
type Severity string

// The two severities, as they are printed.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Code names the kind of a problem on the wire, for code actions and for tests; a message may be reworded, a
// code is kept.
type Code string

// The kinds of problems.
const (
	CodeEmpty          Code = "empty-file"
	CodeEncoding       Code = "encoding"
	CodeSyntax         Code = "syntax"
	CodeTooComplex     Code = "too-complex"
	CodeDocuments      Code = "several-documents"
	CodeRoot           Code = "wrong-root"
	CodeType           Code = "wrong-type"
	CodeMissing        Code = "missing-field"
	CodeEmptyField     Code = "empty-field"
	CodeUnknownField   Code = "unknown-field"
	CodeDuplicateKey   Code = "duplicate-key"
	CodeID             Code = "illegal-id"
	CodeDuplicateID    Code = "duplicate-id"
	CodeStatus         Code = "illegal-status"
	CodePriority       Code = "illegal-priority"
	CodePath           Code = "illegal-path"
	CodeUnknownDep     Code = "unknown-dependency"
	CodeSelfDep        Code = "self-dependency"
	CodeDuplicateDep   Code = "duplicate-dependency"
	CodeCycle          Code = "dependency-cycle"
	CodeAlias          Code = "alias"
	CodeMissingTarget  Code = "missing-target"
	CodeMissingSymbol  Code = "missing-symbol"
	CodeMissingContext Code = "missing-context"
	CodeTooMany        Code = "too-many-problems"
)

// Problem is one thing that is wrong with a document, at its exact range. Line and Column say where Span
// starts, counted from 1, the column in bytes.
type Problem struct {
	Span     Span
	Line     int
	Column   int
	Severity Severity
	Code     Code
	Message  string
}

// String is the problem as `slop-ls track check` prints it: "file:line:col: severity: message".
func (p Problem) String(file string) string {
	return fmt.Sprintf("%s:%d:%d: %s: %s", file, p.Line, p.Column, p.Severity, p.Message)
}

// problem is a Problem with its line and column filled in.
func (d *Document) problem(sev Severity, code Code, at Span, format string, args ...any) Problem {
	line, col := d.Position(at.Start)
	return Problem{Span: at, Line: line, Column: col, Severity: sev, Code: code, Message: fmt.Sprintf(format, args...)}
}

func (d *Document) errorf(code Code, at Span, format string, args ...any) {
	d.Problems = append(d.Problems, d.problem(Error, code, at, format, args...))
}

func (d *Document) warnf(code Code, at Span, format string, args ...any) {
	d.Problems = append(d.Problems, d.problem(Warning, code, at, format, args...))
}

// sortProblems puts them in source order; what was found first at a place stays first.
func sortProblems(ps []Problem) {
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
}

// maxProblems bounds what one document reports, for the sake of who must show it.
const maxProblems = 1000

func (d *Document) capped(ps []Problem) []Problem {
	if len(ps) <= maxProblems {
		return ps
	}
	worst := Warning
	for _, p := range ps[maxProblems:] {
		if p.Severity == Error {
			worst = Error
		}
	}
	more := d.problem(worst, CodeTooMany, ps[maxProblems].Span, "%d more problems from here on are not listed", len(ps)-maxProblems)
	return append(ps[:maxProblems:maxProblems], more)
}
