package text

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// dots is a line that stands for others by dots alone, with or without the
// signs of a comment.
var dots = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?://+|#+|--|;+|%+|/\*+|<!--|\{/\*|\*)?\s*(?:\.\.\.+|…)\s*(?:\*/\}?|-->)?$`)
})

// omission is a line that says in words that it stands for others.
var omission = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?://+|#+|--|;+|%+|/\*+|<!--|\{/\*|\*)?\s*[\[(]?(?:\.\.\.+|…)?\s*` +
		`(?:\(?(?:the\s+)?(?:existing|previous|original|unchanged|remaining|other)\s+(?:\w+\s+){0,3}(?:code|lines?|methods?|functions?|imports?|content|implementation|fields?|tests?)` +
		`|(?:the\s+)?rest\s+of\b.{0,40}?|(?:code|lines?)\s+(?:omitted|unchanged)|unchanged|no\s+changes?)` +
		`(?:\s+(?:here|unchanged|remains?(?:\s+(?:the\s+same|unchanged))?|stays?(?:\s+the\s+same)?|above|below))?\)?[\])]?\s*(?:\.\.\.+|…)?\s*(?:\*/\}?|-->)?\.?$`)
})

// commented is how a comment begins.
var commented = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?://|#|--|;|%|/\*|<!--|\{/\*|\*)`) })

// omits says whether a line says in words that it stands for others: with dots,
// or in a comment.
func omits(s string) bool {
	s = stripped(s)
	if len(s) > 100 || len(s) < 3 || !omission().MatchString(s) {
		return false
	}
	return strings.Contains(s, "..") || strings.Contains(s, "…") || commented().MatchString(s)
}

func elision(s string) bool {
	s = stripped(s)
	if len(s) > 100 || !strings.Contains(s, "..") && !strings.Contains(s, "…") && !commented().MatchString(s) {
		return false
	}
	return (dots().MatchString(s) || omits(s))
}

// checkReplacement refuses a replacement that leaves lines out where the search
// has them: it would take them away.
func checkReplacement(src []byte, search, replace string) error {
	if !strings.Contains(replace, "..") && !strings.Contains(replace, "…") && !mayOmit(replace) {
		return nil
	}
	was := mapped(plainLines(search), stripped)
	there := func(s string) bool { return bytes.Contains(src, []byte(s)) }
	meant := slices.ContainsFunc(was, func(s string) bool { return elision(s) && !there(s) })
	for i, s := range plainLines(replace) {
		s = stripped(s)
		if lazy(s) && !slices.Contains(was, s) && !meant && !there(s) {
			return &ElidedError{Text: s, Number: i + 1}
		}
	}
	return nil
}

// lazy says whether a line of a replacement stands for others beyond doubt:
// three dots alone are Python.
func lazy(s string) bool {
	return omits(s) || elision(s) && commented().MatchString(stripped(s))
}

func mayOmit(s string) bool {
	for _, word := range []string{"rest", "existing", "unchanged", "omitted", "remain"} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}

// findElided finds a search some of whose lines stand for any lines of the
// file. The replacement has them, too: what nobody has seen is not removed.
func findElided(r *request) places {
	for _, v := range loosely {
		all, ok := r.read(v)
		if !ok || !slices.ContainsFunc(all.search, elision) {
			continue
		}
		w := trimElisions(all)
		if !slices.ContainsFunc(w.search, elision) {
			if len(w.search) > 0 {
				if found := r.findSolid(w, r.stretches(w.search), unadorned); len(found.at) > 0 {
					return found
				}
			}
			continue
		}
		from, to := segments(w.search), segments(w.replace)
		if len(from) != len(to) {
			r.leaveOut(w.search)
			continue
		}
		if found := r.chains(w, from, to); len(found.at) > 0 {
			return found
		}
	}
	return places{}
}

// leaveOut keeps for the refusal that the replacement would remove unseen lines.
func (r *request) leaveOut(search []string) {
	i := slices.IndexFunc(search, elision)
	r.elided = &ElidedError{Text: stripped(search[i]), Number: i + 1, Search: true}
}

