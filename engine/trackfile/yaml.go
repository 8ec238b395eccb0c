package trackfile

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/scanner"
	"github.com/goccy/go-yaml/token"
)

// maxTries bounds how often a document is parsed again without the parts that hold syntax errors.
const maxTries = 8

// retryBytes bounds it for large documents, where each try costs.
const retryBytes = 4 << 20

// parseYAML reads the root value; nil when there is none. A syntax error costs the ticket (or the top-level
// field) that it stands in: that part is hidden and the rest is parsed again, at most so many times.
func (d *reading) parseYAML(src []byte, bom, tries int) *node {
	if at, what := heavyText(src); at >= 0 {
		d.broken = true
		d.errorf(CodeTooComplex, Span{at, at}, "%s", what)
		return nil
	}
	for ; ; tries-- {
		y := &yamlReader{d: d, src: string(src), bom: bom, anchors: map[string]*node{}}
		root, bad := y.read()
		if bad == nil {
			d.findings = append(d.findings, y.extra...)
			d.marks |= y.marks
			return root
		}
		d.broken = true
		d.findings = append(d.findings, *bad)
		var ok bool
		if src, ok = d.hide(src, bad.span.Start); !ok || y.wide || tries <= 1 {
			return nil
		}
	}
}

// tries is how often a YAML text of the size may be parsed.
func tries(size int) int { return max(1, min(maxTries, retryBytes/max(1, size))) }

// yamlReader turns one YAML text into nodes.
type yamlReader struct {
	d       *reading
	src     string
	bom     int
	loc     *locator
	anchors map[string]*node
	leaves  []node
	copied  int // nodes that aliases stand for
	extra   []finding
	marks   marks
	wide    bool // it has too many of something, of which no single part is to blame
}

// read returns the root, or the syntax error that kept it from being read.
func (y *yamlReader) read() (root *node, bad *finding) {
	tokens := tokenize(ended(y.src[y.bom:]))
	y.loc = locate(y.src, y.bom, tokens)
	y.marks = marksOf(tokens)
	if y.loc.wrong != nil {
		return nil, y.loc.wrong
	}
	if n := len(tokens); n > 0 && tokens[n-1].Type == token.InvalidType {
		return nil, y.invalid(tokens[n-1])
	}
	if i, what, wide := heavyTokens(tokens); i >= 0 {
		y.wide = wide
		p := found(Error, CodeTooComplex, y.loc.spans[i], "%s", what)
		return nil, &p
	}
	tokens = y.firstDocument(tokens)
	file, err := parseTokens(tokens)
	if err != nil {
		return nil, y.syntaxError(err, tokens)
	}
	for _, doc := range file.Docs {
		if doc.Body != nil {
			root = y.convert(doc.Body)
		}
	}
	return root, nil
}

// ended closes a last line that ends in blanks: at the very end of a text the tokenizer drops them, and a line behind it
// would change what the last ticket says.
func ended(src string) string {
	if strings.HasSuffix(src, " ") || strings.HasSuffix(src, "\t") {
		return src + "\n"
	}
	return src
}

// tokenize stops at the first token that is none; it is then the last one.
func tokenize(src string) token.Tokens {
	var s scanner.Scanner
	s.Init(src)
	var tokens token.Tokens
	for {
		more, err := s.Scan()
		for _, tk := range more {
			if !leftOver(tokens, tk) {
				tokens.Add(tk)
			}
		}
		if err != nil { // io.EOF, or an invalid token
			return tokens
		}
	}
}

// leftOver says whether a token stands for nothing in the source: behind a block text without text the tokenizer takes
// the blank lines for one more text.
func leftOver(before token.Tokens, tk *token.Token) bool {
	if !blankText(tk) {
		return false
	}
	for i := len(before) - 1; i >= 0; i-- {
		if t := before[i].Type; t != token.CommentType {
			return t != token.LiteralType && t != token.FoldedType
		}
	}
	return true
}

func blankText(tk *token.Token) bool {
	return tk.Type == token.StringType && strings.Trim(tk.Value, " \t\r\n") == ""
}

