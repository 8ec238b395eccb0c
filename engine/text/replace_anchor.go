package text

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// Anchors spare the steps a look at each line of the file. A line that any step but Elisions and Context takes for one
// of the search says the same, looks apart (unadorned). So where the file has a word of the search in few places, the
// search can be there and nowhere else, and only these stretches of the file are cut into lines. What is found is what
// a look through all of the file finds; where no word is rare enough, or places overlap, that is what happens.

// The bounds of anchors.
const (
	anchorTries = 8       // words that are looked for
	anchorGood  = 4       // lines with a word that are few enough not to try another one
	anchorSpan  = 1 << 10 // bytes of the file to one line with a word
	anchorLeast = 64      // such lines, however small the file is
)

// stretch is the lines of a file around a place where a search can be.
type stretch struct {
	f *fileLines
	k int // of the first line of the search, among the lines of f that are not blank
}

// stretches are all places where a search can be, in the order of the file; unless known, there is no saying.
type stretches struct {
	at    []stretch
	known bool
}

// near is where a version of the request can be.
func (r *request) near(v version) stretches {
	c := &r.reread[v]
	if c.near == nil {
		w, _ := r.read(v)
		rows := w.search
		if v == given {
			rows = plainLines(r.search) // with the blank lines around it
		}
		near := r.stretches(rows)
		c.near = &near
	}
	return *c.near
}

// stretches are the places of rows, with as many lines around them as rows has blank ones, and one more.
func (r *request) stretches(rows []string) stretches {
	keys := mapped(pick(rows, solidLines(rows)), unadorned)
	if r.thorough || len(keys) == 0 {
		return stretches{}
	}
	at, ok := r.anchored(keys)
	if !ok {
		return stretches{}
	}
	near := stretches{known: true}
	line, from := 0, len(r.src)-len(strings.TrimPrefix(r.src, bom))
	for _, p := range at {
		line += strings.Count(r.src[from:p.Start], "\n")
		from = p.Start
		near.at = append(near.at, r.stretch(p, line, leadingBlanks(rows)+1, trailingBlanks(rows)+1))
	}
	return near
}

// stretch cuts the lines of p and some before and after. line is how many lines are before p.
func (r *request) stretch(p Span, line, before, after int) stretch {
	start, end := p.Start, p.End
	for ; before > 0 && start > 0; before-- {
		if prev, ok := lineBefore(r.src, start); ok {
			start = prev
			line--
		}
	}
	for ; after > 0 && end < len(r.src); after-- {
		end = lineAfter(r.src, end)
	}
	st := stretch{f: cutLines(r.src, start, end, r.manner())}
	st.f.first = line
	for st.f.starts[st.f.solid[st.k]] < p.Start {
		st.k++
	}
	return st
}

// anchored are the lines of the file that say what keys say, blank lines among them apart: all of them, or false.
func (r *request) anchored(keys []string) ([]Span, bool) {
	hits, t, ok := r.anchor(keys)
	if !ok {
		return nil, false
	}
	var at []Span
	budget := 4*len(r.src) + 1<<16 // bytes that are compared: keeps hostile input linear
	for _, start := range hits {
		p, yes := r.around(start, t, keys, &budget)
		if budget < 0 || yes && len(at) > 0 && p.Start < at[len(at)-1].End || len(at) > maxPlaces {
			return nil, false
		}
		if yes {
			at = append(at, p)
		}
	}
	return at, len(at) <= maxPlaces
}

// around is the stretch of lines that say what keys say, the t-th of them being the line at start.
func (r *request) around(start, t int, keys []string, budget *int) (Span, bool) {
	p := Span{start, lineAfter(r.src, start)}
	says := func(from, to int, key string) bool {
		*budget -= to - from
		return unadorned(lineText(r.src[from:to])) == key
	}
	if !says(p.Start, p.End, keys[t]) {
		return p, false
	}
	for i := t + 1; i < len(keys); i++ {
		from, ok := nextSolid(r.src, p.End, budget)
		if p.End = from; ok {
			p.End = lineAfter(r.src, from)
		}
		if !ok || !says(from, p.End, keys[i]) {
			return p, false
		}
	}
	for i := t - 1; i >= 0; i-- {
		end := p.Start
		from, ok := solidBefore(r.src, end, budget)
		if p.Start = from; !ok || !says(from, lineAfter(r.src, from), keys[i]) {
			return p, false
		}
	}
	return p, true
}

// anchor finds a word of keys that few lines of the file have: where these lines begin, and which of the keys has it.
func (r *request) anchor(keys []string) (hits []int, t int, ok bool) {
	if r.manner().hides() {
		return nil, 0, false
	}
	words := anchorWords(keys, r.manner().ascii())
	most := anchorLeast + len(r.src)/anchorSpan
	for _, w := range words[:min(len(words), anchorTries)] {
		found, few := linesWith(r.src, w.text, most)
		if !few {
			continue
		}
		hits, t, ok = found, w.line, true
		if len(hits) <= anchorGood {
			break
		}
		most = len(hits)
	}
	return hits, t, ok
}

// anchorWord is a word, and the first of the keys that has it.
type anchorWord struct {
	text string
	line int
}

