package trackfile

import (
	"slices"
	"strings"
)

// readRoot decides on the form and reads the track from the root value.
func (d *reading) readRoot() {
	isJSON := isJSONName(d.name)
	switch {
	case d.root == nil || d.root.kind == nothing:
		if !d.broken && !hasFinding(d.findings, CodeEmpty) {
			d.noRoot()
		}
	case d.root.kind == mapping:
		d.form = FormYAML
		if isJSON {
			d.form = FormJSON
		}
		d.readTrack(d.root)
	case d.root.kind == list:
		d.form = FormYAMLList
		if isJSON {
			d.form = FormJSONList
		}
		d.readTickets(d.root)
	default:
		d.errorf(CodeRoot, d.root.span,
			`a track is a mapping with "tickets", or a list of tickets; this is %s`, d.root.describe())
	}
}

// noRoot tells an empty file from one that says null.
func (d *reading) noRoot() {
	if d.root != nil && d.root.span.End > d.root.span.Start {
		d.errorf(CodeRoot, d.root.span, `a track is a mapping with "tickets", or a list of tickets; this is nothing`)
		return
	}
	d.empty()
}

func hasFinding(fs []finding, code Code) bool {
	return slices.ContainsFunc(fs, func(f finding) bool { return f.code == code })
}

func hasError(ps []Problem, code Code) bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return p.Code == code })
}

func (d *reading) readTrack(n *node) {
	r := &fieldReader{d: d, infos: TrackFields, what: "a track", values: map[string]*node{}, seen: map[string]Span{}}
	r.read(n)
	d.fields = r.fields
	d.track.Title, d.track.Goal, d.track.Verify = r.text("title"), r.text("goal"), r.text("verify")
	d.track.Context = legalPaths(r.list("context"), false)
	d.checkPaths(d.fields, TrackFields)
	if v := r.values["tickets"]; v != nil {
		d.readTickets(v)
		return
	}
	if !n.cut && len(d.hidden) == 0 {
		d.warnf(CodeMissing, Span{n.span.Start, n.span.Start}, `this track has no "tickets" yet: nothing would run`)
	}
}

func (d *reading) readTickets(n *node) {
	d.tickets = n
	if n.kind == nothing {
		return
	}
	if n.kind != list {
		d.errorf(CodeType, n.span, `"tickets" must be a list of tickets, each behind a dash; this is %s`, n.describe())
		return
	}
	r := newTicketReader()
	r.d = d
	d.pieces = make([]*piece, 0, len(n.items))
	for _, item := range n.items {
		d.pieces = append(d.pieces, r.piece(item))
	}
}

func newTicketReader() *fieldReader {
	return &fieldReader{infos: TicketFields, what: "a ticket", values: map[string]*node{}, seen: map[string]Span{}}
}

// piece reads one element of the list of tickets. What it finds is the piece's, not the reading's.
func (r *fieldReader) piece(n *node) *piece {
	mark := len(r.d.findings)
	p := &piece{entry: Span{n.entry, n.span.End}}
	if n.kind == mapping {
		p.ticket = r.ticket(n)
		p.fields = r.fields
		p.link()
	} else {
		r.d.errorf(CodeType, n.span, `a ticket must be a mapping with "id" and "description"; this is %s`, n.describe())
	}
	if len(r.d.findings) > mark {
		p.findings = slices.Clone(r.d.findings[mark:])
		r.d.findings = r.d.findings[:mark]
	}
	return p
}

// ticket reads one ticket and checks what can be told from it alone.
func (r *fieldReader) ticket(n *node) *Ticket {
	r.read(n)
	if !n.cut {
		r.require(n, "id")
		r.require(n, "description")
	}
	t := &Ticket{
		ID: r.text("id"), Description: r.text("description"), TargetFile: r.text("target_file"),
		TargetSymbols: r.list("target_symbols"), ContextRequirements: r.list("context_requirements"),
		Writes:   r.list("writes"),
		Priority: Priority(r.text("priority")), StepMode: r.bool("step_mode"),
		ModelOverride: r.text("model_override"), Verify: r.text("verify"),
		AssignedTo: r.text("assigned_to"), Status: Status(r.text("status")),
	}
	if t.AssignedTo == "" {
		t.AssignedTo = "unassigned" // the seed's defaults
	}
	if t.Status == "" {
		t.Status = Todo
	}
	r.d.checkTicket(t, r.fields)
	return t
}

// fieldReader reads the fields of one mapping after the other, of which it knows the names and shapes.
type fieldReader struct {
	d      *reading
	infos  []FieldInfo
	what   string
	fields []Field
	values map[string]*node // by name, the first of each, of the right type
	seen   map[string]Span
}

func (r *fieldReader) read(n *node) {
	clear(r.values)
	clear(r.seen)
	r.fields = make([]Field, 0, len(n.keys))
	for i, key := range n.keys {
		r.field(key, n.items[i])
	}
}

func (r *fieldReader) field(key, value *node) {
	f := Field{Name: key.text, Key: key.span, Value: value.span}
	if info := lookupField(r.infos, f.Name); info == nil || info.shape != shapeTickets {
		f.Elements = scalarsOf(value)
	}
	r.fields = append(r.fields, f)
	if key.kind == list || key.kind == mapping {
		r.d.errorf(CodeType, key.span, "the name of a field must be text; this is %s", key.describe())
		return
	}
	if first, twice := r.seen[key.text]; twice {
		r.d.errorAbout(first.Start, CodeDuplicateKey, key.span,
			"%q stands twice in %s, first in line %s: delete one of them", key.text, r.what, lineHole)
		return
	}
	r.seen[key.text] = key.span
	r.known(key, value)
}

