package text

import (
	"strings"

	"znkr.io/diff"
)

// lay lays the difference of w onto the lines of the file from line at on,
// where w's search matched line by line. dress gives a new line the look of the
// place.
func (f *fileLines) lay(at int, w wanted, dress func(string) string) []Edit {
	var edits []Edit
	for _, h := range diff.Hunks(w.search, w.replace, diff.Context(0)) {
		fresh := make([]string, 0, h.EndY-h.PosY)
		for _, s := range w.replace[h.PosY:h.EndY] {
			fresh = append(fresh, dress(s))
		}
		edits = append(edits, f.edit(at+h.PosX, at+h.EndX, fresh))
	}
	return edits
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
