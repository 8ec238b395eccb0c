package trackfile

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// jsonError reports a syntax error of encoding/json, which counts the bytes up to and with the wrong one.
func (d *reading) jsonError(src []byte, offset int, msg string) {
	if strings.Contains(msg, "unexpected end") {
		end := len(bytes.TrimRight(src, " \t\r\n"))
		d.errorf(CodeSyntax, Span{end, end}, "the file ends too early: a quote, a bracket or a value is missing here")
		return
	}
	at := min(max(offset-1, 0), len(src)-1)
	for at > 0 && !utf8.RuneStart(src[at]) {
		at--
	}
	r, n := utf8.DecodeRune(src[at:])
	if sp, ok := comma(src, at, r); ok {
		d.errorf(CodeSyntax, sp, "JSON allows no comma before %q: delete it", string(r))
		return
	}
	d.errorf(CodeSyntax, Span{at, at + n}, "%s", jsonAdvice(src, at, r, msg))
}

// comma finds the comma too many: a closing bracket was met where a value should follow one.
func comma(src []byte, at int, r rune) (Span, bool) {
	before := bytes.TrimRight(src[:at], " \t\r\n")
	if (r == ']' || r == '}') && bytes.HasSuffix(before, []byte(",")) {
		return Span{len(before) - 1, len(before)}, true
	}
	return Span{}, false
}

// jsonAdvice says in plain words what was expected where encoding/json stopped.
func jsonAdvice(src []byte, at int, r rune, msg string) string {
	has := func(s string) bool { return strings.Contains(msg, s) }
	afterColon := bytes.HasSuffix(bytes.TrimRight(src[:at], " \t\r\n"), []byte(":"))
	switch {
	case has("depth"):
		return "values are nested too deep here"
	case r == '/' || r == '#':
		return "JSON has no comments: delete this one, or write the track as a .track.yaml file"
	case r == '\'':
		return `JSON wants double quotes ("), not single ones (')`
	case has("object key string"):
		return `expected a field name in double quotes, found ` + named(r)
	case has("after object key:value pair"), has("after array element"):
		return after(r, has("array"))
	case has("after object key"):
		return `expected ":" behind the field name, found ` + named(r)
	case has("after top-level value"):
		return "the track ends before this: delete what follows, or put it inside the brackets"
	case has("string escape"), has(`\u`):
		return `unknown escape in text: a backslash itself is written \\`
	case has("in string literal"):
		return `text cannot go on over the end of a line: close the quote, or write \n`
	case has("looking for beginning of value") && afterColon && (r == ',' || r == '}' || r == ']'):
		return `a value is missing between ":" and ` + named(r)
	}
	return `expected a value (text in double quotes, a number, true, false, [ or {), found ` + named(r)
}

func after(r rune, inList bool) string {
	closer := `"}"`
	if inList {
		closer = `"]"`
	}
	if r == '"' || r == '{' || r == '[' {
		return "a comma is missing before this"
	}
	return `expected "," or ` + closer + `, found ` + named(r)
}

func named(r rune) string {
	if r == '\n' || r == '\r' {
		return "the end of the line"
	}
	return quoteShort(string(r))
}
