package trackfile

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

var (
	plainText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\pL[\pL\pN _./()'+-]*$`) })
	notText   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(null|true|false|yes|no|on|off|y|n|nan|inf|infinity)$`)
	})
)

// quoteYAML is a scalar that reads back as the text, on one line: as it is where that is safe, else in double
// quotes.
func quoteYAML(s string) string {
	if plainText().MatchString(s) && !notText().MatchString(s) && !strings.HasSuffix(s, " ") {
		return s
	}
	return quoteJSON(s)
}

// singleQuoted is a YAML scalar in single quotes where they can hold the text, else in double ones.
func singleQuoted(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return hiddenRune(r) || r < ' ' }) >= 0 {
		return quoteJSON(s)
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// quoteJSON is JSON text, which YAML reads alike; what an editor would not show is escaped.
func quoteJSON(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil { // encoding text cannot fail
		panic(err)
	}
	return escapeHidden(strings.TrimSuffix(b.String(), "\n"))
}

// escapeHidden escapes the characters that are invisible or that YAML counts as line ends.
func escapeHidden(s string) string {
	if strings.IndexFunc(s, hiddenRune) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if !hiddenRune(r) {
			b.WriteRune(r)
			continue
		}
		for _, u := range utf16Units(r) {
			b.WriteString(`\u` + hex4(u))
		}
	}
	return b.String()
}

func hiddenRune(r rune) bool { return r > 0x7e && !unicode.IsPrint(r) }

func utf16Units(r rune) []rune {
	if r < 0x10000 {
		return []rune{r}
	}
	r -= 0x10000
	return []rune{0xd800 + r>>10, 0xdc00 + r&0x3ff}
}

func hex4(r rune) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15]})
}

// literal says whether a text can be a YAML block: several lines, all of them visible as they are.
func literal(s string) bool {
	if !strings.Contains(s, "\n") || s[0] == ' ' || s[0] == '\n' || strings.HasSuffix(s, "\n") {
		return false
	}
	for line := range strings.SplitSeq(s, "\n") {
		if strings.TrimRight(line, " ") != line {
			return false
		}
	}
	return strings.IndexFunc(s, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) < 0
}

// scalarYAML is a text as the value of a field: a block, whose lines are indented, where it has several lines.
func scalarYAML(s, indent, eol string) string {
	if !literal(s) {
		return quoteYAML(s)
	}
	var b strings.Builder
	b.WriteString("|-")
	for line := range strings.SplitSeq(s, "\n") {
		b.WriteString(eol)
		if line != "" {
			b.WriteString(indent + line)
		}
	}
	return b.String()
}

func listOf(values []string, quote func(string) string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = quote(v)
	}
	return "[" + strings.Join(out, ", ") + "]"
}
