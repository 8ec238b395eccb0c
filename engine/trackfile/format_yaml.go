package trackfile

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
)

// formatYAML lays a YAML document out.
func formatYAML(d *Document, care care) []Edit {
	f := &yamlFormatter{d: d, care: care, inValue: make([]bool, len(d.lines))}
	f.findValues(d.Fields, 0)
	f.fields(d.Fields, 0)
	for i := range d.Items {
		f.findValues(d.Items[i].fields, d.Items[i].base)
		f.fields(d.Items[i].fields, d.Items[i].base)
		f.braces(&d.Items[i])
	}
	if d.layout != nil && care&keepIndent == 0 {
		f.indent()
	}
	f.layLines()
	return tidy(d.Source, f.edits)
}

type yamlFormatter struct {
	d       *Document
	care    care
	inValue []bool // of each line: it goes on with, or starts, a value whose blanks may count
	edits   []Edit
}

func (f *yamlFormatter) replace(from, to int, s string) {
	f.edits = append(f.edits, Edit{from, to, s})
}

func (f *yamlFormatter) lineAt(at int) int {
	n, _ := f.d.Position(at)
	return n - 1
}

// findValues marks the lines in which values of several lines stand.
func (f *yamlFormatter) findValues(fields []Field, base int) {
	for i := range fields {
		v := fields[i].Value.shifted(base)
		if fields[i].Name == "tickets" || v.Start == v.End {
			continue
		}
		from, to := f.lineAt(v.Start), f.lineAt(v.End)
		isText := f.d.Source[v.Start] == '|' || f.d.Source[v.Start] == '>'
		isList := f.d.Source[v.Start] == '-'
		for n := from; n <= to && to > from && !isList; n++ {
			f.inValue[n] = f.inValue[n] || n > from || !isText
		}
		// Of text that keeps its line ends those behind it count, too.
		for n := to + 1; isText && n < len(f.inValue) && len(bytes.TrimSpace(f.d.line(n))) == 0 && f.keeps(v); n++ {
			f.inValue[n] = true
		}
	}
}

// keeps says whether a text in block form has its last line ends in its value.
func (f *yamlFormatter) keeps(v Span) bool {
	header, _, _ := bytes.Cut(f.d.line(f.lineAt(v.Start))[v.Start-f.d.lines[f.lineAt(v.Start)]:], []byte("#"))
	return bytes.Contains(header, []byte("+"))
}

var colonGap = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[ \t]*:[ \t]+$`) })

// fields lays out what stands on the line of each field: its name, the colon and a value.
func (f *yamlFormatter) fields(fields []Field, base int) {
	for i := range fields {
		c := *fields[i].shifted(base)
		if c.Key.End > c.Value.Start || c.Key == c.Value { // an alias
			continue
		}
		f.unquote(c.Key)
		if colonGap().Match(f.d.Source[c.Key.End:c.Value.Start]) && c.Value.Start < c.Value.End {
			f.replace(c.Key.End, c.Value.Start, ": ")
		}
		if c.Name == "tickets" {
			continue
		}
		f.unquote(c.Value)
		f.brackets(&c)
		for _, e := range c.Elements {
			f.unquote(e.Span)
		}
	}
}

// unquote takes away quotes around text that needs none and has no escapes.
func (f *yamlFormatter) unquote(at Span) {
	src := string(f.d.Source[at.Start:at.End])
	if f.care&keepQuotes != 0 || len(src) < 2 || src[0] != '"' && src[0] != '\'' || src[len(src)-1] != src[0] {
		return
	}
	inner := src[1 : len(src)-1]
	if !strings.ContainsAny(inner, "\\\"'\r\n\t") && quoteYAML(inner) == inner {
		f.replace(at.Start, at.End, inner)
	}
}

// brackets lays out a list of scalars on one line.
func (f *yamlFormatter) brackets(c *Field) {
	src := f.d.Source
	v := c.Value
	if v.End-v.Start < 2 || src[v.Start] != '[' || src[v.End-1] != ']' || bytes.ContainsAny(src[v.Start:v.End], "\r\n#") {
		return
	}
	at := v.Start + 1
	for i, e := range c.Elements {
		want, gap := "", strings.TrimSpace(string(src[at:e.Span.Start]))
		if i > 0 {
			want = ", "
		}
		if gap != strings.TrimSpace(want) {
			return
		}
		f.replace(at, e.Span.Start, want)
		at = e.Span.End
	}
	if gap := strings.TrimSpace(string(src[at : v.End-1])); gap == "" || gap == "," && len(c.Elements) > 0 {
		f.replace(at, v.End-1, "")
	}
}

// braces lays out a ticket in braces on one line.
func (f *yamlFormatter) braces(it *Item) {
	src := f.d.Source
	at := it.Span
	dash := at.Start
	for at.Start < at.End && (src[at.Start] == '-' || src[at.Start] == ' ') {
		at.Start++
	}
	fields := it.fields
	if at.End-at.Start < 2 || src[at.Start] != '{' || src[at.End-1] != '}' || len(fields) == 0 || bytes.ContainsAny(src[at.Start:at.End], "\r\n") {
		return
	}
	if src[dash] == '-' && len(bytes.TrimLeft(src[dash+1:at.Start], " ")) == 0 {
		f.replace(dash+1, at.Start, " ")
	}
	from, want := at.Start+1, ""
	for i := range fields {
		to := fields[i].Key.Start + it.base
		if to < from || strings.TrimSpace(string(src[from:to])) != strings.TrimSpace(want) {
			return
		}
		f.replace(from, to, want)
		from, want = max(fields[i].Key.End, fields[i].Value.End)+it.base, ", "
	}
	if gap := strings.TrimSpace(string(src[from : at.End-1])); gap == "" || gap == "," {
		f.replace(from, at.End-1, "")
	}
}

// layLines removes trailing blanks and blank lines too many, and ends the document with one line end.
func (f *yamlFormatter) layLines() {
	d := f.d
	last := len(d.lines) - 1
	for last > 0 && len(bytes.TrimSpace(d.line(last))) == 0 && !f.inValue[last] {
		last--
	}
	blank := true // what comes before the first line counts as such
	for i := 0; i <= last; i++ {
		line := d.line(i)
		end := d.lines[i] + len(line)
		if f.inValue[i] {
			blank = false
			continue
		}
		if trimmed := bytes.TrimRight(line, " \t"); len(trimmed) > 0 {
			f.replace(d.lines[i]+len(trimmed), end, "")
			blank = false
		} else if blank && i < last {
			f.replace(d.lines[i], d.lines[i+1], "")
		} else {
			f.replace(d.lines[i], end, "")
			blank = true
		}
	}
	if end := d.lines[last] + len(d.line(last)); !f.inValue[last] || last == len(d.lines)-1 {
		f.replace(end, len(d.Source), d.eol())
	}
	f.separate()
}

// separate puts a blank line between all tickets when there is one between most.
func (f *yamlFormatter) separate() {
	d := f.d
	if d.layout == nil || len(d.pieces) < 3 {
		return
	}
	var without []int
	for i := 1; i < len(d.pieces); i++ {
		from, to := f.lineAt(d.entry(i-1).End), f.lineAt(d.entry(i).Start)
		found := false
		for n := from + 1; n < to; n++ {
			found = found || len(bytes.TrimSpace(d.line(n))) == 0
		}
		if !found {
			without = append(without, from+1)
		}
	}
	if 2*len(without) >= len(d.pieces)-1 {
		return
	}
	for _, n := range without {
		if !f.inValue[n] {
			f.replace(d.lines[n], d.lines[n], d.eol())
		}
	}
}
