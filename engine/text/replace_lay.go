package text

import (
	"strings"

	"znkr.io/diff"
)

// alignment is where each line of a search stands in the file.
type alignment struct {
	f      *fileLines
	at     []int  // for each line of the search the line of the file, -1 for none; ascending
	unseen []bool // lines of the search that stand for any number of lines; nil: none
	ascii  bool   // new text gets plain quotes, dashes and spaces
}

// dresser gives the lines that a change brings the look of the place. It is
// false where they would not stand well there. The lines are its own.
type dresser func(fresh []string, c change) ([]string, bool)

// asWritten leaves new lines as they are.
func asWritten(fresh []string, _ change) ([]string, bool) { return fresh, true }

// place is the match as a place, for lines that need no dressing.
func (m alignment) place(w wanted, key lineKey) place {
	return m.dressed(func() ([]Edit, bool) { return m.lay(w, lineChanges(w, key), asWritten) })
}

// dressed is the match as a place with its edits.
func (m alignment) dressed(edits func() ([]Edit, bool)) place {
	first, last := m.bounds()
	return place{offset: m.f.starts[first], line: m.f.first + first + 1, end: m.f.first + last + 1, edits: edits}
}

// bounds is the first and the last line of the file that the search covers.
func (m alignment) bounds() (first, last int) {
	first, last = -1, -1
	for _, i := range m.at {
		if i >= 0 && first < 0 {
			first = i
		}
		last = max(last, i)
	}
	return max(first, 0), max(last, 0)
}

// lineChanges is what the replacement does to the lines of the search; lines
// count as the same where their keys are, for a key that keeps the indentation.
func lineChanges(w wanted, key lineKey) []change {
	var out []change
	for _, h := range diff.Hunks(mapped(w.search, key), mapped(w.replace, key), diff.Context(0)) {
		out = append(out, change{h.PosX, h.EndX, h.PosY, h.EndY})
	}
	return out
}

// lay lays changes onto the lines of the file. It is false where a line to be
// removed is not one that was seen, or where it is open between which lines new
// ones belong.
func (m alignment) lay(w wanted, changes []change, dress dresser) ([]Edit, bool) {
	var edits []Edit
	trims := m.trails(w.search)
	for _, c := range changes {
		gone, ok := m.removed(c)
		if !ok || c.s0 == c.s1 && m.slides(w.search, c) {
			return nil, false
		}
		fresh, ok := dress(append([]string{}, w.replace[c.s0:c.s1]...), c)
		if !ok {
			return nil, false
		}
		m.adapt(w, c, fresh)
		if trims {
			fresh = mapped(fresh, trailing)
		}
		switch {
		case len(gone) > 0:
			edits = append(edits, m.exchange(gone, fresh)...)
		case len(fresh) > 0:
			e, ok := m.insert(w, c, fresh)
			if !ok {
				return nil, false
			}
			edits = append(edits, e)
		}
	}
	return edits, true
}

// slides says whether the removal of lines could as well be that of lines a bit
// further up or down, for all that the search says, where the file tells these
// apart.
func (m alignment) slides(search []string, c change) bool {
	twins := func(i, j int) bool {
		if i < 0 || j >= len(search) || trailing(search[i]) != trailing(search[j]) || m.at[i] < 0 || m.at[j] < 0 {
			return false
		}
		return trailing(m.f.lines[m.at[i]]) != trailing(m.f.lines[m.at[j]])
	}
	return twins(c.b0-1, c.b1-1) || twins(c.b0, c.b1)
}

// trails says whether the search has white space at the end of lines where the
// file has none: then it is no wish in new lines either.
func (m alignment) trails(search []string) bool {
	for i, row := range m.at {
		if row >= 0 && trailing(search[i]) != search[i] && trailing(m.f.lines[row]) == m.f.lines[row] {
			return true
		}
	}
	return false
}

