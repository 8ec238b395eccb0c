package text

import (
	"strings"
	"unicode/utf8"
)

// folded is a line as it is compared when the look of its characters does not
// count: typographic quotes, dashes, spaces and dots are those of ASCII, a run
// of white space is one space, what is invisible is left out, and a byte that is
// no UTF-8 is U+FFFD. offsets has for each byte of text that of the line that it
// came from, and the line's length at its end.
type folded struct {
	text    string
	offsets []int
}

// unadorned is what a line says, without its looks.
func unadorned(s string) string {
	s = stripped(s)
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x80 || c == '\t' || c == ' ' && i+1 < len(s) && s[i+1] == ' ' {
			return fold(s).text
		}
	}
	return s
}

// fold folds a line whose ends are stripped.
func fold(s string) folded {
	f := folded{offsets: make([]int, 0, len(s)+1)}
	var b strings.Builder
	add := func(as string, at int) {
		if as == " " && (b.Len() == 0 || strings.HasSuffix(b.String(), " ")) {
			return
		}
		b.WriteString(as)
		for range len(as) {
			f.offsets = append(f.offsets, at)
		}
	}
	for at := 0; at < len(s); {
		r, size := utf8.DecodeRuneInString(s[at:])
		if r == utf8.RuneError {
			add("\ufffd", at)
		} else {
			add(asciiOf(r, s[at:at+size]), at)
		}
		at += size
	}
	f.text = strings.TrimRight(b.String(), " ")
	f.offsets = append(f.offsets[:len(f.text)], len(s))
	return f
}

// position is the number of the first byte of the folded text that came from
// offset at or later, where that is the beginning of a character.
func (f folded) position(at int) (int, bool) {
	lo, hi := 0, len(f.offsets)-1
	for lo < hi {
		mid := (lo + hi) / 2
		if f.offsets[mid] < at {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, true
}

// offset is where in the line the folded byte k came from; false within a
// character.
func (f folded) offset(k int) (int, bool) {
	return f.offsets[k], k == 0 || k == len(f.text) || f.offsets[k] != f.offsets[k-1]
}

// asciiOf is r, which is written as s, in ASCII where it is only a look.
func asciiOf(r rune, s string) string {
	switch {
	case r == ' ' || r == '\t':
		return " "
	case r < 0x80:
		return s
	}
	switch r {
	case '‘', '’', '‚', '‛', '′', '‵', '＇', 'ʼ':
		return "'"
	case '“', '”', '„', '‟', '″', '‶', '＂':
		return `"`
	case '‐', '‑', '‒', '–', '—', '―', '−', '﹣', '－':
		return "-"
	case '…':
		return "..."
	case '\u00a0', '\u1680', '\u202f', '\u205f', '\u3000':
		return " "
	case '\u00ad', '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff':
		return ""
	}
	if r >= '\u2000' && r <= '\u200a' {
		return " "
	}
	return s
}

// asciiPunctuation is s with ASCII for what is only a look; white space stays.
func asciiPunctuation(s string) string {
	var b strings.Builder
	for at := 0; at < len(s); {
		r, size := utf8.DecodeRuneInString(s[at:])
		if r < 0x80 || r == utf8.RuneError {
			b.WriteString(s[at : at+size])
		} else {
			b.WriteString(asciiOf(r, s[at:at+size]))
		}
		at += size
	}
	return b.String()
}

// typographic says whether s has a character that is ASCII but for its look.
func typographic(s string) bool {
	for _, r := range s {
		if r >= 0x80 && r != utf8.RuneError && asciiOf(r, "") != "" {
			return true
		}
	}
	return false
}
