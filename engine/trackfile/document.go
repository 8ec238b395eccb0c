package trackfile

import "sort"

// Span is a half-open range of byte offsets into a document's source: Start <= End <= len(source).
type Span struct{ Start, End int }

// Contains says whether the offset lies in the span or directly behind it, where a cursor still belongs to it.
func (s Span) Contains(offset int) bool { return s.Start <= offset && offset <= s.End }

// Form is how a document is written, which decides how it is added to.
type Form string

// The forms of a document. FormNone is that of a file without a readable root.
const (
	FormNone     Form = "none"
	FormYAML     Form = "yaml mapping"
	FormYAMLList Form = "yaml list"
	FormJSON     Form = "json object"
	FormJSONList Form = "json list" // the seed's flat list
)

// JSON says whether the form is one of the two JSON ones.
func (f Form) JSON() bool { return f == FormJSON || f == FormJSONList }

// List says whether the tickets stand at the top level, without a track around them.
func (f Form) List() bool { return f == FormYAMLList || f == FormJSONList }

// Document is what was read from one version of a track file. It is immutable once Parse or Edit has returned it
// and may be read by any number of goroutines; its slices are shared, also with other versions, and must not be
// changed.
type Document struct {
	Name     string
	Source   []byte
	Form     Form
	Track    Track     // what could be read; Track.Tickets[i] belongs to Items[i]
	Problems []Problem // ordered by position
	Fields   []Field   // the fields of the track itself, in source order
	Items    []Item    // one for each ticket that is a mapping

	lines   []int           // offset of the start of each line
	root    *node           // without what is below its items
	tickets *node           // the value of "tickets", or the top-level list, without its items; nil when there is none
	broken  bool            // a syntax error hid a part of the document
	hidden  map[string]bool // ids seen in what a syntax error hid
	head    *head
	pieces  []*piece // one for each element of the list of tickets
	starts  []int    // where each piece starts
	links   *links
	layout  *layout   // of YAML in block form, whose tickets were read one by one; else nil
	unclean []finding // what kept bytes from the parser
	fixed   bool      // a change of it cannot be read alone
}

// Item says where one ticket stands.
type Item struct {
	Span Span // the whole item; in block YAML from its dash

	base int // where the piece starts
	*piece
}

// Field is one key of a ticket or of the track, with its value.
type Field struct {
	Name     string
	Key      Span
	Value    Span      // empty, behind the colon, when nothing was written
	Elements []Element // of a list: each scalar element
}

// Element is one scalar of a list field.
type Element struct {
	Text string
	Span Span // quotes included
	kind kind
}

// Fields lists the fields in source order, unknown and repeated ones included. It is the caller's to keep.
func (it *Item) Fields() []Field { return movedFields(it.fields, adding(it.base)) }

// Field is the first field with the name, or nil. It is the caller's to keep.
func (it *Item) Field(name string) *Field { return it.absolute(findField(it.fields, name)) }

// absolute is a field of the piece with the document's positions.
func (it *Item) absolute(f *Field) *Field {
	if f == nil {
		return nil
	}
	return f.shifted(it.base)
}

// Field is the track's first field with the name, or nil.
func (d *Document) Field(name string) *Field { return findField(d.Fields, name) }

func findField(fields []Field, name string) *Field {
	for i := range fields {
		if fields[i].Name == name {
			return &fields[i]
		}
	}
	return nil
}

// FieldAt is the field whose key or value holds the offset, or nil. It is the caller's to keep.
func (it *Item) FieldAt(offset int) *Field { return it.absolute(fieldAt(it.fields, offset-it.base)) }

func fieldAt(fields []Field, offset int) *Field {
	for i := range fields {
		f := &fields[i]
		if f.Key.Start <= offset && offset <= max(f.Key.End, f.Value.End) {
			return f
		}
	}
	return nil
}

// ItemAt is the index of the ticket that holds the offset, or -1.
func (d *Document) ItemAt(offset int) int {
	i := sort.Search(len(d.Items), func(i int) bool { return d.Items[i].Span.End >= offset })
	if i < len(d.Items) && d.Items[i].Span.Contains(offset) {
		return i
	}
	return -1
}

// Ticket is the index of the first ticket with the id, or -1.
func (d *Document) Ticket(id string) int {
	if i, ok := d.links.first[id]; ok {
		return i
	}
	return -1
}

// Errors says whether the document has a problem of severity Error, so that it cannot become the plan.
func (d *Document) Errors() bool {
	for _, p := range d.Problems {
		if p.Severity == Error {
			return true
		}
	}
	return false
}

// Position is the line and the byte column of an offset, both counted from 1. Offsets outside the source are
// moved to its nearest end. A line ends with LF, CRLF or CR, as in the language server protocol.
func (d *Document) Position(offset int) (line, column int) {
	return position(d.lines, len(d.Source), offset)
}

// position is the line and column of an offset into a text of the size whose lines start as given.
func position(lines []int, size, offset int) (line, column int) {
	offset = min(max(offset, 0), size)
	i := sort.Search(len(lines), func(i int) bool { return lines[i] > offset }) - 1
	return i + 1, offset - lines[i] + 1
}

// line is the line with the index, counted from 0, without its end.
func (d *Document) line(i int) []byte { return lineOf(d.Source, d.lines, i) }

// entry is where the n-th element of the list of tickets stands.
func (d *Document) entry(n int) Span { return d.pieces[n].entry.shifted(d.starts[n]) }

// lineStarts lists the offset of the first byte of each line; there is always at least one.
func lineStarts(src []byte) []int {
	starts := []int{0}
	for i := range src {
		if lineEnds(src, i) {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// lineEnds says whether a line ends with the byte at the offset.
func lineEnds(src []byte, at int) bool {
	c := src[at]
	return c == '\n' || c == '\r' && (at+1 == len(src) || src[at+1] != '\n')
}
