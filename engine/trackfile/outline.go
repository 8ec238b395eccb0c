package trackfile

import (
	"sort"
	"strings"
)

// Symbol is one ticket as an outline shows it.
type Symbol struct {
	Name      string // the id, or what stands for one that is missing
	Detail    string // the first line of the description
	Span      Span   // the whole ticket
	Selection Span   // the id's value, within Span; the ticket's start when it has none
	Ticket    int    // the index in Items
}

// Symbols lists the tickets in source order, those with errors included.
func Symbols(d *Document) []Symbol {
	out := make([]Symbol, len(d.Items))
	for i := range d.Items {
		it := &d.Items[i]
		s := Symbol{Name: it.ticket.ID, Span: it.Span, Selection: Span{it.Span.Start, it.Span.Start}, Ticket: i}
		if s.Name == "" {
			s.Name = "(no id)"
		} else if it.hasID {
			s.Selection = it.idAt.shifted(it.base)
		}
		s.Detail, _, _ = strings.Cut(strings.TrimSpace(it.ticket.Description), "\n")
		s.Detail = strings.TrimSpace(s.Detail)
		out[i] = s
	}
	return out
}

// FoldKind is what a fold hides.
type FoldKind string

// The kinds of folds.
const (
	FoldTicket  FoldKind = "ticket"
	FoldField   FoldKind = "field"
	FoldComment FoldKind = "comment"
)

// Fold is a range that an editor can fold away. It starts in the line that stays, at the line's end, and ends with
// the last line that is hidden, before its line end; it covers two lines at least.
type Fold struct {
	Kind FoldKind
	Span Span
}

// Folds lists the tickets, the fields of several lines and, in YAML, the comments of several lines, in source
// order; an outer fold stands before the ones within.
func Folds(d *Document) []Fold {
	f := folder{d: d}
	f.fields(d.Fields, 0)
	for i := range d.Items {
		it := &d.Items[i]
		f.add(FoldTicket, it.Span)
		f.fields(it.fields, it.base)
	}
	if !d.Form.JSON() {
		f.comments()
	}
	sort.SliceStable(f.out, func(i, j int) bool {
		a, b := f.out[i].Span, f.out[j].Span
		return a.Start < b.Start || a.Start == b.Start && a.End > b.End
	})
	return f.out
}

type folder struct {
	d   *Document
	out []Fold
}

// add folds what lies behind the first line of the range, if anything does.
func (f *folder) add(kind FoldKind, at Span) {
	first, _ := f.d.Position(at.Start)
	last, _ := f.d.Position(at.End)
	if last <= first {
		return
	}
	end := func(line int) int { return f.d.lines[line-1] + len(f.d.line(line-1)) }
	f.out = append(f.out, Fold{kind, Span{end(first), end(last)}})
}

func (f *folder) fields(fields []Field, base int) {
	for i := range fields {
		f.add(FoldField, Span{fields[i].Key.Start + base, max(fields[i].Key.End, fields[i].Value.End) + base})
	}
}

// comments folds runs of lines that are comments and stand outside of text.
func (f *folder) comments() {
	from := -1
	for i := range len(f.d.lines) + 1 {
		if i < len(f.d.lines) && f.comment(i) {
			if from < 0 {
				from = i
			}
			continue
		}
		if from >= 0 && i-from > 1 {
			f.add(FoldComment, Span{f.d.lines[from], f.d.lines[i-1]})
		}
		from = -1
	}
}

// comment says whether the line is a comment, and no part of a value.
func (f *folder) comment(i int) bool {
	if _, c := start(f.d.line(i)); c != '#' {
		return false
	}
	at := f.d.lines[i]
	within := func(fields []Field, at int) bool {
		for j := range fields {
			if v := fields[j].Value; fields[j].Name != "tickets" && v.Start < at && at < v.End {
				return true
			}
		}
		return false
	}
	if n := f.d.ItemAt(at); n >= 0 && within(f.d.Items[n].fields, at-f.d.Items[n].base) {
		return false
	}
	return !within(f.d.Fields, at)
}
