package text

import (
	"fmt"
	"html"
	"math/rand/v2"
	"slices"
	"strings"
)

// mistake is one kind of thing that models do to an edit. It makes a case of a wish, or says that the wish gives no
// occasion for it.
type mistake struct {
	kind string
	make func(*rand.Rand, wish) (corpusCase, bool)
}

// said is the case of a wish with these texts and the wish's own result.
func said(w wish, search, replace []string) (corpusCase, bool) {
	c := corpusCase{src: w.src, search: strings.Join(search, ""), replace: strings.Join(replace, ""), right: w.result()}
	return c, c.search != ""
}

// byLine is a mistake made in each line of both texts.
func byLine(change func(string) string) func(*rand.Rand, wish) (corpusCase, bool) {
	return func(_ *rand.Rand, w wish) (corpusCase, bool) {
		search, replace := w.search(), w.replace()
		before := strings.Join(search, "")
		for i, s := range search {
			search[i] = change(s)
		}
		for i, s := range replace {
			replace[i] = change(s)
		}
		c, ok := said(w, search, replace)
		return c, ok && c.search != before
	}
}

// none is what has no right answer.
func none(c corpusCase, ok bool) (corpusCase, bool) {
	c.right = ""
	return c, ok
}

var mistakes = []mistake{
	{"no mistake", func(_ *rand.Rand, w wish) (corpusCase, bool) { return said(w, w.search(), w.replace()) }},
	{"CRLF file, LF texts", func(_ *rand.Rand, w wish) (corpusCase, bool) {
		c, ok := said(w, w.search(), w.replace())
		c.src, c.right = crlf(c.src), crlf(c.right)
		return c, ok && !strings.Contains(w.src, "\r")
	}},
	{"LF file, CRLF texts", func(_ *rand.Rand, w wish) (corpusCase, bool) {
		c, ok := said(w, w.search(), w.replace())
		c.search, c.replace = crlf(c.search), crlf(c.replace)
		return c, ok && !strings.Contains(w.src, "\r")
	}},
	{"no final newline in the texts", func(_ *rand.Rand, w wish) (corpusCase, bool) {
		c, ok := said(w, w.search(), w.replace())
		c.search, c.replace = strings.TrimSuffix(c.search, "\n"), strings.TrimSuffix(c.replace, "\n")
		return c, ok && c.replace != "" && c.search != ""
	}},
	{"white space at line ends", byLine(func(s string) string { return strings.TrimSuffix(s, "\n") + "  \n" })},
	{"blank lines around", func(_ *rand.Rand, w wish) (corpusCase, bool) {
		c, ok := said(w, w.search(), w.replace())
		c.search, c.replace = "\n"+c.search+"\n", "\n"+c.replace+"\n"
		return c, ok && len(c.replace) > 2
	}},
	{"blank lines dropped", blanksDropped},
	{"indentation lost by a level", byLine(func(s string) string {
		return strings.TrimPrefix(strings.TrimPrefix(s, "    "), "\t")
	})},
	{"indented further", byLine(func(s string) string {
		if blank(strings.TrimSpace(s)) {
			return s
		}
		return "    " + s
	})},
	{"spaces for tabs", byLine(spacesForTabs)},
	{"tabs for spaces", byLine(tabsForSpaces)},
	{"two spaces a level for four", byLine(func(s string) string {
		in := indent(s)
		if strings.Contains(in, "\t") || len(in)%4 != 0 {
			return s
		}
		return in[:len(in)/2] + s[len(in):]
	})},
	{"indentation lost altogether", flattened},
	{"first line without indentation", firstFlat},
	{"indentation lost in the search alone", searchFlat},
	{"curly quotes and dashes", byLine(typeset)},
	{"plain quotes for curly ones", plainQuotes},
	{"HTML escaped", byLine(html.EscapeString)},
	{"line numbers pasted", numbersPasted},
	{"line numbers pasted in the search alone", numbersInSearch},
	{"lines elided", elided},
	{"a word of the context slipped", slipped},
	{"a line of the context forgotten", forgotten},
	{"stale: a line nearby has changed", staleNear},
	{"stale: a line nearby was added", staleAdded},
	{"spaces and curly quotes and blank lines", func(rnd *rand.Rand, w wish) (corpusCase, bool) {
		c, ok := blanksDropped(rnd, w)
		c.search, c.replace = spacesForTabs(typeset(c.search)), spacesForTabs(typeset(c.replace))
		return c, ok && strings.Contains(c.search, "“")
	}},
	{"to refuse: a removed line is not there", hallucinated},
	{"to refuse: fits two places", duplicated},
	{"to refuse: another function of the same form", otherFunction},
	{"to refuse: lines replaced by a remark", remarked},
	{"to refuse: removes what it elided", elidedAway},
	{"to refuse: done already", func(_ *rand.Rand, w wish) (corpusCase, bool) {
		c, ok := said(w, w.search(), w.replace())
		c.src = c.right
		c, ok = none(c, ok)
		return c, ok && !strings.Contains(c.src, c.search) && letters(c.replace) > 20
	}},
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func blanksDropped(_ *rand.Rand, w wish) (corpusCase, bool) {
	c, ok := said(w, solidOf(w.search()), solidOf(w.replace()))
	c.blanks = true
	return c, ok && len(solidOf(w.search())) < len(w.search())
}

func spacesForTabs(s string) string { return strings.ReplaceAll(s, "\t", "    ") }

func tabsForSpaces(s string) string {
	in := indent(s)
	if strings.Contains(in, "\t") || len(in)%4 != 0 {
		return s
	}
	return strings.Repeat("\t", len(in)/4) + s[len(in):]
}

// flattened loses all indentation; what comes must be as far in as what goes, or nobody could know it.
func flattened(_ *rand.Rand, w wish) (corpusCase, bool) {
	var search, replace []string
	for _, s := range w.search() {
		search = append(search, s[len(indent(s)):])
	}
	for _, s := range w.replace() {
		replace = append(replace, s[len(indent(s)):])
	}
	rows := w.lines()
	sameShape := len(w.fresh) == 0 || len(w.fresh) == w.to-w.from
	for i := 0; sameShape && i < len(w.fresh); i++ {
		sameShape = indent(w.fresh[i]) == indent(rows[w.from+i])
	}
	c, ok := said(w, search, replace)
	return c, ok && sameShape && c.search != strings.Join(w.search(), "")
}

func firstFlat(_ *rand.Rand, w wish) (corpusCase, bool) {
	search, replace := w.search(), w.replace()
	if len(replace) == 0 || indent(search[0]) != indent(replace[0]) || indent(search[0]) == "" {
		return corpusCase{}, false
	}
	search[0], replace[0] = search[0][len(indent(search[0])):], replace[0][len(indent(replace[0])):]
	return said(w, search, replace)
}

// searchFlat loses the indentation of the search alone, where all lines of it and of what comes are alike far in.
func searchFlat(_ *rand.Rand, w wish) (corpusCase, bool) {
	rows := w.lines()[w.from:w.to]
	if len(rows) == 0 || len(w.fresh) == 0 || indent(rows[0]) == "" {
		return corpusCase{}, false
	}
	w.first, w.last = w.from, w.to
	var search []string
	for _, s := range rows {
		if indent(s) != indent(rows[0]) {
			return corpusCase{}, false
		}
		search = append(search, strings.TrimPrefix(s, indent(s)))
	}
	for _, s := range w.fresh {
		if indent(s) != indent(rows[0]) {
			return corpusCase{}, false
		}
	}
	c, ok := said(w, search, w.fresh)
	return c, ok && w.once() && !strings.Contains(w.src, c.search)
}

// typeset writes quotes, dashes and dots as a word processor does.
func typeset(s string) string {
	open := true
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '"' && open:
			b.WriteRune('“')
			open = false
		case r == '"':
			b.WriteRune('”')
			open = true
		case r == '\'':
			b.WriteRune('’')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// plainQuotes has the file typeset and the texts not. What comes has none of it, or nobody could know.
func plainQuotes(_ *rand.Rand, w wish) (corpusCase, bool) {
	if len(w.fresh) > 0 && (len(w.fresh) != w.to-w.from || strings.ContainsAny(strings.Join(w.fresh, ""), `"'`)) {
		return corpusCase{}, false
	}
	search, replace := w.search(), w.replace()
	if !strings.ContainsAny(strings.Join(search, ""), `"'`) {
		return corpusCase{}, false
	}
	rows := w.lines()
	for i, s := range rows {
		rows[i] = typeset(s)
	}
	w.src = strings.Join(rows, "")
	return said(w, search, replace)
}

func numbersPasted(rnd *rand.Rand, w wish) (corpusCase, bool) {
	form := []string{"%d | %s", "%6d\t%s", "%d: %s", "%4d|%s", "%6d→%s"}[rnd.IntN(5)]
	number := func(rows []string, from int) []string {
		for i, s := range rows {
			rows[i] = fmt.Sprintf(form, from+i, s)
		}
		return rows
	}
	return said(w, number(w.search(), w.first+1), number(w.replace(), w.first+1))
}

func numbersInSearch(rnd *rand.Rand, w wish) (corpusCase, bool) {
	c, ok := numbersPasted(rnd, w)
	c.replace = strings.Join(w.replace(), "")
	return c, ok
}

// elided has dots for unchanged lines in the middle of a longer search.
func elided(rnd *rand.Rand, w wish) (corpusCase, bool) {
	rows := w.lines()
	gap := 3 + rnd.IntN(8)
	start := w.first - gap
	if start < 2 {
		return corpusCase{}, false
	}
	head := rows[start-2 : start]
	if blank(strings.TrimSpace(head[0])) || letters(strings.Join(head, "")) < 8 {
		return corpusCase{}, false
	}
	far := w
	far.first = start - 2
	f := cutFile(w.src, mannerOf(w.src))
	for i := start; i < w.first; i++ { // within one block
		if !blank(f.lines[i]) && columns(indent(f.lines[i]), 4) < columns(indent(f.lines[w.first]), 4) {
			return corpusCase{}, false
		}
	}
	mark := []string{indent(rows[start]) + []string{"...\n", "// ...\n", "# ...\n", "// ... existing code ...\n"}[rnd.IntN(4)]}
	return said(w, slices.Concat(head, mark, w.search()), slices.Concat(head, mark, w.replace()))
}

// contextLine gives a line of the search that stays and is not beside the change, to be spoiled: its number in both texts.
func contextLine(rnd *rand.Rand, w wish) (i, j int, ok bool) {
	var all [][2]int
	n := w.last - w.first
	for k := range n {
		line := w.first + k
		s := strings.TrimSpace(w.lines()[line])
		if line < w.from-1 && letters(s) > 12 {
			all = append(all, [2]int{k, k})
		}
		if line > w.to && letters(s) > 12 {
			all = append(all, [2]int{k, k + len(w.fresh) - (w.to - w.from)})
		}
	}
	if len(all) == 0 || len(solidOf(w.search())) < 4 {
		return 0, 0, false
	}
	p := all[rnd.IntN(len(all))]
	return p[0], p[1], true
}

func slipped(rnd *rand.Rand, w wish) (corpusCase, bool) {
	i, j, ok := contextLine(rnd, w)
	if !ok {
		return corpusCase{}, false
	}
	search, replace := w.search(), w.replace()
	spoiled := slip(rnd, search[i])
	search[i], replace[j] = spoiled, spoiled
	c, ok := said(w, search, replace)
	return c, ok && spoiled != w.search()[i]
}

// slip is a line with two letters swapped, a letter lost, a word lost, or a comma or space too many.
func slip(rnd *rand.Rand, s string) string {
	var long []string
	eachWord(s, func(w string) {
		if len(w) > 5 && w[0] < 0x80 {
			long = append(long, w)
		}
	})
	if len(long) == 0 {
		return s
	}
	w := long[rnd.IntN(len(long))]
	k := 1 + rnd.IntN(len(w)-3)
	switch rnd.IntN(4) {
	case 0:
		return strings.Replace(s, w, w[:k]+w[k+1:k+2]+w[k:k+1]+w[k+2:], 1)
	case 1:
		return strings.Replace(s, w, w[:k]+w[k+1:], 1)
	case 2:
		return strings.Replace(s, w, "", 1)
	}
	return strings.Replace(s, w, w+" ,", 1)
}

func forgotten(rnd *rand.Rand, w wish) (corpusCase, bool) {
	i, j, ok := contextLine(rnd, w)
	if !ok || i == 0 || i == w.last-w.first-1 || opensBlock(w.search()[i]) {
		return corpusCase{}, false
	}
	return said(w, slices.Delete(w.search(), i, i+1), slices.Delete(w.replace(), j, j+1))
}

// staleNear changes a line of the file that the search shows and that stays.
func staleNear(rnd *rand.Rand, w wish) (corpusCase, bool) {
	i, _, ok := contextLine(rnd, w)
	if !ok {
		return corpusCase{}, false
	}
	search, replace := w.search(), w.replace()
	rows := w.lines()
	rows[w.first+i] = changedWord(rnd, rows[w.first+i])
	if rows[w.first+i] == search[i] {
		return corpusCase{}, false
	}
	w.src = strings.Join(rows, "")
	return said(w, search, replace)
}

func staleAdded(rnd *rand.Rand, w wish) (corpusCase, bool) {
	i, _, ok := contextLine(rnd, w)
	if !ok || w.first+i >= w.from-1 {
		return corpusCase{}, false
	}
	search, replace := w.search(), w.replace()
	rows := w.lines()
	at := w.first + i + 1
	if i+1 < len(search) && opensBlock(search[i]) {
		return corpusCase{}, false
	}
	rows = slices.Insert(rows, at, indent(rows[at])+"somebody.was(here)\n")
	w.src = strings.Join(rows, "")
	w.from, w.to = w.from+1, w.to+1
	return said(w, search, replace)
}

func hallucinated(rnd *rand.Rand, w wish) (corpusCase, bool) {
	if w.to == w.from {
		return corpusCase{}, false
	}
	search, replace := w.search(), w.replace()
	i := w.from - w.first + rnd.IntN(w.to-w.from)
	if letters(search[i]) < 6 {
		return corpusCase{}, false
	}
	search[i] = indent(search[i]) + strings.TrimSpace(changedWord(rnd, search[i])) + " // as it was\n"
	return none(said(w, search, replace))
}

// duplicated has a second place that is the same but for white space.
func duplicated(rnd *rand.Rand, w wish) (corpusCase, bool) {
	rows := w.lines()
	twin := w.search()
	w.src = strings.Join(slices.Concat(rows, twin), "")
	if rnd.IntN(2) == 0 {
		c, ok := none(said(w, w.search(), w.replace()))
		c.search = spacesForTabs(c.search)
		return c, ok
	}
	return none(said(w, w.search(), w.replace()))
}

// otherFunction asks for a change in a function that is not there, and shows lines of another one with its own head.
func otherFunction(rnd *rand.Rand, w wish) (corpusCase, bool) {
	rows := w.lines()
	for i := w.from - 1; i > 0 && i > w.from-25; i-- {
		head := strings.TrimSpace(rows[i])
		if !strings.HasPrefix(head, "func ") && !strings.HasPrefix(head, "def ") && !strings.HasPrefix(head, "class ") {
			continue
		}
		w.first = i
		search, replace := w.search(), w.replace()
		m := name().FindStringSubmatch(search[0])
		if m == nil || m[1] == "" {
			return corpusCase{}, false
		}
		search[0] = strings.Replace(search[0], m[1], "other"+m[1], 1)
		replace[0] = search[0]
		return none(said(w, search, replace))
	}
	return corpusCase{}, false
}

func remarked(rnd *rand.Rand, w wish) (corpusCase, bool) {
	replace := w.replace()
	remark := []string{"// ... existing code ...\n", "# ... rest of the function remains unchanged ...\n", "// ... rest of the code ...\n"}[rnd.IntN(3)]
	if len(replace) < 3 {
		return corpusCase{}, false
	}
	replace = slices.Concat(replace[:1], []string{remark}, replace[2:])
	return none(said(w, w.search(), replace))
}

func elidedAway(rnd *rand.Rand, w wish) (corpusCase, bool) {
	search := w.search()
	if len(search) < 5 {
		return corpusCase{}, false
	}
	search = slices.Concat(search[:2], []string{indent(search[2]) + "...\n"}, search[len(search)-1:])
	return none(said(w, search, w.replace()))
}