// parseTokens turns a panic of the parser, which an odd document may cause, into an error.
func parseTokens(tokens token.Tokens) (file *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the YAML parser stopped: %v", r)
		}
	}()
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

// firstDocument cuts off what follows the first document and reports it.
func (y *yamlReader) firstDocument(tokens token.Tokens) token.Tokens {
	started, ended, directives := false, false, false
	for i, tk := range tokens {
		switch tk.Type {
		case token.CommentType:
			continue
		case token.DocumentEndType:
			ended = true
			continue
		case token.DirectiveType:
			directives = directives || !started
		case token.DocumentHeaderType:
			if started && !directives {
				return y.cut(tokens, i)
			}
			directives = false
		}
		if ended {
			return y.cut(tokens, i)
		}
		started = true
	}
	return tokens
}

func (y *yamlReader) cut(tokens token.Tokens, i int) token.Tokens {
	y.extra = append(y.extra, found(Error, CodeDocuments, y.loc.spans[i],
		"a second document starts here: a track file holds one, put the other into a file of its own"))
	return tokens[:i]
}

// syntaxError is the parser's error at the token that it names.
func (y *yamlReader) syntaxError(err error, tokens token.Tokens) *finding {
	var at Span
	var help string
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) { // its Error() would render the whole source
		at, help = y.cause(syntax, tokens)
	} else {
		at, help = Span{y.bom, y.bom}, yamlAdvice(err.Error())
	}
	p := found(Error, CodeSyntax, at, "%s", help)
	return &p
}

// cause is where a syntax error was made, as far as that is not where the parser noticed it.
func (y *yamlReader) cause(err *yaml.SyntaxError, tokens token.Tokens) (Span, string) {
	at := y.loc.span(err.Token)
	if open, ok := y.unclosed(tokens, at); ok && aboutBrackets(err.Message) {
		bracket := y.src[open.Start:open.End]
		return open, fmt.Sprintf("this %q is never closed: add a %q", bracket, map[string]string{"[": "]", "{": "}"}[bracket])
	}
	if first, rest, ok := strings.Cut(y.src[at.Start:at.End], "\n"); ok && strings.Contains(err.Message, "mapping value is not allowed") {
		start := at.Start + len(first) + 1 + len(rest) - len(strings.TrimLeft(rest, " \t\r\n"))
		return Span{start, at.End}, "this line is indented deeper than the field above, which has its value already: align it with that field"
	}
	return at, yamlAdvice(err.Message)
}

func aboutBrackets(said string) bool {
	return strings.Contains(said, "must be specified") || strings.Contains(said, "flow map content")
}

// unclosed is the innermost bracket that is open where a line starts with the token at the given range.
func (y *yamlReader) unclosed(tokens token.Tokens, at Span) (Span, bool) {
	var open []Span
	for i, tk := range tokens {
		sp := y.loc.spans[i]
		if sp.Start >= at.Start {
			break
		}
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			open = append(open, sp)
		case token.SequenceEndType, token.MappingEndType:
			open = open[:max(0, len(open)-1)]
		}
	}
	lineStart := strings.LastIndexAny(y.src[:at.Start], "\r\n") + 1
	if len(open) == 0 || strings.TrimLeft(y.src[lineStart:at.Start], " \t") != "" {
		return Span{}, false
	}
	return open[len(open)-1], open[len(open)-1].Start < lineStart
}

var tabIndent = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:^|[\r\n]) *\t`) })

// invalid is the tokenizer's error. Where it is inside of quoted text only the tokenizer knows the place.
func (y *yamlReader) invalid(tk *token.Token) *finding {
	at := y.loc.spans[len(y.loc.spans)-1]
	if tab := tabIndent().FindStringIndex(y.src[y.loc.at:]); tab != nil && strings.Contains(tk.Error, "\t") {
		at = Span{y.loc.at + tab[1] - 1, y.loc.at + tab[1]}
	} else if insideQuotes(tk.Error) {
		at = y.d.runeSpan(tk.Position.Line, tk.Position.Column, at)
	}
	p := found(Error, CodeSyntax, at, "%s", yamlAdvice(tk.Error))
	return &p
}
