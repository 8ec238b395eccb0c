package text

import (
	"strings"
)

// Step names the way in which a search was found. It is shown to people and
// kept in transcripts.
type Step string

// The steps of Replace, from the strictest to the loosest. Each one accepts
// what those before it accept, but for Exact and LineEndings, which alone find
// parts of lines.
const (
	Exact         Step = "exact"
	LineEndings   Step = "line-endings"
	FinalNewline  Step = "final-newline"
	TrailingSpace Step = "trailing-space"
	BlankLines    Step = "blank-lines"
	Indentation   Step = "indentation"
	Spacing       Step = "spacing"      // tabs for spaces and runs of them, within lines
	Punctuation   Step = "punctuation"  // quotes, dashes, spaces and dots as Unicode has them
	Escapes       Step = "escapes"      // HTML's, or a backslash too many
	LineNumbers   Step = "line-numbers" // pasted with the text
	Elisions      Step = "elisions"     // lines that say "..." for what stands there
	Context       Step = "context"      // small slips in lines that stay
)

// Words says in words how a search was found.
func (s Step) Words() string {
	if s == Exact {
		return "exact match"
	}
	return "match but for " + strings.ReplaceAll(string(s), "-", " ")
}

// Steps are all steps in their order.
func Steps() []Step {
	out := make([]Step, len(steps))
	for i, s := range steps {
		out[i] = s.name
	}
	return out
}

// Result is a replacement that was found and not yet made.
type Result struct {
	Step  Step   // how the search matched
	Line  int    // of the first matched byte, from 1
	Last  int    // of the last matched line, from 1
	Edits []Edit // for Apply; empty when replace changes nothing
}

// Where says where a search is to be found. The zero value is anywhere.
type Where struct {
	Whole bool // whole lines only, as formats of patches have them
	From  int  // the first line, from 1, at which a match may begin; 0: any
	To    int  // the last one; 0: any
	Line  int  // decides between places that fit equally well: the one that begins at this line; 0: none does
	End   bool // the match is the end of the file, blank lines apart
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
	{FinalNewline, findLines(sameLine)},
	{TrailingSpace, findLines(trailing)},
	{BlankLines, findSolid(trailing)},
	{Indentation, findSolid(stripped)},
	{Spacing, findSolid(spaced)},
	{Punctuation, findSolid(unadorned)},
	{Escapes, findRead(unescaped, unquotedTwice)},
	{LineNumbers, findRead(unnumbered, unnumberedUnescaped)},
	{Elisions, findElided},
	{Context, findSlipped},
}

// request is one call of Replace, with what several steps need of the file.
type request struct {
	src             string
	search, replace string
	where           Where
	thorough        bool       // anchors are not used: all of the file is looked through in each step
	split           *fileLines // made by file
	all             *manner    // made by manner
	reread          [versions]reread
	elided          *ElidedError // what findElided found amiss
	unlaid          bool         // there is a place, and the replacement cannot be laid there
}

// file is the lines of src, cut once.
func (r *request) file() *fileLines {
	if r.split == nil {
		r.split = cutFile(r.src, r.manner())
	}
	return r.split
}

// manner is that of the file, looked at once.
func (r *request) manner() *manner {
	if r.all == nil {
		r.all = mannerOf(r.src)
	}
	return r.all
}

// maxPlaces is how many places are looked for and listed.
const maxPlaces = 100

// place is where a search fits: whole lines of the file, or bytes.
type place struct {
	offset    int // of the first byte
	line, end int // the lines that the match covers, from 1; 0 where only offsets are known
	edits     func() ([]Edit, bool)
}

// places are where a search fits, in the order of the file.
type places struct {
	at   []place
	more bool // than are listed
}

