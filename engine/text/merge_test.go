package text

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMerge3(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, base, ours, theirs, want string }{
		{"nothing", "a\nb\n", "a\nb\n", "a\nb\n", "a\nb\n"},
		{"ours alone", "a\nb\n", "a\nB\n", "a\nb\n", "a\nB\n"},
		{"theirs alone", "a\nb\n", "a\nb\n", "a\nB\n", "a\nB\n"},
		{"apart", "a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", "A\nb\nC\n"},
		{"alike", "a\nb\nc\n", "a\nX\nc\n", "a\nX\nc\n", "a\nX\nc\n"},
		{"alike beside another", "a\nb\nc\nd\ne\n", "a\nX\nc\nd\ne\n", "a\nX\nc\nd\nE\n", "a\nX\nc\nd\nE\n"},
		{"both created alike", "", "a\n", "a\n", "a\n"},
		{"deleted and changed apart", "a\nb\nc\nd\n", "b\nc\nd\n", "a\nb\nc\nD\n", "b\nc\nD\n"},
		{"no final newline", "a\nb\nc", "A\nb\nc", "a\nb\nC", "A\nb\nC"},
		{"final newline from theirs", "a\nb\nc", "A\nb\nc", "a\nb\nc\n", "A\nb\nc\n"},
		{"CRLF", "a\r\nb\r\nc\r\n", "A\r\nb\r\nc\r\n", "a\r\nb\r\nC\r\n", "A\r\nb\r\nC\r\n"},
		{"BOM and invalid bytes", "\ufeffa\nb\n\xff\n", "\ufeffA\nb\n\xff\n", "\ufeffa\nb\n\xfe\n", "\ufeffA\nb\n\xfe\n"},
		{
			"a function after one whose end changes", "f {\n\tx\n}\n\nh {\n}\n", "f {\n\tx\n\ty\n}\n\nh {\n}\n", "f {\n\tx\n}\n\ng {\n}\n\nh {\n}\n",
			"f {\n\tx\n\ty\n}\n\ng {\n}\n\nh {\n}\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, conflicts := Merge3([]byte(c.base), []byte(c.ours), []byte(c.theirs))
			if len(conflicts) > 0 || string(got) != c.want {
				t.Errorf("got %q, %v; want %q", got, conflicts, c.want)
			}
		})
	}
}

func TestMerge3Conflicts(t *testing.T) {
	t.Parallel()
	got, conflicts := Merge3([]byte("a\nb\nc\nd\n"), []byte("new\na\nOURS\nc\nd\n"), []byte("a\nTHEIRS\nT2\nc\nd\n"))
	want := []Conflict{{
		Base:   Side{Span{2, 4}, 2, 1, "b\n"},
		Ours:   Side{Span{6, 11}, 3, 1, "OURS\n"},
		Theirs: Side{Span{2, 12}, 2, 2, "THEIRS\nT2\n"},
	}}
	if diff := cmp.Diff(want, conflicts); diff != "" || got != nil {
		t.Errorf("merged %q\n%s", got, diff)
	}
	for _, c := range []struct{ name, base, ours, theirs string }{
		{"neighbours", "a\nb\nc\n", "A\nb\nc\n", "a\nB\nc\n"},
		{"two insertions", "a\nb\n", "a\nx\nb\n", "a\ny\nb\n"},
		{"changed and deleted", "a\nb\nc\n", "a\nB\nc\n", "a\nc\n"},
		{"created differently", "", "a\n", "b\n"},
		{"final newline and text", "a\nb", "a\nb\n", "a\nc"},
	} {
		if _, conflicts := Merge3([]byte(c.base), []byte(c.ours), []byte(c.theirs)); len(conflicts) != 1 {
			t.Errorf("%s: %v", c.name, conflicts)
		}
	}
}

