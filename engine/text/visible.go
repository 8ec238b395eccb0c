package text

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible is s with every character that cannot be seen, or that changes how
// others are seen, written out as ⟨U+202E⟩, and every byte that is not UTF-8 as
// ⟨0xFF⟩: control, bidirectional, zero-width and filler characters, spaces other
// than the space, private and unassigned code points. The bracket ⟨ is written
// out too, so that two texts never look alike for it. Newlines, also as \r\n, and
// tabs stay.
func Visible(s string) string { return visible(s, false) }

// StillVisible is Visible for a text of which parts were made visible before:
// the ⟨ of those stays as it is.
func StillVisible(s string) string { return visible(s, true) }

func visible(s string, again bool) string {
	begin := plain(s)
	if begin == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	b.WriteString(s[:begin])
	for i := begin; i < len(s); {
		if n := plain(s[i:]); n > 0 {
			b.WriteString(s[i : i+n])
			i += n
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if layout(s[i:]) || again && r == '⟨' {
			b.WriteString(s[i : i+size])
		} else {
			b.WriteString(glyph(r, s[i:i+size]))
		}
		i += size
	}
	return b.String()
}

// plain is how many bytes s begins with that are printable ASCII, tabs and newlines: the usual case.
func plain(s string) int {
	for i := range len(s) {
		if c := s[i]; (c < ' ' && c != '\n' && c != '\t') || c > '~' {
			return i
		}
	}
	return len(s)
}

// layout says whether s begins with a tab or a newline, or the \r of one.
func layout(s string) bool {
	return s[0] == '\t' || s[0] == '\n' || strings.HasPrefix(s, "\r\n")
}

// glyph is how one character is shown.
func glyph(r rune, raw string) string {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return fmt.Sprintf("⟨0x%02X⟩", raw[0])
	case r == '⟨' || !unicode.IsPrint(r) || unicode.Is(unseen, r):
		return codePoint(r)
	}
	return raw
}

// codePoint names a character by its number, without package fmt: text may consist of nothing else.
func codePoint(r rune) string {
	hex := strings.ToUpper(strconv.FormatInt(int64(r), 16))
	return "⟨U+" + "0000"[min(len(hex), 4):] + hex + "⟩"
}

// unseen is what counts as printable and shows nothing of its own, or takes the
// place of something else.
var unseen = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034F, Hi: 0x034F, Stride: 1}, // combining grapheme joiner
		{Lo: 0x115F, Hi: 0x1160, Stride: 1}, // Hangul fillers
		{Lo: 0x17B4, Hi: 0x17B5, Stride: 1}, // Khmer inherent vowels
		{Lo: 0x180B, Hi: 0x180F, Stride: 1}, // Mongolian variation selectors
		{Lo: 0x2800, Hi: 0x2800, Stride: 1}, // the Braille pattern without dots
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
		{Lo: 0xFE00, Hi: 0xFE0F, Stride: 1}, // variation selectors
		{Lo: 0xFFA0, Hi: 0xFFA0, Stride: 1}, // halfwidth Hangul filler
		{Lo: 0xFFFC, Hi: 0xFFFC, Stride: 1}, // object replacement
	},
	R32: []unicode.Range32{
		{Lo: 0x13430, Hi: 0x13455, Stride: 1}, // Egyptian format controls
		{Lo: 0x16FE4, Hi: 0x16FE4, Stride: 1}, // Khitan filler
		{Lo: 0x1BC9D, Hi: 0x1BCA3, Stride: 1}, // shorthand format controls
		{Lo: 0x1D159, Hi: 0x1D159, Stride: 1}, // musical null notehead
		{Lo: 0x1D173, Hi: 0x1D17A, Stride: 1}, // musical format controls
		{Lo: 0xE0000, Hi: 0xE0FFF, Stride: 1}, // tags, variation selectors
	},
}

// VisibleLine is s as one line of at most maxRunes characters, made visible as by
// Visible. Newlines become ⏎ and, with the blanks around them, one; runs of
// spaces and tabs become one space; those at both ends go. cut says that the end
// is missing, which … then stands for: what was cut must not pass for the whole.
func VisibleLine(s string, maxRunes int) (line string, cut bool) {
	return safeLine(s, maxRunes, false)
}

// CutLine is VisibleLine for a line that VisibleLine made: what that wrote for
// others, ⟨ and ⏎, stays as it is.
func CutLine(visible string, maxRunes int) (line string, cut bool) {
	return safeLine(visible, maxRunes, true)
}

func safeLine(s string, maxRunes int, again bool) (line string, cut bool) {
	l := lineWriter{room: max(maxRunes, 1)}
	for i := 0; i < len(s) && !l.full; {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case layout(s[i:]) && r != '\t':
			l.gap = "⏎"
		case r == ' ' || r == '\t':
			l.blank()
		case again && (r == '⟨' || r == '⏎'):
			l.put(s[i : i+size])
		case r == '⏎':
			l.put("⟨U+23CE⟩")
		default:
			l.put(glyph(r, s[i:i+size]))
		}
		i += size
	}
	return l.finish()
}

// lineWriter fills one line, never splitting what one character became.
type lineWriter struct {
	parts []string
	used  int    // characters in parts
	room  int    // at least 1
	gap   string // what stands before the next part, where one comes
	full  bool
}

func (l *lineWriter) blank() {
	if l.gap == "" {
		l.gap = " "
	}
}

func (l *lineWriter) put(part string) {
	if l.gap != "" && len(l.parts) > 0 {
		l.add(l.gap)
	}
	l.gap = ""
	l.add(part)
}

func (l *lineWriter) add(part string) {
	n := utf8.RuneCountInString(part)
	l.full = l.full || l.used+n > l.room
	if !l.full {
		l.parts = append(l.parts, part)
		l.used += n
	}
}

func (l *lineWriter) finish() (string, bool) {
	if !l.full {
		return strings.Join(l.parts, ""), false
	}
	for len(l.parts) > 0 && l.used+1 > l.room {
		l.used -= utf8.RuneCountInString(l.parts[len(l.parts)-1])
		l.parts = l.parts[:len(l.parts)-1]
	}
	return strings.Join(l.parts, "") + "…", true
}
