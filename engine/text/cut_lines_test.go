package text_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slop-ls/slop-ls/engine/text"
)

func TestCutLines(t *testing.T) {
	t.Parallel()
	gap := func(first, last, total int) string { return fmt.Sprintf("[%d-%d of %d]", first, last, total) }
	for _, tt := range []struct {
		in   string
		most int
		want string
	}{
		{"", 0, ""},
		{"a\nb\n", 4, "a\nb\n"},
		{"a\nb\nc\nd\ne\nf\ng\nh\n", 12, "a\nb\nc\nd\n[5-6 of 8]\ng\nh\n"},
		{"a\nb\nc\nd\ne\nf\ng\nh", 12, "a\nb\nc\nd\n[5-6 of 8]\ng\nh"},
		{"long first line\nb\n", 9, "[1-1 of 2]\nb\n"},
	} {
		if got := text.CutLines(tt.in, tt.most, gap); got != tt.want {
			t.Errorf("CutLines(%q, %d) is %q, want %q", tt.in, tt.most, got, tt.want)
		}
	}
	if got := text.CutLines(strings.Repeat("x", 5000), 1000, gap); len(got) > 1000 || !strings.Contains(got, "left out") {
		t.Errorf("one long line gave %d bytes: %q", len(got), got)
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "abcd\n": "abcd\n", "abcde": "abcd\ne", "abcdefghi\nab\n": "abcd\nefgh\ni\nab\n", "ääää\n": "ää\nää\n",
	} {
		if got := text.Wrap(in, 4); got != want {
			t.Errorf("Wrap(%q) is %q, want %q", in, got, want)
		}
	}
	if got := text.Wrap("abc\xf0\x9f\x98\x80d", 4); !utf8.ValidString(got) {
		t.Errorf("a character was cut: %q", got)
	}
}