// trimElisions drops what stands for the lines before and after all others,
// where both texts have it.
func trimElisions(w wanted) wanted {
	for len(w.search) > 0 && len(w.replace) > 0 && elision(w.search[0]) && elision(w.replace[0]) {
		w = dropOuterBlanks(wanted{w.search[1:], w.replace[1:]})
	}
	for n, m := len(w.search), len(w.replace); n > 0 && m > 0 && elision(w.search[n-1]) && elision(w.replace[m-1]); n, m = len(w.search), len(w.replace) {
		w = dropOuterBlanks(wanted{w.search[:n-1], w.replace[:m-1]})
	}
	return w
}

// segments are the stretches of lines between elisions.
func segments(rows []string) []Span {
	var out []Span
	start := 0
	for i, s := range rows {
		if elision(s) {
			out, start = append(out, Span{start, i}), i+1
		}
	}
	return append(out, Span{start, len(rows)})
}

// chains lists where the segments follow one another, each as near to the one
// before it as it is found, within the same block.
func (r *request) chains(w wanted, from, to []Span) places {
	f := r.file()
	starts := make([][]int, len(from))
	for i, seg := range from {
		rows := w.search[seg.Start:seg.End]
		needle := mapped(pick(rows, solidLines(rows)), unadorned)
		at, more := findRun(f.said, needle, unadorned, nil)
		if more || len(at) == 0 {
			return places{}
		}
		starts[i] = at
	}
	var found places
	for i, first := range starts[0] {
		at, ok := f.chain(w, from, starts, first)
		if !ok || i+1 < len(starts[0]) && len(at) > 1 && starts[0][i+1] < at[1] {
			continue // the next beginning is nearer
		}
		m := f.chained(w, from, at)
		if _, _, ok := m.frame(w.search).relation(); !ok {
			continue
		}
		found.at = append(found.at, m.dressed(func() ([]Edit, bool) { return m.layShifted(w, segmentChanges(w, from, to)) }))
	}
	return found
}

// chain is where each segment begins, among the file's solid lines, when the
// first one begins at first.
func (f *fileLines) chain(w wanted, from []Span, starts [][]int, first int) ([]int, bool) {
	at := []int{first}
	for i := 1; i < len(from); i++ {
		end := at[i-1] + len(solidLines(w.search[from[i-1].Start:from[i-1].End]))
		k, _ := slices.BinarySearch(starts[i], end)
		if k == len(starts[i]) || !f.oneBlock(end-1, starts[i][k]) {
			return nil, false
		}
		at = append(at, starts[i][k])
	}
	return at, true
}

// oneBlock says whether what stands between two solid lines belongs to the
// block that they are in: no line of it is further out than where they lead.
func (f *fileLines) oneBlock(last, next int) bool {
	a, b := f.width(last), f.width(next)
	least := b
	if a == b && opensBlock(f.said[last]) {
		least = a + 1
	}
	for k := last + 1; k < next; k++ {
		if f.width(k) < least {
			return false
		}
	}
	return true
}

// width is the indentation of a solid line.
func (f *fileLines) width(k int) int { return columns(indent(f.lines[f.solid[k]]), 4) }

// chained is the alignment of segments that begin at given solid lines.
func (f *fileLines) chained(w wanted, from []Span, at []int) alignment {
	m := alignment{f: f, unseen: make([]bool, len(w.search))}
	for i, seg := range from {
		rows := w.search[seg.Start:seg.End]
		m.at = append(m.at, f.align(rows, solidLines(rows), at[i])...)
		if seg.End < len(w.search) {
			m.unseen[seg.End] = true
			m.at = append(m.at, -1)
		}
	}
	return m
}

// segmentChanges is what the replacement does to each segment.
func segmentChanges(w wanted, from, to []Span) []change {
	var out []change
	for i := range from {
		part := wanted{w.search[from[i].Start:from[i].End], w.replace[to[i].Start:to[i].End]}
		for _, c := range lineChanges(part, trailing) {
			a, b := from[i].Start, to[i].Start
			out = append(out, change{c.b0 + a, c.b1 + a, c.s0 + b, c.s1 + b})
		}
	}
	return out
}
