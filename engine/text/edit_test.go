package text

import (
	"errors"
	"testing"
)

func TestApply(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, src, want string
		edits           []Edit
	}{
		{"none", "abc", "abc", nil},
		{"replace, insert, delete", "abcdef", "Xbc-+f", []Edit{{Span{0, 1}, "X"}, {Span{3, 3}, "-"}, {Span{3, 3}, "+"}, {Span{3, 5}, ""}}},
		{"at the end", "abc", "abcd", []Edit{{Span{3, 3}, "d"}}},
		{"invalid bytes", "\xff\xfe", "\xffa\xfe", []Edit{{Span{1, 1}, "a"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			src := []byte(c.src)
			got, err := Apply(src, c.edits)
			if err != nil || string(got) != c.want {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
			if len(got) > 0 && len(src) > 0 && &got[0] == &src[0] {
				t.Error("the result shares memory with the source")
			}
		})
	}
}

func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		edits []Edit
		index int
		want  EditProblem
	}{
		{"past the end", []Edit{{Span{0, 4}, ""}}, 0, OutOfRange},
		{"negative", []Edit{{Span{-1, 0}, ""}}, 0, OutOfRange},
		{"reversed", []Edit{{Span{2, 1}, ""}}, 0, OutOfRange},
		{"overlapping", []Edit{{Span{0, 2}, ""}, {Span{1, 3}, ""}}, 1, Overlaps},
		{"unsorted", []Edit{{Span{2, 3}, ""}, {Span{0, 1}, ""}}, 1, Overlaps},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Apply([]byte("abc"), c.edits)
			var bad *EditError
			if got != nil || !errors.As(err, &bad) || bad.Problem != c.want || bad.Index != c.index {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
