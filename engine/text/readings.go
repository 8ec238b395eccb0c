package text

// A reading pairs lines of a base with equal lines of a side, ascending in both:
// the side's line for each line of the base, -1 for none.

// maxCells bounds the table of a longest common subsequence, n times m lines.
const maxCells = 1 << 18

// otherReadings are further longest common subsequences beside the given one,
// at the extremes: each order of preference between pairing, removing and
// adding. Only the stretches between pairs of lines that occur once in both texts
// are read again, and of these only those that are not too large.
func otherReadings(base, side, given []int) [][]int {
	orders := [][]move{
		{match, remove, add},
		{match, add, remove},
		{remove, match, add},
		{remove, add, match},
		{add, match, remove},
		{add, remove, match},
	}
	out := make([][]int, len(orders))
	for k := range out {
		out[k] = append([]int{}, given...)
	}
	for _, c := range unpaired(anchors(base, side, given), len(side)) {
		if c.b1-c.b0 == 0 || c.s1-c.s0 == 0 || (c.b1-c.b0)*(c.s1-c.s0) > maxCells {
			continue
		}
		t := newTable(base[c.b0:c.b1], side[c.s0:c.s1])
		for k, order := range orders {
			t.trace(order, out[k][c.b0:c.b1], c.s0)
		}
	}
	return out
}

// anchors keeps of a reading the pairs whose line occurs once in both texts.
func anchors(base, side, given []int) []int {
	inBase, inSide := map[int]int{}, map[int]int{}
	for _, id := range base {
		inBase[id]++
	}
	for _, id := range side {
		inSide[id]++
	}
	kept := make([]int, len(given))
	for i, j := range given {
		kept[i] = j
		if inBase[base[i]] > 1 || inSide[base[i]] > 1 {
			kept[i] = -1
		}
	}
	return kept
}

// move is one step through a table.
type move func(t *table, i, j int) (di, dj int, ok bool)

func match(t *table, i, j int) (di, dj int, ok bool) {
	return 1, 1, i < len(t.base) && j < len(t.side) && t.base[i] == t.side[j]
}

func remove(t *table, i, j int) (di, dj int, ok bool) {
	return 1, 0, i < len(t.base) && t.at(i+1, j) == t.at(i, j)
}

func add(t *table, i, j int) (di, dj int, ok bool) {
	return 0, 1, j < len(t.side) && t.at(i, j+1) == t.at(i, j)
}

// table holds the length of the longest common subsequence of each pair of
// suffixes of base and side.
type table struct {
	base, side []int
	cells      []int32
}

func (t *table) at(i, j int) int32 { return t.cells[i*(len(t.side)+1)+j] }

func newTable(base, side []int) *table {
	width := len(side) + 1
	t := &table{base: base, side: side, cells: make([]int32, (len(base)+1)*width)}
	for i := len(base) - 1; i >= 0; i-- {
		for j := len(side) - 1; j >= 0; j-- {
			best := max(t.at(i+1, j), t.at(i, j+1))
			if base[i] == side[j] {
				best = t.at(i+1, j+1) + 1
			}
			t.cells[i*width+j] = best
		}
	}
	return t
}

// trace reads a longest common subsequence into pairs, preferring the earlier
// moves of order; the side's lines count from offset.
func (t *table) trace(order []move, pairs []int, offset int) {
	for i, j := 0, 0; i < len(t.base) || j < len(t.side); {
		for _, m := range order {
			di, dj, ok := m(t, i, j)
			if !ok {
				continue
			}
			if di == 1 {
				pairs[i] = -1
				if dj == 1 {
					pairs[i] = offset + j
				}
			}
			i, j = i+di, j+dj
			break
		}
	}
}