// scalarsOf lists the scalar elements of a list.
func scalarsOf(n *node) []Element {
	var out []Element
	for _, e := range n.items {
		if n.kind == list && e.kind != list && e.kind != mapping {
			if out == nil {
				out = make([]Element, 0, len(n.items))
			}
			out = append(out, Element{e.text, e.span, e.kind})
		}
	}
	return out
}

func (r *fieldReader) known(key, value *node) {
	info := lookupField(r.infos, key.text)
	if info == nil {
		r.unknown(key)
		return
	}
	if r.check(info, value) {
		r.values[info.Name] = value
	}
}

func (r *fieldReader) unknown(key *node) {
	switch near := Nearest(key.text, fieldNames(r.infos)); {
	case key.text == "$schema" && r.what == "a track": // names the schema to editors
	case key.text == "<<":
		r.d.errorf(CodeUnknownField, key.span, `"<<" (merging a mapping) is not supported: write the fields out`)
	case near != "":
		r.d.errorf(CodeUnknownField, key.span, "unknown field %s: did you mean %q?", quoteShort(key.text), near)
	default:
		r.d.errorf(CodeUnknownField, key.span, "unknown field %s: %s may have %s",
			quoteShort(key.text), r.what, strings.Join(fieldNames(r.infos), ", "))
	}
}

// check says whether the value can be used, and reports where it is not of the field's type. A list keeps its
// good elements.
func (r *fieldReader) check(info *FieldInfo, v *node) bool {
	if v.kind == nothing {
		return !info.Required
	}
	switch info.shape {
	case shapeTickets:
		return true // readTickets says what is wrong with it
	case shapeBool:
		return r.want(v.kind == boolean, info, v, "true or false, without quotes")
	case shapeList, shapePaths, shapeGlobs:
		return r.checkList(info, v)
	case shapeText, shapeBlock, shapePath:
	}
	if v.kind == number || v.kind == boolean {
		return r.want(false, info, v, `text: put it in quotes, "`+clip(v.text)+`"`)
	}
	return r.want(v.kind == text, info, v, "text")
}

func (r *fieldReader) want(ok bool, info *FieldInfo, v *node, expected string) bool {
	if !ok {
		r.d.errorf(CodeType, v.span, "%q must be %s; this is %s", info.Name, expected, v.describe())
	}
	return ok
}

func (r *fieldReader) checkList(info *FieldInfo, v *node) bool {
	if v.kind != list {
		expected := "a list"
		if v.kind == text && !strings.ContainsAny(v.text, "\n,[]{}\"") {
			expected = "a list: put it in brackets, [" + r.inBrackets(v) + "]"
		}
		return r.want(false, info, v, expected)
	}
	for _, e := range v.items {
		switch e.kind {
		case text:
		case number, boolean:
			r.d.errorf(CodeType, e.span, `each element of %q must be text: put it in quotes, "%s"`, info.Name, clip(e.text))
		default:
			r.d.errorf(CodeType, e.span, "each element of %q must be text; this is %s", info.Name, e.describe())
		}
	}
	return true
}

func (r *fieldReader) inBrackets(v *node) string {
	if isJSONName(r.d.name) {
		return quoteShort(v.text)
	}
	return clip(v.text)
}

// require reports a field that is missing or empty, at the ticket's first line or at the field.
func (r *fieldReader) require(n *node, name string) {
	f := findField(r.fields, name)
	if f == nil {
		at := Span{n.span.Start, n.span.Start}
		if len(n.keys) > 0 && !n.flow {
			at = n.keys[0].span
		}
		r.d.errorf(CodeMissing, at, "this ticket has no %q: %s", name, requiredHelp[name])
		return
	}
	if v := r.values[name]; v == nil && f.Value.Start == f.Value.End || v != nil && strings.TrimSpace(v.text) == "" || r.isNull(n, name) {
		at := f.Value
		if at.Start == at.End {
			at = f.Key
		}
		r.d.errorf(CodeEmptyField, at, "%q is empty: %s", name, requiredHelp[name])
	}
}

var requiredHelp = map[string]string{
	"id":          "give it a name of its own, such as T1",
	"description": "say what the worker is to do",
}

// isNull says whether the first field with the name has no value.
func (r *fieldReader) isNull(n *node, name string) bool {
	i := slices.IndexFunc(n.keys, func(k *node) bool { return k.text == name })
	return i >= 0 && n.items[i].kind == nothing
}

func (r *fieldReader) text(name string) string {
	v := r.values[name]
	if v == nil || v.kind != text {
		return ""
	}
	if lookupField(r.infos, name).shape == shapeBlock {
		return strings.TrimRight(v.text, "\r\n")
	}
	return v.text
}

func (r *fieldReader) bool(name string) bool {
	v := r.values[name]
	return v != nil && strings.EqualFold(v.text, "true")
}

// list is the text elements of the value, each once where they are ids.
func (r *fieldReader) list(name string) []string {
	v := r.values[name]
	if v == nil {
		return nil
	}
	out := make([]string, 0, len(v.items))
	for _, e := range v.items {
		if e.kind == text {
			out = append(out, e.text)
		}
	}
	return out
}
