package text

import (
	"html"
	"slices"
	"strconv"
	"strings"
)

// rereading is another way to read a model's search and replacement; false where
// there is none.
type rereading func(search, replace string) (string, string, bool)

// version names a way to read.
type version int

const (
	given version = iota
	unescaped
	unquotedTwice
	unnumbered
	unnumberedUnescaped
	versions // how many there are
)

var rereadings = [versions]rereading{
	given:               func(search, replace string) (string, string, bool) { return search, replace, true },
	unescaped:           fromHTML,
	unquotedTwice:       fromString,
	unnumbered:          withoutNumbers,
	unnumberedUnescaped: both(withoutNumbers, fromHTML),
}

// loosely are the versions for the steps that look less closely.
var loosely = []version{given, unescaped, unnumbered, unnumberedUnescaped}

// reread is what a version made of a request.
type reread struct {
	w        wanted
	ok, done bool
	near     *stretches // made by request.near
}

// read is the request in another version, made once.
func (r *request) read(v version) (wanted, bool) {
	if c := &r.reread[v]; !c.done {
		search, replace, ok := rereadings[v](r.search, r.replace)
		c.done, c.ok = true, ok
		if ok {
			c.w = dropOuterBlanks(wantedLines(search, replace))
		}
	}
	return r.reread[v].w, r.reread[v].ok
}

func both(first, second rereading) rereading {
	return func(search, replace string) (string, string, bool) {
		search, replace, ok := first(search, replace)
		if !ok {
			return "", "", false
		}
		return second(search, replace)
	}
}

// findRead is a step that finds other versions; the first one with a place
// decides.
func findRead(all ...version) func(*request) places {
	return func(r *request) places {
		for _, v := range all {
			w, ok := r.read(v)
			if !ok {
				continue
			}
			if found := r.findSolid(w, r.near(v), unadorned); len(found.at) > 0 {
				return found
			}
		}
		return places{}
	}
}

// fromHTML reads &lt;, &amp; and their like as what they stand for.
func fromHTML(search, replace string) (string, string, bool) {
	if !strings.Contains(search, "&") {
		return "", "", false
	}
	bare := html.UnescapeString(search)
	return bare, html.UnescapeString(replace), bare != search
}

// fromString reads \n, \t and \" as a string literal would, where the search has
// no line end of its own but several so written, or has every quote so written.
func fromString(search, replace string) (string, string, bool) {
	body := strings.TrimRight(search, "\r\n")
	switch {
	case !strings.Contains(body, `\`):
		return "", "", false
	case !strings.Contains(body, "\n") && strings.Contains(body, `\n`):
	case strings.Contains(body, `\"`) && strings.Count(body, `"`) == strings.Count(body, `\"`):
	default:
		return "", "", false
	}
	lines := !strings.Contains(body, "\n") && strings.Contains(body, `\n`)
	return unquoted(search, lines), unquoted(replace, lines), true
}

// unquoted undoes backslashes before quotes and backslashes, and those of line
// ends and tabs where asked to.
func unquoted(s string, lines bool) string {
	pairs := []string{`\\`, `\`, `\"`, `"`, `\'`, `'`}
	if lines {
		pairs = append(pairs, `\n`, "\n", `\t`, "\t", `\r`, "")
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// withoutNumbers reads lines without the numbers before them, where each line of
// the search that says something has one, and they count up one by one. Of the
// replacement they are dropped where they are.
func withoutNumbers(search, replace string) (string, string, bool) {
	rows := plainLines(search)
	last, count := 0, 0
	for _, row := range rows {
		if blank(row) {
			last++
			continue
		}
		n, _, ok := cutNumber(row)
		if !ok || count > 0 && n != last+1 {
			return "", "", false
		}
		last = n
		count++
	}
	if count == 0 || count == 1 && !onlyNumbered(rows) {
		return "", "", false
	}
	space := ""
	if !slices.ContainsFunc(rows, tight) {
		space = " "
	}
	bare := dropNumbers(search, space)
	if numberedToo(replace, search, bare) {
		replace = dropNumbers(replace, space)
	}
	return bare, replace, true
}

// tight says whether a line begins right after the sign that is between it and
// its number.
func tight(row string) bool {
	_, rest, _ := cutNumber(row)
	return !blank(rest) && rest[0] != ' '
}

// onlyNumbered says whether a single line is numbered beyond doubt: by a sign
// that no text has after a number at its start.
func onlyNumbered(rows []string) bool {
	for _, row := range rows {
		if !blank(row) {
			_, rest, _ := cutNumber(row)
			return strings.ContainsAny(row[:len(row)-len(rest)], "|│→")
		}
	}
	return false
}

// numberedToo says whether a replacement is numbered as the search is: by a
// line that both have, else by most of its lines.
func numberedToo(replace, search, bare string) bool {
	with, without := plainLines(search), plainLines(bare)
	numbered, solid := 0, 0
	for _, row := range plainLines(replace) {
		switch {
		case blank(row):
			continue
		case slices.Contains(with, row):
			return true
		case slices.Contains(without, row):
			return false
		}
		solid++
		if _, rest, ok := cutNumber(row); ok && !blank(rest) {
			numbered++
		}
	}
	return 2*numbered > solid
}

// cutNumber is a line without the number that tools show before it: "12|",
// "12:", "12→", "L12:", "12\t", or the number alone on a blank line.
func cutNumber(row string) (n int, rest string, ok bool) {
	s := strings.TrimLeft(row, " \t")
	if s != "" && s[0]|0x20 == 'l' {
		s = s[1:]
	}
	digits := 0
	for digits < min(len(s), 8) && '0' <= s[digits] && s[digits] <= '9' {
		digits++
	}
	n, err := strconv.Atoi(s[:digits])
	if err != nil || digits > 7 {
		return 0, row, false
	}
	s = s[digits:]
	if s == "" || s[0] == '\t' {
		return n, strings.TrimPrefix(s, "\t"), true
	}
	s = strings.TrimPrefix(s, " ")
	for _, sign := range []string{"|", ":", "→", "│", ">"} {
		if rest, ok := strings.CutPrefix(s, sign); ok {
			return n, rest, true
		}
	}
	return 0, row, false
}

// dropNumbers is s without the numbers before its lines, and the space that
// each of them has after its number.
func dropNumbers(s, space string) string {
	var b strings.Builder
	for _, row := range lines(s) {
		body := strings.TrimRight(row, "\r\n")
		_, rest, numbered := cutNumber(body)
		if numbered {
			rest = strings.TrimPrefix(rest, space)
		}
		b.WriteString(rest)
		b.WriteString(row[len(body):])
	}
	return b.String()
}
