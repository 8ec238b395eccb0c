package trackfile

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
)

func TestDeclared(t *testing.T) {
	t.Parallel()
	ticket := Ticket{TargetFile: "./app/[id]/page.tsx", Writes: []string{"b/*.go", "gen/", "b/*.go", "a.go", ""}}
	want := []string{"a.go", `app/\[id\]/page.tsx`, "b/*.go", "gen/**"}
	if got := ticket.Declared(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if ShowName(want[1]) != "app/[id]/page.tsx" {
		t.Errorf("shown as %q", ShowName(want[1]))
	}
}

func TestOverlap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"a.go", "a.go", true},
		{"a.go", "b.go", false},
		{"a/b.go", "a/*.go", true},
		{"a/b/c.go", "a/*.go", false},
		{"a/b/c.go", "a/**", true},
		{"a/b/c.go", "a/**/c.go", true},
		{"a/c.go", "a/**/c.go", true},
		{"a", "a/**", true},
		{"ab/c", "a/**", false},
		{"a/*.go", "a/x*", true},
		{"a/*.go", "a/*.md", false},
		{"a/*.go", "b/*.go", false},
		{"a/*_test.go", "a/lex*", true},
		{"**/*.go", "a/**", true},
		{"**/*.go", "a/*.md", false},
		{"*.{go,md}", "*.md", true},
		{"*.{go,md}", "*.txt", false},
		{"{a,b/{c,d}}/x", "b/d/x", true},
		{"{a,b/{c,d}}/x", "b/e/x", false},
		{"a/[xy].go", "a/x.go", true},
		{"a/?.go", "a/xy.go", false},
		{`app/\[id\]/p.tsx`, "app/[id]/p.tsx", true},
		{`app/\[id\]/p.tsx`, `app/\[no\]/p.tsx`, false},
		{`app/\[id\]/p.tsx`, "app/*/p.tsx", true},
		{`a\*b`, "a*b", true},
		{`a\*b`, "axb", false},
		{`a\-b`, "a-b", true},
		{"{a", "{a", true},
		{"{a", "a", false},
		{"[a", "[a", true},
		{strings.Repeat("{a,b}", 20), "a", true}, // past the bound: same folder
		{"x/z/" + strings.Repeat("{a,b}", 20), "y/a", false},
		{strings.Repeat("*a", 500), strings.Repeat("*b", 500), true}, // past the other bound
	} {
		if got := Overlap(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
		if Overlap(c.b, c.a) != c.want {
			t.Errorf("%q and %q differ the other way round", c.a, c.b)
		}
	}
}

// randomName draws from an alphabet small enough that names meet often.
func randomName(rng *rand.Rand, pieces []string) string {
	var b strings.Builder
	for i := range 1 + rng.IntN(3) {
		if i > 0 {
			b.WriteByte('/')
		}
		if rng.IntN(4) == 0 && slices.Contains(pieces, "**") {
			b.WriteString("**")
			continue
		}
		for range 1 + rng.IntN(3) {
			if p := pieces[rng.IntN(len(pieces))]; p != "**" {
				b.WriteString(p)
			} else {
				b.WriteByte('a')
			}
		}
	}
	return b.String()
}

// TestOverlapAgreesWithMatching: what matching says that a pattern names, a name overlaps with; and two patterns that
// name one file overlap.
func TestOverlapAgreesWithMatching(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	patterns := []string{"a", "b", "*", "?", "[ab]", "{a,b}", "{a,*b}", "**", `\*`}
	both := 0
	for range 30_000 {
		p, q, file := randomName(rng, patterns), randomName(rng, patterns), randomName(rng, []string{"a", "b", "a"})
		inP, errP := doublestar.Match(p, file)
		inQ, errQ := doublestar.Match(q, file)
		if errP != nil || errQ != nil {
			t.Fatal(p, q, errP, errQ)
		}
		if inP && !Overlap(p, file) {
			t.Fatalf("%q names %q and does not overlap it", p, file)
		}
		if inP && inQ {
			if both++; !Overlap(p, q) {
				t.Fatalf("%q and %q name %q and do not overlap", p, q, file)
			}
		}
	}
	if both < 100 {
		t.Errorf("only %d pairs met", both)
	}
}

func FuzzOverlap(f *testing.F) {
	f.Add("a/**/{b,c}*.go", "a/[x-z]?/c.go")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !Overlap(a, a) {
			t.Errorf("%q does not overlap itself", a)
		}
		if Overlap(a, b) != Overlap(b, a) {
			t.Errorf("%q and %q: it matters which is first", a, b)
		}
	})
}

func BenchmarkOverlap(b *testing.B) {
	p, q := ParseName("parser/**/*.go"), ParseName("parser/lex/token.go")
	for b.Loop() {
		p.Overlaps(q)
	}
}
