package trackfile

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Edit replaces the source's bytes from Start to End with New. Edits of one list do not overlap, are ordered by
// position, and all refer to the source before any of them.
type Edit struct {
	Start, End int
	New        string
}

// ApplyEdits is the source with the edits applied; the source is not changed.
func ApplyEdits(src []byte, edits []Edit) []byte {
	var out []byte
	at := 0
	for _, e := range edits {
		out = append(append(out, src[at:e.Start]...), e.New...)
		at = e.End
	}
	return append(out, src[at:]...)
}

// Why a ticket cannot be added.
var (
	// ErrUnreadable: the document has a syntax error, so that no place for an edit is known.
	ErrUnreadable = errors.New("the track file has a syntax error: mend it first")
	// ErrTicket: the ticket itself is not legal in this document; the error wraps it and says why.
	ErrTicket = errors.New("this ticket cannot be added")
)

var numbered = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^T([0-9]{1,15})$`) })

// NextID is an id that no ticket of the document has: T with the number behind the greatest one in use.
func (d *Document) NextID() string {
	return nextID(d.links.first, d.hidden)
}

// AppendTicket returns the edits that add the ticket behind the others and change nothing else: comments, order
// and spelling stay. The ticket needs a free id and a description; fields that have their default are left out.
// Errors wrap ErrTicket or are ErrUnreadable. The edited source parses to the same tickets and the new one.
func (d *Document) AppendTicket(t Ticket) ([]Edit, error) {
	if d.broken || d.tickets != nil && d.tickets.kind != list && d.tickets.kind != nothing {
		return nil, ErrUnreadable
	}
	if err := d.acceptable(t); err != nil {
		return nil, err
	}
	a := &appender{d: d, t: t, eol: d.eol()}
	switch d.Form {
	case FormJSON, FormYAML:
		return a.toTrack(), nil
	case FormJSONList, FormYAMLList:
		return a.toList(d.tickets), nil
	case FormNone:
	}
	if !hasError(d.Problems, CodeEmpty) {
		return nil, ErrUnreadable
	}
	return a.toNothing(), nil
}

func (d *Document) acceptable(t Ticket) error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrTicket, fmt.Sprintf(format, args...))
	}
	if t.ID == "" || strings.TrimSpace(t.Description) == "" {
		return refuse("it needs an id and a description")
	}
	if why := illegalID(t.ID); why != "" {
		return refuse("%s", why)
	}
	if _, taken := d.links.first[t.ID]; taken || d.hidden[t.ID] {
		return refuse("the id %s is taken: use %s", t.ID, d.NextID())
	}
	for _, p := range slices.Concat([]string{t.TargetFile}, t.ContextRequirements, t.Writes) {
		if why := illegalPath(p, slices.Contains(t.Writes, p)); why != "" && p != "" {
			return refuse("%s", why)
		}
	}
	return nil
}

func (d *Document) eol() string {
	if i := bytes.IndexByte(d.Source, '\n'); i > 0 && d.Source[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

type appender struct {
	d   *Document
	t   Ticket
	eol string
}

func insert(at int, s string) []Edit { return []Edit{{at, at, s}} }

// toNothing makes the first ticket of a file that has none and no track either.
func (a *appender) toNothing() []Edit {
	end := len(a.d.Source)
	if isJSONName(a.d.Name) {
		return insert(end, "["+a.eol+"  "+a.flow()+a.eol+"]"+a.eol)
	}
	return insert(end, a.lineBefore(end)+"tickets:"+a.eol+a.block(2)+a.eol)
}

// lineBefore is a line end where the offset is not at the start of a line.
func (a *appender) lineBefore(at int) string {
	if _, col := a.d.Position(at); col > 1 {
		return a.eol
	}
	return ""
}

// toTrack adds to the list of tickets of a mapping, which it makes where there is none.
func (a *appender) toTrack() []Edit {
	root, tickets := a.d.root, a.d.tickets
	switch {
	case tickets != nil && tickets.kind == list:
		return a.toList(tickets)
	case tickets != nil && (root.flow || a.d.Form == FormJSON):
		return []Edit{{tickets.span.Start, tickets.span.End, sep(tickets) + "[" + a.flow() + "]"}}
	case tickets != nil:
		return a.afterLine(tickets.span.End, a.block(a.column(root)+2))
	case root.flow && len(root.items) == 0:
		return insert(root.span.Start+1, `"tickets": [`+a.flow()+"]")
	case root.flow:
		last := root.items[len(root.items)-1]
		return insert(last.span.End, `, "tickets": [`+a.flow()+"]")
	}
	col := a.column(root)
	return a.afterLine(root.span.End, spaces(col)+"tickets:"+a.eol+a.block(col+2))
}

// sep is a blank where nothing stands yet between the colon and the value.
func sep(n *node) string {
	if n.span.Start == n.span.End {
		return " "
	}
	return ""
}

func (a *appender) column(n *node) int { return a.columnAt(n.entry) }

func (a *appender) columnAt(at int) int {
	line, col := a.d.Position(at)
	if line == 1 && bytes.HasPrefix(a.d.Source, []byte("\ufeff")) {
		col -= 3
	}
	return col - 1
}

func spaces(n int) string { return strings.Repeat(" ", n) }

// toList adds behind the last element of the list.
func (a *appender) toList(l *node) []Edit {
	switch {
	case len(a.d.pieces) == 0:
		return a.toEmpty(l)
	case l.flow:
		return a.toFlow()
	}
	n := len(a.d.pieces)
	last := a.d.entry(n - 1)
	text := a.block(a.columnAt(last.Start))
	if n > 1 && a.blankBefore(last.Start) && (n == 2 || a.blankBefore(a.d.entry(n-2).Start)) {
		text = a.eol + text
	}
	return a.afterLine(last.End, text)
}

// blankBefore says whether the line above the one of the offset is blank.
func (a *appender) blankBefore(at int) bool {
	line, _ := a.d.Position(at)
	return line > 1 && len(bytes.TrimSpace(a.d.line(line-2))) == 0
}

// toEmpty fills "[]". Where a block can stand instead, it does.
func (a *appender) toEmpty(l *node) []Edit {
	inBlock := a.d.Form == FormYAML && !a.d.root.flow
	if inner := a.d.Source[l.span.Start+1 : max(l.span.Start+1, l.span.End-1)]; inBlock && len(bytes.TrimSpace(inner)) == 0 {
		start := l.span.Start
		for start > 0 && a.d.Source[start-1] == ' ' {
			start--
		}
		cut := Edit{start, l.span.End, ""}
		return append([]Edit{cut}, a.afterLine(l.span.End, a.block(a.column(a.d.root)+2))...)
	}
	if a.d.Form.JSON() && a.d.Source[l.span.Start+1] == ']' {
		in := a.indentAt(l.span.Start)
		return insert(l.span.Start+1, a.eol+in+"  "+a.flow()+a.eol+in)
	}
	return insert(l.span.Start+1, a.flow())
}

// indentAt is the white space that the offset's line starts with.
func (a *appender) indentAt(at int) string {
	line, _ := a.d.Position(at)
	l := a.d.line(line - 1)
	return string(l[:len(l)-len(bytes.TrimLeft(l, " \t"))])
}

// toFlow adds behind the last element between brackets, on a line of its own where that one has one too.
func (a *appender) toFlow() []Edit {
	last := a.d.entry(len(a.d.pieces) - 1)
	line, col := a.d.Position(last.Start)
	before := a.d.line(line - 1)[:col-1]
	gap := " "
	if len(bytes.TrimSpace(before)) == 0 && line > 1 {
		gap = a.eol + string(before)
	}
	return insert(last.End, ","+gap+a.flow())
}

// afterLine inserts lines behind the line of the offset.
func (a *appender) afterLine(at int, lines string) []Edit {
	line, _ := a.d.Position(at)
	l := a.d.line(line - 1)
	return insert(a.d.lines[line-1]+len(l), a.eol+lines)
}

// block is the ticket as an element of a block list whose dashes stand at the column.
func (a *appender) block(column int) string {
	in := spaces(column + 2)
	lines := make([]string, 0, len(TicketFields))
	for _, f := range a.written() {
		value := f.word
		switch {
		case f.list != nil:
			value = listOf(f.list, quoteYAML)
		case value == "":
			value = scalarYAML(f.text, in+"  ", a.eol)
		}
		lines = append(lines, f.name+": "+value)
	}
	return spaces(column) + "- " + strings.Join(lines, a.eol+in)
}

// flow is the ticket between braces, which JSON and YAML read alike.
func (a *appender) flow() string {
	var parts []string
	for _, f := range a.written() {
		value := f.word
		switch {
		case f.list != nil:
			value = listOf(f.list, quoteJSON)
		case value == "":
			value = quoteJSON(f.text)
		}
		parts = append(parts, quoteJSON(f.name)+": "+value)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// writtenField is one field as it is written: a list, a word that needs no quotes, or text.
type writtenField struct {
	name, text, word string
	list             []string
}

// written lists the fields that do not have their default.
func (a *appender) written() []writtenField {
	t := a.t
	all := []writtenField{
		{name: "id", text: t.ID},
		{name: "description", text: strings.TrimRight(t.Description, "\r\n")},
		{name: "target_file", text: t.TargetFile},
		{name: "target_symbols", list: t.TargetSymbols},
		{name: "context_requirements", list: t.ContextRequirements},
		{name: "writes", list: t.Writes},
		{name: "depends_on", list: t.DependsOn},
		{name: "priority", text: string(t.Priority)},
		{name: "step_mode", word: map[bool]string{true: "true"}[t.StepMode]},
		{name: "model_override", text: t.ModelOverride},
		{name: "verify", text: strings.TrimRight(t.Verify, "\r\n")},
		{name: "assigned_to", text: t.AssignedTo},
		{name: "status", text: string(t.Status)},
	}
	return slices.DeleteFunc(all, func(f writtenField) bool {
		isDefault := f.name == "assigned_to" && f.text == "unassigned" || f.name == "status" && f.text == string(Todo)
		return isDefault || f.text == "" && f.word == "" && len(f.list) == 0
	})
}