// removed lists the file's lines that a change removes. Between them may be
// blank lines of the file, nothing else.
func (m alignment) removed(c change) ([]int, bool) {
	var gone []int
	for i := c.b0; i < c.b1; i++ {
		if m.unseen != nil && m.unseen[i] {
			return nil, false
		}
		if m.at[i] < 0 {
			continue
		}
		if n := len(gone); n > 0 && !m.f.blankBetween(gone[n-1], m.at[i]) {
			return nil, false
		}
		gone = append(gone, m.at[i])
	}
	return gone, true
}

// blankBetween says whether all lines between the lines i and j are blank.
func (f *fileLines) blankBetween(i, j int) bool {
	for k := i + 1; k < j; k++ {
		if !blank(f.lines[k]) {
			return false
		}
	}
	return true
}

// exchange puts fresh lines in place of others. Blank lines of the file among
// these stay where line is exchanged for line.
func (m alignment) exchange(gone []int, fresh []string) []Edit {
	first, last := gone[0], gone[len(gone)-1]
	if last-first+1 == len(gone) || len(gone) != len(fresh) {
		return []Edit{m.f.edit(first, last+1, fresh)}
	}
	var edits []Edit
	for i, line := range gone {
		edits = append(edits, m.f.edit(line, line+1, fresh[i:i+1]))
	}
	return edits
}

// insert puts fresh lines between the lines that surround them in the search.
// Blank lines that the search has there and the file has not come with them.
func (m alignment) insert(w wanted, c change, fresh []string) (Edit, bool) {
	before, above := m.neighbour(w.search, c.b0-1, -1)
	after, below := m.neighbour(w.search, c.b1, 1)
	if above > 0 && before < 0 || below > 0 && after < 0 {
		above, below = 0, 0
	}
	switch {
	case before < 0 && after < 0:
		return Edit{}, false
	case before >= 0 && after >= 0 && !m.f.blankBetween(before, after):
		return Edit{}, false
	case before >= 0 && after == before+1 || before >= 0 && after < 0:
		fresh = spread(fresh, above, below)
	}
	at := before + 1
	if before < 0 || after > 0 && fresh[len(fresh)-1] == "" && fresh[0] != "" {
		at = after
	}
	return m.f.edit(at, at, fresh), true
}

// neighbour is the line of the file that stands for the nearest line of the
// search from i on in the direction by, and how many blank lines the search has
// in between that the file has not. It is -1 at an end, at unseen lines, and at
// one that the file has not.
func (m alignment) neighbour(search []string, i, by int) (line, blanks int) {
	for ; i >= 0 && i < len(m.at); i += by {
		switch {
		case m.at[i] >= 0:
			return m.at[i], blanks
		case m.unseen != nil && m.unseen[i], !blank(search[i]):
			return -1, 0
		}
		blanks++
	}
	return -1, blanks
}

// spread puts blank lines above and below lines that do not begin or end with
// one.
func spread(fresh []string, above, below int) []string {
	if fresh[0] == "" {
		above = 0
	}
	if fresh[len(fresh)-1] == "" {
		below = 0
	}
	out := append(make([]string, above, above+len(fresh)+below), fresh...)
	return append(out, make([]string, below)...)
}

// edit replaces the lines [i, j) by fresh ones, which end as the lines whose
// place they take; the file keeps having or not having a final newline.
func (f *fileLines) edit(i, j int, fresh []string) Edit {
	var b strings.Builder
	atOpenEnd := j == len(f.lines) && f.open()
	for k, s := range fresh {
		eol := f.ending(min(i+k, max(j-1, i)))
		switch {
		case atOpenEnd && i == j: // after a line without an end
			b.WriteString(eol + s)
		case atOpenEnd && k == len(fresh)-1:
			b.WriteString(s)
		default:
			b.WriteString(s + eol)
		}
	}
	return Edit{Span{f.starts[i], f.starts[j]}, b.String()}
}
