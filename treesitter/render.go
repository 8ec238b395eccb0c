package treesitter

import (
	"bytes"
	"slices"
	"sort"
	"strings"
)

// Literals and statements past either bound are elided in a skeleton.
const (
	bulkyLines = 8
	bulkyBytes = 400
)

func bulky(src []byte, s span) bool {
	return s.len() > bulkyBytes || breaks(src, s) > bulkyLines
}

// apply writes the part of src that within names, with cuts replaced by their fills. The cuts are sorted and do not
// overlap; those outside are passed over.
func apply(src []byte, within span, cuts []cut) []byte {
	out := make([]byte, 0, within.len())
	at := within.start
	for _, c := range cuts {
		if c.start < at || c.end > within.end {
			continue
		}
		out = append(out, src[at:c.start]...)
		out = append(out, c.fill...)
		at = c.end
	}
	return append(out, src[at:within.end]...)
}

// sortCuts gives cuts in order, without those that lie in another. It leaves cuts as they are: they may be those of a
// declaration that other goroutines read in the cache.
func sortCuts(cuts []cut) []cut {
	cuts = slices.Clone(cuts)
	sort.SliceStable(cuts, func(i, j int) bool {
		if cuts[i].start != cuts[j].start {
			return cuts[i].start < cuts[j].start
		}
		return cuts[i].end > cuts[j].end
	})
	kept := cuts[:0]
	end := 0
	for _, c := range cuts {
		if c.start >= end {
			kept = append(kept, c)
			end = c.end
		}
	}
	return kept
}

// remaining is the length of s once cuts, all of which lie in it, are applied.
func remaining(s span, cuts []cut) int {
	n := s.len()
	for _, c := range cuts {
		n += len(c.fill) - c.len()
	}
	return n
}

var (
	bom8    = []byte("\xef\xbb\xbf")
	bom16le = []byte("\xff\xfe")
	bom16be = []byte("\xfe\xff")
)

// clean makes text of source bytes: valid UTF-8, line feeds, no byte order mark in front, nor two, as files joined
// together have them.
func clean(b []byte) string {
	for bytes.HasPrefix(b, bom8) {
		b = b[len(bom8):]
	}
	if bytes.IndexByte(b, '\r') >= 0 {
		b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
		b = bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// wholeLine widens a span to its whole lines, with the blank line after it where one stands before it too, so that
// what is cut out leaves no hole. It reports false where something else shares those lines.
func wholeLine(src []byte, s span) (span, bool) {
	if !aloneBefore(src, s.start) || !aloneAfter(src, s.end) {
		return s, false
	}
	w := span{lineStart(src, s.start), lineEnd(src, s.end)}
	if w.start == 0 || blank(src[lineStart(src, w.start-1):w.start]) {
		for w.end < len(src) && blank(src[w.end:lineEnd(src, w.end)]) {
			w.end = lineEnd(src, w.end)
		}
	}
	return w, true
}

// detached decides what becomes of a comment that belongs to no declaration: a short one stays, as a heading in the
// file; a long one, or a licence, is cut.
func detached(src []byte, run span) (cut, bool) {
	if bytes.HasPrefix(src[run.start:run.end], []byte("#!")) {
		run.start = min(lineEnd(src, run.start), run.end)
	}
	if run.empty() {
		return cut{}, false
	}
	text := src[run.start:run.end]
	if breaks(src, run) < 3 && !licence(text) || directive(text) {
		return cut{}, false
	}
	lines, alone := wholeLine(src, run)
	return cut{span: lines}, alone
}

func licence(text []byte) bool {
	for _, word := range []string{"Copyright", "SPDX-License", "Licensed under"} {
		if bytes.Contains(text, []byte(word)) {
			return true
		}
	}
	return false
}

// directive reports whether a comment speaks to a compiler or another tool rather than to people.
func directive(text []byte) bool {
	for _, mark := range []string{"//go:", "// +build", "//line ", "//export ", "/*line ", "/// <reference", "@ts-", "eslint-", "-*- coding", "# type:"} {
		if bytes.Contains(text, []byte(mark)) {
			return true
		}
	}
	return false
}
