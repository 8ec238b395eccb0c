package trackfile

import "strings"

// quotedEnd is the offset behind the closing quote of the quoted text that starts here.
func quotedEnd(src string, start int, quote byte) (int, bool) {
	if start >= len(src) || src[start] != quote {
		return start, false
	}
	for i := start + 1; i < len(src); i++ {
		switch {
		case src[i] == '\\' && quote == '"':
			i++
		case src[i] == quote && quote == '\'' && i+1 < len(src) && src[i+1] == quote:
			i++
		case src[i] == quote:
			return i + 1, true
		}
	}
	return len(src), true
}

// misread finds in double-quoted text what the tokenizer takes without a word and reads wrong, so that what follows
// would be found in wrong places: escapes whose digits are none, and tabs, for each of which it drops one character
// behind the closing quote.
func misread(src string, at Span) (bad Span, why string) {
	blank := false // nothing but white space so far on a line below the first
	for i := at.Start + 1; i < at.End-1; i++ {
		switch c := src[i]; {
		case c == '\n' || c == '\r':
			blank = true
			continue
		case c == '\\':
			n := escapeDigits[src[i+1]]
			for digit := i + 2; digit < i+2+n; digit++ {
				if digit >= at.End || !isHex(src[digit]) {
					return Span{i, min(digit, at.End-1)}, `an escape of text is cut short: \x takes two hexadecimal digits, \u four and \U eight`
				}
			}
			if i += 1 + n; n == 0 && (src[i] == '\n' || src[i] == '\r') {
				blank = true
				continue
			}
		case c == '\t' && !blank && swallows(src[i+1:at.End]):
			return Span{i, i + 1}, `a tab cannot stand within double quotes: write \t, or use single quotes`
		case c == ' ' || c == '\t':
			continue
		}
		blank = false
	}
	return Span{}, ""
}

// swallows says whether the tokenizer stumbles over a tab with the text behind it: not at the end of a line, nor
// right before the closing quote.
func swallows(behind string) bool {
	line := strings.TrimLeft(behind[:lineLength(behind)], " \t")
	return line != "" && behind[0] != '"'
}

var escapeDigits = map[byte]int{'x': 2, 'u': 4, 'U': 8}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
