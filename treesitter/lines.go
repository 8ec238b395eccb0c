package treesitter

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// What a view by lines keeps, whatever the file.
const (
	mostLine    = 300     // bytes of a line
	mostKept    = 400     // lines that are no declarations
	mostByLines = 2 << 20 // bytes that are looked at
	wholeBelow  = 40      // lines of a file that is shown whole
)

// declares matches a line that declares something in most languages that have a keyword for it.
var declares = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*(?:@\w+\s+)*(?:(?:pub(?:\([^)]*\))?|public|private|protected|internal|static|final|abstract|async|export|default|unsafe|extern|inline|virtual|override|open|data|sealed|partial|local|const|case|readonly|suspend|companion|declare)\s+)*` +
		`(func|function|fun|fn|def|defp|defmodule|class|struct|interface|enum|trait|impl|module|mod|namespace|type|record|object|protocol|extension|actor|sub|proc|macro_rules!|macro|union|message|service|rpc)(?:\s*<[^>]*>)?\s+(?:[\w.]+\s+for\s+)?([\pL_][\pL\d_]*[!?]?)`)
})

// cFunction matches the head of a function in the C family, which has no keyword: a type, a name, parameters.
var cFunction = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*(?:[\w:<>,\[\]&*~]+[\s*&]+)+((?:[\pL_]\w*::)?~?[\pL_]\w*)\s*\([^;]*$`)
})

