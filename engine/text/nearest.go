package text

import "strings"

// The bounds of a NotFoundError's snippet.
const (
	snippetLines = 12
	snippetLine  = 200 // bytes of one line
)

// nearest is the error for a search that fits nowhere, with the stretch of the
// file, as long as the search, that shares the most with it: words count by
// their length and by how rare they are in the file.
func nearest(r *request) *NotFoundError {
	rows := r.file().lines
	want := plainLines(r.search)
	worth := scores(rows, want)
	n := min(len(want), len(rows))
	best, at, sum := 0.0, -1, 0.0
	for i := range rows {
		sum += worth[i]
		if i >= n {
			sum -= worth[i-n]
		}
		if sum > best*1.000001 && i >= n-1 { // equal sums differ by rounding
			best, at = sum, i+1-n
		}
	}
	if at < 0 {
		return &NotFoundError{}
	}
	at = lined(rows, want, firstShared(worth, at, n), at+n)
	near := rows[at:min(at+n, len(rows))]
	e := &NotFoundError{Line: at + 1, Snippet: snippet(near)}
	e.Missing, e.Number = firstMissing(want, near)
	return e
}

// firstShared moves the start of a stretch to the first line that counts.
func firstShared(scores []float64, at, n int) int {
	for i := at; i < at+n; i++ {
		if scores[i] > 0 {
			return i
		}
	}
	return at
}

// lined moves the start of a stretch so that a line that it has in common with
// the search is as far from the start as there.
func lined(rows, want []string, at, end int) int {
	number := make(map[string]int, len(want))
	for k, s := range want {
		if key := unadorned(s); letters(key) > 2 {
			number[key] = k
		}
	}
	for i := at; i < min(end, len(rows)); i++ {
		if k, ok := number[unadorned(rows[i])]; ok {
			return max(0, i-k)
		}
	}
	return at
}

// snippetCut says that a snippet goes on.
const snippetCut = "…"

func snippet(rows []string) string {
	var shown []string
	for _, row := range rows[:min(len(rows), snippetLines)] {
		if len(row) > snippetLine {
			row = strings.ToValidUTF8(row[:snippetLine], "") + snippetCut
		}
		shown = append(shown, strings.ToValidUTF8(row, "\ufffd"))
	}
	if len(rows) > snippetLines {
		shown = append(shown, snippetCut)
	}
	return strings.Join(shown, "\n")
}

// firstMissing is the first line of the search that is not among rows, and its
// number from 1.
func firstMissing(want, rows []string) (string, int) {
	there := make(map[string]bool, len(rows))
	for _, row := range rows {
		there[unadorned(row)] = true
	}
	for i, s := range want {
		if key := unadorned(s); key != "" && !there[key] {
			if len(s) > snippetLine {
				s = s[:snippetLine] + snippetCut
			}
			return strings.ToValidUTF8(s, "\ufffd"), i + 1
		}
	}
	return "", 0
}

// lexicon numbers the words of a search.
type lexicon struct {
	id   map[string]int32
	size [256]uint64 // by the first byte of a word: bit n for a word of n bytes, the last one for longer ones
}

func lexiconOf(rows []string) *lexicon {
	x := &lexicon{id: map[string]int32{}}
	for _, s := range rows {
		eachWord(s, func(w string) {
			if _, ok := x.id[w]; !ok {
				x.id[w] = int32(len(x.id))
				x.size[w[0]] |= 1 << min(len(w), 63)
			}
		})
	}
	return x
}

// number is that of a word; false for one that the search has not.
func (x *lexicon) number(w string) (int32, bool) {
	if x.size[w[0]]>>min(len(w), 63)&1 == 0 {
		return 0, false // most words of most files
	}
	id, ok := x.id[w]
	return id, ok
}

// scores is what each row is worth: its words that the search has, by their length and by how rare they are among rows.
func scores(rows, want []string) []float64 {
	x := lexiconOf(want)
	count := make([]int, len(x.id))
	var ids []int32
	ends := make([]int, len(rows)) // of the ids of each row
	for i, s := range rows {
		eachWord(s, func(w string) {
			if id, ok := x.number(w); ok {
				ids = append(ids, id)
				count[id]++
			}
		})
		ends[i] = len(ids)
	}
	weight := make([]float64, len(count))
	for w, id := range x.id {
		weight[id] = float64(len(w)) / float64(1+count[id])
	}
	out := make([]float64, len(rows))
	for i, at := 0, 0; i < len(rows); i++ {
		for ; at < ends[i]; at++ {
			out[i] += weight[ids[at]]
		}
	}
	return out
}

// eachWord yields the runs of ASCII letters, digits, underscores and of bytes
// of other characters.
func eachWord(s string, yield func(string)) {
	start := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && wordByte(s[i]) {
			continue
		}
		if i > start {
			yield(s[start:i])
		}
		start = i + 1
	}
}

func wordByte(c byte) bool {
	return c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
