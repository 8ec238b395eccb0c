package document

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine/text"
)

// Places move along with changes around them: the text of a span that no change touches is the same text after them,
// whichever way it is looked up.
func FuzzMovedPlaces(f *testing.F) {
	f.Add(uint64(1), 5)
	f.Add(uint64(2), 40)
	f.Fuzz(func(t *testing.T, seed uint64, edits int) {
		r := rand.New(rand.NewPCG(seed, 2))
		now := strings.Repeat("abcdefgh\n", 20)
		const mark = "<<the marked text>>"
		start := r.IntN(len(now) + 1)
		now = now[:start] + mark + now[start:]
		before := text.Span{Start: start, End: start + len(mark)}
		d := &Document{lineage: &lineage{}, Parsed: &TrackCell{}}
		for range uint(edits) % 100 {
			at := strings.Index(now, mark)
			from := r.IntN(len(now) + 1)
			to := min(len(now), from+r.IntN(6))
			if from < at+len(mark) && to > at || from == to && from == at {
				continue // it would touch the mark, or push it along while standing before it
			}
			repl := strings.Repeat("x", r.IntN(5))
			d.note(text.Span{Start: from, End: to}, len(repl))
			now = now[:from] + repl + now[to:]
		}
		since, ok := d.Since(0)
		if !ok {
			t.Fatal("the changes were forgotten")
		}
		from, to := Forward(since, before.Start, false), Forward(since, before.End, true)
		if at := strings.Index(now, mark); from > at || to < at+len(mark) || to-from > len(mark)+5*len(since) {
			t.Fatalf("the mark is at %d, its span at [%d:%d]", at, from, to)
		}
		for i := 1; i < len(mark); i++ {
			if got := backward(since, strings.Index(now, mark)+i); got != start+i {
				t.Fatalf("byte %d of the mark was at %d, not at %d", i, start+i, got)
			}
		}
	})
}

func TestChangesAreBounded(t *testing.T) {
	t.Parallel()
	d := &Document{lineage: &lineage{}, Parsed: &TrackCell{}}
	for range 10 * maxChanges {
		d.note(text.Span{}, 1)
	}
	if len(d.changes) > 2*maxChanges {
		t.Errorf("%d changes are kept", len(d.changes))
	}
	if _, ok := d.Since(0); ok {
		t.Error("changes that were forgotten are said to be known")
	}
	d.lineage.learn(&known{stamp: d.Stamp - 10})
	d.lineage.learn(&known{stamp: d.Stamp - 20}) // late: it changes nothing
	for range 4 * maxChanges {
		d.note(text.Span{}, 1)
		if since, ok := d.Since(d.lineage.newest.Load().stamp); !ok || len(since) != d.Stamp-d.lineage.newest.Load().stamp {
			t.Fatalf("%d changes since the newest outline, want %d (%v)", len(since), d.Stamp-d.lineage.newest.Load().stamp, ok)
		}
		if d.Stamp%50 == 0 {
			d.lineage.learn(&known{stamp: d.Stamp})
		}
	}
}

func TestReplacedText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		before, after string
		start, end, n int
	}{
		{"", "", 0, 0, 0},
		{"abc", "abc", 3, 3, 0},
		{"abc", "axc", 1, 2, 1},
		{"aa", "aaa", 2, 2, 1},
		{"abc", "", 0, 3, 0},
		{"one two", "one new two", 4, 4, 4},
	} {
		if span, n := replaced(tc.before, tc.after); span != (text.Span{Start: tc.start, End: tc.end}) || n != tc.n {
			t.Errorf("%q to %q: %v became %d bytes", tc.before, tc.after, span, n)
		}
	}
}
