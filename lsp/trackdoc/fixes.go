package trackdoc

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// maxFixed bounds for how many problems fixes are looked for at a time.
const maxFixed = 20

// Fixes are the quick fixes for the problems in the lines that a span touches. Each was tried out: it mends its
// problem and makes no other one. given are the client's diagnostics, of which each fix names its own.
func Fixes(ctx context.Context, d *Doc, span trackfile.Span, given []protocol.Diagnostic, ws Workspace) []protocol.CodeAction {
	f := fixer{d: d, given: given}
	for _, p := range d.problemsIn(span) {
		if ctx.Err() != nil {
			return nil
		}
		f.fix(p)
	}
	f.symbol(ctx, span.Start, ws)
	return f.out
}

// problemsIn are the problems in the lines that a span touches: some clients ask for the whole line, at the cursor.
func (d *Doc) problemsIn(span trackfile.Span) []trackfile.Problem {
	first, _ := d.Parsed.Position(span.Start)
	last, _ := d.Parsed.Position(span.End)
	problems := d.Parsed.Problems
	from, _ := slices.BinarySearchFunc(problems, first, func(p trackfile.Problem, line int) int { return p.Line - line })
	to := from
	for to < len(problems) && problems[to].Line <= last && to-from < maxFixed {
		to++
	}
	return problems[from:to]
}

type fixer struct {
	d     *Doc
	given []protocol.Diagnostic
	out   []protocol.CodeAction
}

