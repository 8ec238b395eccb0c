package text

import (
	"slices"

	"znkr.io/diff"
)

// numbering gives equal lines equal numbers, so that a merge compares ints.
type numbering map[string]int

func (n numbering) of(lines []string) []int {
	ids := make([]int, len(lines))
	for i, line := range lines {
		id, ok := n[line]
		if !ok {
			id = len(n)
			n[line] = id
		}
		ids[i] = id
	}
	return ids
}

// known is the number of a line, or -1 for one that was not seen.
func (n numbering) known(line string) int {
	if id, ok := n[line]; ok {
		return id
	}
	return -1
}

// change says that lines [b0, b1) of the base became lines [s0, s1) of a side.
type change struct{ b0, b1, s0, s1 int }

// changes lists what a side did to the base, in order, with at least one kept
// line between two changes.
//
// A longest common subsequence is seldom the only one, and which one is found
// depends on the direction, on which text comes first and on what is preferred.
// Where readings pair different lines the pairs are dropped and the whole stretch
// counts as changed: a merge must not rest on a guess.
func changes(base, side []int) []change {
	given := reading(base, side, false, false)
	others := append(otherReadings(base, side, given),
		reading(base, side, false, true), reading(base, side, true, false), reading(base, side, true, true))
	pairs := settled(base, side, given)
	for _, other := range others {
		if slices.Equal(other, given) {
			continue
		}
		for i, j := range settled(base, side, other) {
			if pairs[i] != j {
				pairs[i] = -1
			}
		}
	}
	return unpaired(pairs, len(side))
}

// reading pairs the lines of base with those of side, comparing from the end
// where backwards, and the side with the base where swapped.
func reading(base, side []int, backwards, swapped bool) []int {
	from, to := base, side
	if backwards {
		from, to = reversed(from), reversed(to)
	}
	if swapped {
		from, to = to, from
	}
	pairs := make([]int, len(base))
	for i := range pairs {
		pairs[i] = -1
	}
	for _, e := range diff.Edits(from, to) {
		if e.Op != diff.Match {
			continue
		}
		i, j := e.PosX, e.PosY
		if swapped {
			i, j = j, i
		}
		if backwards {
			i, j = len(base)-1-i, len(side)-1-j
		}
		pairs[i] = j
	}
	return pairs
}

func reversed(ids []int) []int {
	out := slices.Clone(ids)
	slices.Reverse(out)
	return out
}

// settled slides what a reading leaves unpaired to where git leaves it.
func settled(base, side, given []int) []int {
	removed, added := runs(given, len(side))
	slide(base, removed, added)
	slide(side, added, removed)
	return pair(len(base), removed, added)
}

// runs counts the unpaired lines of both texts before, between and after those
// that are paired.
func runs(given []int, sideLen int) (removed, added []int) {
	removed = []int{0}
	at := 0
	for _, j := range given {
		if j < 0 {
			removed[len(removed)-1]++
			continue
		}
		removed, added = append(removed, 0), append(added, j-at)
		at = j + 1
	}
	return removed, append(added, sideLen-at)
}

// pair is the reading that runs were counted from.
func pair(n int, removed, added []int) []int {
	pairs, at := make([]int, 0, n), 0
	for g := range removed {
		for range removed[g] {
			pairs = append(pairs, -1)
		}
		at += added[g]
		if len(pairs) < n {
			pairs = append(pairs, at)
			at++
		}
	}
	return pairs
}

// unpaired lists the stretches between the kept lines.
func unpaired(pairs []int, sideLen int) []change {
	var out []change
	b, s := 0, 0
	for i, j := range append(pairs, sideLen) {
		if j < 0 {
			continue
		}
		if i > b || j > s {
			out = append(out, change{b, i, s, j})
		}
		b, s = i+1, j+1
	}
	return out
}

// slide moves each run of changed lines among equal lines, by the rule that git
// follows: as far down as it goes, or else beside the last run of the other text
// that it passes; runs that meet become one. own[g] and other[g] are the lengths of the
// runs in gap g, which is after g kept lines.
func slide(ids, own, other []int) {
	r := run{ids: ids, own: own, other: other}
	for r.gap < len(own) {
		if own[r.gap] > 0 {
			r.settle()
		}
		r.start += own[r.gap] + 1
		r.gap++
	}
}

// run is the run of changed lines in one gap of slide.
type run struct {
	ids, own, other []int
	gap, start      int
}

func (r *run) end() int { return r.start + r.own[r.gap] }

func (r *run) settle() {
	for {
		size := r.own[r.gap]
		for r.up() {
		}
		top, beside := r.gap, -1
		if r.other[r.gap] > 0 {
			beside = r.gap
		}
		for r.down() {
			if r.other[r.gap] > 0 {
				beside = r.gap
			}
		}
		if size != r.own[r.gap] {
			continue // it met another run and may now go further
		}
		for beside >= top && r.other[r.gap] == 0 && r.up() {
		}
		return
	}
}

// up moves the run one line up where the lines allow it.
func (r *run) up() bool {
	if r.gap == 0 || r.ids[r.start-1] != r.ids[r.end()-1] {
		return false
	}
	size := r.own[r.gap]
	r.own[r.gap] = 0
	r.gap--
	r.start -= 1 + r.own[r.gap]
	r.own[r.gap] += size
	return true
}

// down moves the run one line down where the lines allow it.
func (r *run) down() bool {
	end := r.end()
	if r.gap == len(r.own)-1 || r.ids[r.start] != r.ids[end] {
		return false
	}
	size := r.own[r.gap]
	r.own[r.gap] = 0
	r.gap++
	r.start++
	r.own[r.gap] += size
	return true
}
