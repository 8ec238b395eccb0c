package trackfile

import (
	"bytes"
	"slices"
)

// head is what was read of everything but the elements of the list of tickets. It is immutable and shared by the
// versions of a document in which that text is the same. Its positions are those of the text without the
// elements, which stand at the cut.
type head struct {
	text     []byte // of block YAML
	cut      int    // where the elements are left out; behind all positions when none are
	form     Form
	root     *node // without what is below its items
	list     int   // which of root's items the tickets are; -1: root itself, -2: none
	fields   []Field
	findings []finding
	hidden   map[string]bool
	broken   bool
	marks    marks
	track    Track // without tickets
}

// behind is a cut that no position reaches.
const behind = maxBytes + 1

// head takes what was read around the tickets out of a reading. left maps its positions.
func (d *reading) head(cut int, left func(int) int) *head {
	h := &head{cut: cut, form: d.form, list: -2, hidden: d.hidden, broken: d.broken, marks: d.marks, track: d.track}
	h.root = d.root.bare(left, 1)
	switch {
	case d.tickets == nil:
	case d.tickets == d.root:
		h.list = -1
	default:
		h.list = slices.Index(d.root.items, d.tickets)
	}
	h.fields = movedFields(d.fields, left)
	for _, f := range d.findings {
		h.findings = append(h.findings, f.moved(left))
	}
	return h
}

// bare is a copy of the node, its positions changed, without what is more than so many levels below it.
func (n *node) bare(by func(int) int, levels int) *node {
	if n == nil {
		return nil
	}
	c := *n
	c.span, c.entry = n.span.moved(by), by(n.entry)
	c.size, c.keys, c.items = 0, nil, nil
	for i := range n.items {
		if levels == 0 || n.kind != mapping {
			break
		}
		c.keys = append(c.keys, n.keys[i].bare(by, 0))
		c.items = append(c.items, n.items[i].bare(by, 0))
	}
	return &c
}

func movedFields(fields []Field, by func(int) int) []Field {
	if fields == nil {
		return nil
	}
	out := make([]Field, len(fields))
	for i := range fields {
		out[i] = *fields[i].shifted(0)
		out[i].move(by)
	}
	return out
}

// place puts the head into the document, around elements that take so many bytes.
func (d *Document) place(h *head, size int) {
	by := opening(h.cut, size)
	d.head, d.Form, d.root, d.Fields = h, h.form, h.root.bare(by, 1), movedFields(h.fields, by)
	switch h.list {
	case -2:
	case -1:
		d.tickets = d.root
	default:
		d.tickets = d.root.items[h.list]
	}
	if d.layout != nil {
		d.span()
	}
}

// span makes the list of tickets and what holds it reach over the elements, which the head was read without.
func (d *Document) span() {
	at := Span{d.layout.starts[0] + d.layout.column, d.layout.starts[0] + d.layout.column + 1}
	for i := len(d.pieces) - 1; i >= 0; i-- {
		if p := d.pieces[i]; !p.broken {
			at.End = max(at.End, d.starts[i]+p.entry.End)
			break
		}
	}
	d.tickets.kind, d.tickets.span, d.tickets.entry = list, at, at.Start
	d.root.span.End = max(d.root.span.End, at.End)
	if d.root == d.tickets {
		return
	}
	for i := range d.Fields {
		if d.Fields[i].Name == "tickets" {
			d.Fields[i].Value = at
			return
		}
	}
}

// readHead reads what stands around the tickets of a block document; false when it has to be read with them.
func readHead(name string, src []byte, l *layout) (*head, bool) {
	if l.list {
		at := &node{kind: list}
		return &head{text: []byte{}, cut: behind, form: FormYAMLList, root: at, list: -1}, true
	}
	text := slices.Concat(src[:l.starts[0]], src[l.end:])
	bom := 0
	if bytes.HasPrefix(text, []byte("\ufeff")) {
		bom = 3
	}
	r := &reading{name: name, src: text}
	r.root = r.parseYAML(text, bom, tries(len(text)))
	r.readRoot()
	if r.tickets == nil || r.tickets == r.root || r.tickets.kind != nothing || r.root.flow || r.tickets.span.Start >= l.starts[0] {
		return nil, false
	}
	r.marks &^= hasDocument
	h := r.head(l.starts[0], func(at int) int { return at })
	h.text = text
	return h, true
}
