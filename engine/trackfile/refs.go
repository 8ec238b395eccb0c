package trackfile

import (
	"errors"
	"fmt"
	"slices"
)

// Why an id cannot be renamed.
var (
	// ErrNoTicket: no ticket of the document has the id that is to be renamed.
	ErrNoTicket = errors.New("no ticket of this track has that id")
	// ErrNewID: the new id is not legal in this document; the error wraps it and says why.
	ErrNewID = errors.New("this id cannot be used")
)

// References lists where an id stands: as the id of each ticket that has it, and in each depends_on, in source
// order, quotes included. It is empty for an id that stands nowhere.
func References(d *Document, id string) []Span {
	var out []Span
	for i := range d.Items {
		it := &d.Items[i]
		if it.hasID && it.ticket.ID == id && id != "" {
			out = append(out, it.idAt.shifted(it.base))
		}
		out = append(out, it.mentions(id)...)
	}
	// Within one ticket depends_on may stand above the id.
	slices.SortFunc(out, func(a, b Span) int { return a.Start - b.Start })
	return out
}

// mentions lists where the ticket's depends_on has the id.
func (it *Item) mentions(id string) (out []Span) {
	if it.deps == nil {
		return nil
	}
	for _, e := range it.deps.Elements {
		if e.kind == text && e.Text == id {
			out = append(out, e.Span.shifted(it.base))
		}
	}
	return out
}

// IDAt is the id that stands at the offset, as a ticket's own or in a depends_on, and its range, quotes included;
// false when none does.
func IDAt(d *Document, offset int) (id string, at Span, ok bool) {
	i := d.ItemAt(offset)
	if i < 0 {
		return "", Span{}, false
	}
	it := &d.Items[i]
	if at = it.idAt.shifted(it.base); it.hasID && it.ticket.ID != "" && at.Contains(offset) {
		return it.ticket.ID, at, true
	}
	if it.deps == nil {
		return "", Span{}, false
	}
	for _, e := range it.deps.Elements {
		if at = e.Span.shifted(it.base); e.kind == text && at.Contains(offset) {
			return e.Text, at, true
		}
	}
	return "", Span{}, false
}

// DefinitionAt is where the id of the ticket stands that the id at the offset names: from a depends_on, and from
// an id itself; of several tickets with that id it is the first. False when no id stands at the offset, or no
// ticket has it.
func DefinitionAt(d *Document, offset int) (Span, bool) {
	id, _, ok := IDAt(d, offset)
	if !ok {
		return Span{}, false
	}
	i := d.Ticket(id)
	if i < 0 {
		return Span{}, false
	}
	return d.Items[i].idAt.shifted(d.Items[i].base), true
}

// Rename returns the edits that give the ticket with the id another one, in its own field and in each depends_on;
// quotes stay what they are where they can. It changes nothing else. A new id that is the old one is no change.
// Errors wrap ErrNoTicket, ErrNewID (illegal, or taken), or are ErrUnreadable: in a document with a syntax error
// some places could not be seen.
func Rename(d *Document, id, newID string) ([]Edit, error) {
	if d.broken {
		return nil, ErrUnreadable
	}
	if d.Ticket(id) < 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoTicket, quoteShort(id))
	}
	if err := d.checkNewID(id, newID); err != nil || id == newID {
		return nil, err
	}
	var out []Edit
	aliases := false
	for _, at := range References(d, id) {
		if d.Source[at.Start] == '*' { // it follows its anchor, which is renamed if that is an id, too
			aliases = true
			continue
		}
		if e := (Edit{at.Start, at.End, d.respell(at, newID)}); e.New != string(d.Source[at.Start:at.End]) {
			out = append(out, e)
		}
	}
	if aliases && len(References(Parse(d.Name, ApplyEdits(d.Source, out)), id)) > 0 {
		return nil, fmt.Errorf("%w: the old one stands behind a YAML alias of something else: write the values out first", ErrNewID)
	}
	return out, nil
}

func (d *Document) checkNewID(id, newID string) error {
	if newID == "" {
		return fmt.Errorf("%w: it is empty: write it like T1", ErrNewID)
	}
	if why := illegalID(newID); why != "" {
		return fmt.Errorf("%w: %s", ErrNewID, why)
	}
	if i := d.Ticket(newID); i >= 0 && id != newID {
		line, _ := d.Position(d.Items[i].Span.Start)
		return fmt.Errorf("%w: %s is the ticket in line %d: choose another, such as %s", ErrNewID, quoteShort(newID), line, d.NextID())
	}
	return nil
}

// respell is the text in the way in which the range is written: in its quotes, or in none where it needs none.
func (d *Document) respell(at Span, s string) string {
	if at.Start < at.End && !d.Form.JSON() {
		if d.Source[at.Start] == '\'' && d.Source[at.End-1] == '\'' {
			return singleQuoted(s)
		}
		if d.Source[at.Start] != '"' {
			return quoteYAML(s)
		}
	}
	return quoteJSON(s)
}
