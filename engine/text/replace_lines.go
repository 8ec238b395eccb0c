package text

import (
	"cmp"
	"strings"
	"sync"
)

// fileLines is a file as lines: what a line says, and how it ends.
type fileLines struct {
	src    string
	lines  []string // without line ends; never nil
	starts []int    // of each line in src, and the end of the last one
	solid  []int    // the lines that are not blank
	said   []string // what these say, without what begins and ends them
	first  int      // how many lines of the file come before these
	all    *manner  // of the whole file
}

// manner is what holds for a file as a whole.
type manner struct {
	tabs   func() bool // it is indented with tabs
	ending string      // of its first line, "" where that has none
	ascii  func() bool // it has no other bytes
	hides  func() bool // it has characters that nobody sees
}

func mannerOf(src string) *manner {
	body := strings.TrimPrefix(src, bom)
	m := &manner{ending: firstEnding(body)}
	m.tabs = sync.OnceValue(func() bool { return tabbedText(body) })
	m.ascii = sync.OnceValue(func() bool { return ascii(body) })
	m.hides = sync.OnceValue(func() bool { return !m.ascii() && hides(body) })
	return m
}

func firstEnding(body string) string {
	switch i := strings.IndexByte(body, '\n'); {
	case i < 0:
		return ""
	case i > 0 && body[i-1] == '\r':
		return "\r\n"
	}
	return "\n"
}

// tabbedText says whether the first line that is indented is so with a tab.
func tabbedText(body string) bool {
	for body != "" {
		line, rest, _ := strings.Cut(body, "\n")
		if in := indent(line); in != "" && !blank(line) {
			return in[0] == '\t'
		}
		body = rest
	}
	return false
}

// bom is the byte order mark; it is before the first line, not in it.
const bom = "\ufeff"

// cutFile cuts a file into lines.
func cutFile(src string, all *manner) *fileLines {
	return cutLines(src, len(src)-len(strings.TrimPrefix(src, bom)), len(src), all)
}

// cutLines cuts the lines of a file that begin in [from, to); both are where lines begin, or the end of the file.
func cutLines(src string, from, to int, all *manner) *fileLines {
	n := strings.Count(src[from:to], "\n") + 1
	f := &fileLines{src: src, all: all, lines: make([]string, 0, n), starts: make([]int, 1, n+1), solid: make([]int, 0, n), said: make([]string, 0, n)}
	f.starts[0] = from
	for at := from; at < to; {
		line, end := src[at:to], to
		if i := strings.IndexByte(line, '\n'); i >= 0 {
			line, end = strings.TrimSuffix(line[:i], "\r"), at+i+1
		}
		if s := stripped(line); s != "" {
			f.solid, f.said = append(f.solid, len(f.lines)), append(f.said, s)
		}
		f.lines, f.starts = append(f.lines, line), append(f.starts, end)
		at = end
	}
	return f
}

// plainLines is the lines of s without their line ends.
func plainLines(s string) []string {
	cut := lines(s)
	for i, line := range cut {
		line = strings.TrimSuffix(line, "\n")
		if len(line) < len(cut[i]) {
			line = strings.TrimSuffix(line, "\r")
		}
		cut[i] = line
	}
	return cut
}

// ending is the line end of line i: its own, or that of a line before it, or
// of the first line.
func (f *fileLines) ending(i int) string {
	for _, k := range []int{i, i - 1} {
		if k < 0 || k >= len(f.lines) {
			continue
		}
		if end := f.src[f.starts[k]+len(f.lines[k]) : f.starts[k+1]]; end != "" {
			return end
		}
	}
	return cmp.Or(f.all.ending, "\n")
}

// open says whether the file's last line has no line end.
func (f *fileLines) open() bool {
	n := len(f.lines)
	return n > 0 && f.starts[n] == f.starts[n-1]+len(f.lines[n-1])
}

// lastSolid is the last line of a file that is not blank, from 1; 0 where all are.
func lastSolid(src string) int {
	body := strings.TrimRight(strings.TrimPrefix(src, bom), " \t\r\f\v\n")
	if body == "" {
		return 0
	}
	return 1 + strings.Count(body, "\n")
}

