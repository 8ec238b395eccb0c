package text

import (
	"cmp"
	"slices"
	"strings"
)

// Bounds of the search for slips: they keep hostile input linear.
const (
	slipLines   = 400 // solid lines of a search
	slipPlaces  = 48  // places of one line that vote
	slipWindows = 12  // stretches of the file that are compared line by line
	slipSlack   = 6   // lines that a stretch may have more or fewer than the search
)

// findSlipped finds the one stretch of the file that is nearly the search: each
// line to be removed is there, and lines that stay differ in little. Where
// another stretch is nearly as near, none is.
func findSlipped(r *request) places {
	for _, v := range loosely {
		w, ok := r.read(v)
		if !ok {
			continue
		}
		if found := r.slipped(w); len(found.at) > 0 {
			return found
		}
	}
	return places{}
}

// slips is one search for slips.
type slips struct {
	f      *fileLines
	w      wanted
	solid  []int    // of the search
	keys   []string // what these lines say
	stays  []bool   // they are in the replacement, too
	weight []float64
	places map[string][]int // of each key, the file's solid lines; the first slipPlaces+1
}

func (r *request) slipped(w wanted) places {
	s := &slips{f: r.file(), w: w, solid: solidLines(w.search)}
	if n := len(s.solid); n < 2 || n > slipLines {
		return places{}
	}
	changes := lineChanges(w, trailing)
	s.know(changes)
	if len(changes) == 0 || !s.removable() {
		return places{}
	}
	var good, near []fitting
	for _, at := range s.windows() {
		fit := s.compare(at)
		if s.acceptable(fit, changes) {
			good = append(good, fit)
		}
		near = append(near, fit)
	}
	good, near = distinct(good), distinct(near)
	if len(good) == 0 {
		return places{}
	}
	best := slices.MaxFunc(good, func(a, b fitting) int { return cmp.Compare(a.score, b.score) })
	for _, other := range near {
		if other.first != best.first && other.score > 0.85*best.score && len(good) == 1 {
			return places{} // it would be a guess
		}
	}
	var found places
	slices.SortFunc(good, func(a, b fitting) int { return a.first - b.first })
	for _, fit := range good {
		m := alignment{f: s.f, at: s.spread(fit)}
		found.at = append(found.at, m.dressed(func() ([]Edit, bool) { return m.layShifted(w, changes) }))
	}
	return found
}

// distinct keeps of fittings that begin at the same line the best.
func distinct(all []fitting) []fitting {
	slices.SortStableFunc(all, func(a, b fitting) int { return cmp.Or(a.first-b.first, cmp.Compare(b.score, a.score)) })
	return slices.CompactFunc(all, func(a, b fitting) bool { return a.first == b.first })
}

// know looks at each line once.
func (s *slips) know(changes []change) {
	s.keys = mapped(pick(s.w.search, s.solid), unadorned)
	s.stays = make([]bool, len(s.solid))
	s.weight = make([]float64, len(s.solid))
	s.places = make(map[string][]int, len(s.keys))
	for i, line := range s.solid {
		s.stays[i] = !slices.ContainsFunc(changes, func(c change) bool { return c.b0 <= line && line < c.b1 })
		s.weight[i] = 1 + float64(min(letters(s.keys[i]), 40))
		s.places[s.keys[i]] = nil
	}
	lengths := uint64(0) // bit n: a key of n bytes; the last one: a longer one
	for _, key := range s.keys {
		lengths |= 1 << min(len(key), 63)
	}
	for k, said := range s.f.said {
		key := unadorned(said)
		if lengths>>min(len(key), 63)&1 == 0 {
			continue
		}
		if at, ok := s.places[key]; ok && len(at) <= slipPlaces {
			s.places[key] = append(at, k)
		}
	}
}

// letters is how many letters and digits a line has.
func letters(s string) int {
	n := 0
	eachWord(s, func(w string) { n += len(w) })
	return n
}

// removable says whether each line to be removed is in the file at all.
func (s *slips) removable() bool {
	for i, key := range s.keys {
		if !s.stays[i] && len(s.places[key]) == 0 {
			return false
		}
	}
	return true
}

// windows are the solid lines of the file at which the search may begin, those
// that the most speaks for first.
func (s *slips) windows() []int {
	votes := map[int]float64{}
	for i, key := range s.keys {
		if at := s.places[key]; len(at) <= slipPlaces {
			for _, k := range at {
				votes[k-i] += s.weight[i]
			}
		}
	}
	var at []int
	sum := map[int]float64{}
	for d, v := range votes {
		at = append(at, d)
		for by := -slipSlack; by <= slipSlack; by++ {
			if by != 0 {
				v += 0.9 * votes[d+by]
			}
		}
		sum[d] = v
	}
	slices.SortFunc(at, func(a, b int) int { return cmp.Or(cmp.Compare(sum[b], sum[a]), cmp.Compare(votes[b], votes[a]), a-b) })
	var out []int
	for _, d := range at {
		apart := !slices.ContainsFunc(out, func(o int) bool { return max(o-d, d-o) <= slipSlack/2 })
		if apart {
			out = append(out, d)
		}
		if len(out) == slipWindows {
			break
		}
	}
	return out
}

