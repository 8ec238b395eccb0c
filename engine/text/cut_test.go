package text

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCutMiddle(t *testing.T) {
	t.Parallel()
	numbered := ""
	for i := range 100 {
		numbered += fmt.Sprintf("line %02d\n", i)
	}
	for _, c := range []struct {
		name, in string
		max      int
		want     string
	}{
		{"short", "abc", 3, "abc"},
		{"at line ends", numbered, 100, "line 00\nline 01\nline 02\n[… 752 bytes, 94 lines left out …]\nline 97\nline 98\nline 99\n"},
		{"no line ends", strings.Repeat("x", 500), 100, strings.Repeat("x", 29) + "\n[… 442 bytes, 1 lines left out …]\n" + strings.Repeat("x", 29)},
		{"no room", numbered, 10, "[… 800 bytes, 100 lines left out …]"},
		{"negative", "ab", -1, "[… 2 bytes, 1 lines left out …]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := CutMiddle(c.in, c.max); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

var noticeForm = regexp.MustCompile(`\n?\[… (\d+) bytes, \d+ lines left out …\]\n`)

func FuzzCutMiddle(f *testing.F) {
	f.Add(strings.Repeat("a😀\r\n", 60), 120)
	f.Add(strings.Repeat("\xff", 300), 90)
	f.Fuzz(func(t *testing.T, s string, maxBytes int) {
		got := CutMiddle(s, maxBytes)
		if len(s) <= maxBytes {
			if got != s {
				t.Fatal("cut without need")
			}
			return
		}
		if len(got) > maxBytes && !strings.HasPrefix(got, "[…") {
			t.Fatalf("%d bytes of %d: %q", len(got), maxBytes, got)
		}
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Fatalf("a character was cut: %q", got)
		}
		parts := noticeForm.FindStringSubmatchIndex(got)
		if parts == nil || strings.Contains(s, "[…") {
			return
		}
		head, tail := got[:parts[0]], got[parts[1]:]
		left, err := strconv.Atoi(got[parts[2]:parts[3]])
		if err != nil || !strings.HasSuffix(s, tail) || !strings.HasPrefix(s, head) {
			t.Fatalf("%q is not the ends of %q", got, s)
		}
		if n := len(s) - len(head) - len(tail); n != left && n != left+1 { // a line end may belong to either
			t.Fatalf("%d bytes left out, said %d", n, left)
		}
	})
}