// shellFunction matches `name() {`.
var shellFunction = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([\pL_][\w-]*)\s*\(\)\s*\{?`) })

var notName = setOf("if", "for", "while", "switch", "return", "else", "catch", "do", "new", "throw", "case", "when", "match", "foreach", "elseif", "using", "lock", "await", "yield", "sizeof", "delete", "goto", "in", "is", "as", "for")

var kindOfKeyword = map[string]string{
	"func": "function", "fun": "function", "fn": "function", "def": "function", "defp": "function", "sub": "function", "proc": "function",
	"impl": "class", "object": "class", "extension": "class", "actor": "class", "mod": "namespace", "module": "namespace", "defmodule": "namespace",
	"macro_rules!": "macro", "record": "struct", "message": "struct", "protocol": "interface", "trait": "interface", "rpc": "method",
}

// parseLines reads a file by its lines and their indentation, for want of better. why says what that want is.
func parseLines(lang *language, src []byte, why string) *analysis {
	a := &analysis{lang: lang, src: src, by: byLines, why: why}
	if lang == plainText {
		return a
	}
	scan := &lineScan{analysis: a}
	for at := 0; at < min(len(src), mostByLines); {
		end := lineEnd(src, at)
		scan.line(span{at, end})
		at = end
	}
	scan.close(len(src), -1)
	return a
}

// lineScan keeps the declarations that are open at a line, outermost first.
type lineScan struct {
	*analysis
	open    []*decl
	indents []int
	last    int // the end of the last line that is not blank
}

func (s *lineScan) line(l span) {
	text := s.src[l.start:min(l.end, l.start+mostLine)]
	if blank(text) {
		return
	}
	indent := width(text)
	closing := bytes.HasPrefix(bytes.TrimSpace(text), []byte("}")) || bytes.Equal(bytes.TrimSpace(text), []byte("end"))
	if closing && len(s.open) > 0 && s.indents[len(s.open)-1] == indent {
		s.close(l.end, indent)
		s.last = l.end
		return
	}
	if !opening(text) {
		s.close(s.last, indent)
	}
	s.last = l.end
	if name, kind := lineName(text); name != "" {
		s.declare(l, text, name, kind, indent)
	}
}

// opening reports whether a line only opens or continues what the line before declares.
func opening(text []byte) bool {
	t := bytes.TrimSpace(text)
	return len(t) > 0 && (t[0] == '{' || t[0] == ')')
}

// close ends the declarations that are indented as far as a line or further.
func (s *lineScan) close(end, indent int) {
	for len(s.open) > 0 && s.indents[len(s.open)-1] >= indent {
		d := s.open[len(s.open)-1]
		d.whole.end = max(d.whole.end, min(end, len(s.src)))
		s.open, s.indents = s.open[:len(s.open)-1], s.indents[:len(s.indents)-1]
	}
}

func (s *lineScan) declare(l span, text []byte, name, kind string, indent int) {
	at := l.start + bytes.LastIndex(text, []byte(name))
	if i := bytes.Index(text, []byte(name)); i >= 0 && kind != "function" {
		at = l.start + i
	}
	start := commentsBefore(s.src, l.start)
	d := &decl{
		names: []ident{{name, span{at, at + len(name)}}},
		kind:  kind,
		whole: span{start, l.end},
		sig:   span{l.start + len(text) - len(bytes.TrimLeft(text, " \t")), l.start + len(bytes.TrimRight(text, " \t\r\n"))},
	}
	if len(s.open) > 0 {
		d.parent = s.open[len(s.open)-1]
		d.whole.start = max(start, d.parent.sig.end)
	}
	if d.kind == "function" && d.parent != nil && d.parent.kind != "function" && d.parent.kind != "namespace" {
		d.kind = "method"
	}
	s.add(d)
	s.open, s.indents = append(s.open, d), append(s.indents, indent)
}

// keywords are those of declares. A line with none of them among its first words is not matched at all: matching every
// line of a large file would take seconds.
var keywords = setOf("func", "function", "fun", "fn", "def", "defp", "defmodule", "class", "struct", "interface", "enum", "trait", "impl", "module", "mod", "namespace", "type", "record", "object", "protocol", "extension", "actor", "sub", "proc", "macro_rules", "macro", "union", "message", "service", "rpc")

func hasKeyword(text []byte) bool {
	start := -1
	words := 0
	for i, b := range text {
		if nameByte(b) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			if keywords[string(text[start:i])] {
				return true
			}
			if words++; words > 8 {
				return false
			}
			start = -1
		}
	}
	return false
}

// mayBeHead reports whether a line can be the head of a function that has no keyword.
func mayBeHead(text []byte) bool {
	t := bytes.TrimRight(text, " \t\r\n")
	return bytes.IndexByte(t, '(') > 0 && t[len(t)-1] != ';' && width(text) <= 8 && !bytes.ContainsAny(t[:bytes.IndexByte(t, '(')], "=.\"'")
}

// lineName is what a line declares, or "".
func lineName(text []byte) (name, kind string) {
	if !hasKeyword(text) && !mayBeHead(text) {
		return "", ""
	}
	if m := declares().FindSubmatch(text); m != nil {
		kind = string(m[1])
		if k := kindOfKeyword[kind]; k != "" {
			kind = k
		}
		return string(m[2]), kind
	}
	for _, re := range []*regexp.Regexp{shellFunction(), cFunction()} {
		m := re.FindSubmatch(bytes.TrimRight(text, "\r\n"))
		if m == nil {
			continue
		}
		if !notName[string(anyName().Find(text))] && !notName[string(m[1])] {
			return string(m[1]), "function"
		}
	}
	return "", ""
}

// commentsBefore is where the comment lines right before a line begin.
func commentsBefore(src []byte, at int) int {
	for at > 0 {
		prev := lineStart(src, at-1)
		t := bytes.TrimSpace(src[prev:at])
		if !commentLine(t) {
			return at
		}
		at = prev
	}
	return at
}

func commentLine(t []byte) bool {
	for _, p := range []string{"//", "#", "--", "/*", "*", ";;", "@"} {
		if bytes.HasPrefix(t, []byte(p)) && !bytes.HasPrefix(t, []byte("#include")) && !bytes.HasPrefix(t, []byte("#define")) {
			return true
		}
	}
	return false
}

// width is a line's indentation in columns, a tab being four.
func width(text []byte) int {
	n := 0
	for _, b := range text {
		switch b {
		case ' ':
			n++
		case '\t':
			n += 4
		default:
			return n
		}
	}
	return n
}

// viewByLines makes a skeleton by lines: those of declarations, and those that are not indented. keep says which
// stretches stay whole.
func viewByLines(a *analysis, keep func(offset int) bool) string {
	var b strings.Builder
	b.WriteString(a.lang.comment.line("view by lines: "+a.why) + "\n")
	p := &linePrinter{analysis: a, out: &b, keep: keep, heads: a.headLines()}
	p.small = bytes.Count(a.src[:min(len(a.src), wholeBelow*mostLine)], []byte("\n")) < wholeBelow && len(a.src) < wholeBelow*mostLine
	for at := 0; at < len(a.src); {
		if at > mostByLines {
			p.left += breaks(a.src, span{at, len(a.src)}) + 1
			break
		}
		end := lineEnd(a.src, at)
		p.line(span{at, end})
		at = end
	}
	p.gap()
	return b.String()
}

// headLines lists where the lines of declarations and of the comments that belong to them begin.
func (a *analysis) headLines() map[int]bool {
	heads := map[int]bool{}
	a.each(func(d *decl) {
		for at := lineStart(a.src, d.whole.start); at <= d.sig.start && at < len(a.src); at = lineEnd(a.src, at) {
			heads[at] = true
		}
	})
	return heads
}

type linePrinter struct {
	*analysis
	out   *strings.Builder
	keep  func(int) bool
	heads map[int]bool
	small bool
	kept  int
	left  int // lines left out since the last one kept
}

func (p *linePrinter) line(l span) {
	text := p.src[l.start:l.end]
	head := p.heads[l.start] || p.keep(l.start)
	plain := p.kept < mostKept && !blank(text) && width(text) == 0
	if p.lang == plainText || p.lang.name == "markdown" {
		plain = p.kept < wholeBelow || p.kept < mostKept && bytes.HasPrefix(text, []byte("#"))
	}
	if !p.small && !head && !plain {
		if p.left > 0 || !blank(text) {
			p.left++
		}
		return
	}
	p.gap()
	if !head {
		p.kept++
	}
	p.write(text)
}

func (p *linePrinter) write(text []byte) {
	text = bytes.TrimRight(text, "\r\n")
	if len(text) > mostLine {
		rest := len(text) - mostLine
		p.out.WriteString(clean(text[:mostLine]))
		fmt.Fprintf(p.out, " … (%d bytes of this line left out)\n", rest)
		return
	}
	p.out.WriteString(clean(text) + "\n")
}

func (p *linePrinter) gap() {
	if p.left == 0 {
		return
	}
	p.out.WriteString(p.lang.comment.line(fmt.Sprintf("... %s left out", plural(p.left, "line"))) + "\n")
	p.left = 0
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
