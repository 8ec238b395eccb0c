package text

import (
	"bytes"
	"strings"
)

// Side is one text's part of a conflict: whole lines, perhaps none.
type Side struct {
	Span  Span   // bytes in that text
	Line  int    // number of its first line, from 1; where Text is empty, of the line that follows
	Lines int    // how many
	Text  string // the bytes of Span
}

// Conflict is a stretch that both sides changed, and not alike.
type Conflict struct{ Base, Ours, Theirs Side }

// Merge3 brings the changes that theirs made to base into ours, by lines that
// end at \n. Changes alike on both sides count once. Changes of the same or of
// neighbouring lines conflict, as they do for git; so do those near lines that
// repeat so that they could be paired up in two ways. Where it reports no conflict
// merged is what `git merge-file` makes; where git finds a conflict so does it.
// With a conflict merged is nil: a half merge is of no use to anyone.
//
// The algorithm is diff3 of Khanna, Kunal and Pierce, "A Formal Investigation
// of Diff3" (2007), over changes instead of matches.
func Merge3(base, ours, theirs []byte) (merged []byte, conflicts []Conflict) {
	m := newMerge(base, ours, theirs)
	var out []byte
	m.walk(func(kept string, c *Conflict) {
		out = append(out, kept...)
		if c != nil {
			conflicts = append(conflicts, *c)
		}
	})
	if len(conflicts) > 0 {
		return nil, conflicts
	}
	return append([]byte{}, out...), nil
}

// Labels name the three texts in conflict markers.
type Labels struct{ Ours, Base, Theirs string }

// MergeWithMarkers is Merge3 for people: the merged text, with each conflict
// between the markers of diff3 style, which end as the lines of the conflict do.
// It also returns the number of conflicts.
func MergeWithMarkers(base, ours, theirs []byte, names Labels) (marked []byte, conflicts int) {
	m := newMerge(base, ours, theirs)
	var out strings.Builder
	m.walk(func(kept string, c *Conflict) {
		out.WriteString(kept)
		if c != nil {
			writeConflict(&out, c, names)
			conflicts++
		}
	})
	return []byte(out.String()), conflicts
}

func writeConflict(out *strings.Builder, c *Conflict, names Labels) {
	eol := "\n"
	if strings.Contains(c.Ours.Text+c.Theirs.Text+c.Base.Text, "\r\n") {
		eol = "\r\n"
	}
	part := func(marker, name, body string) {
		out.WriteString(strings.TrimRight(marker+" "+strings.Map(oneLine, name), " ") + eol)
		out.WriteString(body)
		if body != "" && !strings.HasSuffix(body, "\n") {
			out.WriteString(eol)
		}
	}
	part("<<<<<<<", names.Ours, c.Ours.Text)
	part("|||||||", names.Base, c.Base.Text)
	part("=======", "", c.Theirs.Text)
	part(">>>>>>>", names.Theirs, "")
}

// oneLine keeps a name on the line of its marker.
func oneLine(r rune) rune {
	if r == '\n' || r == '\r' {
		return ' '
	}
	return r
}

// source is one of the three texts of a merge.
type source struct {
	text    string
	offsets []int
}

func newSource(b []byte) source {
	s := string(b)
	return source{s, lineOffsets(s)}
}

// slice is the text of lines [i, j).
func (s source) slice(i, j int) string { return s.text[s.offsets[i]:s.offsets[j]] }

func (s source) side(i, j int) Side {
	return Side{Span: Span{s.offsets[i], s.offsets[j]}, Line: i + 1, Lines: j - i, Text: s.slice(i, j)}
}

// merge walks the changes of both sides along the base.
type merge struct {
	base, ours, theirs source
	left, right        []change // what ours and theirs did, still to come
}

func newMerge(base, ours, theirs []byte) *merge {
	m := &merge{base: newSource(base), ours: newSource(ours), theirs: newSource(theirs)}
	if bytes.Equal(ours, theirs) {
		m.base = m.ours // whatever it was, both left it like this
		return m
	}
	n := numbering{}
	ids := n.of(lines(m.base.text))
	m.left = changes(ids, n.of(lines(m.ours.text)))
	m.right = changes(ids, n.of(lines(m.theirs.text)))
	return m
}

// walk yields the merged text piece by piece, a conflict after the piece that
// stands before it.
func (m *merge) walk(yield func(kept string, c *Conflict)) {
	at, left, right := 0, 0, 0 // lines done in base; what ours and theirs are shifted by
	for len(m.left)+len(m.right) > 0 {
		l, r, span := m.next()
		kept := m.base.slice(at, span.Start)
		leftEnd, rightEnd := drift(left, l), drift(right, r)
		a := Span{span.Start + left, span.End + leftEnd}
		b := Span{span.Start + right, span.End + rightEnd}
		text, ok := m.choose(l, r, a, b)
		if ok {
			yield(kept+text, nil)
		} else {
			yield(kept, &Conflict{m.base.side(span.Start, span.End), m.ours.side(a.Start, a.End), m.theirs.side(b.Start, b.End)})
		}
		at, left, right = span.End, leftEnd, rightEnd
	}
	yield(m.base.slice(at, len(m.base.offsets)-1), nil)
}

// choose is the text of a stretch, unless both sides changed it, and not alike.
func (m *merge) choose(l, r []change, a, b Span) (string, bool) {
	ours, theirs := m.ours.slice(a.Start, a.End), m.theirs.slice(b.Start, b.End)
	switch {
	case len(r) == 0 || ours == theirs:
		return ours, true
	case len(l) == 0:
		return theirs, true
	}
	return "", false
}

// next takes the next changes that touch one another, across both sides, and
// the stretch of the base, in lines, that they cover.
func (m *merge) next() (l, r []change, span Span) {
	span = Span{earliest(m.left, m.right), -1}
	span.End = span.Start
	for grew := true; grew; {
		grew = take(&m.left, &l, &span)
		grew = take(&m.right, &r, &span) || grew
	}
	return l, r, span
}

// take moves the changes that touch span from the front of todo to taken.
func take(todo, taken *[]change, span *Span) bool {
	n := len(*taken)
	for len(*todo) > 0 && (*todo)[0].b0 <= span.End {
		c := (*todo)[0]
		span.End = max(span.End, c.b1)
		*taken, *todo = append(*taken, c), (*todo)[1:]
	}
	return len(*taken) > n
}

// earliest is where the first change of either side begins.
func earliest(left, right []change) int {
	switch {
	case len(left) == 0:
		return right[0].b0
	case len(right) == 0:
		return left[0].b0
	}
	return min(left[0].b0, right[0].b0)
}

// drift is by how much the lines after the changes cs are shifted against the
// base, given the shift before them.
func drift(before int, cs []change) int {
	for _, c := range cs {
		before += (c.s1 - c.s0) - (c.b1 - c.b0)
	}
	return before
}
