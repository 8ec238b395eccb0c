package text

import (
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine/leaftest"
)

// TestNothingIsKept changes an index on and on: a version must not hold those before it. Not parallel.
func TestNothingIsKept(t *testing.T) {
	x := NewIndex([]byte(strings.Repeat("a line of text, héllo\n", 2000)))
	n := 0
	leaftest.Flat(t, 2000, func() {
		at := x.Line(n * 37 % 2000).Start
		there, err := x.Splice(Span{at, at}, "new\n")
		if err != nil {
			t.Fatal(err)
		}
		if x, err = there.Splice(Span{at, at + 4}, ""); err != nil {
			t.Fatal(err)
		}
		n++
	})
	base, ours, theirs := program(40)
	leaftest.Flat(t, 500, func() {
		Merge3(base, ours, theirs)
		_, _ = Replace(base, string(ours[:100]), string(theirs[:100]))
		Diff(ours, theirs)
	})
}