// anchorWords are what the file has letter for letter where it has the keys, the longest first: in a file of ASCII all
// between spaces, else runs of letters and digits, since all other characters can look like something else.
func anchorWords(keys []string, plain bool) []anchorWord {
	var out []anchorWord
	seen := map[string]bool{}
	for i, key := range keys {
		for _, w := range strings.FieldsFunc(key, func(c rune) bool { return c == ' ' || !plain && (c >= 0x80 || !wordByte(byte(c))) }) {
			if !seen[w] {
				seen[w] = true
				out = append(out, anchorWord{w, i})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b anchorWord) int { return cmp.Compare(len(b.text), len(a.text)) })
	return out
}

// linesWith lists where the lines begin that have a word; false where there are more than most.
func linesWith(src, word string, most int) ([]int, bool) {
	var out []int
	head := len(src) - len(strings.TrimPrefix(src, bom))
	for at := head; ; {
		i := strings.Index(src[at:], word)
		if i < 0 {
			return out, true
		}
		if len(out) == most {
			return nil, false
		}
		start := at + strings.LastIndexByte(src[at:at+i], '\n') + 1
		out = append(out, start)
		at = lineAfter(src, at+i)
	}
}

// lineAfter is where the line after that of offset at begins, or the end of s.
func lineAfter(s string, at int) int {
	if i := strings.IndexByte(s[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(s)
}

// lineBefore is where the line begins before the one that begins at start; false where there is none.
func lineBefore(s string, start int) (int, bool) {
	head := len(s) - len(strings.TrimPrefix(s, bom))
	if start <= head {
		return head, false
	}
	return max(head, strings.LastIndexByte(s[:start-1], '\n')+1), true
}

// lineText is a line without its end.
func lineText(line string) string {
	if body, ok := strings.CutSuffix(line, "\n"); ok {
		return strings.TrimSuffix(body, "\r")
	}
	return line
}

// nextSolid is where the first line that is not blank begins, from the line at from on; false where there is none.
func nextSolid(s string, from int, budget *int) (int, bool) {
	for from < len(s) && *budget >= 0 {
		end := lineAfter(s, from)
		if !blank(lineText(s[from:end])) {
			return from, true
		}
		*budget -= end - from
		from = end
	}
	return from, false
}

// solidBefore is where the nearest line that is not blank begins, before the line at start.
func solidBefore(s string, start int, budget *int) (int, bool) {
	for *budget >= 0 {
		prev, ok := lineBefore(s, start)
		if !ok {
			return prev, false
		}
		if !blank(lineText(s[prev:start])) {
			return prev, true
		}
		*budget -= start - prev
		start = prev
	}
	return start, false
}

// ascii says whether all bytes of s are ASCII's.
func ascii(s string) bool {
	var eight [8]byte
	for ; len(s) >= 8; s = s[8:] {
		copy(eight[:], s)
		if binary.LittleEndian.Uint64(eight[:])&0x8080808080808080 != 0 {
			return false
		}
	}
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// hides says whether a text has characters that nobody sees, by which a word can be another one.
func hides(s string) bool {
	for _, c := range []string{"\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", bom} {
		if strings.Contains(s, c) {
			return true
		}
	}
	return false
}

// lines are the places where all lines of w follow one another, blank ones too, alike by key.
func (n stretches) lines(w wanted, key lineKey) places {
	var found places
	for _, st := range n.at {
		row := st.f.solid[st.k] - leadingBlanks(w.search)
		if row < 0 || row+len(w.search) > len(st.f.lines) || !alikeBy(key, st.f.lines[row:row+len(w.search)], w.search) {
			continue
		}
		m := alignment{f: st.f, at: consecutive(row, len(w.search))}
		found.at = append(found.at, m.place(w, key))
	}
	return found
}

// solid are the places where the lines of w that are not blank follow one another, alike by key and indented alike or in
// one relation.
func (n stretches) solid(w wanted, key lineKey) places {
	var found places
	solid := solidLines(w.search)
	needle := pick(w.search, solid)
	if !keepsIndent(key) {
		needle = mapped(needle, stripped)
	}
	for _, st := range n.at {
		if keepsIndent(key) {
			if !alikeBy(key, pick(st.f.lines, st.f.solid[st.k:st.k+len(solid)]), needle) {
				continue
			}
		} else if !alikeBy(key, st.f.said[st.k:st.k+len(solid)], needle) {
			continue
		} else if _, _, ok := st.f.frame(w.search, solid, st.k).relation(); !ok {
			continue
		}
		found.at = append(found.at, solidPlace(st.f, w, solid, st.k, key))
	}
	return found
}

// alone is the line, from 1, of the only place where rows are, alike by key; else 0.
func (n stretches) alone(rows []string, key lineKey) int {
	needle := mapped(pick(rows, solidLines(rows)), key)
	line := 0
	for _, st := range n.at {
		if !alikeBy(key, st.f.said[st.k:st.k+len(needle)], needle) {
			continue
		}
		if line > 0 {
			return 0
		}
		line = st.f.first + st.f.solid[st.k] + 1
	}
	return line
}

func alikeBy(key lineKey, a, b []string) bool {
	return slices.EqualFunc(a, b, func(x, y string) bool { return key(x) == key(y) })
}
