package trackfile

import (
	"bytes"
	"regexp"
	"sync"
)

// indent moves the dashes of the tickets to column 2, or 0 where they are the document, and what is in them with
// them.
func (f *yamlFormatter) indent() {
	d := f.d
	column := 2
	if d.layout.list {
		column = 0
	}
	first := f.lineAt(d.layout.starts[0])
	for n := first - 1; n >= 0 && !d.layout.list; n-- { // comments above the first ticket
		in, c := start(d.line(n))
		if c != 0 && c != '#' || f.inValue[n] {
			break
		}
		if c == '#' && in == d.layout.column {
			f.setIndent(n, column)
		}
	}
	for i := range d.pieces {
		f.indentTicket(i, column)
	}
}

func (f *yamlFormatter) setIndent(line, column int) {
	in, c := start(f.d.line(line))
	if c != 0 && in != column {
		at := f.d.lines[line]
		f.replace(at, at+in, spaces(max(0, column)))
	}
}

// indentTicket moves one ticket so that its dash stands at the column.
func (f *yamlFormatter) indentTicket(n, column int) {
	d := f.d
	at, extent := d.entry(n), d.layout.extent(n)
	from, to := f.lineAt(at.Start), f.lineAt(at.End)
	end := len(d.lines)
	if extent.End < len(d.Source) {
		end = f.lineAt(extent.End)
	}
	shift, key := column-d.layout.column, -1 // of what is not known better
	if p := d.pieces[n]; p.ticket != nil && len(p.fields) > 0 {
		if first := p.fields[0].Key.Start + d.starts[n]; f.onlyBlanks(at.Start+1, first) {
			key = first
			_, col := d.Position(first)
			shift = column + 2 - (col - 1)
			f.replace(at.Start+1, first, " ")
		}
	}
	moves := f.nested(n, column, key >= 0)
	f.setIndent(from, column)
	for i := from + 1; i < end; i++ {
		in, c := start(d.line(i))
		switch {
		case d.lines[i] < key: // joined to the dash
		case key >= 0 && f.lineAt(key) == i:
		case c == 0:
			if by := moves[i]; i <= to && f.inValue[i] && in > 0 && by != 0 && len(d.line(i)) == in {
				f.replace(d.lines[i], d.lines[i]+in, spaces(max(0, in+by)))
			}
		case c == '#' && i > to && in <= d.layout.column:
			f.setIndent(i, column)
		case c == '#' && i > to:
			f.setIndent(i, max(column, in+shift))
		default:
			by, known := moves[i]
			if !known {
				by = shift
			}
			f.setIndent(i, in+by)
		}
	}
}

// onlyBlanks says whether a dash is followed by its first field, on its line or on the next.
func (f *yamlFormatter) onlyBlanks(from, to int) bool {
	gap := f.d.Source[from:to]
	return len(bytes.TrimSpace(gap)) == 0 && bytes.Count(gap, []byte("\n")) <= 1 && !bytes.Contains(gap, []byte("\t"))
}

var blockHeader = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[|>][+-]?[ \t]*(?:[ \t]#.*)?$`) })

// nested says by how much the lines of the values in block form move, which stand two columns right of their names:
// lists with dashes, and text.
func (f *yamlFormatter) nested(n, column int, known bool) map[int]int {
	d := f.d
	moves := map[int]int{}
	for i := range d.pieces[n].fields {
		v := d.pieces[n].fields[i].Value.shifted(d.starts[n])
		if v.Start == v.End || !known {
			continue
		}
		from, to := f.lineAt(v.Start), f.lineAt(v.End)
		switch {
		case d.Source[v.Start] == '-' && f.onlyBlanks(d.lines[from], v.Start):
		case blockHeader().Match(bytes.TrimRight(d.line(from)[v.Start-d.lines[from]:], " \t")) && to > from:
			for from++; from < to && len(bytes.TrimSpace(d.line(from))) == 0; {
				from++
			}
		default:
			continue
		}
		for l := from; l <= to; l++ {
			moves[l] = column + 4 - indentOf(d.line(from))
		}
	}
	return moves
}
