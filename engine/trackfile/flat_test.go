package trackfile

import (
	"os"
	"testing"

	"github.com/slop-ls/slop-ls/engine/leaftest"
)

// TestNothingIsKept reads documents, and edits one on and on: a version must not hold those before it. Not parallel.
func TestNothingIsKept(t *testing.T) {
	var sources [][]byte
	files := append(documents(t, "good"), documents(t, "bad")...)
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, src)
	}
	n := 0
	leaftest.Flat(t, 400, func() {
		d := Parse(files[n%len(files)], sources[n%len(files)])
		_ = PathAt(d, len(d.Source)/2)
		n++
	})
	d := Parse("a.track.yaml", large(10))
	leaftest.Flat(t, 400, func() {
		at := d.Items[n%10].Span.End
		d = d.Edit(at, at, "x").Edit(at, at+1, "")
		n++
	})
}
