package trackfile

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Nearest is the candidate most like the word, or "" when none is alike enough to be what was meant. The cost
// is one edit distance for each candidate of about the same length.
func Nearest(word string, candidates []string) string {
	w := fold(word)
	limit := 1 + len(w)/3
	best, bestAt := "", limit+1
	for _, c := range candidates {
		f := fold(c)
		if abs(len(f)-len(w)) >= bestAt {
			continue
		}
		if n := distance(w, f); n < bestAt && 2*n < max(len(w), len(f)) {
			best, bestAt = c, n
		}
	}
	return best
}

// fold leaves out what people get wrong without thinking: case, dashes, underscores.
func fold(s string) string {
	if len(s) > 64 {
		s = s[:64]
	}
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// distance is the number of single-byte insertions, deletions, replacements and swaps of neighbours between
// two short words: the restricted Damerau-Levenshtein ("optimal string alignment") distance.
func distance(a, b string) int {
	var room [3 * 32]int // most ids are short, and there can be tens of thousands
	row := len(b) + 1
	rows := room[:]
	if 3*row > len(rows) {
		rows = make([]int, 3*row)
	}
	older, prev, cur := rows[:row], rows[row:2*row], rows[2*row:3*row]
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], older[j-2]+1)
			}
		}
		older, prev, cur = prev, cur, older
	}
	return prev[len(b)]
}

func abs(n int) int { return max(n, -n) }

// quoteShort is text for a message: quoted, on one line, cut when it is long.
func quoteShort(s string) string {
	const most = 60
	if len(s) <= most {
		return strconv.Quote(s)
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strconv.Quote(s[:cut]) + "…"
}

// clip is quoteShort for what needs no quotes.
func clip(s string) string {
	q := quoteShort(s)
	return strings.Replace(strings.TrimPrefix(q, `"`), `"`, "", 1)
}
