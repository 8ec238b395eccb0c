package patch

import (
	"cmp"
	"errors"
	"strings"

	"github.com/slop-ls/slop-ls/engine/text"
)

// hunk makes one change of a file.
func (s *state) hunk(h Hunk, o *Outcome) {
	res, err := s.find(h)
	if err == nil && len(res.Edits) == 0 && !s.settlesEnd(h) {
		err = ErrSame
	}
	var now []byte
	if err == nil {
		now, err = text.Apply(s.now, res.Edits)
	}
	if err != nil {
		o.Err = err
		return
	}
	now = s.endAs(h, res, now)
	o.Step, o.Line, o.Last = res.Step, res.Line, res.Last
	o.Added, o.Removed = counts(s.now, now)
	if h.At > 0 && h.Search != "" {
		s.drift = res.Line - h.At
	}
	s.drift += o.Added - o.Removed
	s.end = res.Last + 1 + o.Added - o.Removed
	s.now, s.is = now, true
}

// counts is how many lines came and went.
func counts(before, after []byte) (added, removed int) {
	for _, e := range text.Diff(before, after) {
		added += lineCount(e.New)
		removed += lineCount(string(before[e.Start:e.End]))
	}
	return added, removed
}

// settlesEnd says whether the hunk is about the final newline alone.
func (s *state) settlesEnd(h Hunk) bool {
	closed := strings.HasSuffix(string(s.now), "\n")
	return h.Bare && closed || h.Closes && !closed
}

// endAs gives the file its final newline, or none, where the hunk says so and
// ends the file.
func (s *state) endAs(h Hunk, res text.Result, now []byte) []byte {
	closed := strings.HasSuffix(string(now), "\n")
	switch {
	case res.Last < lineCount(string(s.now)):
		return now
	case h.Bare && closed:
		return []byte(strings.TrimSuffix(strings.TrimSuffix(string(now), "\n"), "\r"))
	case h.Closes && !closed && strings.Contains(string(now), "\r\n"):
		return append(now, "\r\n"...)
	case h.Closes && !closed:
		return append(now, '\n')
	}
	return now
}

// find finds the place of a hunk.
func (s *state) find(h Hunk) (text.Result, error) {
	switch {
	case h.Splits != nil:
		return s.split(h)
	case h.Search == "":
		return s.add(h)
	case h.Anchors != nil:
		return s.after(h.Anchors, h)
	}
	where := text.Where{Whole: true, End: h.End}
	if h.At > 0 {
		where.Line = h.At + s.drift
	}
	res, err := text.ReplaceAt(s.now, h.Search, h.Replace, where)
	var many *text.AmbiguousError
	if h.End && errors.As(err, new(*text.NotFoundError)) {
		return text.ReplaceAt(s.now, h.Search, h.Replace, text.Where{Whole: true})
	}
	if !errors.As(err, &many) || many.More {
		return res, err
	}
	if h.Hint != "" {
		if hinted, hintErr := s.after([]string{h.Hint}, h); hintErr == nil {
			return hinted, nil
		}
	}
	if s.end > 1 { // the hunks of a file come in its order
		where.From = s.end
		if later, laterErr := text.ReplaceAt(s.now, h.Search, h.Replace, where); laterErr == nil {
			return later, nil
		}
	}
	return res, err
}

// split reads a block in whose content something looks like a divider in the
// one way in which it fits, or the one in which both texts have as many such
// lines.
func (s *state) split(h Hunk) (text.Result, error) {
	var fits, even []text.Result
	var first error
	for i, sp := range h.Splits {
		if sp.Search == "" {
			continue
		}
		res, err := text.ReplaceAt(s.now, sp.Search, sp.Replace, text.Where{Whole: true})
		if err != nil {
			first = cmp.Or(first, err)
			continue
		}
		fits = append(fits, res)
		if 2*i+1 == len(h.Splits) {
			even = append(even, res)
		}
	}
	switch {
	case len(fits) == 1:
		return fits[0], nil
	case len(even) == 1:
		return even[0], nil
	case len(fits) > 1:
		return text.Result{}, errDividers
	}
	return text.Result{}, first
}

var errDividers = errors.New("several lines of the block can be its ======= divider, and it fits by more than one: " +
	"make the block smaller, so that its content has none")

