package text

import (
	"strings"
	"unicode/utf8"

	"znkr.io/diff"
)

// adapt gives each fresh line that takes the place of a line of the file what
// that line has otherwise than the search had it: a curly quote, two spaces,
// bytes that are not UTF-8. Only what the replacement changes is its own.
func (m alignment) adapt(w wanted, c change, fresh []string) {
	for _, p := range pairUp(w, c) {
		row := m.at[c.b0+p.old]
		if row < 0 {
			continue
		}
		now, was, new := m.f.lines[row], w.search[c.b0+p.old], w.replace[c.s0+p.new]
		if stripped(now) == stripped(was) {
			continue
		}
		if s, ok := inline(stripped(was), stripped(new), stripped(now)); ok {
			fresh[p.new] = indent(fresh[p.new]) + s
		}
	}
	if !m.ascii {
		return
	}
	for i, s := range fresh {
		if !strings.ContainsFunc(indent(s), func(r rune) bool { return r > 0x7f }) {
			fresh[i] = asciiPunctuation(s)
		}
	}
}

// pairing is a line that is removed and the one that takes its place, by their
// numbers in a change.
type pairing struct{ old, new int }

// pairUp pairs the lines of a change: one by one where they are as many, else
// each fresh line with the first one left that it shares most of its words with.
func pairUp(w wanted, c change) []pairing {
	old, fresh := w.search[c.b0:c.b1], w.replace[c.s0:c.s1]
	var out []pairing
	if len(old) == len(fresh) {
		for i := range old {
			out = append(out, pairing{i, i})
		}
		return out
	}
	if len(old)*len(fresh) > 10_000 {
		return nil
	}
	from := 0
	for j, s := range fresh {
		for i := from; i < len(old) && !blank(s); i++ {
			if alike(old[i], s) >= 0.6 {
				out = append(out, pairing{i, j})
				from = i + 1
				break
			}
		}
	}
	return out
}

// inline lays the difference between was and new onto now, which says what was
// says in other characters. It is false where the two do not go together, or
// where the difference begins within a character of now.
func inline(was, new, now string) (string, bool) {
	from, to := fold(was), fold(now)
	if from.text != to.text {
		return "", false
	}
	old, fresh := tokens(was), tokens(new)
	var b strings.Builder
	done := 0 // bytes of was
	for _, h := range diff.Hunks(old, fresh, diff.Context(0)) {
		start, end := length(old[:h.PosX]), length(old[:h.EndX])
		kept, ok := translate(from, to, now, done, start)
		if !ok {
			return "", false
		}
		if _, ok := translate(from, to, now, start, end); !ok {
			return "", false
		}
		b.WriteString(kept)
		b.WriteString(strings.Join(fresh[h.PosY:h.EndY], ""))
		done = end
	}
	rest, ok := translate(from, to, now, done, len(was))
	b.WriteString(rest)
	return b.String(), ok
}

// translate is the piece of now that stands for bytes [i, j) of the text that
// from was made of.
func translate(from, to folded, now string, i, j int) (string, bool) {
	a, ok1 := from.position(i)
	b, ok2 := from.position(j)
	if !ok1 || !ok2 {
		return "", false
	}
	start, ok1 := to.offset(a)
	end, ok2 := to.offset(b)
	return now[min(start, end):end], ok1 && ok2
}

func length(parts []string) int {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	return n
}

// tokens cuts a line into words, runs of white space, and single characters.
func tokens(s string) []string {
	var out []string
	for s != "" {
		n := 1
		switch {
		case wordByte(s[0]) && s[0] < 0x80:
			for n < len(s) && wordByte(s[n]) && s[n] < 0x80 {
				n++
			}
		case s[0] == ' ' || s[0] == '\t':
			for n < len(s) && (s[n] == ' ' || s[n] == '\t') {
				n++
			}
		case s[0] >= 0x80:
			_, n = utf8.DecodeRuneInString(s)
		}
		out, s = append(out, s[:n]), s[n:]
	}
	return out
}

// alike is the share of their words that two lines have in common, from 0 to 1.
func alike(a, b string) float64 {
	if a == b {
		return 1
	}
	count := map[string]int{}
	total, common := 0, 0
	eachWord(a, func(w string) { count[w]++; total += len(w) })
	eachWord(b, func(w string) {
		total += len(w)
		if count[w] > 0 {
			count[w]--
			common += 2 * len(w)
		}
	})
	if total == 0 {
		return 0
	}
	return float64(common) / float64(total)
}

// likeness is how near two lines are, from 0 to 1: by the words that they share,
// or by what is left between a common beginning and a common end.
func likeness(a, b string) float64 {
	longer := max(len(a), len(b))
	if longer == 0 {
		return 1
	}
	head, tail := Common(a, b)
	return max(alike(a, b), float64(head+tail)/float64(longer))
}
