package text

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestOffset(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		pos  Position
		enc  Encoding
		want int
	}{
		{"ab\ncd\n", Position{0, 0}, UTF16, 0},
		{"ab\ncd\n", Position{1, 1}, UTF16, 4},
		{"ab\ncd\n", Position{0, 9}, UTF16, 2},
		{"ab\r\ncd", Position{0, 3}, UTF16, 2},
		{"ab\rcd", Position{1, 0}, UTF16, 3},
		{"ab\n", Position{1, 5}, UTF16, 3},
		{"ab\n", Position{2, 0}, UTF16, 3},
		{"ab", Position{-1, 1}, UTF16, 1},
		{"ab", Position{0, -1}, UTF16, 0},
		{"", Position{3, 3}, UTF16, 0},
		{"a😀b", Position{0, 1}, UTF16, 1},
		{"a😀b", Position{0, 2}, UTF16, 1},
		{"a😀b", Position{0, 3}, UTF16, 5},
		{"a😀b", Position{0, 3}, "", 5},
		{"a😀b", Position{0, 2}, UTF32, 5},
		{"a😀b", Position{0, 4}, UTF8, 1},
		{"a😀b", Position{0, 5}, UTF8, 5},
		{"é\xff\xfez", Position{0, 3}, UTF16, 4},
		{"é\xff\xfez", Position{0, 3}, UTF8, 3},
		{"\ufeffa", Position{0, 1}, UTF16, 3},
	} {
		if got := NewIndex([]byte(c.text)).Offset(c.pos, c.enc); got != c.want {
			t.Errorf("%q at %v in %q: %d, want %d", c.text, c.pos, c.enc, got, c.want)
		}
	}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text   string
		offset int
		enc    Encoding
		want   Position
	}{
		{"ab\ncd", 4, UTF16, Position{1, 1}},
		{"ab\r\ncd", 3, UTF16, Position{0, 2}},
		{"ab\r\ncd", 4, UTF16, Position{1, 0}},
		{"é\r\n", 3, UTF16, Position{0, 1}},
		{"ab\n", 3, UTF16, Position{1, 0}},
		{"ab", 99, UTF16, Position{0, 2}},
		{"ab", -1, UTF16, Position{0, 0}},
		{"a😀b", 5, UTF16, Position{0, 3}},
		{"a😀b", 5, UTF32, Position{0, 2}},
		{"a😀b", 5, UTF8, Position{0, 5}},
		{"a😀b", 3, UTF16, Position{0, 1}},
		{"a😀b", 3, UTF8, Position{0, 1}},
	} {
		if got := NewIndex([]byte(c.text)).Position(c.offset, c.enc); got != c.want {
			t.Errorf("%q at %d in %q: %v, want %v", c.text, c.offset, c.enc, got, c.want)
		}
	}
}

func TestLineColumn(t *testing.T) {
	t.Parallel()
	x := NewIndex([]byte("aé\r\nb"))
	for offset, want := range map[int][2]int{-1: {1, 1}, 0: {1, 1}, 2: {1, 3}, 3: {1, 4}, 4: {1, 5}, 5: {2, 1}, 9: {2, 2}} {
		if line, column := x.LineColumn(offset); [2]int{line, column} != want {
			t.Errorf("%d: %d:%d, want %v", offset, line, column, want)
		}
	}
}

func TestIndexSpan(t *testing.T) {
	t.Parallel()
	x := NewIndex([]byte("ab\ncd\n"))
	if got := x.Span(Position{0, 1}, Position{1, 1}, UTF16); got != (Span{1, 4}) {
		t.Errorf("got %v", got)
	}
	if got := x.Span(Position{1, 1}, Position{0, 1}, UTF16); got != (Span{4, 4}) {
		t.Errorf("reversed: %v", got)
	}
}

func TestSpliceRefuses(t *testing.T) {
	t.Parallel()
	x := NewIndex([]byte("abc"))
	for _, span := range []Span{{-1, 0}, {0, 4}, {2, 1}} {
		var bad *EditError
		if _, err := x.Splice(span, "x"); !errors.As(err, &bad) || bad.Problem != OutOfRange {
			t.Errorf("%v: %v", span, err)
		}
	}
}

// model is an index that knows nothing but the text.
type model string

// line is the span of line n, by scanning from the start.
func (m model) lines() []Span {
	var out []Span
	start := 0
	for i := 0; i < len(m); i++ {
		if m[i] != '\n' && m[i] != '\r' {
			continue
		}
		out = append(out, Span{start, i})
		if m[i] == '\r' && i+1 < len(m) && m[i+1] == '\n' {
			i++
		}
		start = i + 1
	}
	return append(out, Span{start, len(m)})
}

func (m model) units(s string, enc Encoding) int {
	n := 0
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case enc == UTF8:
			n += size
		case enc == UTF16 && r > 0xFFFF:
			n += 2
		default:
			n++
		}
		s = s[size:]
	}
	return n
}

