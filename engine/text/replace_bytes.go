package text

import (
	"sort"
	"strings"
)

// findExact finds search as it stands, anywhere in a line, but not where it begins or ends within a \r\n: to replace
// half of a line end would break it.
func findExact(r *request) places {
	return occurrences(r.src, r.search, func(at int) bool {
		end := at + len(r.search)
		return !splitsEnding(r.src, at, end) && (!r.where.Whole || wholeLines(r.src, at, end))
	}, func(at int) place {
		return place{offset: at, edits: func() ([]Edit, bool) { return exactEdits(r, at), true }}
	})
}

// wholeLines reports whether a piece of s begins where a line does and ends where one does.
func wholeLines(s string, start, end int) bool {
	begins := start == 0 || s[start-1] == '\n' || s[:start] == bom
	return begins && (end == len(s) || s[end-1] == '\n' || s[end] == '\n' || strings.HasPrefix(s[end:], "\r\n"))
}

// splitsEnding reports whether a piece of s, which is not empty, begins or ends between a \r and its \n.
func splitsEnding(s string, start, end int) bool {
	return start > 0 && s[start-1] == '\r' && s[start] == '\n' || end < len(s) && s[end-1] == '\r' && s[end] == '\n'
}

// exactEdits lays the difference onto the bytes at offset at. Line ends are the
// caller's business where search has any, or the file has none; else new ones
// follow the line's own.
func exactEdits(r *request, at int) []Edit {
	replace := dented(r, at)
	if !strings.Contains(r.search, "\n") && strings.Contains(r.src, "\n") {
		replace = withEnding(toLF(replace), endingNear(r.src, at))
	}
	return moved(diffStrings(r.search, replace), func(offset int) int { return at + offset })
}

// dented is the replacement of a line that was given without its indentation:
// where the lines after its first one are indented as if the margin were there,
// they get it, too.
func dented(r *request, at int) string {
	line := r.src[strings.LastIndexByte(r.src[:at], '\n')+1 : at]
	body := strings.TrimSuffix(r.search, "\n")
	rows := plainLines(r.replace)
	end := at + len(body)
	switch {
	case line == "" || !blank(line), strings.Contains(body, "\n"), len(rows) < 2, blank(rows[0]), indent(rows[0]) != "":
		return r.replace
	case end < len(r.src) && r.src[end] != '\n' && r.src[end] != '\r':
		return r.replace
	case !meansMargin(rows, line):
		return r.replace
	}
	var b strings.Builder
	for i, row := range lines(r.replace) {
		if i > 0 && !blank(strings.TrimRight(row, "\r\n")) {
			b.WriteString(line)
		}
		b.WriteString(row)
	}
	return b.String()
}

// meansMargin says whether rows are indented as if their first one stood at the
// margin, and not at in: one that opens a block is followed by none further in
// than in, or all that follow are less far in, and none of them closes what was
// open before.
func meansMargin(rows []string, in string) bool {
	open := 0
	least := -1
	for i, row := range rows {
		if blank(row) {
			continue
		}
		open += strings.Count(row, "{") + strings.Count(row, "(") + strings.Count(row, "[")
		open -= strings.Count(row, "}") + strings.Count(row, ")") + strings.Count(row, "]")
		if open < 0 {
			return false
		}
		if i == 0 {
			continue
		}
		if w := columns(indent(row), 4); least < 0 {
			if opensBlock(rows[0]) && w > 0 && w <= columns(in, 4) {
				return true
			}
			least = w
		} else {
			least = max(least, w)
		}
	}
	return least >= 0 && least < columns(in, 4)
}

// findAcrossEndings finds search where \r\n and \n count as alike, anywhere in
// a line. It does not apply where neither text has a \r\n.
func findAcrossEndings(r *request) places {
	if !strings.Contains(r.src, "\r\n") && !strings.Contains(r.search, "\r\n") {
		return places{}
	}
	flat, dropped := dropCR(r.src)
	back := func(offset int) int { return offset + sort.SearchInts(dropped, offset) }
	search, replace := toLF(r.search), toLF(r.replace)
	counts := func(at int) bool { return !r.where.Whole || wholeLines(flat, at, at+len(search)) }
	return occurrences(flat, search, counts, func(at int) place {
		return place{offset: back(at), edits: func() ([]Edit, bool) {
			edits := moved(diffStrings(search, replace), func(offset int) int { return back(at + offset) })
			for i := range edits {
				edits[i].New = withEnding(edits[i].New, endingNear(r.src, edits[i].Start))
			}
			return edits, true
		}}
	})
}

// occurrences lists where needle is in s, of the places that count: the first
// two may overlap, which is ambiguous; further ones do not.
func occurrences(s, needle string, counts func(at int) bool, found func(at int) place) places {
	var out places
	for at := 0; ; {
		i := strings.Index(s[at:], needle)
		if i < 0 {
			return out
		}
		if !counts(at + i) {
			at += i + 1
			continue
		}
		if len(out.at) == maxPlaces {
			out.more = true
			return out
		}
		out.at = append(out.at, found(at+i))
		at += i + 1
		if len(out.at) > 1 {
			at += len(needle) - 1
		}
	}
}

// moved is edits with each offset mapped.
func moved(edits []Edit, to func(int) int) []Edit {
	for i := range edits {
		edits[i].Span = Span{to(edits[i].Start), to(edits[i].End)}
	}
	return edits
}

// dropCR is s with \n for \r\n, and the offset in the result of each such \n:
// as many of these as are smaller than an offset were dropped before it.
func dropCR(s string) (string, []int) {
	var b strings.Builder
	b.Grow(len(s))
	var dropped []int
	for {
		i := strings.Index(s, "\r\n")
		if i < 0 {
			b.WriteString(s)
			return b.String(), dropped
		}
		b.WriteString(s[:i])
		dropped = append(dropped, b.Len())
		s = s[i+1:]
	}
}

func toLF(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// withEnding is s, which has no \r\n, with its line ends made eol.
func withEnding(s, eol string) string {
	if eol == "\n" {
		return s
	}
	return strings.ReplaceAll(s, "\n", eol)
}

// endingNear is the line end of the line at offset, of the line before it where
// it has none, or \n.
func endingNear(s string, offset int) string {
	end := strings.IndexByte(s[offset:], '\n')
	if end < 0 {
		end = strings.LastIndexByte(s[:offset], '\n')
	} else {
		end += offset
	}
	if end > 0 && s[end-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}