func (f *fixer) fix(p trackfile.Problem) {
	place := trackfile.PathAt(f.d.Parsed, p.Span.Start)
	here := place.Replace == p.Span
	switch p.Code {
	case trackfile.CodeUnknownField:
		f.nearest(p, &place, fieldNames(place.Missing))
	case trackfile.CodeUnknownDep:
		f.nearest(p, &place, f.otherIDs(&place))
	case trackfile.CodeStatus, trackfile.CodePriority:
		f.nearest(p, &place, place.Legal)
	case trackfile.CodeDuplicateID:
		f.replace(p, &place, f.d.Parsed.NextID())
	case trackfile.CodeEmptyField:
		if place = trackfile.PathAt(f.d.Parsed, f.behindColon(p.Span)); place.Kind == trackfile.PlaceNewID {
			f.replace(p, &place, f.d.Parsed.NextID())
		}
	case trackfile.CodeMissing:
		f.missing(p)
	case trackfile.CodeID:
		f.legalID(p)
	case trackfile.CodePath:
		if fixed := strings.ReplaceAll(place.Text, `\`, "/"); here && fixed != place.Text {
			f.replace(p, &place, fixed)
		}
	case trackfile.CodeType:
		if here && place.Text != "" {
			f.replace(p, &place, place.Text)
		}
	default: // only a person knows what was meant
	}
}

func fieldNames(fields []trackfile.FieldInfo) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.Name
	}
	return out
}

// otherIDs are what a ticket's depends_on could name.
func (f *fixer) otherIDs(place *trackfile.Place) []string {
	var out []string
	for i := range f.d.Parsed.Track.Tickets {
		if id := f.d.spec(i).ID; i != place.Ticket && id != "" && !slices.Contains(place.Listed, id) {
			out = append(out, id)
		}
	}
	return out
}

// nearest replaces what stands at a place by what was most likely meant.
func (f *fixer) nearest(p trackfile.Problem, place *trackfile.Place, legal []string) {
	if near := trackfile.Nearest(place.Text, legal); near != "" {
		f.replace(p, place, near)
	}
}

func (f *fixer) replace(p trackfile.Problem, place *trackfile.Place, value string) {
	text := place.Insert(value)
	at := place.Replace
	verb := "Replace by "
	if at.Start == at.End {
		verb = "Insert "
	}
	f.offer(p, verb+line(strings.TrimSpace(strings.TrimSuffix(text, ": ")), shortText),
		[]trackfile.Edit{{Start: at.Start, End: at.End, New: text}})
}

// behindColon is where the value of an empty field is written: the problem stands at its value, or at its name.
func (f *fixer) behindColon(at trackfile.Span) int {
	i := f.d.Parsed.ItemAt(at.Start)
	if i < 0 {
		return at.Start
	}
	if field := f.d.Parsed.Items[i].FieldAt(at.Start); field != nil {
		return field.Value.Start
	}
	return at.Start
}

// missing adds the fields that the ticket at a problem must have.
func (f *fixer) missing(p trackfile.Problem) {
	i := f.d.Parsed.ItemAt(p.Span.Start)
	if i < 0 {
		return
	}
	item := &f.d.Parsed.Items[i]
	if item.Field("id") == nil {
		id := f.d.Parsed.NextID()
		f.offer(p, "Add the id "+id, f.d.addField(item, "id", id))
	}
	if item.Field("description") == nil {
		f.offer(p, "Add a description", f.d.addField(item, "description", ""))
	}
}

// addField writes a field: an id before the others, anything else behind the first.
func (d *Doc) addField(item *trackfile.Item, name, value string) []trackfile.Edit {
	fields := item.Fields()
	at := item.Span.Start + strings.IndexByte(d.source(item.Span), '{')
	if at >= item.Span.Start && (len(fields) == 0 || at < fields[0].Key.Start) {
		return d.addInBraces(at+1, name, value, len(fields) > 0)
	}
	if len(fields) == 0 {
		return nil
	}
	_, column := d.Parsed.Position(fields[0].Key.Start)
	indent := strings.Repeat(" ", column-1)
	written := name + ": " + value
	if name == "id" {
		at = fields[0].Key.Start
		return []trackfile.Edit{{Start: at, End: at, New: written + "\n" + indent}}
	}
	if len(fields) > 1 {
		at = fields[1].Key.Start
		return []trackfile.Edit{{Start: at, End: at, New: written + "\n" + indent}}
	}
	at = max(fields[0].Key.End, fields[0].Value.End)
	return []trackfile.Edit{{Start: at, End: at, New: "\n" + indent + written}}
}

func (d *Doc) addInBraces(at int, name, value string, more bool) []trackfile.Edit {
	written := name + `: "` + value + `"`
	if d.Parsed.Form.JSON() {
		written = `"` + name + `": "` + value + `"`
	}
	if more {
		written += ", "
	}
	return []trackfile.Edit{{Start: at, End: at, New: written}}
}

// legalID gives a ticket the id that is most like its illegal one, wherever it stands.
func (f *fixer) legalID(p trackfile.Problem) {
	id, _, ok := trackfile.IDAt(f.d.Parsed, p.Span.Start)
	if !ok {
		return
	}
	legal := strings.Trim(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-.", r) {
			return r
		}
		return '-'
	}, id), "-.")
	edits, err := trackfile.Rename(f.d.Parsed, id, legal)
	if err == nil && len(edits) > 0 {
		f.offer(p, "Rename to "+line(legal, shortText), edits)
	}
}

// symbol replaces a target symbol that the target file does not have by the nearest that it has.
func (f *fixer) symbol(ctx context.Context, offset int, ws Workspace) {
	place := trackfile.PathAt(f.d.Parsed, offset)
	if place.Kind != trackfile.PlaceSymbol || place.File == "" || place.Text == "" {
		return
	}
	symbols, err := ws.Symbols(ctx, place.File)
	if err != nil || len(symbols) == 0 {
		return
	}
	var known []string
	for _, s := range symbols {
		if s.Path == place.Text || s.Name == place.Text {
			return
		}
		known = append(known, s.Path, s.Name)
	}
	if near := trackfile.Nearest(place.Text, known); near != "" {
		f.replace(trackfile.Problem{Span: place.Replace, Code: trackfile.CodeMissingSymbol}, &place, near)
	}
}

// offer adds a fix that helps, once.
func (f *fixer) offer(p trackfile.Problem, title string, edits []trackfile.Edit) {
	twice := slices.ContainsFunc(f.out, func(a protocol.CodeAction) bool { return a.Title == title })
	if twice || len(edits) == 0 || !f.helps(p, edits) {
		return
	}
	kind := protocol.CodeActionKindQuickFix
	f.out = append(f.out, protocol.CodeAction{
		Title: title, Kind: &kind, Diagnostics: f.about(p), IsPreferred: new(true), Edit: f.d.edit(edits),
	})
}

// helps says whether edits leave fewer problems of the kind, and no more errors.
func (f *fixer) helps(p trackfile.Problem, edits []trackfile.Edit) bool {
	next := f.d.Parsed
	for _, e := range slices.Backward(edits) {
		next = next.Edit(e.Start, e.End, e.New)
	}
	before, after := tally(f.d.Parsed, p.Code), tally(next, p.Code)
	return after.errors <= before.errors && (after.same < before.same || p.Code == trackfile.CodeMissingSymbol)
}

type tallied struct{ errors, same int }

func tally(d *trackfile.Document, code trackfile.Code) (n tallied) {
	for _, p := range d.Problems {
		if p.Severity == trackfile.Error {
			n.errors++
		}
		if p.Code == code {
			n.same++
		}
	}
	return n
}

// about are the client's diagnostics of a problem.
func (f *fixer) about(p trackfile.Problem) []protocol.Diagnostic {
	var out []protocol.Diagnostic
	r := f.d.Range(p.Span)
	for _, g := range f.given {
		if code, ok := g.Code.(protocol.String); ok && string(code) == string(p.Code) && g.Range == r {
			out = append(out, g)
		}
	}
	return out
}
