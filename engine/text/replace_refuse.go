package text

import "strings"

// refusal is the error for a search that fits nowhere.
func (r *request) refusal() error {
	if line := r.already(); line > 0 && !r.unlaid {
		return &AlreadyError{Line: line}
	}
	if r.elided != nil {
		return r.elided
	}
	return nearest(r)
}

// telling is how many letters and digits a text has at least that stands
// somewhere by no chance.
const telling = 8

// already is the line at which the replacement stands, once and whole, in a file
// that does not have the search.
func (r *request) already() int {
	replace := toLF(r.replace)
	if letters(replace) < 3 || r.replace == r.search {
		return 0
	}
	w := dropOuterBlanks(wantedLines(r.replace, ""))
	if near := r.stretches(w.search); near.known {
		return near.alone(w.search, stripped)
	}
	f := r.file()
	solid := solidLines(w.search)
	at, more := findRun(f.said, mapped(pick(w.search, solid), stripped), sameLine, nil)
	if len(at) != 1 || more {
		return 0
	}
	return f.solid[at[0]] + 1
}

// inserted is the line at which stands already what edits would only add to
// whole lines, with all that the replacement says around it; else 0.
func (r *request) inserted(p place, edits []Edit) int {
	if len(edits) != 1 || edits[0].Span.Len() > 0 || letters(edits[0].New) < telling || !strings.HasSuffix(edits[0].New, "\n") {
		return 0
	}
	at, fresh := edits[0].Start, edits[0].New
	before, after := strings.HasSuffix(r.src[:at], fresh), strings.HasPrefix(r.src[at:], fresh)
	if !before && !after {
		return 0
	}
	if before {
		return p.line
	}
	return 1 + strings.Count(r.src[:at], "\n")
}

// checkFresh refuses edits that write what stands for bytes that are not UTF-8,
// unless the file itself has it.
func checkFresh(src string, edits []Edit) error {
	for _, e := range edits {
		if hasReplacementChar(e.New) && !hasReplacementChar(src) {
			return &EncodingError{}
		}
	}
	return nil
}

func hasReplacementChar(s string) bool { return strings.Contains(s, "\ufffd") }
