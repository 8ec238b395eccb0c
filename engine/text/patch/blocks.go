package patch

import (
	"regexp"
	"strings"
	"sync"
)

var divider = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s{0,3}={5,9}\s*$`) })

// placed are the lines by which some tools say where a search begins.
var placed = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^:(?:start_line|end_line):\s*\d+$|^-{5,9}$`) })

// blocks reads SEARCH/REPLACE blocks: one part for each.
func (in *input) blocks() ([]Part, error) {
	var parts []Part
	path := ""
	for i := 0; i < len(in.rows); i++ {
		m := opener().FindStringSubmatch(in.row(i))
		if m == nil {
			continue
		}
		end, err := in.blockEnd(i)
		if err != nil {
			return nil, err
		}
		if found, from := in.pathAbove(i, strings.TrimSpace(m[2])); found != "" {
			path = found
			in.use(from, i)
		}
		if path == "" {
			path = in.nameAbove(i)
		}
		if path == "" {
			return nil, &SyntaxError{i + 1, "the block does not say which file it is for: write the file's path on the line before it"}
		}
		h, err := in.block(i, end)
		if err != nil {
			return nil, err
		}
		in.use(i, end+1)
		parts = append(parts, Part{Op: Edit, Path: path, Line: i + 1, Hunks: []Hunk{h}})
		i = end
	}
	return parts, nil
}

// bareName is a line that is one word and nothing else.
var bareName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w.+@-]+$`) })

// nameAbove is a word alone on the line above a block for which no path was found: a file such as justfile or gradlew. A
// block without a search makes no file of such a name, since it can be the last word of an answer, too.
func (in *input) nameAbove(i int) string {
	if i == 0 || in.used[i-1] || divider().MatchString(in.row(i+1)) || !bareName().MatchString(in.row(i-1)) {
		return ""
	}
	in.use(i-1, i)
	return in.row(i - 1)
}

// blockEnd is the line that ends the block that begins at line i.
func (in *input) blockEnd(i int) (int, error) {
	for j := i + 1; j < len(in.rows); j++ {
		switch row := in.row(j); {
		case closer().MatchString(row), in.bareEnd(i, j):
			return j, nil
		case opener().MatchString(row):
			return 0, &SyntaxError{j + 1, "a block begins before the one at the lines above has ended: write >>>>>>> REPLACE after its replacement"}
		}
	}
	return 0, &SyntaxError{i + 1, "the block has no end; perhaps the input was cut off: write >>>>>>> REPLACE after its replacement"}
}

// bareEnd says whether line j is the end of a block without its word: as many >
// as the < that it began with, after a divider.
func (in *input) bareEnd(i, j int) bool {
	m := opener().FindStringSubmatch(in.row(i))
	if m[1] == "" || in.row(j) != strings.Repeat(">", len(m[1])) {
		return false
	}
	for k := i + 1; k < j; k++ {
		if divider().MatchString(in.row(k)) {
			return true
		}
	}
	return false
}

// block reads the lines between the markers. Each line that looks like the
// divider may be it.
func (in *input) block(start, end int) (Hunk, error) {
	first := start + 1
	for first < end && placed().MatchString(in.row(first)) && (first > start+1 || strings.HasPrefix(in.row(first), ":")) {
		first++
	}
	h := Hunk{Line: start + 1}
	for k := first; k < end; k++ {
		if !divider().MatchString(in.row(k)) {
			continue
		}
		h.Splits = append(h.Splits, Split{joined(in.rows[first:k]), joined(in.rows[k+1 : end])})
	}
	if len(h.Splits) == 0 {
		return Hunk{}, &SyntaxError{start + 1, "the block has no ======= between search and replacement: write one"}
	}
	h.Search, h.Replace = h.Splits[0].Search, h.Splits[0].Replace
	if len(h.Splits) == 1 {
		h.Splits = nil
	}
	return h, nil
}