// lineKey is what of a line must be alike.
type lineKey func(string) string

func sameLine(s string) string { return s }

func trailing(s string) string { return strings.TrimRight(s, " \t\r\f\v") }

func stripped(s string) string { return strings.TrimLeft(trailing(s), " \t") }

// spaced is a stripped line with each run of white space made one space.
func spaced(s string) string {
	s = stripped(s)
	if !strings.Contains(s, "\t") && !strings.Contains(s, "  ") {
		return s
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' }), " ")
}

func blank(s string) bool { return stripped(s) == "" }

// wanted is a search and its replacement as lines.
type wanted struct{ search, replace []string }

func wantedLines(search, replace string) wanted {
	return wanted{plainLines(search), plainLines(replace)}
}

// dropOuterBlanks drops the blank lines around the search and, of those around
// the replacement, as many: what the search adds to the file, so does it.
func dropOuterBlanks(w wanted) wanted {
	n := leadingBlanks(w.search)
	m := min(n, leadingBlanks(w.replace))
	w.search, w.replace = w.search[n:], w.replace[m:]
	n = trailingBlanks(w.search)
	m = min(n, trailingBlanks(w.replace))
	w.search, w.replace = w.search[:len(w.search)-n], w.replace[:len(w.replace)-m]
	return w
}

func leadingBlanks(rows []string) int {
	n := 0
	for n < len(rows) && blank(rows[n]) {
		n++
	}
	return n
}

func trailingBlanks(rows []string) int {
	n := 0
	for n < len(rows) && blank(rows[len(rows)-1-n]) {
		n++
	}
	return n
}

// findLines is a step that finds whole lines, blank ones too, alike by key.
func findLines(key lineKey) func(*request) places {
	return func(r *request) places {
		w := wantedLines(r.search, r.replace)
		if near := r.near(given); near.known {
			return near.lines(w, key)
		}
		f := r.file()
		at, more := findRun(f.lines, w.search, key, nil)
		found := places{more: more}
		for _, i := range at {
			m := alignment{f: f, at: consecutive(i, len(w.search))}
			found.at = append(found.at, m.place(w, key))
		}
		return found
	}
}

func consecutive(first, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = first + i
	}
	return out
}

// findRun lists where the lines of needle follow one another in rows, alike by
// key and accepted by ok (nil accepts all). It is the search of Knuth, Morris
// and Pratt over numbered lines, so that a file of one repeated line costs no more.
func findRun(rows, needle []string, key lineKey, ok func(i int) bool) (at []int, more bool) {
	if len(needle) == 0 || len(needle) > len(rows) {
		return nil, false
	}
	ids := numbering{}
	want := ids.of(mapped(needle, key))
	fail := borders(want)
	for i, k := 0, 0; i < len(rows); i++ {
		k = advance(want, fail, k, ids.known(key(rows[i])))
		start := i + 1 - len(want)
		if k < len(want) || (ok != nil && !ok(start)) {
			continue
		}
		if len(at) == maxPlaces {
			return at, true
		}
		at = append(at, start)
	}
	return at, false
}

func mapped(rows []string, key lineKey) []string {
	out := make([]string, len(rows))
	for i, s := range rows {
		out[i] = key(s)
	}
	return out
}

// advance is how many of want are matched after one more line, given k before it.
func advance(want, fail []int, k, id int) int {
	for k > 0 && (k == len(want) || want[k] != id) {
		k = fail[k-1]
	}
	if want[k] == id {
		k++
	}
	return k
}

// borders is the failure function: for each prefix of ids the length of its
// longest proper border.
func borders(ids []int) []int {
	out, k := make([]int, len(ids)), 0
	for i := 1; i < len(ids); i++ {
		for k > 0 && ids[i] != ids[k] {
			k = out[k-1]
		}
		if ids[i] == ids[k] {
			k++
		}
		out[i] = k
	}
	return out
}
