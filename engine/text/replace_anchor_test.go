package text

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// bothWays is a replacement by anchors, and by looking through all of the file in each step.
func bothWays(src, search, replace string, where Where) (quick, thorough Result, quickErr, thoroughErr error) {
	quick, quickErr = ReplaceAt([]byte(src), search, replace, where)
	if search == "" {
		return quick, quick, quickErr, quickErr
	}
	if thoroughErr = checkReplacement([]byte(src), search, replace); thoroughErr == nil {
		thorough, thoroughErr = (&request{src: src, search: search, replace: replace, where: where, thorough: true}).result()
	}
	return quick, thorough, quickErr, thoroughErr
}

// checkBothWays holds that anchors change nothing but the time that it takes.
func checkBothWays(t *testing.T, src, search, replace string, where Where) {
	t.Helper()
	quick, thorough, quickErr, thoroughErr := bothWays(src, search, replace, where)
	if diff := cmp.Diff(thorough, quick); diff != "" {
		t.Fatalf("%q in %q by %q at %+v (-thorough +quick):\n%s", search, src, replace, where, diff)
	}
	if diff := cmp.Diff(thoroughErr, quickErr, cmp.Comparer(func(a, b error) bool { return a == nil && b == nil || a != nil && b != nil && a.Error() == b.Error() })); diff != "" {
		t.Fatalf("%q in %q by %q at %+v:\nquick:    %v\nthorough: %v", search, src, replace, where, quickErr, thoroughErr)
	}
}

// TestAnchorsCorpus has each edit of a corpus both ways, as it is and with some of its file changed.
func TestAnchorsCorpus(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(8, 8))
	for _, c := range corpus(t, 8, 400) {
		for _, src := range []string{c.src, "\ufeff" + strings.ReplaceAll(c.src, "\n", "\r\n"), c.src + c.src, strings.TrimSuffix(c.src, "\n"), spoiled(rnd, c.src)} {
			checkBothWays(t, src, c.search, c.replace, Where{Whole: rnd.IntN(3) == 0, Line: rnd.IntN(200), End: rnd.IntN(9) == 0})
		}
	}
}

// spoiled is a text with some characters made others that look like them, and some lines blank.
func spoiled(rnd *rand.Rand, src string) string {
	rows := lines(src)
	for range 1 + len(rows)/20 {
		i := rnd.IntN(len(rows))
		switch rnd.IntN(6) {
		case 0:
			rows[i] = strings.ReplaceAll(rows[i], `"`, "“")
		case 1:
			rows[i] = strings.ReplaceAll(rows[i], " ", "\t ")
		case 2:
			rows[i] = " \t\r\n" + rows[i]
		case 3:
			rows[i] = strings.Replace(rows[i], "e", "e\u200b", 1)
		case 4:
			rows[i] = strings.Replace(rows[i], "a", "\xff", 1)
		case 5:
			rows[i] = "\t" + strings.ReplaceAll(rows[i], "-", "–")
		}
	}
	return strings.Join(rows, "")
}

// FuzzAnchors makes small files of few different lines, so that searches fit often, and nearly.
func FuzzAnchors(f *testing.F) {
	for seed := range uint64(400) {
		f.Add(seed, "alpha beta\n", "gamma()\n")
	}
	f.Add(uint64(1), "\ufeffx\r\n", "\u200b")
	f.Fuzz(func(t *testing.T, seed uint64, a, b string) {
		if len(a)+len(b) > 300 {
			return
		}
		rnd := rand.New(rand.NewPCG(seed, 2))
		pool := []string{"one(two)", "one (two)", "if x {", "}", "", "  ", "\treturn “x”", "return \"x\"", "  one(two)", "...", "wo\u200brd", "word", "12| word", a, b}
		draw := func(n int) string {
			var out strings.Builder
			for range n {
				out.WriteString(strings.Repeat("\t", rnd.IntN(3)) + pool[rnd.IntN(len(pool))] + []string{"\n", "\n", "\r\n", " \n"}[rnd.IntN(4)])
			}
			return out.String()
		}
		src := draw(rnd.IntN(40))
		rows := lines(src)
		search, replace := draw(rnd.IntN(5)), draw(rnd.IntN(5))
		if len(rows) > 4 && rnd.IntN(3) > 0 { // what stands there, more or less
			at := rnd.IntN(len(rows) - 3)
			search = strings.Join(rows[at:at+1+rnd.IntN(3)], "")
			if rnd.IntN(2) == 0 {
				search = spoiled(rnd, search)
			}
			replace = search + draw(1)
		}
		checkBothWays(t, src, search, replace, Where{Whole: rnd.IntN(2) == 0, From: rnd.IntN(3), To: rnd.IntN(30), Line: rnd.IntN(30), End: rnd.IntN(8) == 0})
		checkBothWays(t, src, a, b, Where{})
		checkBothWays(t, a+src, b, a, Where{})
	})
}
