package trackfile

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// locator finds the byte range of each token of a YAML text. The tokenizer's own positions count runes, skip
// tabs and lose their way in text of several lines; but its tokens come in source order with nothing but white
// space between them, so walking source and tokens side by side gives exact ranges in one pass.
type locator struct {
	src   string
	at    int
	spans []Span
	wrong *finding // the first place from which on the tokens are not where they should be; nil when there is none
}

// locate returns the ranges of the tokens and makes each token's Position.Offset the index of its range; the
// parser reads no offsets, and the tokens that it makes up inherit the one of their neighbour.
func locate(src string, from int, tokens token.Tokens) *locator {
	l := &locator{src: src, at: from, spans: make([]Span, len(tokens))}
	for i, tk := range tokens {
		l.spans[i] = l.place(tk)
		tk.Position.Offset = i
	}
	return l
}

// span is the range of a located token, or of the neighbour that a made-up one inherited.
func (l *locator) span(tk *token.Token) Span {
	if tk == nil || tk.Position == nil || tk.Position.Offset < 0 || tk.Position.Offset >= len(l.spans) {
		return Span{l.at, l.at}
	}
	sp := l.spans[tk.Position.Offset]
	if tk.Type == token.ImplicitNullType {
		return Span{sp.End, sp.End}
	}
	return sp
}

func (l *locator) place(tk *token.Token) Span {
	if tk.Type == token.InvalidType {
		return l.invalid()
	}
	if blankText(tk) {
		return Span{l.at, l.at}
	}
	start := l.skipSpace()
	end, ok := l.end(tk, start)
	if !ok {
		l.astray(Span{start, start}, "this cannot be read as YAML from here on: put the text in quotes")
		end = start
	}
	l.at = end
	at := Span{start, end}
	if tk.Type == token.DoubleQuoteType {
		if bad, why := misread(l.src, at); why != "" {
			l.astray(bad, why)
		}
	}
	return at
}

// astray notes the first place from which on no position can be trusted.
func (l *locator) astray(at Span, why string) {
	if l.wrong == nil {
		f := found(Error, CodeSyntax, at, "%s", why)
		l.wrong = &f
	}
}

// invalid is the place of what the tokenizer could not take: the rest of the line behind the last good token.
func (l *locator) invalid() Span {
	start := l.at
	for start < len(l.src) && (l.src[start] == ' ' || l.src[start] == '\n' || l.src[start] == '\r') {
		start++
	}
	return Span{start, min(start+1, len(l.src))}
}

func (l *locator) skipSpace() int {
	for l.at < len(l.src) && isSpace(l.src[l.at]) {
		l.at++
	}
	return l.at
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// end is where the token that starts here ends; false when it does not start here.
func (l *locator) end(tk *token.Token, start int) (int, bool) {
	rest := l.src[start:]
	switch tk.Type {
	case token.CommentType:
		return start + lineLength(rest), strings.HasPrefix(rest, "#")
	case token.SingleQuoteType:
		return quotedEnd(l.src, start, '\'')
	case token.DoubleQuoteType:
		return quotedEnd(l.src, start, '"')
	case token.MergeKeyType: // the tokenizer drops what stands before it in the same word
		n := strings.Index(rest[:lineLength(rest)], "<<")
		return start + n + 2, n >= 0
	case token.LiteralType, token.FoldedType, token.AnchorType, token.AliasType, token.DirectiveType:
		n := max(1, len(strings.TrimRight(tk.Value, " \t")))
		if n > 1 && !strings.HasPrefix(rest, tk.Value[:n]) {
			n = 1
		}
		return start + min(n, len(rest)), strings.HasPrefix(rest, tk.Value[:1])
	}
	return matchLoosely(l.src, start, tk.Value)
}

func lineLength(s string) int {
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		return i
	}
	return len(s)
}

// matchLoosely walks over the value in the source, with any white space between its characters: the value of a
// text of several lines has lost its indentation and its line ends.
func matchLoosely(src string, start int, value string) (int, bool) {
	at, end := start, start
	for _, r := range value {
		if unicode.IsSpace(r) && r < 0x80 {
			continue
		}
		for at < len(src) && isSpace(src[at]) {
			at++
		}
		got, n := utf8.DecodeRuneInString(src[at:])
		if got != r {
			return start, false
		}
		at += n
		end = at
	}
	return end, true
}
