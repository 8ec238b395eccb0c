package trackfile

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// problem is the finding, whose positions are the document's, with its lines and column filled in.
func (d *Document) problem(f finding) Problem {
	line, col := d.Position(f.span.Start)
	if strings.Contains(f.message, lineHole) {
		ref, _ := d.Position(f.ref)
		f.message = strings.Replace(f.message, lineHole, strconv.Itoa(ref), 1)
	}
	return Problem{Span: f.span, Line: line, Column: col, Severity: f.severity, Code: f.code, Message: f.message}
}

// problems are the findings, whose positions are the document's, in source order; what was found first at a
// place stays first. No more than maxProblems are made.
func (d *Document) problems(fs []finding) []Problem {
	if len(fs) == 0 {
		return nil
	}
	slices.SortStableFunc(fs, func(a, b finding) int { return cmp.Compare(a.span.Start, b.span.Start) })
	fs = capped(fs)
	out := make([]Problem, len(fs))
	for i, f := range fs {
		out[i] = d.problem(f)
	}
	return out
}

// maxProblems bounds what one document reports, for the sake of who must show it.
const maxProblems = 1000

func capped(fs []finding) []finding {
	if len(fs) <= maxProblems {
		return fs
	}
	worst := Warning
	for _, f := range fs[maxProblems:] {
		if f.severity == Error {
			worst = Error
		}
	}
	more := found(worst, CodeTooMany, fs[maxProblems].span, "%d more problems from here on are not listed", len(fs)-maxProblems)
	return append(fs[:maxProblems:maxProblems], more)
}
