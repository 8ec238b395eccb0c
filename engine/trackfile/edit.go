package trackfile

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"sort"
	"unicode/utf8"
)

// Edit is the document after the bytes from start to end have been replaced; offsets outside of the source are
// moved to its nearest end, as is an end before the start. The result is that of Parse on the whole new text, but
// only the tickets that the change lies in are read again where they can be: in YAML in block form, in broken
// documents too, and in JSON while it has no syntax error. Everything else is shared with the old document, which
// stays as it is. It is safe for concurrent use.
func (d *Document) Edit(start, end int, new string) *Document {
	start = min(max(start, 0), len(d.Source))
	end = min(max(end, start), len(d.Source))
	src := slices.Concat(d.Source[:start], []byte(new), d.Source[end:])
	u := &reuse{old: d, start: start, end: end, grown: len(new) - (end - start)}
	if d.fixed || len(src) > maxBytes || start < 3 || !cleanAround(src, start, start+len(new)) {
		return Parse(d.Name, src)
	}
	next := &Document{Name: d.Name, Source: src, lines: u.lines(src)}
	switch {
	case isJSONName(d.Name):
		if next.replaceElement(u) {
			return next
		}
	case d.layout != nil && next.readApart(src, u):
		return next
	}
	return Parse(d.Name, src)
}

// cleanAround says whether the parser may see the characters that the range touches.
func cleanAround(src []byte, from, to int) bool {
	for from > 0 {
		if from--; utf8.RuneStart(src[from]) {
			break
		}
	}
	for to < len(src) && !utf8.RuneStart(src[to]) {
		to++
	}
	for from < to {
		n, bad := nextRune(src[from:])
		if bad {
			return false
		}
		from += n
	}
	return true
}

// reuse is what of an older version can be taken over when bytes of it have been replaced. Its methods can be
// called on nil, when there is no older version.
type reuse struct {
	old        *Document
	start, end int // what was replaced
	grown      int // by how much the new text is longer
	kept       int // pieces before the change
	tail       int // pieces behind it
}

// lines lists the starts of the lines of the new text.
func (u *reuse) lines(src []byte) []int {
	old := u.old.lines
	// A line end may be made or unmade by the byte before the change or behind it.
	from := sort.SearchInts(old, u.start)
	for from > 0 && old[from-1] >= u.start-1 {
		from--
	}
	from = max(from, 1)
	to := sort.Search(len(old), func(i int) bool { return old[i] > u.end+1 })
	out := make([]int, 0, len(old)+16)
	out = append(out, old[:from]...)
	for at := max(out[from-1], u.start-2, 0); at < min(len(src), u.end+u.grown+1); at++ {
		if lineEnds(src, at) && at+1 > out[len(out)-1] {
			out = append(out, at+1)
		}
	}
	for _, at := range old[to:] {
		out = append(out, at+u.grown)
	}
	return out
}

// split is the layout of the new text.
func (u *reuse) split(src []byte, lines []int) (*layout, bool) {
	l, ok := split(src, lines)
	if u == nil || !ok {
		return l, ok
	}
	old := u.old.layout
	n, m := len(l.starts), len(old.starts)
	for u.kept < min(n, m) && l.extent(u.kept) == old.extent(u.kept) && l.extent(u.kept).End <= u.start {
		u.kept++
	}
	for u.tail < min(n, m)-u.kept && old.extent(m-1-u.tail).Start >= u.end && l.extent(n-1-u.tail) == old.extent(m-1-u.tail).shifted(u.grown) {
		u.tail++
	}
	return l, ok
}

// head is the old one when nothing changed in its text, else nil.
func (u *reuse) head(src []byte, l *layout) *head {
	if u == nil || u.old.layout.list != l.list || u.old.head.cut != l.starts[0] && !l.list {
		return nil
	}
	h := u.old.head
	if l.list || bytes.Equal(h.text[:h.cut], src[:h.cut]) && bytes.Equal(h.text[h.cut:], src[l.end:]) {
		return h
	}
	return nil
}

// piece is the n-th piece of the new text, which has so many, when it is an old one; else nil.
func (u *reuse) piece(n, of int) *piece {
	switch {
	case u == nil:
		return nil
	case n < u.kept:
		return u.old.pieces[n]
	case n >= of-u.tail:
		return u.old.pieces[len(u.old.pieces)-(of-n)]
	}
	return nil
}

// links are the old ones when the change touched none, else nil.
func (u *reuse) links(d *Document) *links {
	if u == nil || len(d.pieces) != len(u.old.pieces) || !maps.Equal(d.head.hidden, u.old.head.hidden) {
		return nil
	}
	for i := u.kept; i < len(d.pieces)-u.tail; i++ {
		if !d.pieces[i].sameLinks(u.old.pieces[i]) {
			return nil
		}
	}
	return u.old.links
}

// replaceElement makes the document from the old one when the change lies within one element of a JSON list of
// tickets, and that is one value still; else it returns false.
func (d *Document) replaceElement(u *reuse) bool {
	old := u.old
	n := sort.Search(len(old.pieces), func(i int) bool { return old.entry(i).End >= u.end })
	if n == len(old.pieces) || old.entry(n).Start > u.start {
		return false
	}
	at := old.entry(n)
	src := d.Source[at.Start : at.End+u.grown]
	if len(src) == 0 || isSpace(src[0]) || isSpace(src[len(src)-1]) || !json.Valid(src) {
		return false
	}
	depth := 1
	if old.Form == FormJSON {
		depth = 2
	}
	r := newTicketReader()
	r.d = &reading{name: d.Name, src: src}
	root := r.d.elementJSON(src, depth)
	if root == nil {
		return false
	}
	d.pieces, d.starts = slices.Clone(old.pieces), slices.Clone(old.starts)
	d.pieces[n] = r.piece(root)
	for i := n + 1; i < len(d.starts); i++ {
		d.starts[i] += u.grown
	}
	u.kept, u.tail = n, len(d.pieces)-n-1
	d.assemble(old.head, u)
	return true
}
