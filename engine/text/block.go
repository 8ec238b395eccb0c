package text

import "strings"

// blockSize is the least size in bytes that a text is cut into. A splice scans
// a block or two and copies the table of blocks: at 2 MB both are near 8 KB.
const blockSize = 8 << 10

// block is a run of whole lines, immutable. Only the last block of a text may
// lack the end of its last line, and no block ends between \r and \n.
type block struct {
	text   string
	ends   int   // number of line ends
	starts []int // 0 and the offset after each line end: ends+1 entries
	ascii  bool
}

// split cuts flat into blocks, at least one.
func split(flat string) []*block {
	var blocks []*block
	for len(flat) >= 2*blockSize {
		n := cutAfterLine(flat, blockSize)
		blocks, flat = append(blocks, newBlock(flat[:n])), flat[n:]
	}
	if flat != "" || len(blocks) == 0 {
		blocks = append(blocks, newBlock(flat))
	}
	return blocks
}

// cutAfterLine is the offset after the first line end that ends at or after
// least, or the length of s.
func cutAfterLine(s string, least int) int {
	i := strings.IndexAny(s[least-1:], "\r\n")
	if i < 0 {
		return len(s)
	}
	return least - 1 + i + lineEnd(s[least-1+i:])
}

// lineEnd is the length of the line end that s begins with, or 0.
func lineEnd(s string) int {
	switch {
	case strings.HasPrefix(s, "\r\n"):
		return 2
	case s != "" && (s[0] == '\n' || s[0] == '\r'):
		return 1
	}
	return 0
}

func newBlock(s string) *block {
	b := &block{text: s, starts: make([]int, 1, 2+strings.Count(s, "\n"))}
	seen := byte(0)
	for i := 0; i < len(s); {
		seen |= s[i]
		if s[i] > '\r' { // a shortcut for nearly all bytes
			i++
			continue
		}
		n := lineEnd(s[i:])
		i += max(n, 1)
		if n > 0 {
			b.starts = append(b.starts, i)
		}
	}
	b.ascii = seen < 0x80
	b.ends = len(b.starts) - 1
	return b
}

// line is the k-th line of the block without its line end.
func (b *block) line(k int) (start, end int) {
	start = b.starts[k]
	if k == b.ends {
		return start, len(b.text)
	}
	end = b.starts[k+1] - 1
	if end > start && b.text[end] == '\n' && b.text[end-1] == '\r' {
		end--
	}
	return start, end
}

// lineAt is the number in the block of the line that holds offset.
func (b *block) lineAt(offset int) int {
	lo, hi := 0, len(b.starts)
	for lo+1 < hi {
		mid := (lo + hi) / 2
		if b.starts[mid] <= offset {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// Splice is the index of the text in which repl stands in place of span; x
// stays as it was. It costs the blocks touched and the size of repl, not the
// size of the text. The error is an *EditError when span is out of range.
func (x *Index) Splice(span Span, repl string) (*Index, error) {
	if !span.in(x.Len()) {
		return nil, &EditError{Span: span, Len: x.Len(), Problem: OutOfRange}
	}
	i, j := x.blockOfByte(span.Start), x.blockOfByte(span.End)
	if i > 0 && span.Start == x.bytes[i] {
		i-- // its last line end may be half of a new \r\n
	}
	head := x.blocks[i].text[:span.Start-x.bytes[i]]
	tail := x.blocks[j].text[span.End-x.bytes[j]:]
	return assemble(replaceBlocks(x.blocks, i, j+1, head+repl+tail)), nil
}

// replaceBlocks is old with the blocks [i, j) replaced by those of mid.
func replaceBlocks(old []*block, i, j int, mid string) []*block {
	var fresh []*block
	if mid != "" || j-i == len(old) {
		fresh = split(mid)
	}
	out := make([]*block, 0, len(old)-(j-i)+len(fresh))
	out = append(out, old[:i]...)
	out = append(out, fresh...)
	return append(out, old[j:]...)
}
