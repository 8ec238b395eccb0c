package text

import (
	"strings"

	"znkr.io/diff"
)

// findIndented finds lines that are alike but for one uniform shift of their
// indentation, which may turn spaces into tabs or back.
func findIndented(r *request) places {
	w := dropOuterBlanks(wantedLines(r))
	f := r.file()
	f.tabs, _ = usesTabs(f.lines, false)
	fresh := freshIndents(w)
	work := 16 * (len(f.lines) + len(w.search)) // keeps hostile input linear
	at, more := findRun(f.lines, w.search, stripped, func(i int) bool {
		if work < 0 {
			return false
		}
		_, cost, ok := f.shiftAt(i, w, nil) // whether the replacement suits a place does not make it the one meant
		work -= cost
		return ok
	})
	if work < 0 && len(at) < 2 {
		return places{} // a further place may be among those not looked at
	}
	if len(at) == 1 {
		if _, _, usable := f.shiftAt(at[0], w, fresh); !usable {
			return places{} // the replacement would stand left of the margin
		}
	}
	found := f.places(at, more)
	found.edits = func() []Edit {
		shift, _, _ := f.shiftAt(at[0], w, fresh)
		return f.lay(at[0], w, func(s string) string { return reindent(s, shift) })
	}
	return found
}

// indent is the leading white space of a line.
func indent(s string) string { return s[:len(s)-len(strings.TrimLeft(s, " \t"))] }

// reindent is line s with its indentation shifted; a blank line is empty.
func reindent(s string, shift shift) string {
	if blank(s) {
		return ""
	}
	own := indent(s)
	shifted, _ := shift(own)
	return shifted + s[len(own):]
}

// freshIndents is the indentation of each line that the replacement brings.
func freshIndents(w wanted) []string {
	var out []string
	for _, h := range diff.Hunks(w.search, w.replace, diff.Context(0)) {
		for _, s := range w.replace[h.PosY:h.EndY] {
			if !blank(s) {
				out = append(out, indent(s))
			}
		}
	}
	return out
}

// shift turns an indentation of the search into one of the file. It is false
// for one that would be left of the margin.
type shift func(string) (string, bool)

// shiftAt is the shift that makes w's search the file's lines at i and suits the
// fresh indentations best. cost is the number of lines looked at.
func (f *fileLines) shiftAt(i int, w wanted, fresh []string) (best shift, cost int, ok bool) {
	rows := f.lines[i : i+len(w.search)]
	tabs, cost := usesTabs(rows, f.tabs)
	least := unusable
	for _, c := range candidates(w.search[0], rows[0], tabs) {
		n := fits(c.shift, w.search, rows)
		cost += n
		if n < len(rows) {
			continue
		}
		if p := c.penalty + strangeness(c.shift, fresh, tabs); p < least {
			best, least = c.shift, p
		}
	}
	return best, cost, least < unusable
}

// candidate is a shift and how far-fetched it is.
type candidate struct {
	shift   shift
	penalty int
}

// unusable is more than any penalty of a shift that can be applied.
const unusable = 100

// candidates lists the shifts that turn the indentation of one search line into
// that of its file line: by the text that one has before the other's, or by
// columns for each usual width of a tab.
func candidates(search, row string, tabs bool) []candidate {
	from, to := indent(search), indent(row)
	var out []candidate
	if extra, ok := strings.CutSuffix(to, from); ok {
		out = append(out, candidate{func(s string) (string, bool) { return extra + s, true }, 0})
	} else if extra, ok := strings.CutSuffix(from, to); ok {
		out = append(out, candidate{func(s string) (string, bool) { return strings.CutPrefix(s, extra) }, 0})
	}
	for _, unit := range []int{4, 2, 8, 3} {
		by := columns(to, unit) - columns(from, unit)
		out = append(out, candidate{byColumns(unit, by, tabs), min(1, by*by)})
	}
	return out
}

// byColumns shifts by a number of columns, tabs being unit wide.
func byColumns(unit, by int, tabs bool) shift {
	return func(s string) (string, bool) {
		n := columns(s, unit) + by
		switch {
		case n < 0:
			return "", false
		case !tabs:
			return strings.Repeat(" ", n), true
		}
		return strings.Repeat("\t", n/unit) + strings.Repeat(" ", n%unit), true
	}
}

// columns is the width of an indentation.
func columns(s string, unit int) int {
	return len(s) + strings.Count(s, "\t")*(unit-1)
}

// fits counts the lines of search that shift makes those of rows, up to the
// first that it does not. Blank lines fit.
func fits(shift shift, search, rows []string) int {
	for i, s := range search {
		if blank(s) {
			continue
		}
		if got, ok := shift(indent(s)); !ok || got != indent(rows[i]) {
			return i
		}
	}
	return len(search)
}

// strangeness is how ill the fresh indentations suit the file after shift.
func strangeness(shift shift, fresh []string, tabs bool) int {
	foreign := "\t"
	if tabs {
		foreign = " "
	}
	worst := 0
	for _, s := range fresh {
		got, ok := shift(s)
		if !ok {
			return unusable
		}
		if strings.Contains(got, foreign) {
			worst = 2
		}
	}
	return worst
}

// usesTabs says whether rows are indented with tabs; otherwise is the answer
// where none is indented. cost is the number of rows looked at.
func usesTabs(rows []string, otherwise bool) (tabs bool, cost int) {
	for i, s := range rows {
		if in := indent(s); in != "" && !blank(s) {
			return in[0] == '\t', i
		}
	}
	return otherwise, len(rows)
}
