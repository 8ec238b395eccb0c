package page

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// Reviewed is what a person made of a review document.
type Reviewed struct {
	Content engine.Content // as edited
	Changed bool           // Content differs from what was asked
	Reason  string         // the person's words: why it is rejected; the answer to a question
	// Remember is how far an approval is to hold for good.
	Remember engine.Scope
}

// ReviewError says where a review document is damaged. What stands in it is then unknown, so nothing can be approved
// or rejected from it.
type ReviewError struct {
	Line    int    // from 0
	Problem string // what is wrong, and what to do
}

func (e *ReviewError) Error() string {
	return fmt.Sprintf("line %d: %s; nothing was approved or rejected", e.Line+1, e.Problem)
}

var reviewFirst = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^` + reviewHead + `(A[0-9]+) ([0-9a-zA-Z-]+) -->[ \t]*$`)
})

// IsReview reports whether a document looks like what Review writes, however damaged it is.
func IsReview(document string) bool { return strings.HasPrefix(document, reviewHead) }

// ReviewID is the approval that a review document says it is about. The error is a *ReviewError.
func ReviewID(document string) (engine.ApprovalID, error) {
	id, _, err := reviewNamed(document)
	return id, err
}

func reviewNamed(document string) (id engine.ApprovalID, key string, err error) {
	first, _, _ := strings.Cut(document, "\n")
	m := reviewFirst().FindStringSubmatch(strings.TrimSuffix(first, "\r"))
	if m == nil {
		return "", "", &ReviewError{0, "the first line, which names the approval, is missing or changed: undo that, or open the review again"}
	}
	return engine.ApprovalID(m[1]), m[2], nil
}

// ParseReview reads a review document back. c is the content that Review was given; lines that look as they did are
// taken from c, byte for byte, and the others as they were typed. The error is a *ReviewError where the parts cannot be
// told apart with certainty, and where edited arguments are no longer JSON.
func ParseReview(a *engine.Approval, c engine.Content, document string) (Reviewed, error) {
	id, key, err := reviewNamed(document)
	if err != nil {
		return Reviewed{Content: c}, err
	}
	if id != a.ID || key != reviewKey(a, c) {
		return Reviewed{Content: c}, &ReviewError{0, fmt.Sprintf("this is not the review of %s as it is asked now: open it again", a.ID)}
	}
	p := reviewParser{key: key, lines: strings.Split(strings.ReplaceAll(document, "\r\n", "\n"), "\n")}
	out := Reviewed{Content: c}
	for _, s := range sections[a.Kind] {
		if err := p.edited(s, &out); err != nil {
			return Reviewed{Content: c}, err
		}
	}
	if err := p.unchanged("## Diff", c.Diff); err != nil {
		return Reviewed{Content: c}, err
	}
	begin, end, err := p.section(reasonName)
	if err != nil {
		return Reviewed{Content: c}, err
	}
	out.Reason = strings.TrimSpace(strings.Join(p.lines[begin:end], "\n"))
	if a.Cover != nil {
		if out.Remember, err = p.remember(); err != nil {
			return Reviewed{Content: c}, err
		}
	}
	return out, p.leftover()
}

// unchanged refuses a document in which the diff below a heading is not what was asked any more: an edit is approved as it
// is, and what a person wrote into it would be lost without a word.
func (p *reviewParser) unchanged(heading, diff string) error {
	if diff == "" {
		return nil
	}
	at := max(0, slices.IndexFunc(p.lines, func(l string) bool { return strings.TrimRight(l, " \t") == heading }))
	want := strings.Split(fenced("diff", shown(diff)), "\n")
	for i, line := range want[:len(want)-1] {
		here := min(at+2+i, len(p.lines)-1)
		if p.line(here) != strings.TrimRight(line, " \t") {
			return &ReviewError{here, "the diff was edited, and an edit is taken as it is or not at all: undo that; to have it otherwise reject it with a reason, or approve it and change the files afterwards"}
		}
	}
	return nil
}

// remember reads how far an approval is to hold.
func (p *reviewParser) remember() (engine.Scope, error) {
	begin, end, err := p.section(rememberName)
	if err != nil {
		return engine.ScopeOnce, err
	}
	word, at := "", begin
	for i := begin; i < end; i++ {
		if said := strings.TrimSpace(p.lines[i]); said != "" {
			word, at = strings.TrimSpace(word+" "+said), i
		}
	}
	switch scope := engine.Scope(strings.ToLower(word)); scope {
	case engine.ScopeOnce, engine.ScopeTicket, engine.ScopeTrack, engine.ScopeWorkspace:
		return scope, nil
	default:
		return engine.ScopeOnce, &ReviewError{at, fmt.Sprintf("%q is not how far it may hold: write ticket, track or workspace, or nothing", line(word, 40))}
	}
}

// reviewParser walks the lines of a document from marker to marker.
type reviewParser struct {
	key   string
	lines []string
	at    int   // behind the last marker
	found []int // the markers' lines
}

// edited reads one part into out.
func (p *reviewParser) edited(s section, out *Reviewed) error {
	begin, end, err := p.section(s.name)
	if err != nil {
		return err
	}
	fence, isFence := strings.CutSuffix(p.line(begin), s.language)
	if !isFence || len(fence) < 3 || strings.Trim(fence, "`") != "" {
		return &ReviewError{min(begin, end), fmt.Sprintf("a fence (```%s) must follow the marker line: put it back", s.language)}
	}
	if end-1 == begin || p.line(end-1) != fence {
		return &ReviewError{end - 1, fmt.Sprintf("the fence %s must stand before the marker line: put it back", fence)}
	}
	was, now := s.readable(&out.Content), strings.Join(p.lines[begin+1:end-1], "\n")
	if now == shown(was) {
		return nil
	}
	now = keepLines(was, now)
	if s.language == "json" && json.Valid([]byte(was)) && !json.Valid([]byte(now)) {
		return &ReviewError{begin + 1, "this is no JSON any more: mend it"}
	}
	*s.get(&out.Content), out.Changed = now, true
	return nil
}

