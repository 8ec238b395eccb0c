package text

import (
	"sort"
	"strings"
	"sync"
	"unicode/utf8"
)

// Encoding is the unit that columns count, by its name in the Language Server
// Protocol. Any other value, the empty one too, counts as UTF16, the protocol's
// default.
type Encoding string

// The encodings of LSP 3.17 and later.
const (
	UTF8  Encoding = "utf-8"
	UTF16 Encoding = "utf-16"
	UTF32 Encoding = "utf-32"
)

// Position is a place in a text; both count from 0. Column counts units of an
// Encoding from the line's start.
type Position struct{ Line, Column int }

// Index is an immutable text that knows where its lines are. Lines end at \n,
// \r\n or \r; there is always at least one line, and a text that ends with a
// line end has an empty last line. It is safe for concurrent use.
//
// The text is kept in blocks of whole lines, so that Splice shares all blocks
// but the few that it touches.
type Index struct {
	blocks []*block // at least one
	bytes  []int    // offset of each block, and the length of the text
	lines  []int    // number of the first line of each block, and that of the last line

	flatten sync.Once
	flat    string
}

// NewIndex indexes src, which is copied.
func NewIndex(src []byte) *Index {
	flat := string(src)
	x := assemble(split(flat))
	x.flatten.Do(func() { x.flat = flat })
	return x
}

// assemble makes an index of blocks, which it owns from now on.
func assemble(blocks []*block) *Index {
	sums := make([]int, 2*len(blocks)+2)
	x := &Index{blocks: blocks, bytes: sums[:len(blocks)+1], lines: sums[len(blocks)+1:]}
	for i, b := range blocks {
		x.bytes[i+1] = x.bytes[i] + len(b.text)
		x.lines[i+1] = x.lines[i] + b.ends
	}
	return x
}

// Len is the length of the text in bytes.
func (x *Index) Len() int { return x.bytes[len(x.blocks)] }

// Lines is the number of lines, at least 1.
func (x *Index) Lines() int { return x.lines[len(x.blocks)] + 1 }

// Text is the whole text. The first call after a Splice costs a copy.
func (x *Index) Text() string {
	x.flatten.Do(func() {
		var b strings.Builder
		b.Grow(x.Len())
		for _, part := range x.blocks {
			b.WriteString(part.text)
		}
		x.flat = b.String()
	})
	return x.flat
}

// Slice is the text of a span, which is clamped to the text. It costs the span's size, not the text's.
func (x *Index) Slice(span Span) string {
	start := min(max(span.Start, 0), x.Len())
	end := min(max(span.End, start), x.Len())
	var b strings.Builder
	for i := x.blockOfByte(start); i < len(x.blocks) && x.bytes[i] < end; i++ {
		from, to := max(start-x.bytes[i], 0), min(end-x.bytes[i], len(x.blocks[i].text))
		if b.Len() == 0 && to == end-x.bytes[i] {
			return x.blocks[i].text[from:to] // all of it lies in one block
		}
		b.WriteString(x.blocks[i].text[from:to])
	}
	return b.String()
}

// Line is the span of line n without its line end. A line past the last one is
// the empty span at the end of the text, one below 0 is line 0.
func (x *Index) Line(n int) Span {
	n = max(n, 0)
	if n >= x.Lines() {
		return Span{x.Len(), x.Len()}
	}
	i := x.blockOfLine(n)
	start, end := x.blocks[i].line(n - x.lines[i])
	return Span{x.bytes[i] + start, x.bytes[i] + end}
}

// Offset is the byte offset of p. A column past the line's end is the line's
// end; one within a character is the character's start; a line past the end is
// the end of the text; what is below 0 counts as 0. An invalid byte is a
// character of one unit.
func (x *Index) Offset(p Position, enc Encoding) int {
	span := x.Line(p.Line)
	if p.Line >= x.Lines() || p.Column <= 0 {
		return span.Start
	}
	b, base := x.blockAt(span.Start)
	if b.ascii {
		return min(span.Start+p.Column, span.End)
	}
	line := b.text[span.Start-base : span.End-base]
	return span.Start + bytesOf(line, p.Column, enc)
}

// Span is the span from start to end, each clamped as by Offset; an end before
// the start gives an empty span at the start.
func (x *Index) Span(start, end Position, enc Encoding) Span {
	from := x.Offset(start, enc)
	return Span{from, max(from, x.Offset(end, enc))}
}

// Position is the place of a byte offset, which is clamped to the text. An
// offset within a character is the character's start; one within a line end is
// the line's end.
func (x *Index) Position(offset int, enc Encoding) Position {
	n, span := x.lineAt(offset)
	offset = min(max(offset, 0), span.End)
	b, base := x.blockAt(span.Start)
	if b.ascii {
		return Position{n, offset - span.Start}
	}
	return Position{n, unitsOf(b.text[span.Start-base:span.End-base], offset-span.Start, enc)}
}

// LineColumn is the place of a byte offset as compilers print it: both count
// from 1, the column in bytes. The offset is clamped to the text.
func (x *Index) LineColumn(offset int) (line, column int) {
	offset = min(max(offset, 0), x.Len())
	n, span := x.lineAt(offset)
	return n + 1, offset - span.Start + 1
}

// lineAt is the number and the span of the line that holds offset.
func (x *Index) lineAt(offset int) (int, Span) {
	offset = min(max(offset, 0), x.Len())
	i := x.blockOfByte(offset)
	n := x.lines[i] + x.blocks[i].lineAt(offset-x.bytes[i])
	return n, x.Line(n)
}

// blockAt is the block that the line starting at offset is in, and the block's
// own offset.
func (x *Index) blockAt(offset int) (*block, int) {
	i := x.blockOfByte(offset)
	return x.blocks[i], x.bytes[i]
}

// blockOfByte is the last block that starts at or before offset.
func (x *Index) blockOfByte(offset int) int {
	i := sort.SearchInts(x.bytes, offset+1) - 1
	return min(max(i, 0), len(x.blocks)-1)
}

// blockOfLine is the block that line n starts in. The empty last line after a
// final line end is the last block's.
func (x *Index) blockOfLine(n int) int {
	i := sort.SearchInts(x.lines, n+1) - 1
	return min(max(i, 0), len(x.blocks)-1)
}

// width is the number of units of a character of size bytes.
func width(r rune, size int, enc Encoding) int {
	switch {
	case enc == UTF8:
		return size
	case enc == UTF32, r < 0x10000:
		return 1
	}
	return 2
}

// bytesOf is the number of bytes in the first units of line.
func bytesOf(line string, units int, enc Encoding) int {
	at := 0
	for at < len(line) {
		r, size := utf8.DecodeRuneInString(line[at:])
		if units -= width(r, size, enc); units < 0 {
			break
		}
		at += size
	}
	return at
}

// unitsOf is the number of units in the first n bytes of line.
func unitsOf(line string, n int, enc Encoding) int {
	at, units := 0, 0
	for at < n {
		r, size := utf8.DecodeRuneInString(line[at:])
		if at += size; at <= n {
			units += width(r, size, enc)
		}
	}
	return units
}
