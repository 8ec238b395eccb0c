package trackfile

import (
	"maps"
	"slices"
)

// assemble makes the document of its parts: its tickets, the links between them and the problems of all.
func (d *Document) assemble(h *head, old *reuse) *Document {
	d.place(h, d.zoneSize())
	d.broken, d.hidden = h.broken, h.hidden
	tickets := d.collect()
	if d.links = old.links(d); d.links == nil {
		d.links = link(tickets, d.hidden, d.cutOff())
	}
	d.Track = h.track
	if h.list != -2 {
		d.Track.Tickets = make([]Ticket, len(tickets))
	}
	for i, p := range tickets {
		d.Track.Tickets[i] = *p.ticket
		d.Track.Tickets[i].DependsOn = d.links.dependsOn[i]
	}
	d.Problems = d.problems(d.findings())
	return d
}

// collect makes the items, notes what is hidden, and returns the pieces that are tickets.
func (d *Document) collect() []*piece {
	if d.tickets == nil {
		return nil
	}
	tickets := make([]*piece, 0, len(d.pieces))
	d.Items = make([]Item, 0, len(d.pieces))
	cloned := false
	for i, p := range d.pieces {
		if p.ticket != nil {
			tickets = append(tickets, p)
			d.Items = append(d.Items, Item{p.entry.shifted(d.starts[i]), d.starts[i], p})
		}
		if !p.broken {
			continue
		}
		d.broken = true
		if !cloned {
			d.hidden, cloned = cloneSet(d.hidden), true
		}
		for _, id := range p.hidden {
			d.hidden[id] = true
		}
	}
	return tickets
}

func cloneSet(m map[string]bool) map[string]bool {
	if m == nil {
		return map[string]bool{}
	}
	return maps.Clone(m)
}

// cutOff says whether tickets may stand behind a syntax error at which reading had to stop.
func (d *Document) cutOff() bool { return d.broken && (d.Form.JSON() || d.root == nil) }

// findings are those of all parts, with the document's positions.
func (d *Document) findings() []finding {
	out := slices.Clone(d.unclean)
	by := opening(d.head.cut, d.zoneSize())
	for _, f := range d.head.findings {
		out = append(out, f.moved(by))
	}
	for i, p := range d.pieces {
		for _, f := range p.findings {
			out = append(out, f.moved(adding(d.starts[i])))
		}
	}
	for _, f := range d.links.found {
		it := &d.Items[f.item]
		at := it.idAt
		if f.element >= 0 {
			at = it.deps.Elements[f.element].Span
		}
		f.span = at.shifted(it.base)
		ref := &d.Items[f.ref]
		f.finding.ref = ref.base + ref.idAt.Start
		out = append(out, f.finding)
	}
	return out
}

// zoneSize is how many bytes the pieces take, which the head was read without.
func (d *Document) zoneSize() int {
	switch n := len(d.pieces); {
	case n == 0:
		return 0
	case d.layout != nil:
		return d.layout.end - d.layout.starts[0]
	default:
		return d.entry(n-1).End - d.starts[0]
	}
}
