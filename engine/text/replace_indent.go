package text

import (
	"slices"
	"strings"
)

// shift turns an indentation of the search into one of the file. It is false
// for one that would be left of the margin, or that nothing is known of.
type shift func(string) (string, bool)

// candidate is a shift and how far-fetched it is.
type candidate struct {
	shift   shift
	penalty int
}

// unusable is more than any penalty of a shift that can be applied.
const unusable = 100

// relation is in which ways the indentation of a search can be that of its
// place: all shifts that make it so. Without any it is clipped: lines that the
// file indents differently stand at the margin.
type relation struct {
	fit     []candidate
	first   bool  // the first line of the search has lost its indentation, and it alone
	clipped shift // what makes the lines that are not at the margin the file's; nil where all are
}

// relation finds the ways. cost is the number of lines looked at.
func (fr frame) relation() (rel relation, cost int, ok bool) {
	fr.tabs, cost = fr.tabbed()
	rel.fit, cost = fr.fitting(cost)
	if len(rel.fit) > 0 {
		return rel, cost, true
	}
	if n := fr.size(); n > 1 && fr.from(0) == "" {
		fit := fr.rest().fits(same)
		cost += fit
		if fit == n-1 {
			return relation{fit: []candidate{{same, 0}}, first: true}, cost, true
		}
	}
	clipped, looked, yes := fr.clips()
	rel.clipped = clipped
	return rel, cost + looked, yes
}

// clips says whether lines of the search stand at the margin that do not in the
// file, all others being shifted alike. cost is the number of lines looked at.
func (fr frame) clips() (others shift, cost int, yes bool) {
	first := slices.IndexFunc(fr.solid, func(i int) bool { return indent(fr.search[i]) != "" })
	if first < 0 {
		return nil, fr.size(), fr.size() > 1
	}
	extra, ok := strings.CutSuffix(fr.to(first), fr.from(first))
	if !ok || extra == "" || fr.size() < 2 {
		return nil, first, false
	}
	for i := range fr.solid {
		from, to := fr.from(i), fr.to(i)
		if from != "" && to != extra+from || from == "" && len(to) > len(extra) {
			return nil, first + i, false
		}
	}
	return func(s string) (string, bool) { return extra + s, true }, first + fr.size(), true
}

func same(s string) (string, bool) { return s, true }

// fitting lists the shifts that make the indentation of the search the file's.
// cost is the number of lines looked at, with those before.
func (fr frame) fitting(before int) (fit []candidate, cost int) {
	cost = before
	for _, c := range fr.candidates() {
		n := fr.fits(c.shift)
		cost += n + 1
		if n == fr.size() {
			fit = append(fit, c)
		}
	}
	if len(fit) > 0 {
		return fit, cost
	}
	scaled, n := fr.scaled()
	if scaled != nil {
		fit = []candidate{{scaled, 2}}
	}
	return fit, cost + n
}

// fits counts the indentations of the search that shift makes those of the
// file, up to the first that it does not.
func (fr frame) fits(shift shift) int {
	for i := range fr.solid {
		if got, ok := shift(fr.from(i)); !ok || got != fr.to(i) {
			return i
		}
	}
	return fr.size()
}

// candidates lists shifts that turn the indentation of the first line into
// that of its file line: by the text that one has before the other's, or by
// columns for each usual width of a tab.
func (fr frame) candidates() []candidate {
	from, to := fr.from(0), fr.to(0)
	var out []candidate
	if extra, ok := strings.CutSuffix(to, from); ok {
		out = append(out, candidate{func(s string) (string, bool) { return extra + s, true }, 0})
	} else if extra, ok := strings.CutSuffix(from, to); ok {
		out = append(out, candidate{func(s string) (string, bool) { return strings.CutPrefix(s, extra) }, 0})
	}
	for _, unit := range []int{4, 2, 8, 3, 1} {
		by := columns(to, unit) - columns(from, unit)
		out = append(out, candidate{byColumns(unit, by, fr.tabs), min(1, by*by)})
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

// scaled is the shift that makes each step of the search's indentation one of
// the file's, which are of another size; nil where there is none. cost is the
// number of lines looked at.
func (fr frame) scaled() (s shift, cost int) {
	table := map[string]string{}
	var froms []string
	for i := range fr.solid {
		from := fr.from(i)
		to, ok := table[from]
		if ok && to != fr.to(i) {
			return nil, i + 1
		}
		if !ok {
			table[from] = fr.to(i)
			froms = append(froms, from)
		}
	}
	width := func(s string) int { return columns(s, 4) }
	slices.SortFunc(froms, func(a, b string) int { return width(a) - width(b) })
	first, last := froms[0], froms[len(froms)-1]
	run, rise := width(last)-width(first), width(table[last])-width(table[first])
	if run <= 0 || rise <= 0 {
		return nil, fr.size()
	}
	line := func(s string) (string, bool) {
		n := (width(s) - width(first)) * rise
		if n%run != 0 || width(table[first])+n/run < 0 {
			return "", false
		}
		return byColumns(4, width(table[first])+n/run, fr.tabs)("")
	}
	if fr.fits(line) < fr.size() {
		return nil, 2 * fr.size()
	}
	return line, 2 * fr.size()
}

// columns is the width of an indentation.
func columns(s string, unit int) int {
	return len(s) + strings.Count(s, "\t")*(unit-1)
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
