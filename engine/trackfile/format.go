package trackfile

import (
	"bytes"
	"cmp"
	"reflect"
	"slices"
)

// Format returns the edits that lay a document out: two spaces a level, one blank before a dash's field and behind
// a colon, quotes only where text needs them, no trailing blanks, at most one blank line in a row and between all
// tickets when between most, one line end at the end. JSON has two spaces a level, and short lists stay on their
// line. Comments, the order of fields and what the document means stay. A document that is laid out so already, or
// that has an error, has none; formatting twice is formatting once. What it costs is two readings of the document.
func Format(d *Document) []Edit {
	if d.Errors() || d.Form == FormNone {
		return nil
	}
	if d.Form.JSON() {
		return formatJSON(d)
	}
	// What YAML means can hang on a blank: where a change would show in what is read, less is changed.
	for _, care := range []care{0, keepIndent, keepIndent | keepQuotes} {
		if edits := formatYAML(d, care); settled(d, edits, care) {
			return edits
		}
	}
	return nil
}

// care is what Format leaves alone.
type care int

const (
	keepIndent care = 1 << iota
	keepQuotes
)

// settled says whether the edits change nothing that is read, and would not be followed by others.
func settled(d *Document, edits []Edit, care care) bool {
	if len(edits) == 0 {
		return true
	}
	next := Parse(d.Name, ApplyEdits(d.Source, edits))
	return reflect.DeepEqual(d.Track, next.Track) && len(next.Problems) == len(d.Problems) && len(formatYAML(next, care)) == 0
}

// tidy puts edits into order and leaves out those that change nothing or overlap one before them.
func tidy(src []byte, edits []Edit) []Edit {
	slices.SortStableFunc(edits, func(a, b Edit) int { return cmp.Or(a.Start-b.Start, a.End-b.End) })
	out, at := edits[:0], 0
	for _, e := range edits {
		if e.Start >= at && string(src[e.Start:e.End]) != e.New {
			out = append(out, e)
			at = max(e.End, e.Start)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// formatJSON changes the white space between tokens.
func formatJSON(d *Document) []Edit {
	f := &jsonFormatter{src: d.Source, eol: d.eol()}
	at := 0
	if bytes.HasPrefix(f.src, []byte("\ufeff")) {
		at = 3
	}
	for {
		start := at
		for at < len(f.src) && isSpace(f.src[at]) {
			at++
		}
		if at == len(f.src) {
			f.edits = append(f.edits, Edit{start, at, f.eol})
			return tidy(f.src, f.edits)
		}
		end := f.tokenEnd(at)
		f.edits = append(f.edits, Edit{start, at, f.gap(at)})
		f.last = f.src[at]
		at = end
	}
}

// jsonFormatter walks over the tokens of legal JSON.
type jsonFormatter struct {
	src    []byte
	eol    string
	edits  []Edit
	inline []bool // of each open bracket: what is in it stays on the line
	last   byte   // what the token before starts with; 0 at the start
}

func (f *jsonFormatter) tokenEnd(at int) int {
	if f.src[at] == '"' {
		end := at + 1
		for ; f.src[end] != '"'; end++ {
			if f.src[end] == '\\' {
				end++
			}
		}
		return end + 1
	}
	end := at + 1
	if bytes.IndexByte([]byte("{}[],:"), f.src[at]) < 0 {
		for end < len(f.src) && !isSpace(f.src[end]) && bytes.IndexByte([]byte("{}[],:"), f.src[end]) < 0 {
			end++
		}
	}
	return end
}

// gap is the white space before the token at the offset; the open brackets are kept.
func (f *jsonFormatter) gap(at int) string {
	depth := len(f.inline)
	inline := depth > 0 && f.inline[depth-1]
	c := f.src[at]
	if c == '{' || c == '[' {
		f.inline = append(f.inline, f.fits(at))
	}
	if c == '}' || c == ']' {
		f.inline = f.inline[:depth-1]
		if f.last == '{' || f.last == '[' || inline {
			return ""
		}
		return f.eol + spaces(2*(depth-1))
	}
	switch {
	case f.last == 0, c == ',', c == ':':
		return ""
	case f.last == ':':
		return " "
	case f.last == ',' && inline:
		return " "
	case inline:
		return ""
	}
	return f.eol + spaces(2*depth)
}

// fits says whether the bracket is a list of plain values that stands on one line.
func (f *jsonFormatter) fits(at int) bool {
	if f.src[at] != '[' {
		return false
	}
	for at++; at < len(f.src); at = f.tokenEnd(at) {
		for at < len(f.src) && isSpace(f.src[at]) {
			if f.src[at] == '\n' || f.src[at] == '\r' {
				return false
			}
			at++
		}
		if c := f.src[at]; c == ']' || c == '[' || c == '{' {
			return c == ']'
		}
	}
	return false
}
