package text

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReplace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, src, search, replace string
		want                       string
		step                       Step
		line                       int
	}{
		{"whole line", "a\nb\nc\n", "b\n", "B\n", "a\nB\nc\n", Exact, 2},
		{"within a line", "f(x, y)\n", "x, y", "y, x", "f(y, x)\n", Exact, 1},
		{"delete", "a\nb\nc\n", "b\n", "", "a\nc\n", Exact, 2},
		{"exact wins over looser places", "\tfoo\nbar\n\t\tfoo \n", "\tfoo\n", "\tbaz\n", "\tbaz\nbar\n\t\tfoo \n", Exact, 1},
		{"one line becomes two in a CRLF file", "a\r\nb\r\n", "b", "b\nc", "a\r\nb\r\nc\r\n", Exact, 2},
		{"one line becomes two at a CRLF file's open end", "a\r\nb", "b", "b\nc", "a\r\nb\r\nc", Exact, 2},
		{"CRLF asked for and found", "a\r\nb\r\n", "a\r\nb", "a\r\nx\r\nb", "a\r\nx\r\nb\r\n", Exact, 1},
		{"invalid UTF-8 around", "\xff\na\n\xfe", "a", "b", "\xff\nb\n\xfe", Exact, 2},
		{"BOM stays", "\ufeffa\nb\n", "a\nb", "a\nc", "\ufeffa\nc\n", Exact, 1},

		{"LF search in a CRLF file", "a\r\nb\r\nc\r\n", "a\nb\n", "a\nx\ny\n", "a\r\nx\r\ny\r\nc\r\n", LineEndings, 1},
		{"LF search in a CRLF file, within lines", "f(\r\n  a, b)\r\n", "(\n  a", "(\n  z,\n  a", "f(\r\n  z,\r\n  a, b)\r\n", LineEndings, 1},
		{"CRLF search in an LF file", "a\nb\nc\n", "a\r\nb\r\n", "a\r\nB\r\n", "a\nB\nc\n", LineEndings, 1},
		{"mixed endings keep", "a\r\nb\nc\r\nd\n", "a\nb\nc\n", "a\nB\nc\n", "a\r\nB\nc\r\nd\n", LineEndings, 1},
		{"BOM and CRLF", "\ufeffa\r\nb\r\n", "a\nb\n", "x\nb\n", "\ufeffx\r\nb\r\n", LineEndings, 1},

		{"file without final newline", "a\nb", "a\nb\n", "a\nc\n", "a\nc", FinalNewline, 1},
		{"appended after an open end", "a\nb", "b\n", "b\nc\nd\n", "a\nb\nc\nd", FinalNewline, 2},
		{"deleted open end", "a\nb", "b\n", "", "a\n", FinalNewline, 2},
		{"open end with CRLF", "a\r\nb", "a\nb\n", "a\nb\nc\n", "a\r\nb\r\nc", FinalNewline, 1},

		{"file has trailing blanks", "a  \nb\t\nc\n", "a\nb\n", "a\nB\n", "a  \nB\nc\n", TrailingSpace, 1},
		{"search has trailing blanks", "a\nb\nc\n", "a \nb \n", "a \nb2\n", "a\nb2\nc\n", TrailingSpace, 1},
		{"trailing blanks and CRLF", "a \r\nb\r\n", "a\nb\n", "a\nB\n", "a \r\nB\r\n", TrailingSpace, 1},
		{"trailing blanks and BOM", "\ufeffa \nb\n", "a\nb\n", "a\nB\n", "\ufeffa \nB\n", TrailingSpace, 1},

		{"blank lines around the search", "a\nb\nc\n", "\n\nb\nc\n\n", "\n\nB\nc\n\n", "a\nB\nc\n", BlankLines, 2},
		{"blank lines around the search alone", "a\nb\nc\n", "\nb\n\n", "B\n", "a\nB\nc\n", BlankLines, 2},
		{"blank lines that the replacement adds", "a\nb\nc\n", "\n\nb\n", "\n\n\nb\n", "a\n\nb\nc\n", BlankLines, 2},

		{
			"lost indentation", "func f() {\n\tif x {\n\t\tg()\n\t}\n}\n", "if x {\n\tg()\n}\n", "if x {\n\th()\n\ti()\n}\n",
			"func f() {\n\tif x {\n\t\th()\n\t\ti()\n\t}\n}\n", Indentation, 2,
		},
		{
			"too much indentation", "if x:\n    g()\n", "    if x:\n        g()\n", "    if x:\n        h()\n        i()\n",
			"if x:\n    h()\n    i()\n", Indentation, 1,
		},
		{
			"spaces for tabs", "func f() {\n\tif x {\n\t\tg()\n\t}\n}\n", "    if x {\n        g()\n    }\n", "    if x {\n        if y {\n            g()\n        }\n    }\n",
			"func f() {\n\tif x {\n\t\tif y {\n\t\t\tg()\n\t\t}\n\t}\n}\n", Indentation, 2,
		},
		{"two spaces for tabs", "a {\n\tb {\n\t\tc\n\t}\n}\n", "  b {\n    c\n  }\n", "  b {\n    d\n      e\n  }\n", "a {\n\tb {\n\t\td\n\t\t\te\n\t}\n}\n", Indentation, 2},
		{"tabs for spaces", "a:\n  b:\n    c\n", "\tb:\n\t\tc\n", "\tb:\n\t\tc\n\t\t\td\n", "a:\n  b:\n    c\n      d\n", Indentation, 2},
		{"lost indentation, new depth in spaces", "\t\tfoo()\n\t\tbar()\n", "foo()\nbar()\n", "foo()\nif x {\n    bar()\n}\n", "\t\tfoo()\n\t\tif x {\n\t\t\tbar()\n\t\t}\n", Indentation, 1},
		{"untouched lines keep their trailing blanks", "\tif x { \n\t\tg()\n\t}\n", "if x {\n\tg()\n}\n", "if x {\n\th()\n}\n", "\tif x { \n\t\th()\n\t}\n", Indentation, 1},
		{"a new blank line is empty", "\ta()\n\tb()\n", "a()\nb()\n", "a()\n  \nb()\n", "\ta()\n\n\tb()\n", Indentation, 1},
		{"indentation, CRLF, open end", "{\r\n\ta()\r\n\tb()", "a()\nb()\n", "a()\nc()\nb()\nd()\n", "{\r\n\ta()\r\n\tc()\r\n\tb()\r\n\td()", Indentation, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Replace([]byte(c.src), c.search, c.replace)
			if err != nil {
				t.Fatal(err)
			}
			out, err := Apply([]byte(c.src), got.Edits)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(out)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if got.Step != c.step || got.Line != c.line {
				t.Errorf("step %s at line %d, want %s at line %d", got.Step, got.Line, c.step, c.line)
			}
		})
	}
}

