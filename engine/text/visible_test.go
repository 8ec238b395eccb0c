package text

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestVisible(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain\ttext\nü 漢字 😀":    "plain\ttext\nü 漢字 😀",
		"a\u202Eb":               "a⟨U+202E⟩b",
		"a\u2066b\u2069":         "a⟨U+2066⟩b⟨U+2069⟩",
		"zero\u200Bwidth\uFEFF":  "zero⟨U+200B⟩width⟨U+FEFF⟩",
		"\x1b[31mred\x00\x7f":    "⟨U+001B⟩[31mred⟨U+0000⟩⟨U+007F⟩",
		"a\r\nb\rc":              "a\r\nb⟨U+000D⟩c",
		"soft\u00ADhyphen\u00A0": "soft⟨U+00AD⟩hyphen⟨U+00A0⟩",
		"tag\U000E0041":          "tag⟨U+E0041⟩",
		"\u3164\u2800\u034F":     "⟨U+3164⟩⟨U+2800⟩⟨U+034F⟩",
		"a\u2028b\u0085":         "a⟨U+2028⟩b⟨U+0085⟩",
		"bad\xff\xfe\uFFFD":      "bad⟨0xFF⟩⟨0xFE⟩\uFFFD",
		"⟨U+202E⟩":               "⟨U+27E8⟩U+202E⟩",
	} {
		if got := Visible(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestVisibleCoversUnicode goes through all code points that Unicode calls
// controls, formats, separators, variation selectors or default ignorable.
func TestVisibleCoversUnicode(t *testing.T) {
	t.Parallel()
	hidden := []*unicode.RangeTable{
		unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp, unicode.Zs,
		unicode.Bidi_Control, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point,
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !unicode.In(r, hidden...) || strings.ContainsRune(" \t\n", r) {
			continue
		}
		if got := Visible(string(r)); !strings.HasPrefix(got, "⟨U+") {
			t.Errorf("%U is shown as %q", r, got)
		}
	}
}

func TestVisibleLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		max  int
		want string
		cut  bool
	}{
		{"", 5, "", false},
		{"hello", 5, "hello", false},
		{"hello", 4, "hel…", true},
		{"  a \t b  \n", 10, "a b", false},
		{"a\n\n  b\r\nc", 10, "a⏎b⏎c", false},
		{"ls" + strings.Repeat(" ", 500) + "; rm -rf", 40, "ls ; rm -rf", false},
		{"a\u202Eb", 10, "a⟨U+202E⟩b", false},
		{"a\u202Eb", 9, "a…", true}, // what one character became is not split
		{"a\u202Eb", 5, "a…", true},
		{"a⏎b", 20, "a⟨U+23CE⟩b", false},
		{"ab", 0, "…", true},
		{"äöü", 3, "äöü", false},
		{"a b", 1, "…", true},
		{"a\n\n", 1, "a", false},
	} {
		got, cut := VisibleLine(c.in, c.max)
		if got != c.want || cut != c.cut {
			t.Errorf("%q in %d: got %q, %v; want %q, %v", c.in, c.max, got, cut, c.want, c.cut)
		}
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("a\u202Eb\r\n\xff⟨ c", 7)
	f.Fuzz(func(t *testing.T, s string, maxRunes int) {
		shown := Visible(s)
		if !utf8.ValidString(shown) {
			t.Fatalf("%q is not UTF-8", shown)
		}
		for _, r := range strings.ReplaceAll(shown, "\r\n", "\n") {
			if r != '\n' && r != '\t' && (!unicode.IsPrint(r) || unicode.Is(unseen, r)) {
				t.Fatalf("%q has %U", shown, r)
			}
		}
		line, cut := VisibleLine(s, maxRunes)
		if n := utf8.RuneCountInString(line); n > max(maxRunes, 1) {
			t.Fatalf("%q has %d characters of %d", line, n, maxRunes)
		}
		if cut && !strings.HasSuffix(line, "…") {
			t.Fatalf("%q is cut and does not say so", line)
		}
		if strings.ContainsAny(line, "\n\r\t") {
			t.Fatalf("%q is not one line", line)
		}
	})
}

func TestStillVisible(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"plain", "a\u202eb\n⏎", "⟨x⟩\u200b"} {
		once := Visible(s)
		if again := StillVisible(once); again != once {
			t.Errorf("%q became %q and then %q", s, once, again)
		}
	}
	if got := StillVisible("⟨U+202E⟩\u202e"); got != "⟨U+202E⟩⟨U+202E⟩" {
		t.Errorf("got %q", got)
	}
	for _, s := range []string{"a\u202eb\nc", "⟨x⟩", strings.Repeat("y", 50)} {
		once, cut := VisibleLine(s, 20)
		if again, more := CutLine(once, 20); again != once || more {
			t.Errorf("%q became %q (cut: %v) and then %q (cut: %v)", s, once, cut, again, more)
		}
	}
}