// fitting is how the search lies on a stretch of the file.
type fitting struct {
	at     []int // for each solid line of the search the file's, -1 for none
	first  int   // of the file's solid lines that say the same
	score  float64
	unsure bool // another way to lie there is as good
}

// compare lays the search on the file so that the most agrees, beginning near
// the solid line d: lines that say the same, slips, lines that one of the two has
// alone. It is the alignment of Needleman and Wunsch within a band.
func (s *slips) compare(d int) fitting {
	late := s.trace(d, false)
	early := s.trace(d, true)
	for i := range late.at {
		if !s.stays[i] && late.at[i] != early.at[i] {
			late.unsure = true
		}
	}
	return late
}

// band is the table of one comparison: row i, column j is the best of search
// lines [i, n) on file lines from lo+i+j on.
type band struct {
	lo, width int
	cells     []float64
}

func (s *slips) trace(d int, early bool) fitting {
	n := len(s.solid)
	b := band{lo: d - slipSlack, width: 2*slipSlack + 1}
	b.cells = make([]float64, (n+1)*(b.width+1))
	for i := n - 1; i >= 0; i-- {
		for j := b.width - 1; j >= 0; j-- {
			v, _ := s.best(&b, i, j, early)
			b.cells[i*(b.width+1)+j] = v
		}
	}
	start, top := 0, b.cells[0]
	for j := 1; j < b.width; j++ {
		if v := b.cells[j]; v > top || !early && v == top && v > 0 {
			start, top = j, v
		}
	}
	return s.follow(&b, start, early)
}

// The ways to go on in a comparison.
const (
	pairLines = iota
	skipSearch
	skipFile
)

// skippedFile is what a line of the file that the search has not costs.
const skippedFile = 3

// best is what search lines from i on are worth at column j, and the way there.
func (s *slips) best(b *band, i, j int, early bool) (float64, int) {
	k := b.lo + i + j
	at := func(i, j int) float64 {
		if j < 0 || j >= b.width {
			return -1e9
		}
		return b.cells[i*(b.width+1)+j]
	}
	value, way := at(i+1, j-1)-s.weight[i]/2, skipSearch
	if !s.stays[i] {
		value -= 1e6
	}
	if k >= 0 && k < len(s.f.said) {
		if v := at(i+1, j) + s.worth(i, k); v > value || early && v == value {
			value, way = v, pairLines
		}
		if v := at(i, j+1) - skippedFile; i > 0 && v > value {
			value, way = v, skipFile
		}
	}
	return value, way
}

// worth is what it is worth to take the k-th solid line of the file for the
// i-th of the search.
func (s *slips) worth(i, k int) float64 {
	said := unadorned(s.f.said[k])
	switch {
	case said == s.keys[i]:
		return s.weight[i]
	case !s.stays[i]:
		return -1e6
	}
	like := likeness(s.keys[i], said)
	if like < 0.4 {
		return -s.weight[i]
	}
	return s.weight[i] * (like - 0.4) * 0.5
}

// follow reads the best way out of the table.
func (s *slips) follow(b *band, j int, early bool) fitting {
	fit := fitting{at: make([]int, len(s.solid)), first: -1}
	for i := 0; i < len(fit.at); {
		k := b.lo + i + j
		_, way := s.best(b, i, j, early)
		switch way {
		case skipFile:
			j++
			continue
		case skipSearch:
			fit.at[i] = -1
			j--
		case pairLines:
			fit.at[i] = k
			if unadorned(s.f.said[k]) == s.keys[i] {
				fit.score += s.weight[i]
				if fit.first < 0 {
					fit.first = k
				}
			}
		}
		i++
		if j < 0 || j >= b.width {
			for ; i < len(fit.at); i++ {
				fit.at[i] = -1
			}
		}
	}
	return fit
}

// spread is the alignment of all lines of the search.
func (s *slips) spread(fit fitting) []int {
	at := make([]int, len(s.w.search))
	for i := range at {
		at[i] = -1
	}
	last := -1
	for t, i := range s.solid {
		if fit.at[t] < 0 {
			last = -1
			continue
		}
		at[i] = s.f.solid[fit.at[t]]
		if last >= 0 {
			row := at[last] + 1
			for b := last + 1; b < i && row < at[i] && blank(s.f.lines[row]); b++ {
				at[b] = row
				row++
			}
		}
		last = i
	}
	return at
}

// squeezed is a line without any white space.
func squeezed(s string) string { return strings.ReplaceAll(s, " ", "") }
