package text

import (
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// rereading is another way to read a model's search and replacement; false where
// there is none.
type rereading func(search, replace string) (string, string, bool)

// unescapings read texts that were escaped once too often.
var unescapings = []rereading{fromHTML, fromString}

// unnumberings read texts that were pasted with line numbers.
var unnumberings = []rereading{withoutNumbers, both(withoutNumbers, fromHTML)}

// readings are all of them, for the steps that look less closely.
var readings = []rereading{asGiven, fromHTML, withoutNumbers, both(withoutNumbers, fromHTML)}

func asGiven(search, replace string) (string, string, bool) { return search, replace, true }

func both(first, second rereading) rereading {
	return func(search, replace string) (string, string, bool) {
		search, replace, ok := first(search, replace)
		if !ok {
			return "", "", false
		}
		return second(search, replace)
	}
}

// findRead is a step that finds other readings; the first one with a place
// decides.
func findRead(all []rereading) func(*request) places {
	return func(r *request) places {
		for _, read := range all {
			search, replace, ok := read(r.search, r.replace)
			if !ok {
				continue
			}
			if found := r.findSolid(wantedLines(search, replace), unadorned); len(found.at) > 0 {
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
	unescaped := html.UnescapeString(search)
	return unescaped, html.UnescapeString(replace), unescaped != search
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

// numberPrefix is a line number as tools show it before a line: "12|", "12:",
// "12→", "L12:", "12\t", or the number alone on a blank line.
var numberPrefix = regexp.MustCompile(`^[ \t]*[Ll]?(\d{1,7})(?:[ ]?[|│:→>]|\t|$)`)

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
			return strings.ContainsAny(numberPrefix.FindString(row), "|│→")
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

func cutNumber(row string) (n int, rest string, ok bool) {
	at := numberPrefix.FindStringSubmatchIndex(row)
	if at == nil {
		return 0, row, false
	}
	n, err := strconv.Atoi(row[at[2]:at[3]])
	return n, row[at[1]:], err == nil
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