// keepLines is an edited text with the lines that still look as they were shown taken from the text itself.
func keepLines(was, edited string) string {
	before := shown(was)
	beforeAt, wasAt := lineStarts(before), lineStarts(was)
	edits := text.Diff([]byte(before), []byte(edited))
	for i, e := range edits {
		edits[i].Span = text.Span{Start: wasAt[beforeAt.index(e.Start)], End: wasAt[beforeAt.index(e.End)]}
	}
	out, err := text.Apply([]byte(was), edits)
	if err != nil {
		return edited // cannot be: the lines of both are one to one
	}
	return string(out)
}

// starts holds where each line of a text begins, and where the text ends.
type starts []int

func lineStarts(s string) starts {
	at := starts{0}
	for line := range strings.Lines(s) {
		at = append(at, at[len(at)-1]+len(line))
	}
	return at
}

// index is the number of the line that begins at an offset.
func (s starts) index(offset int) int {
	i, _ := slices.BinarySearch(s, offset)
	return i
}

// line is a line without the blanks at its end, which editors may take away.
func (p *reviewParser) line(i int) string { return strings.TrimRight(p.lines[i], " \t") }

// section finds the lines between the next pair of markers.
func (p *reviewParser) section(name string) (begin, end int, err error) {
	if begin, err = p.marker("begin", name); err != nil {
		return 0, 0, err
	}
	if end, err = p.marker("end", name); err != nil {
		return 0, 0, err
	}
	return begin + 1, end, nil
}

func (p *reviewParser) marker(edge, name string) (int, error) {
	want := marker(edge, name, p.key)
	for i := p.at; i < len(p.lines); i++ {
		if p.line(i) == want {
			p.at, p.found = i+1, append(p.found, i)
			return i, nil
		}
	}
	return 0, &ReviewError{min(p.at, len(p.lines)-1), fmt.Sprintf("from here on the marker line %q is missing or changed: put it back", want)}
}

// leftover refuses markers that are there more than once, or changed and still recognisable.
func (p *reviewParser) leftover() error {
	for i, line := range p.lines[1:] {
		if strings.Contains(line, p.key) && !slices.Contains(p.found, i+1) {
			return &ReviewError{i + 1, "this marker line is here twice or was changed: undo that"}
		}
	}
	return nil
}
