package engine

import (
	"bytes"

	"github.com/slop-ls/slop-ls/engine/text"
)

// bom is what some editors keep to themselves: the buffer of a file that begins with it does not.
var bom = []byte("\ufeff")

// Rebase brings the change from base to after into now. A byte order mark at the beginning is now's own: base and after
// may come from a buffer, which has none, and now from the disk, or the other way round. It is text.Merge3 else.
func Rebase(base, now, after []byte) ([]byte, []text.Conflict) {
	_, marked := bytes.CutPrefix(now, bom)
	fit := func(s []byte) []byte {
		bare, was := bytes.CutPrefix(s, bom)
		switch {
		case was == marked:
			return s
		case was:
			return bare
		}
		return append(bytes.Clone(bom), s...)
	}
	if _, was := bytes.CutPrefix(base, bom); was != marked && len(base) > 0 {
		base, after = fit(base), fit(after)
	}
	if bytes.Equal(now, base) {
		return bytes.Clone(after), nil
	}
	return text.Merge3(base, now, after)
}

// sameText reports whether two texts are the same but for a byte order mark.
func sameText(a, b []byte) bool {
	return bytes.Equal(bytes.TrimPrefix(a, bom), bytes.TrimPrefix(b, bom))
}