func TestMergeWithMarkers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, base, ours, theirs, want string }{
		{"conflict", "a\nb\nc\nd\ne\n", "a\nB\nc\nd\nE\n", "a\nX\nc\nd\ne\n", "a\n<<<<<<< draft\nB\n||||||| base\nb\n=======\nX\n>>>>>>> file new\nc\nd\nE\n"},
		{"CRLF", "a\r\n", "b\r\n", "c\r\n", "<<<<<<< draft\r\nb\r\n||||||| base\r\na\r\n=======\r\nc\r\n>>>>>>> file new\r\n"},
		{"no final newline", "a", "b", "", "<<<<<<< draft\nb\n||||||| base\na\n=======\n>>>>>>> file new\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, n := MergeWithMarkers([]byte(c.base), []byte(c.ours), []byte(c.theirs), Labels{"draft", "base", "file\nnew"})
			if diff := cmp.Diff(c.want, string(got)); diff != "" || n != 1 {
				t.Errorf("%d conflicts\n%s", n, diff)
			}
		})
	}
	if got, n := MergeWithMarkers([]byte("a\nb\nc\n"), []byte("A\nb\nc\n"), []byte("a\nb\nC\n"), Labels{}); n != 0 || string(got) != "A\nb\nC\n" {
		t.Errorf("a clean merge: %q, %d", got, n)
	}
}

func FuzzMerge3(f *testing.F) {
	f.Add([]byte("a\nb\nc\n"), []byte("a\nB\nc\n"), []byte("a\nb\nC"))
	f.Add([]byte(""), []byte("\n"), []byte("\n\n"))
	f.Add([]byte("a\na\nb\na\n"), []byte("a\nb\na\na\n"), []byte("b\na\n"))
	f.Fuzz(func(t *testing.T, base, ours, theirs []byte) {
		for _, side := range [][]byte{ours, theirs} {
			for _, in := range [][3][]byte{{base, base, side}, {base, side, base}, {base, side, side}} {
				got, conflicts := Merge3(in[0], in[1], in[2])
				if len(conflicts) > 0 || string(got) != string(side) {
					t.Fatalf("merge of one change: %q, %v; want %q", got, conflicts, side)
				}
			}
		}
		there, cs := Merge3(base, ours, theirs)
		back, mirrored := Merge3(base, theirs, ours)
		if len(cs) != len(mirrored) || string(there) != string(back) {
			t.Fatalf("not symmetric: %q, %v and %q, %v", there, cs, back, mirrored)
		}
		checkConflicts(t, cs, base, ours, theirs)
		if marked, n := MergeWithMarkers(base, ours, theirs, Labels{}); n != len(cs) || (n == 0 && string(marked) != string(there)) {
			t.Fatalf("markers disagree: %q, %d", marked, n)
		}
	})
}

// checkConflicts holds that each conflict tells the truth about its texts.
func checkConflicts(t *testing.T, cs []Conflict, base, ours, theirs []byte) {
	t.Helper()
	for _, c := range cs {
		for _, s := range []struct {
			side Side
			text []byte
		}{{c.Base, base}, {c.Ours, ours}, {c.Theirs, theirs}} {
			if string(s.text[s.side.Span.Start:s.side.Span.End]) != s.side.Text {
				t.Fatalf("%+v is not in %q", s.side, s.text)
			}
			if s.side.Line != 1+strings.Count(string(s.text[:s.side.Span.Start]), "\n") || s.side.Lines != len(lines(s.side.Text)) {
				t.Fatalf("%+v has the wrong lines", s.side)
			}
		}
		if c.Ours.Text == c.Theirs.Text {
			t.Fatalf("a conflict over nothing: %+v", c)
		}
	}
}

func BenchmarkMerge12k(b *testing.B) {
	base, ours, theirs := program(12_000)
	for b.Loop() {
		Merge3(base, ours, theirs)
	}
}

// TestMerge3DoesNotGuess holds texts of one letter a line in which lines can be
// paired in several ways: git conflicts, and one reading alone does not.
func TestMerge3DoesNotGuess(t *testing.T) {
	t.Parallel()
	column := func(s string) []byte { return []byte(strings.Join(strings.Split(s, ""), "\n") + "\n") }
	for _, c := range [][3]string{
		{"babcccbccaaacaaaabbccaacc", "babcccbccacbaaccbaaabcaacc", "babcccccaaacaaabbccaacc"},
		{"bbbcaba", "cbbbbaaabbaa", "baabbcababc"},
	} {
		if got, conflicts := Merge3(column(c[0]), column(c[1]), column(c[2])); len(conflicts) == 0 {
			t.Errorf("%v: merged to %q", c, got)
		}
	}
}
