package treesitter

import "bytes"

// place is what an offset lies in, as far as markers care.
type place int

const (
	elsewhere place = iota
	inComment
	inDecorator
)

// markCore marks the declarations that a marker stands in: in their doc comment, on a decorator, or in a comment
// inside their body. A marker in a string or in code counts for nothing. A marker that begins with @ is also met by
// a decorator whose last name it is: @tools.core_logic.
func (a *analysis) markCore(marks []string, at func(offset int) place) {
	for _, m := range marks {
		word := bytes.TrimPrefix([]byte(m), []byte("@"))
		decorator := len(word) < len(m)
		for from := 0; ; {
			i := bytes.Index(a.src[from:], word)
			if i < 0 || len(word) == 0 {
				break
			}
			offset := from + i
			from = offset + len(word)
			if wordEnds(a.src, from, word) && (!decorator || a.decorates(offset, at)) {
				a.markAt(offset, at)
			}
		}
	}
}

// decorates reports whether the word at offset follows an @, at once or as the last of a dotted name.
func (a *analysis) decorates(offset int, at func(int) place) bool {
	if offset == 0 {
		return false
	}
	switch a.src[offset-1] {
	case '@':
		return true
	case '.':
		return at(offset) == inDecorator
	}
	return false
}

func (a *analysis) markAt(offset int, at func(int) place) {
	if at(offset) == elsewhere {
		return
	}
	if d := a.innermost(offset); d != nil {
		d.core = true
	}
}

// wordEnds keeps a marker that ends like a name from matching the beginning of a longer one.
func wordEnds(src []byte, end int, word []byte) bool {
	return !nameByte(word[len(word)-1]) || end >= len(src) || !nameByte(src[end])
}

func nameByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}
