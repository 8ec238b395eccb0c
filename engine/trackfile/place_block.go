package trackfile

import (
	"bytes"
	"regexp"
	"sort"
	"strings"
	"sync"
)

// keyLine is a line of a block mapping, behind its indentation: a name and the colon behind it.
var keyLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^("[^"]*"|'[^']*'|[^\s:#"'\[\]{},&*!|>%@-][^:#]*?)[ \t]*:(?:[ \t\r\n]|$)`)
})

// block is the lines of one block mapping, looked at as text: what is being written in it may be no YAML yet.
type block struct {
	d        *Document
	lines    []int // the indices of its lines
	column   int   // of its names; -1 until the first
	inTicket bool
}

// inBlock finds the place of the offset in a document in block form.
func (s *placer) inBlock() {
	n, _ := s.d.Position(s.offset)
	b := s.blockOf(n - 1)
	if b == nil {
		return
	}
	s.collect(b, n-1)
	infos := TrackFields
	if s.place.InTicket = b.inTicket; b.inTicket {
		infos = TicketFields
	}
	s.inLine(b, n-1, infos)
}

// blockOf is the mapping that the line belongs to: a ticket, or the track without its tickets.
func (s *placer) blockOf(line int) *block {
	d := s.d
	l, first, end := d.roughLayout()
	at := d.lines[line]
	if l == nil || at < first || at >= end {
		b := &block{d: d}
		for i := range d.lines {
			if l == nil || d.lines[i] < first || d.lines[i] >= end {
				b.lines = append(b.lines, i)
			}
		}
		return b
	}
	n := sort.SearchInts(l.starts, at+1) - 1
	from := sort.SearchInts(d.lines, l.starts[n])
	to := sort.SearchInts(d.lines, l.extent(n).End)
	if i := sort.Search(len(d.Items), func(i int) bool { return d.Items[i].Span.Start >= l.starts[n] }); i < len(d.Items) && d.Items[i].Span.Start < l.extent(n).End {
		s.place.Ticket = i
	}
	b := &block{d: d, column: -1, inTicket: true}
	for i := from; i < max(to, from+1); i++ {
		b.lines = append(b.lines, i)
	}
	if in, c := start(d.line(line)); line > from && (c == 0 || in <= l.column) && s.offset-at <= l.column {
		s.between(l)
		return nil
	}
	return b
}

// between makes the place one where a new ticket can start, when the offset is left of the tickets' fields.
func (s *placer) between(l *layout) {
	at := s.d.lines[max(0, sort.SearchInts(s.d.lines, s.offset+1)-1)]
	if s.offset-at == l.column && len(bytes.TrimSpace(s.d.Source[at:s.offset])) == 0 {
		s.place.Kind, s.place.Replace = PlaceTicket, Span{s.offset, s.offset}
	}
}

// roughLayout is the layout of a document in block form, also of one whose parts depend on each other or which
// has lines that fit nowhere: those count as parts of the ticket above. nil when there are no tickets.
func (d *Document) roughLayout() (l *layout, first, end int) {
	if l = d.layout; l == nil {
		l = &layout{end: len(d.Source)}
		i, ok := l.findFirst(d.Source, d.lines)
		if !ok {
			return nil, 0, 0
		}
		for ; i < len(d.lines); i++ {
			role := l.judge(d.rawLine(i))
			if role == starts || len(l.starts) == 0 {
				l.starts = append(l.starts, d.lines[i])
			}
			if role == ends {
				l.end = d.lines[i]
				break
			}
		}
	}
	return l, l.starts[0], l.end
}

func (d *Document) rawLine(i int) []byte { return rawLine(d.Source, d.lines, i) }

// body is the line without what does not count for its column: the dash of the ticket and a byte order mark, in
// whose places blanks stand. column is its indentation without the mark.
func (b *block) body(i int) (text []byte, in, column int) {
	text = b.d.line(i)
	mark := 0
	if i == 0 && bytes.HasPrefix(text, []byte("\ufeff")) {
		mark = 3
		text = append([]byte("   "), text[mark:]...)
	}
	if b.inTicket && i == b.lines[0] {
		if at, c := start(text); c == '-' {
			text = bytes.Clone(text)
			text[at] = ' '
		}
	}
	in, _ = start(text)
	return text, in, in - mark
}

// nameAt is the name that stands on the line, when it is one of the mapping's own, and where its value can start.
func (b *block) nameAt(i int) (name Span, value int, ok bool) {
	text, in, column := b.body(i)
	m := keyLine().FindSubmatchIndex(text[in:])
	if m == nil || b.column >= 0 && column != b.column {
		return Span{}, 0, false
	}
	at := b.d.lines[i] + in
	return Span{at, at + m[3]}, at + m[3] + bytes.IndexByte(text[in+m[3]:], ':') + 1, true
}

// collect finds the names of the mapping, and their column.
func (s *placer) collect(b *block, line int) {
	s.values = map[string]string{}
	for _, i := range b.lines {
		at, value, ok := b.nameAt(i)
		if !ok {
			continue
		}
		if b.column < 0 {
			_, _, b.column = b.body(i)
		}
		name := unquoted(string(s.d.Source[at.Start:at.End]))
		if i != line || s.offset > at.End {
			s.keys = append(s.keys, name)
			rest := s.d.line(i)[value-s.d.lines[i]:]
			text, _, _ := strings.Cut(string(rest), " #")
			s.values[name] = text
		}
	}
}