// add puts lines where the hunk says that nothing is. Without any line around
// them that is a new or an empty file, or the end that the apply_patch form means
// by it.
func (s *state) add(h Hunk) (text.Result, error) {
	empty := strings.TrimSpace(strings.TrimPrefix(string(s.now), "\ufeff")) == ""
	if h.Anchors == nil && empty {
		return text.Replace(s.now, "", h.content())
	}
	switch {
	case h.Anchors == nil && h.content() == string(s.now):
		return text.Result{}, &text.AlreadyError{Line: 1}
	case h.Anchors == nil && h.End:
		return s.append(h), nil
	case h.Anchors != nil || h.At > 0 || h.Hint != "":
		return text.Result{}, ErrNoPlace
	}
	return text.Result{}, text.ErrEmptySearch
}

// append puts lines after the last one; the file keeps having or not having a
// final newline.
func (s *state) append(h Hunk) text.Result {
	now, eol := string(s.now), "\n"
	if strings.Contains(now, "\r\n") {
		eol = "\r\n"
	}
	fresh := strings.ReplaceAll(h.Replace, "\n", eol)
	if !strings.HasSuffix(now, "\n") {
		fresh = eol + strings.TrimSuffix(fresh, eol)
	}
	last := lineCount(now)
	return text.Result{Step: text.Exact, Line: last, Last: last, Edits: []text.Edit{{Span: text.Span{Start: len(now), End: len(now)}, New: fresh}}}
}

// after finds a hunk in the block that the innermost anchor begins, else
// anywhere after it.
func (s *state) after(anchors []string, h Hunk) (text.Result, error) {
	rows := strings.Split(strings.ReplaceAll(string(s.now), "\r\n", "\n"), "\n")
	spans := []span{{0, len(rows)}}
	for _, a := range anchors {
		var inner []span
		for _, sp := range spans {
			inner = append(inner, sp.blocks(rows, a)...)
		}
		if spans = inner; len(spans) == 0 {
			return text.Result{}, &AnchorError{Anchor: a}
		}
	}
	var fits []text.Result
	var first error
	var at []int
	for _, sp := range spans {
		at = append(at, sp.first+1)
		res, err := text.ReplaceAt(s.now, h.Search, h.Replace, text.Where{Whole: true, From: sp.first + 1, To: sp.last, End: h.End})
		if err == nil {
			fits = append(fits, res)
		} else if first == nil {
			first = err
		}
	}
	switch {
	case len(fits) == 1:
		return fits[0], nil
	case len(fits) > 1:
		return text.Result{}, &AnchorError{Anchor: anchors[len(anchors)-1], Lines: at}
	case len(spans) == 1:
		return text.ReplaceAt(s.now, h.Search, h.Replace, text.Where{Whole: true, From: spans[0].first + 1, End: h.End})
	}
	return text.Result{}, first
}

// span is lines [first, last) of a file.
type span struct{ first, last int }

// blocks are the blocks within sp that begin with an anchor: the line that says
// it, else those that begin with it.
func (sp span) blocks(rows []string, anchor string) []span {
	var same, begins []span
	for i := sp.first; i < sp.last; i++ {
		row := strings.TrimSpace(rows[i])
		switch {
		case row == anchor:
			same = append(same, span{i, blockEnd(rows, i, sp.last)})
		case strings.HasPrefix(row, anchor):
			begins = append(begins, span{i, blockEnd(rows, i, sp.last)})
		}
	}
	if len(same) > 0 {
		return same
	}
	return begins
}

// blockEnd is the line after the block that begins at line i: the first one as
// far out that does not just close it.
func blockEnd(rows []string, i, last int) int {
	own := width(rows[i])
	for j := i + 1; j < last; j++ {
		row := strings.TrimSpace(rows[j])
		if row == "" || width(rows[j]) > own || strings.ContainsRune("})]", rune(row[0])) || row == "{" {
			continue
		}
		return j
	}
	return last
}

func width(row string) int {
	n := 0
	for _, c := range []byte(row) {
		switch c {
		case ' ':
			n++
		case '\t':
			n += 4
		default:
			return n
		}
	}
	return n
}
