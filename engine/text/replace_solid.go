package text

import "strings"

// findSolid is a step that finds lines alike by key, whatever blank lines stand
// among them. A key that keeps the indentation wants the same one; others find
// lines whose indentation relates to that of the search in one way.
func findSolid(key lineKey) func(*request) places {
	return func(r *request) places {
		w, _ := r.read(given)
		return r.findSolid(w, r.near(given), key)
	}
}

// findSolid finds the lines of w; they may be another reading of the request's. near is where they can be.
func (r *request) findSolid(w wanted, near stretches, key lineKey) places {
	if near.known {
		return near.solid(w, key)
	}
	f := r.file()
	solid := solidLines(w.search)
	needle := pick(w.search, solid)
	if keepsIndent(key) {
		at, more := findRun(pick(f.lines, f.solid), needle, key, nil)
		return r.solidPlaces(w, solid, at, more, key)
	}
	work := 16 * (len(f.solid) + len(needle)) // keeps hostile input linear
	at, more := findRun(f.said, mapped(needle, stripped), key, func(i int) bool {
		if work < 0 {
			return false
		}
		fr := f.frame(w.search, solid, i)
		_, cost, ok := fr.relation()
		work -= cost
		return ok
	})
	if work < 0 && len(at) < 2 {
		return places{} // a further place may be among those not looked at
	}
	return r.solidPlaces(w, solid, at, more, key)
}

// solidPlaces makes places of the numbers, among the file's lines that are not
// blank, at which the search begins.
func (r *request) solidPlaces(w wanted, solid, at []int, more bool, key lineKey) places {
	found := places{more: more}
	for _, k := range at {
		found.at = append(found.at, solidPlace(r.file(), w, solid, k, key))
	}
	return found
}

// solidPlace is the place of w at the k-th of a file's lines that are not blank.
func solidPlace(f *fileLines, w wanted, solid []int, k int, key lineKey) place {
	m := alignment{f: f, at: f.align(w.search, solid, k)}
	if keepsIndent(key) {
		return m.place(w, key)
	}
	return m.dressed(func() ([]Edit, bool) { return m.layShifted(w, lineChanges(w, trailing)) })
}

// keepsIndent says whether lines that are alike by key are indented alike.
func keepsIndent(key lineKey) bool { return key(" x") == " x" }

// layShifted lays changes of w, whose indentation differs from the file's.
func (m alignment) layShifted(w wanted, changes []change) ([]Edit, bool) {
	fr := m.frame(w.search)
	rel, _, ok := fr.relation()
	if !ok {
		return nil, false
	}
	m.ascii = m.looksPlain(w.search)
	redone, dress, ok := rel.dress(fr, m, w)
	if !ok {
		return nil, false
	}
	if m.unseen == nil {
		changes = lineChanges(redone, trailing) // the indentation is the file's by now
	}
	return m.lay(redone, changes, dress)
}

// looksPlain says whether the search has typographic characters where the file
// has those of ASCII: then the replacement's are no wish either.
func (m alignment) looksPlain(search []string) bool {
	for i, row := range m.at {
		if row >= 0 && typographic(search[i]) {
			return !typographic(m.f.lines[row])
		}
	}
	return false
}

// solidLines are the numbers of the lines that are not blank.
func solidLines(rows []string) []int {
	var out []int
	for i, s := range rows {
		if !blank(s) {
			out = append(out, i)
		}
	}
	return out
}

func pick(rows []string, which []int) []string {
	out := make([]string, len(which))
	for i, k := range which {
		out[i] = rows[k]
	}
	return out
}

// align says where each line of search stands, given that its solid lines are
// the file's from the k-th on: blank lines are those of the same gap, as far as
// there are any.
func (f *fileLines) align(search []string, solid []int, k int) []int {
	at := make([]int, len(search))
	for i := range at {
		at[i] = -1
	}
	for t, i := range solid {
		at[i] = f.solid[k+t]
		if t == 0 {
			continue
		}
		row := at[solid[t-1]] + 1
		for b := solid[t-1] + 1; b < i && row < at[i]; b++ {
			at[b] = row
			row++
		}
	}
	return at
}

// frame is how the solid lines of a search are indented, and how those of the
// file are that they stand for.
type frame struct {
	search []string
	solid  []int // of search
	lines  []string
	rows   []int // of lines, as many as solid
	tabs   bool  // the place is indented with tabs, as far as tabbed was asked
	all    *manner
}

func (f *fileLines) frame(search []string, solid []int, k int) frame {
	return frame{search: search, solid: solid, lines: f.lines, rows: f.solid[k : k+len(solid)], all: f.all}
}

// frame is that of the solid lines that have a place.
func (m alignment) frame(search []string) frame {
	fr := frame{search: search, lines: m.f.lines, all: m.f.all}
	for i, row := range m.at {
		if row >= 0 && !blank(search[i]) {
			fr.solid, fr.rows = append(fr.solid, i), append(fr.rows, row)
		}
	}
	return fr
}

func (fr frame) size() int         { return len(fr.solid) }
func (fr frame) from(i int) string { return indent(fr.search[fr.solid[i]]) }
func (fr frame) to(i int) string   { return indent(fr.lines[fr.rows[i]]) }

// rest is the frame without its first line.
func (fr frame) rest() frame {
	fr.solid, fr.rows = fr.solid[1:], fr.rows[1:]
	return fr
}

// tabbed says whether the place is indented with tabs. cost is the number of
// lines looked at.
func (fr frame) tabbed() (tabs bool, cost int) {
	for i := range fr.rows {
		if in := fr.to(i); in != "" {
			return in[0] == '\t', i + 1
		}
	}
	return fr.all.tabs(), len(fr.rows)
}

// indent is the leading white space of a line.
func indent(s string) string { return s[:len(s)-len(strings.TrimLeft(s, " \t"))] }
