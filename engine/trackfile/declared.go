package trackfile

import (
	"path"
	"slices"
	"strings"
)

// Declared are the names of what a ticket says that it will change, sorted, each once: its target file and what it
// writes. Each reads as a pattern: in the target file, which is none, what would be special is escaped.
func (t *Ticket) Declared() []string {
	var out []string
	if t.TargetFile != "" {
		out = append(out, path.Clean(escapeName(t.TargetFile)))
	}
	for _, w := range t.Writes {
		switch {
		case w == "":
		case strings.HasSuffix(w, "/"): // a folder stands for all that is in it
			out = append(out, path.Join(w, "**"))
		default:
			out = append(out, path.Clean(w))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

const special = `*?[]{}\`

func escapeName(s string) string {
	if !strings.ContainsAny(s, special) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(special, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// ShowName is a declared name for people.
func ShowName(name string) string { return strings.ReplaceAll(name, `\`, "") }

// maxReadings bounds what a name's braces are spelled out to, and maxSteps what a comparison costs. Past them names
// overlap where their folders do.
const (
	maxReadings = 64
	maxSteps    = 1 << 16
)

// Name is a declared name, read once to be compared often. It does not change.
type Name struct {
	text     string
	folder   string     // that its files are in, or below, for certain; "" is the root
	readings [][]string // by segments, one for each way to spell its braces out; nil: too many
	exact    bool       // it names one file, which is plain
	plain    string
}

// ParseName reads a declared name. Any text is one: what is no pattern stands for itself.
func ParseName(s string) *Name {
	n := &Name{text: s, exact: !isSpecial(s)}
	if n.exact {
		n.plain = ShowName(s)
	}
	n.folder = certainFolder(s)
	readings, ok := spellOut(s)
	if !ok {
		return n
	}
	if strings.ContainsAny(s, "[{") { // where it is the name of a file after all, as of app/[id]/page.tsx
		readings = append(readings, escapeName(s))
	}
	for _, r := range readings {
		n.readings = append(n.readings, strings.Split(r, "/"))
	}
	return n
}

// certainFolder is what a name begins with up to the last slash before anything special. One that ends in a/** names
// also a, so that there the folder is the one above.
func certainFolder(s string) string {
	i := strings.IndexAny(s, special)
	if i < 0 {
		return parent(s)
	}
	folder := parent(s[:i])
	if rest := s[i:]; strings.HasPrefix(rest, "**") || strings.HasPrefix(rest, "{") {
		folder = parent(folder)
	}
	return folder
}

// isSpecial reports whether anything unescaped is special.
func isSpecial(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '*', '?', '[', '{':
			return true
		}
	}
	return false
}

// String is the name as it was read.
func (n *Name) String() string { return n.text }

// Exact reports whether it names one file and no other.
func (n *Name) Exact() bool { return n.exact }

// Folder is the folder that all files of this name are in, or below; "" is the root.
func (n *Name) Folder() string { return n.folder }

// Overlaps reports whether a file can have both names. It never says no where one can; with sets of characters, and
// past its bounds, it may say yes where none can.
func (n *Name) Overlaps(o *Name) bool {
	switch {
	case n.text == o.text:
		return true
	case n.exact && o.exact:
		return n.plain == o.plain
	case !within(n.folder, o.folder) && !within(o.folder, n.folder):
		return false
	case n.readings == nil || o.readings == nil:
		return true
	}
	for _, a := range n.readings {
		for _, b := range o.readings {
			if meet(a, b) {
				return true
			}
		}
	}
	return false
}

func within(folder, p string) bool {
	return folder == "" || strings.HasPrefix(p, folder) && (len(p) == len(folder) || p[len(folder)] == '/')
}

// Overlap is Overlaps of two names that are compared once.
func Overlap(a, b string) bool { return ParseName(a).Overlaps(ParseName(b)) }

// spellOut gives a pattern once for each choice among its braces; ok is false where there are too many.
func spellOut(s string) (_ []string, ok bool) {
	done, open := []string{}, []string{s}
	for len(open) > 0 {
		if len(done)+len(open) > maxReadings {
			return nil, false
		}
		next := open[len(open)-1]
		open = open[:len(open)-1]
		head, choices, tail, found := firstBraces(next)
		if !found {
			done = append(done, next)
			continue
		}
		for _, c := range choices {
			open = append(open, head+c+tail)
		}
	}
	return done, true
}

// firstBraces cuts a pattern at its first pair of braces. Braces without their partner stand for themselves.
func firstBraces(s string) (head string, choices []string, tail string, found bool) {
	start, depth, from := -1, 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '{':
			if depth++; depth == 1 {
				start, from = i, i+1
			}
		case c == ',' && depth == 1:
			choices, from = append(choices, s[from:i]), i+1
		case c == '}' && depth > 0:
			if depth--; depth == 0 {
				return s[:start], append(choices, s[from:i]), s[i+1:], true
			}
		}
	}
	return "", nil, "", false
}

// meet reports whether two patterns by segments have a path in common.
func meet(a, b []string) bool {
	if len(a)*len(b) > maxSteps {
		return true
	}
	return joint(len(a), len(b), func(i int) bool { return a[i] == "**" }, func(j int) bool { return b[j] == "**" },
		func(i, j int) bool { return segmentsMeet(a[i], b[j]) })
}

// segmentsMeet reports whether two patterns without slashes have a text in common.
func segmentsMeet(a, b string) bool {
	if a == b {
		return true
	}
	x, y := units(a), units(b)
	if len(x)*len(y) > maxSteps {
		return true
	}
	return joint(len(x), len(y), func(i int) bool { return x[i] == anyText }, func(j int) bool { return y[j] == anyText },
		func(i, j int) bool { return x[i] == y[j] || x[i] == anyOne || y[j] == anyOne })
}

// Units of a segment that are no rune.
const (
	anyText rune = -1 - iota // a star
	anyOne                   // a question mark, or a set of characters, whichever they are
)

func units(s string) []rune {
	var out []rune
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		switch r := runes[i]; {
		case r == '\\' && i+1 < len(runes):
			i++
			out = append(out, runes[i])
		case r == '*':
			out = append(out, anyText)
		case r == '?':
			out = append(out, anyOne)
		case r == '[' && setEnd(runes, i) > 0:
			i = setEnd(runes, i)
			out = append(out, anyOne)
		default:
			out = append(out, r)
		}
	}
	return out
}

// setEnd is where the set that begins at i ends, or 0.
func setEnd(runes []rune, i int) int {
	for j := i + 2; j < len(runes); j++ {
		switch runes[j] {
		case '\\':
			j++
		case ']':
			return j
		}
	}
	return 0
}

// joint reports whether two sequences of n and m units, some of which stand for any number of the other's, can be
// laid side by side to their ends. It costs n times m.
func joint(n, m int, manyA, manyB func(int) bool, same func(i, j int) bool) bool {
	next := make([]bool, m+1) // of row i+1: whether what is left from j on can be laid beside
	row := make([]bool, m+1)
	for i := n; i >= 0; i-- {
		for j := m; j >= 0; j-- {
			switch {
			case i == n && j == m:
				row[j] = true
			case i < n && manyA(i):
				row[j] = next[j] || j < m && row[j+1]
			case j < m && manyB(j):
				row[j] = row[j+1] || i < n && next[j]
			default:
				row[j] = i < n && j < m && same(i, j) && next[j+1]
			}
		}
		next, row = row, next
	}
	return next[0]
}