// inLine finds the place within the block.
func (s *placer) inLine(b *block, line int, infos []FieldInfo) {
	if at, value, ok := b.nameAt(line); ok {
		switch {
		case s.offset < at.Start:
		case s.offset <= at.End:
			s.key(at, infos, b.inTicket, true)
		case s.offset >= value:
			s.blockValue(at, value, infos, b)
		}
		return
	}
	text, in, _ := b.body(line)
	column := s.offset - s.d.lines[line]
	blank := in == len(text) || len(bytes.TrimSpace(text)) == 0
	owner, value, owned := b.ownerOf(line)
	switch {
	case !blank && text[in] == '#':
	case !blank && column < in:
	case blank && (column == b.column || b.column < 0), blank && !owned && column == 0:
		s.key(Span{s.offset, s.offset}, infos, b.inTicket, false)
	case !blank && (in == b.column || b.column < 0) && text[in] != '-':
		end := in + len(bytes.TrimRight(text[in:], " \t"))
		s.key(Span{s.d.lines[line] + in, s.d.lines[line] + end}, infos, b.inTicket, false)
	case owned && (blank && column > b.column || !blank):
		s.blockValue(owner, value, infos, b)
	}
}

// ownerOf is the nearest name above the line.
func (b *block) ownerOf(line int) (name Span, value int, ok bool) {
	for n := len(b.lines) - 1; n >= 0; n-- {
		if b.lines[n] < line {
			if name, value, ok = b.nameAt(b.lines[n]); ok {
				return name, value, true
			}
		}
	}
	return Span{}, 0, false
}

// blockValue finds the place in what stands behind a name, on its line or on those below.
func (s *placer) blockValue(name Span, value int, infos []FieldInfo, b *block) {
	d := s.d
	field := unquoted(string(d.Source[name.Start:name.End]))
	rest := string(d.Source[value:s.offset])
	lead := strings.TrimLeft(rest, " \t\r\n")
	onLine := !strings.ContainsAny(rest, "\r\n")
	switch {
	case strings.HasPrefix(lead, "["):
		s.inBrackets(field, s.offset-len(lead), infos, b.inTicket)
	case strings.HasPrefix(lead, "|") || strings.HasPrefix(lead, ">") || strings.HasPrefix(lead, "{") || strings.HasPrefix(lead, "#"):
		s.value(field, Span{s.offset, s.offset}, infos, b.inTicket, false)
		s.place.Kind = PlaceText
	case onLine:
		s.scalar(field, value, infos, b.inTicket)
	default:
		s.element(field, value, infos, b)
	}
}

// scalar is a value on the line of its name.
func (s *placer) scalar(field string, value int, infos []FieldInfo, inTicket bool) {
	src := s.d.Source
	from := value
	for from < s.offset && (src[from] == ' ' || src[from] == '\t') {
		from++
	}
	end := from + lineLength(string(src[from:min(len(src), from+4096)]))
	if i := bytes.Index(src[value:end], []byte(" #")); i >= 0 {
		end = max(from, value+i)
	}
	end = from + len(bytes.TrimRight(src[from:end], " \t"))
	if s.offset > end && end > from {
		return // in the comment, or behind a whole value
	}
	if trimmed := bytes.TrimLeft(src[from:max(from, end)], " \t"); len(trimmed) == 0 || trimmed[0] == '#' {
		end = from
	}
	if s.offset > end {
		from, end = s.offset, s.offset
	}
	if from == value {
		s.place.lead = " "
	}
	s.value(field, Span{from, end}, infos, inTicket, false)
}

// inBrackets is a value in brackets that opens at from.
func (s *placer) inBrackets(field string, from int, infos []FieldInfo, inTicket bool) {
	f := &flowScan{src: s.d.Source, at: from, word: Span{from, from}}
	for f.at < s.offset {
		f.step()
	}
	if len(f.frames) != 1 {
		return
	}
	word, ok := f.wordAt(s.offset)
	if !ok {
		return
	}
	s.place.Listed = append([]string(nil), f.frames[0].words...)
	s.value(field, word, infos, inTicket, true)
}

// element is an element of a list with dashes, or a blank line where one can stand.
func (s *placer) element(field string, value int, infos []FieldInfo, b *block) {
	n, _ := s.d.Position(s.offset)
	text, start := s.d.line(n-1), s.d.lines[n-1]
	in := indentOf(text)
	if in == len(text) {
		if len(bytes.TrimSpace(s.d.Source[value:s.offset])) == 0 || s.listed(value, start) {
			s.place.lead = "- "
			s.value(field, Span{s.offset, s.offset}, infos, b.inTicket, true)
		}
		return
	}
	if !dash(text, in) || s.offset < start+in+1 {
		return
	}
	from := in + 1
	for from < len(text) && text[from] == ' ' {
		from++
	}
	if from == in+1 {
		s.place.lead = " "
	}
	end := len(text)
	if i := bytes.Index(text[from:], []byte(" #")); i >= 0 {
		end = from + i
	}
	end = from + len(bytes.TrimRight(text[from:end], " \t"))
	at := Span{start + from, start + end}
	if s.offset < at.Start {
		at = Span{s.offset, max(s.offset, at.End)}
	}
	s.listed(value, start)
	s.value(field, at, infos, b.inTicket, true)
}

// listed notes the elements between the name and the line, and says whether there are any.
func (s *placer) listed(value, line int) bool {
	for l := range strings.Lines(string(s.d.Source[value:line])) {
		if l = strings.TrimSpace(l); strings.HasPrefix(l, "- ") {
			s.place.Listed = append(s.place.Listed, unquoted(strings.TrimPrefix(l, "- ")))
		}
	}
	return len(s.place.Listed) > 0
}
