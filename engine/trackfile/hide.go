package trackfile

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
)

var (
	ticketsKey = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^["']?tickets["']?[ \t]*:`) })
	idKey      = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?:^|[\s{,])["']?id["']?[ \t]*:[ \t]*["']?([^\s"',}]+)`)
	})
)

// hide makes a comment of the ticket, or else of the top-level field, that the offset lies in, so that the rest
// can be read; the offsets of everything else stay. It remembers the ids that it hides. False when there is
// nothing left to hide.
func (d *reading) hide(src []byte, at int) ([]byte, bool) {
	line, _ := position(d.starts(), len(src), at)
	from, to := d.part(src, line-1)
	if from < 0 || bytes.HasPrefix(d.line(src, from), []byte("#")) {
		return src, false
	}
	src = bytes.Clone(src)
	for i := from; i < to; i++ {
		l := d.line(src, i)
		d.hideIDs(l)
		for j := range l {
			l[j] = ' '
		}
		if len(l) > 0 {
			l[0] = '#'
		}
	}
	return src, true
}

// hideIDs remembers the ids that are read nowhere else, for what stands there is not read.
func (d *reading) hideIDs(text []byte) {
	for _, m := range idKey().FindAllSubmatch(text, -1) {
		if d.hidden == nil {
			d.hidden = map[string]bool{}
		}
		d.hidden[string(m[1])] = true
	}
}

func (d *reading) line(src []byte, i int) []byte { return lineOf(src, d.starts(), i) }

// lineOf is the line with the index, counted from 0, without its end.
func lineOf(src []byte, lines []int, i int) []byte {
	end := len(src)
	if i+1 < len(lines) {
		end = lines[i+1]
	}
	return bytes.TrimRight(src[lines[i]:end], "\r\n")
}

// part is the range of lines of the ticket, or else of the top-level field, that the line belongs to.
func (d *reading) part(src []byte, line int) (from, to int) {
	indent := 0
	if top := d.startsAt(src, line, 0, false); top >= 0 {
		l := d.line(src, top)
		if ticketsKey().Match(l) {
			indent = d.firstDash(src, top, line)
		}
		if l[0] == '-' {
			top = d.startsAt(src, line, 0, true)
		}
		from = top
	} else {
		from = line
	}
	if indent > 0 {
		from = d.startsAt(src, line, indent, true)
	}
	if from < 0 {
		return -1, -1
	}
	to = from + 1
	for to < len(d.starts()) && !startsWithin(d.line(src, to), indent) {
		to++
	}
	return from, to
}

// startsAt is the nearest line at or above the given one whose text starts at the column, a dash if asked for.
func (d *reading) startsAt(src []byte, line, column int, dash bool) int {
	for ; line >= 0; line-- {
		l := d.line(src, line)
		if indentOf(l) == column && len(l) > column && l[column] != '#' && l[column] != '\t' && (!dash || l[column] == '-') {
			return line
		}
	}
	return -1
}

// firstDash is the column of the first list item between two lines, 0 when there is none.
func (d *reading) firstDash(src []byte, from, to int) int {
	for i := from + 1; i <= to; i++ {
		l := d.line(src, i)
		if strings.HasPrefix(strings.TrimLeft(string(l), " "), "-") {
			return indentOf(l)
		}
	}
	return 0
}

func indentOf(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " ")) }

// startsWithin says whether the line has text of its own at or left of the column.
func startsWithin(line []byte, column int) bool {
	in := indentOf(line)
	return in <= column && in < len(line) && line[in] != '#' && line[in] != '\t'
}