func TestReplaceAmbiguous(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, src, search string
		want              AmbiguousError
	}{
		{"exact", "a\nb\na\nb\na\n", "a\n", AmbiguousError{Exact, []int{1, 3, 5}, false}},
		{"overlapping", "aaa\n", "aa", AmbiguousError{Exact, []int{1, 1}, false}},
		{"line endings", "a\r\nb\r\na\r\nb\r\n", "a\nb\n", AmbiguousError{LineEndings, []int{1, 3}, false}},
		{"trailing blanks", "a \nb\na \nb\n", "a\nb\n", AmbiguousError{TrailingSpace, []int{1, 3}, false}},
		{"indentation", "\ta\n\tb\n\t\ta\n\t\tb\n", "a\nb\n", AmbiguousError{Indentation, []int{1, 3}, false}},
		{"many", strings.Repeat("a\n", 200), "a", AmbiguousError{Exact, upTo(maxPlaces), true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Replace([]byte(c.src), c.search, "z")
			var ambiguous *AmbiguousError
			if !errors.As(err, &ambiguous) {
				t.Fatalf("got %+v, %v", got, err)
			}
			if diff := cmp.Diff(&c.want, ambiguous); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i + 1
	}
	return out
}

func TestReplaceNotFound(t *testing.T) {
	t.Parallel()
	src := "package p\n\nfunc alpha() {\n\treturn one\n}\n\nfunc beta() {\n\treturn two\n}\n"
	for _, c := range []struct {
		name, src, search, replace string
		want                       NotFoundError
	}{
		{"a word differs", src, "func beta() int {\n\treturn two\n}\n", "x", NotFoundError{7, "func beta() {\n\treturn two\n}", "func beta() int {", 1}},
		{"nothing alike", src, "zebra crossing", "x", NotFoundError{}},
		{"empty file", "", "a", "x", NotFoundError{}},
		{"shift not uniform", "\ta\n\t\t\tb\n\tc\n", "\ta\n\tb\n\t\tc\n", "x", NotFoundError{1, "\ta\n\t\t\tb\n\tc", "", 0}},
		{"new line left of the margin", "a {\n  b\n}\n", "    a {\n      b\n    }\n", "    a {\n  c\n    }\n", NotFoundError{1, "a {\n  b\n}", "", 0}},
		{"blank lines only", "a\nb\n", "\n \n", "x", NotFoundError{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Replace([]byte(c.src), c.search, c.replace)
			var missing *NotFoundError
			if !errors.As(err, &missing) {
				t.Fatalf("got %+v, %v", got, err)
			}
			if diff := cmp.Diff(&c.want, missing); diff != "" {
				t.Error(diff)
			}
			if c.want.Snippet != "" && !strings.Contains(err.Error(), numbered(c.want.Snippet, c.want.Line)) {
				t.Errorf("the message does not show the nearest text: %v", err)
			}
		})
	}
	if _, err := Replace([]byte("a"), "", "b"); !errors.Is(err, ErrEmptySearch) {
		t.Errorf("empty search: %v", err)
	}
}

// TestReplaceTouchesOnlyTheDifference holds that lines that search and replace
// share are in no edit, whatever the step.
func TestReplaceTouchesOnlyTheDifference(t *testing.T) {
	t.Parallel()
	src := "\ta \n\tb\t\n\tc\n"
	got, err := Replace([]byte(src), "a\nb\nc\n", "a\nB\nc\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []Edit{{Span{4, 8}, "\tB\n"}}
	if diff := cmp.Diff(want, got.Edits); diff != "" {
		t.Error(diff)
	}
	same, err := Replace([]byte(src), "\tb", "\tb")
	if err != nil || len(same.Edits) != 0 {
		t.Errorf("a replacement by itself: %+v, %v", same, err)
	}
}

func FuzzReplace(f *testing.F) {
	f.Add([]byte("a\nb\nc\n"), "b\n", "x\ny\n")
	f.Add([]byte("\ufeffa\r\n\tb  \r\nc"), "a\nb\n", "a\n\n  z\n")
	f.Add([]byte("if x {\n\tg()\n\t}\n"), "  if x {\n    g()\n", "h()\n\ti()\n")
	f.Add([]byte("x\n\n\ty\n\xff"), "\ny\n", "")
	f.Add([]byte("a\r\nb"), "a\r\nb", "z")
	f.Add([]byte("z"), "z", "a\r\nb")
	f.Add([]byte("\r\n\r\n\n\n"), "\n\n", "\r")
	f.Add([]byte("a {\n\tsay(\u201cb\u201d)\n\n}\nd\n"), "a {\n  say(\"b\")\n}", "a {\n  say(\"c\")\n}")
	f.Add([]byte("if a < b {\n\tgo()\n}\n"), "if a &lt; b {\n\tgo()\n", "if a &gt; b {\n\tgo()\n")
	f.Add([]byte("one\ntwo\nthree\nfour\n"), "1| one\n2| two\n", "1| one\n2| 2\n")
	f.Add([]byte("head {\n\ta()\n\tb()\n\tc()\n}\n"), "head {\n\t...\n\tc()\n}\n", "head {\n\t...\n\td()\n}\n")
	f.Add([]byte("// The first line of it.\nfirst := 1\nsecond := 2\nthird := 3\n"), "// The frist line of it.\nfirst := 1\nsecond := 2\n", "// The frist line of it.\nfirst := 1\nsecond := 22\n")
	f.Fuzz(func(t *testing.T, src []byte, search, replace string) {
		before := string(src)
		got, err := Replace(src, search, replace)
		if string(src) != before {
			t.Fatal("the source was changed")
		}
		if err != nil {
			checkRefusal(t, before, search, err)
			return
		}
		out, err := Apply(src, got.Edits)
		if err != nil {
			t.Fatalf("the edits do not apply: %v", err)
		}
		checkTakenBack(t, src, out, got.Edits)
		if search == "" {
			return
		}
		if n := len(exactPlaces(before, search)); n > 1 || (n == 1) != (got.Step == Exact) {
			t.Fatalf("%d exact places, and the step is %s", n, got.Step)
		}
		if got.Step == Exact && replace != "" {
			checkReverse(t, src, out, search, replace)
		}
		if got.Step == Context {
			return // it looks for the place of a change
		}
		again, err := Replace(src, search, search)
		if err != nil || len(again.Edits) != 0 {
			t.Fatalf("a search replaced by itself: %+v, %v", again, err)
		}
	})
}

// checkTakenBack holds that an edit is undone by its reverse, and by merging the reverse.
func checkTakenBack(t *testing.T, src, out []byte, edits []Edit) {
	t.Helper()
	var back []Edit
	shift := 0
	for _, e := range edits {
		start := e.Start + shift
		back = append(back, Edit{Span{start, start + len(e.New)}, string(src[e.Start:e.End])})
		shift += len(e.New) - e.Span.Len()
	}
	was, err := Apply(out, back)
	if err != nil || string(was) != string(src) {
		t.Fatalf("taken back: %q, %v; want %q", was, err, src)
	}
	merged, conflicts := Merge3(out, out, src)
	if len(conflicts) > 0 || string(merged) != string(src) {
		t.Fatalf("taken back by a merge: %q, %v; want %q", merged, conflicts, src)
	}
}

// exactPlaces lists where search stands in src without splitting a line end, overlapping places too.
func exactPlaces(src, search string) []int {
	var found []int
	for at := 0; at+len(search) <= len(src); at++ {
		if strings.HasPrefix(src[at:], search) && !splitsEnding(src, at, at+len(search)) {
			found = append(found, at)
		}
	}
	return found
}

// checkRefusal holds that a refusal is true as far as exact places go.
func checkRefusal(t *testing.T, src, search string, err error) {
	t.Helper()
	var ambiguous *AmbiguousError
	var missing *NotFoundError
	switch {
	case errors.Is(err, ErrEmptySearch):
		if search != "" || strings.Trim(src, bom+" \t\r\n") == "" && len(src) < 100 {
			t.Fatalf("%q is said to be empty, in %q", search, src)
		}
	case errors.As(err, &ambiguous):
		if n := len(exactPlaces(src, search)); len(ambiguous.Lines) < 2 || n == 1 || (n > 1) != (ambiguous.Step == Exact) {
			t.Fatalf("%d exact places: %+v", n, ambiguous)
		}
	case errors.As(err, &missing):
		if n := len(exactPlaces(src, search)); n > 0 {
			t.Fatalf("not found, but there are %d: %v", n, err)
		}
	case errors.As(err, new(*AlreadyError)), errors.As(err, new(*ElidedError)), errors.As(err, new(*EncodingError)):
	default:
		t.Fatalf("another error: %v", err)
	}
}

// checkReverse holds that an exact replacement is taken back by the reverse one where that is exact, too, and finds the
// same place: a \r or \n at its edge may have become half of a line end. Where only one of the two texts has line ends,
// new ones take those of the place: then all have to end alike.
func checkReverse(t *testing.T, src, out []byte, search, replace string) {
	t.Helper()
	back, err := Replace(out, replace, search)
	if err != nil || back.Step != Exact || exactPlaces(string(src), search)[0] != exactPlaces(string(out), replace)[0] {
		return
	}
	if strings.Contains(search, "\n") != strings.Contains(replace, "\n") && !endAlike(string(src), search, replace) {
		return
	}
	was, err := Apply(out, back.Edits)
	if err != nil || string(was) != string(src) {
		t.Fatalf("there and back: %q, %v; want %q", was, err, src)
	}
}

// endAlike says whether all lines of all texts end with \n, or all with \r\n.
func endAlike(texts ...string) bool {
	all, crlf := 0, 0
	for _, s := range texts {
		all += strings.Count(s, "\n")
		crlf += strings.Count(s, "\r\n")
	}
	return crlf == 0 || crlf == all
}

const dull = "all work and no play makes jack a dull boy\n"

// bigFile is a text of 10 MB with one line that is there once, near its end.
func bigFile() []byte {
	return []byte(strings.Repeat(dull, 10<<20/len(dull)) + "\there {\n\t\tis(jack)\n\t}\n" + strings.Repeat("x\n", 1000))
}

// BenchmarkReplace is an edit of a source file of 30 KB, by how it is found, and of a text of 10 MB, against looking for two
// letters through that text once, and against looking through all lines in each step.
func BenchmarkReplace(b *testing.B) {
	var src strings.Builder
	for i := range 700 {
		fmt.Fprintf(&src, "func f%d(n int) int {\n\treturn n + %d\n}\n\n", i, i)
	}
	file, big := []byte(src.String()), bigFile()
	for _, c := range []struct {
		name            string
		src             []byte
		search, replace string
		found           bool
	}{
		{"30KB/exact", file, "\treturn n + 350\n", "\treturn n - 350\n", true},
		{"30KB/indentation", file, "func f350(n int) int {\n    return n + 350\n}\n", "func f350(n int) int {\n    return n\n}\n", true},
		{"30KB/context", file, "func f350(n int) itn {\n\treturn n + 350\n}\n\nfunc f351(n int) int {\n", "func f350(n int) itn {\n\treturn n\n}\n\nfunc f351(n int) int {\n", true},
		{"30KB/nowhere", file, "func g(n int) int {\n\treturn 2 * n\n}\n", "x\n", false},
		{"10MB/exact", big, "\t\tis(jack)\n", "\t\tis(not(jack))\n", true},
		{"10MB/indentation", big, "here {\n\tis(jack)\n}\n", "here {\n\tis(not)\n}\n", true},
		{"10MB/context", big, "here {\n\t\tis(jakc)\n\t}\nx\n", "here {\n\t\tis(jakc)\n\t}\ny\n", false},
		{"10MB/nowhere", big, strings.Repeat(dull, 1000) + "nowhere\n", "x\n", false},
	} {
		b.Run(c.name, func(b *testing.B) {
			once := took(func() { bytes.Index(c.src, []byte("x y")) })
			thorough := took(func() {
				_, _ = (&request{src: string(c.src), search: c.search, replace: c.replace, thorough: true}).result()
			})
			for b.Loop() {
				if _, err := Replace(c.src, c.search, c.replace); (err == nil) != c.found {
					b.Fatal(err)
				}
			}
			each := float64(b.Elapsed()) / float64(b.N)
			b.ReportMetric(each/once, "x/Index")
			b.ReportMetric(each/thorough, "x/thorough")
		})
	}
}

// took is what a call takes in nanoseconds, at the mean of some.
func took(f func()) float64 {
	const n = 5
	start := time.Now()
	for range n {
		f()
	}
	return float64(max(time.Since(start), 1)) / n
}
