package text

import (
	"errors"
	"fmt"
	"strings"
)

// Step names the way in which a search was found. It is shown to people and
// kept in transcripts.
type Step string

// The steps of Replace, from the strictest to the loosest. Each one accepts
// what those before it accept.
const (
	Exact         Step = "exact"
	LineEndings   Step = "line-endings"
	FinalNewline  Step = "final-newline"
	TrailingSpace Step = "trailing-space"
	BlankLines    Step = "blank-lines"
	Indentation   Step = "indentation"
)

// Result is a replacement that was found and not yet made.
type Result struct {
	Step  Step   // how the search matched
	Line  int    // of the first matched byte, from 1
	Edits []Edit // for Apply; empty when replace changes nothing
}

// ErrEmptySearch is returned when there is nothing to search for.
var ErrEmptySearch = errors.New("the search text is empty: give the lines to replace, or write the whole file")

// AmbiguousError says that a search fits several places.
type AmbiguousError struct {
	Step  Step
	Lines []int // first line of each place, from 1, ascending; the first maxPlaces
	More  bool  // there are more places than Lines
}

// Error lists the places.
func (e *AmbiguousError) Error() string {
	list := strings.Trim(strings.ReplaceAll(fmt.Sprint(e.Lines), " ", ", "), "[]")
	if e.More {
		list += ", and more"
	}
	return fmt.Sprintf("the search text fits several places (lines %s): add lines around it until it fits one", list)
}

// NotFoundError says that a search fits nowhere, and what comes nearest.
type NotFoundError struct {
	Line    int    // of the nearest text, from 1; 0 where nothing is like it
	Snippet string // the nearest text: whole lines of the file, perhaps cut
}

// Error shows the nearest text.
func (e *NotFoundError) Error() string {
	if e.Line == 0 {
		return "the search text is not in the file, nor is anything like it: read the file again"
	}
	return fmt.Sprintf("the search text is not in the file; the nearest is at line %d:\n%s\n"+
		"copy the search text from the file as it is now", e.Line, e.Snippet)
}

// step is one way to find a search. It returns every place up to a bound, and
// none where it does not apply.
type step struct {
	name Step
	find func(*request) places
}

// steps is the cascade; the first step with a place decides.
var steps = []step{
	{Exact, findExact},
	{LineEndings, findAcrossEndings},
	{FinalNewline, findLines(sameLine, keepAll)},
	{TrailingSpace, findLines(trailing, keepAll)},
	{BlankLines, findLines(trailing, dropOuterBlanks)},
	{Indentation, findIndented},
}

// request is one call of Replace, with what several steps need of the file.
type request struct {
	src             string
	search, replace string
	split           fileLines // made by file
}

// file is the lines of src, cut once.
func (r *request) file() *fileLines {
	if r.split.lines == nil {
		r.split = cutFile(r.src)
	}
	return &r.split
}

// maxPlaces is how many places are looked for and listed.
const maxPlaces = 100

// places are the offsets at which a search fits, ascending, and the edits that
// the first one needs.
type places struct {
	at    []int
	more  bool
	edits func() []Edit
}

// Replace finds the one place of src that search means and lays the difference
// between search and replace onto the file's own lines: what the difference
// does not touch stays byte for byte as it is, and new lines take the endings
// and the indentation of that place. Ever looser readings of search are tried,
// each only when those before it fit nowhere; one that fits two places ends the
// search. src is not changed; Apply(src, Edits) makes the replacement.
//
// Errors: ErrEmptySearch, *AmbiguousError, *NotFoundError.
func Replace(src []byte, search, replace string) (Result, error) {
	if search == "" {
		return Result{}, ErrEmptySearch
	}
	r := &request{src: string(src), search: search, replace: replace}
	for _, s := range steps {
		switch found := s.find(r); {
		case len(found.at) == 1:
			return Result{Step: s.name, Line: lineNumber(r.src, found.at[0]), Edits: found.edits()}, nil
		case len(found.at) > 1:
			return Result{}, &AmbiguousError{Step: s.name, Lines: lineNumbers(r.src, found.at), More: found.more}
		}
	}
	return Result{}, nearest(r)
}

// lineNumber is the line of an offset, from 1.
func lineNumber(s string, offset int) int { return 1 + strings.Count(s[:offset], "\n") }

func lineNumbers(s string, offsets []int) []int {
	out := make([]int, len(offsets))
	line, at := 1, 0
	for i, offset := range offsets {
		line += strings.Count(s[at:offset], "\n")
		at, out[i] = offset, line
	}
	return out
}