// Replace finds the one place of src that search means and lays the difference
// between search and replace onto the file's own lines: what the difference
// does not touch stays byte for byte as it is, and new lines take the endings
// and the indentation of that place. Ever looser readings of search are tried,
// each only when those before it fit nowhere; one that fits two places ends the
// search. src is not changed; Apply(src, Edits) makes the replacement. An empty
// search fits an empty file alone.
//
// Errors: ErrEmptySearch, *AmbiguousError, *NotFoundError, *AlreadyError,
// *ElidedError, *EncodingError.
func Replace(src []byte, search, replace string) (Result, error) {
	return ReplaceAt(src, search, replace, Where{})
}

// ReplaceAt is Replace where something is known of the place.
func ReplaceAt(src []byte, search, replace string, where Where) (Result, error) {
	if search == "" {
		return fill(src, replace)
	}
	if err := checkReplacement(src, search, replace); err != nil {
		return Result{}, err
	}
	return (&request{src: string(src), search: search, replace: replace, where: where}).result()
}

// result goes through the steps.
func (r *request) result() (Result, error) {
	for _, s := range steps {
		found := r.narrowed(s.find(r))
		if len(found.at) == 0 {
			continue
		}
		if len(found.at) > 1 || found.more {
			return Result{}, r.ambiguous(s.name, found)
		}
		edits, ok := found.at[0].edits()
		if !ok {
			r.unlaid = true
			continue // the replacement would not stand well there
		}
		return r.made(s.name, found.at[0], edits)
	}
	return Result{}, r.refusal()
}

// fill replaces nothing, which only an empty file has.
func fill(src []byte, replace string) (Result, error) {
	if strings.Trim(strings.TrimPrefix(string(src[:min(len(src), 1024)]), bom), " \t\r\n") != "" || len(src) > 1024 {
		return Result{}, ErrEmptySearch
	}
	head := len(src) - len(strings.TrimPrefix(string(src), bom))
	res := Result{Step: Exact, Line: 1, Last: 1}
	if replace != string(src[head:]) {
		res.Edits = []Edit{{Span{head, len(src)}, replace}}
	}
	return res, nil
}

// narrowed keeps the places that where allows, and of several the one whose
// line is the one expected.
func (r *request) narrowed(found places) places {
	if len(found.at) == 0 || r.where == (Where{}) || r.where == (Where{Whole: true}) {
		return found
	}
	r.number(found.at)
	kept := places{more: found.more}
	var expected []place
	for _, p := range found.at {
		if !r.allowed(p) {
			continue
		}
		kept.at = append(kept.at, p)
		if p.line == r.where.Line {
			expected = append(expected, p)
		}
	}
	if len(kept.at) > 1 && len(expected) == 1 {
		return places{at: expected}
	}
	if len(kept.at) == 0 {
		kept.more = false
	}
	return kept
}

func (r *request) allowed(p place) bool {
	switch {
	case p.line < r.where.From, r.where.To > 0 && p.line > r.where.To:
		return false
	}
	return !r.where.End || p.end >= lastSolid(r.src)
}

// number gives places that know only their offset their lines. A match of bytes
// covers the lines of the search.
func (r *request) number(at []place) {
	line, from := 1, 0
	for i := range at {
		if at[i].line > 0 {
			continue
		}
		line += strings.Count(r.src[from:at[i].offset], "\n")
		from = at[i].offset
		at[i].line, at[i].end = line, line+strings.Count(strings.TrimSuffix(r.search, "\n"), "\n")
	}
}

func (r *request) ambiguous(step Step, found places) *AmbiguousError {
	r.number(found.at)
	e := &AmbiguousError{Step: step, More: found.more}
	for _, p := range found.at {
		e.Lines = append(e.Lines, p.line)
	}
	return e
}

// made is the outcome of the one place, unless what replace would bring is
// there already.
func (r *request) made(step Step, p place, edits []Edit) (Result, error) {
	at := []place{p}
	r.number(at)
	if line := r.inserted(at[0], edits); line > 0 {
		return Result{}, &AlreadyError{Line: line}
	}
	if err := checkFresh(r.src, edits); err != nil {
		return Result{}, err
	}
	return Result{Step: step, Line: at[0].line, Last: at[0].end, Edits: edits}, nil
}
