package trackfile

import (
	"bytes"
	"regexp"
	"sync"

	"github.com/goccy/go-yaml/token"
)

// layout says where the tickets of a YAML document in block form stand. Within such a document each ticket can be
// read alone: what belongs to it is indented deeper than its dash, and so a change within one changes no other.
type layout struct {
	list   bool  // the tickets are the document
	column int   // of the dashes
	starts []int // offset of the line of each ticket
	end    int   // offset behind the last one
}

// extent is where the n-th ticket starts and where the next one does.
func (l *layout) extent(n int) Span {
	if n+1 < len(l.starts) {
		return Span{l.starts[n], l.starts[n+1]}
	}
	return Span{l.starts[n], l.end}
}

var bareTickets = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^["']?tickets["']?[ \t]*:[ \t]*(?:[ \t]#.*)?$`) })

// split finds the layout by looking at how the lines start; false when the document is not in block form, or has
// something that only the parser of the whole can judge.
func split(src []byte, lines []int) (*layout, bool) {
	l := &layout{end: len(src)}
	first, ok := l.findFirst(src, lines)
	if !ok {
		return nil, false
	}
	for i := first; i < len(lines); i++ {
		switch l.judge(rawLine(src, lines, i)) {
		case inside:
		case starts:
			l.starts = append(l.starts, lines[i])
		case ends:
			l.end = lines[i]
			return l, plainLines(src, lines[i:])
		case strays:
			return nil, false
		}
	}
	return l, true
}

// rawLine is a line with its end.
func rawLine(src []byte, lines []int, i int) []byte {
	if i+1 < len(lines) {
		return src[lines[i]:lines[i+1]]
	}
	return src[lines[i]:]
}

// findFirst is the line of the first dash; the column and the kind of the list are known then.
func (l *layout) findFirst(src []byte, lines []int) (line int, ok bool) {
	seen, inTickets := false, false
	for i := range lines {
		text := bytes.TrimRight(rawLine(src, lines, i), " \t\r\n")
		bom := false
		if i == 0 {
			text, bom = bytes.CutPrefix(text, []byte("\ufeff"))
		}
		in, c := start(text)
		switch {
		case c == 0 || c == '#':
		case dash(text, in) && (inTickets || !seen) && !bom:
			l.list, l.column = !inTickets, in
			return i, true
		case inTickets || c == '\t' && in == 0:
			return 0, false
		case marker(text):
			if seen || string(text) != "---" {
				return 0, false
			}
		case in == 0 && bareTickets().Match(text):
			inTickets, seen = true, true
		default:
			seen = true
		}
	}
	return 0, false
}

// start is the indentation of a line and the first byte behind it, 0 when there is none.
func start(line []byte) (indent int, first byte) {
	for i, c := range line {
		switch c {
		case ' ':
		case '\r', '\n':
			return i, 0
		case '\t':
			if len(bytes.TrimLeft(line[i:], " \t\r\n")) == 0 {
				return i, 0
			}
			return i, c
		default:
			return i, c
		}
	}
	return len(line), 0
}

// dash says whether an element of a block list starts at the column of the line.
func dash(line []byte, in int) bool {
	return line[in] == '-' && (in+1 == len(line) || isSpace(line[in+1]))
}

// marker says whether the line is one that separates documents, or a directive.
func marker(line []byte) bool {
	return bytes.HasPrefix(line, []byte("---")) || bytes.HasPrefix(line, []byte("...")) || line[0] == '%'
}

// role is what a line is to the list of tickets.
type role int

const (
	inside role = iota // a part of the ticket above, a comment or blank
	starts             // a ticket
	ends               // the list: a field of the track
	strays
)

// judge says what a line behind the first dash is. It needs no other line, so that a change of one line changes
// the role of no other.
func (l *layout) judge(line []byte) role {
	in, c := start(line)
	switch {
	case c == 0, in > l.column, c == '#':
		return inside
	case c == '\t':
		return strays
	case in == l.column && dash(line, in):
		return starts
	case in == 0 && !l.list && !marker(line) && c != '-':
		return ends
	}
	return strays
}

// plainLines says whether no line separates documents.
func plainLines(src []byte, lines []int) bool {
	for i := range lines {
		if line := rawLine(src, lines, i); len(line) > 0 && marker(line) {
			return false
		}
	}
	return true
}

// marks are what makes parts of a document depend on each other.
type marks uint8

const (
	hasAnchor marks = 1 << iota
	hasAlias
	hasDocument // a separator of documents, or a directive
)

// linked says whether the parts of a document with these marks cannot be read one by one.
func (m marks) linked() bool { return m&hasDocument != 0 || m&hasAnchor != 0 && m&hasAlias != 0 }

func marksOf(tokens token.Tokens) (m marks) {
	for _, tk := range tokens {
		switch tk.Type {
		case token.AnchorType:
			m |= hasAnchor
		case token.AliasType:
			m |= hasAlias
		case token.DocumentHeaderType, token.DocumentEndType, token.DirectiveType:
			m |= hasDocument
		}
	}
	return m
}