// checkIndex compares x with the model at every offset.
func checkIndex(t *testing.T, x *Index, want string) {
	t.Helper()
	m := model(want)
	rows := m.lines()
	if x.Text() != want || x.Len() != len(want) || x.Lines() != len(rows) {
		t.Fatalf("index of %q has %q, %d bytes, %d lines", want, x.Text(), x.Len(), x.Lines())
	}
	for n, row := range rows {
		if got := x.Line(n); got != row {
			t.Fatalf("line %d of %q: %v, want %v", n, want, got, row)
		}
		for at := row.Start; at <= row.End; {
			checkPlace(t, x, m, n, row, at)
			_, size := utf8.DecodeRuneInString(want[at:row.End])
			at += max(size, 1)
		}
	}
}

// checkPlace compares one place, at a character's start, in each encoding.
func checkPlace(t *testing.T, x *Index, m model, n int, row Span, at int) {
	t.Helper()
	for _, enc := range []Encoding{UTF8, UTF16, UTF32} {
		pos := Position{n, m.units(string(m[row.Start:at]), enc)}
		if got := x.Position(at, enc); got != pos {
			t.Fatalf("offset %d of %q in %s: %v, want %v", at, m, enc, got, pos)
		}
		if got := x.Offset(pos, enc); got != at {
			t.Fatalf("%v of %q in %s: %d, want %d", pos, m, enc, got, at)
		}
	}
	if line, column := x.LineColumn(at); line != n+1 || column != at-row.Start+1 {
		t.Fatalf("offset %d of %q: %d:%d", at, m, line, column)
	}
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte("a\r\nb\rc\n"), []byte("\n😀"), 1, 2)
	f.Add([]byte("a\rb"), []byte("\n"), 2, 2)
	f.Add([]byte("a\r\nb"), []byte(""), 2, 3)
	f.Add([]byte("\xff\xf0\x9f\x98"), []byte("\x80"), 4, 4)
	f.Fuzz(func(t *testing.T, src, repl []byte, start, end int) {
		if len(src)+len(repl) > 400 { // nothing new happens before a second block, which TestSpliceAcrossBlocks has
			t.Skip("the model is quadratic")
		}
		x := NewIndex(src)
		checkIndex(t, x, string(src))
		for _, n := range []int{-1, start, end, len(src) + 1} {
			if p := x.Position(n, UTF16); x.Position(x.Offset(p, UTF16), UTF16) != p {
				t.Fatalf("%q: no round trip from %d", src, n)
			}
		}
		y, err := x.Splice(Span{start, end}, string(repl))
		if err != nil {
			return
		}
		checkIndex(t, y, string(src[:start])+string(repl)+string(src[end:]))
		checkIndex(t, x, string(src))
	})
}

// TestSpliceAcrossBlocks makes random changes to a text of many blocks and
// compares with an index made from scratch.
func TestSpliceAcrossBlocks(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for i := range 6000 {
		fmt.Fprintf(&b, "line %d é%s", i, []string{"\n", "\r\n", "\r"}[r.IntN(3)])
	}
	want, x := b.String(), NewIndex(b.Bytes())
	for range 200 {
		start := r.IntN(len(want) + 1)
		if r.IntN(3) == 0 {
			start = x.bytes[r.IntN(len(x.bytes))] // where blocks meet
		}
		end := min(len(want), start+r.IntN(4)*r.IntN(1+r.IntN(9000)))
		repl := strings.Repeat([]string{"", "x", "\n", "\r", "\r\n", "😀\n"}[r.IntN(6)], 1+r.IntN(3)*r.IntN(900))
		next, err := x.Splice(Span{start, end}, repl)
		if err != nil {
			t.Fatal(err)
		}
		want = want[:start] + repl + want[end:]
		compareIndexes(t, next, NewIndex([]byte(want)))
		from := r.IntN(len(want) + 1)
		to := min(len(want), from+r.IntN(9000))
		if got := next.Slice(Span{from, to}); got != want[from:to] {
			t.Fatalf("slice [%d:%d] is %q, want %q", from, to, got, want[from:to])
		}
		x = next
	}
}

func compareIndexes(t *testing.T, got, want *Index) {
	t.Helper()
	if got.Text() != want.Text() || got.Lines() != want.Lines() || got.Len() != want.Len() {
		t.Fatalf("%d lines, %d bytes; want %d, %d", got.Lines(), got.Len(), want.Lines(), want.Len())
	}
	for n := -1; n <= want.Lines(); n++ {
		if got.Line(n) != want.Line(n) {
			t.Fatalf("line %d of %d: %v, want %v", n, want.Lines(), got.Line(n), want.Line(n))
		}
		at := want.Line(n).Start
		if got.Position(at, UTF16) != want.Position(at, UTF16) {
			t.Fatalf("offset %d: %v, want %v", at, got.Position(at, UTF16), want.Position(at, UTF16))
		}
	}
}

func BenchmarkIndex(b *testing.B) {
	src := []byte(strings.Repeat("\tsome line of a program, 40 bytes long\n", 50_000))
	x := NewIndex(src)
	b.Run("rebuild", func(b *testing.B) {
		for b.Loop() {
			NewIndex(src)
		}
	})
	b.Run("splice", func(b *testing.B) {
		for b.Loop() {
			if _, err := x.Splice(Span{1_000_000, 1_000_003}, "x"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("position", func(b *testing.B) {
		for b.Loop() {
			x.Position(1_234_567, UTF16)
		}
	})
}
