package trackfile

import (
	"bytes"
	"slices"
	"strings"
)

// PlaceKind is what can be written at a place of a document.
type PlaceKind string

// The kinds of places.
const (
	PlaceNone   PlaceKind = "none"
	PlaceKey    PlaceKind = "field name"
	PlaceTicket PlaceKind = "new ticket" // where the dash or brace of one can stand
	PlaceText   PlaceKind = "text"
	PlaceNewID  PlaceKind = "own id" // the id of a ticket, which no other may have
	PlaceID     PlaceKind = "id"     // of another ticket
	PlacePath   PlaceKind = "path"   // workspace-relative
	PlaceGlob   PlaceKind = "glob"
	PlaceSymbol PlaceKind = "symbol" // of File
	PlaceModel  PlaceKind = "model"
	PlaceEnum   PlaceKind = "choice" // one of Legal
)

// Place is what stands, or can stand, at an offset. It is found in documents with syntax errors too, such as
// while a line is being written. The offsets are those of the document; the value is the caller's to keep.
type Place struct {
	Kind     PlaceKind
	InTicket bool       // else in the track
	Ticket   int        // the index of the ticket in Items; -1 in the track, and in a ticket that could not be read
	Field    string     // the field that the place belongs to, as written
	Info     *FieldInfo // of that field; nil when it is unknown, or there is none
	Text     string     // the name, value or element that stands here, without quotes
	Before   string     // as much of it as stands before the offset
	Replace  Span       // what a completion replaces: that text, its quotes included
	Missing  []FieldInfo
	Legal    []string // of PlaceEnum
	File     string   // of PlaceSymbol: the target file; empty when there is none yet
	Listed   []string // of a list: its other elements

	json, single, double bool   // how it is quoted
	lead, trail          string // what has to stand around what is inserted
}

// Insert is how a value, or a field's name, is written in place of Replace: quoted as the document needs it, with
// the colon behind a name and the brackets around the first element of a list where they are missing.
func (p *Place) Insert(value string) string {
	legal := slices.Contains([]string{"true", "false"}, value) && p.Info != nil && p.Info.shape == shapeBool
	switch {
	case p.Kind == PlaceNone || p.Kind == PlaceTicket:
		return value
	case legal:
	case p.json || p.double:
		value = quoteJSON(value)
	case p.single:
		value = singleQuoted(value)
	default:
		value = quoteYAML(value)
	}
	return p.lead + value + p.trail
}

// PathAt is what stands at the offset, for completion, hover and definition. Offsets outside of the source are
// moved to its nearest end. It looks at the text around, not at the whole document, where that has tickets in
// block form or, in JSON, no syntax error.
func PathAt(d *Document, offset int) Place {
	offset = min(max(offset, 0), len(d.Source))
	if offset > 0 && offset < len(d.Source) && d.Source[offset-1] == '\r' && d.Source[offset] == '\n' {
		offset-- // within a line end there is no place
	}
	s := &placer{d: d, offset: offset, place: Place{Kind: PlaceNone, Ticket: d.ItemAt(offset), json: isJSONName(d.Name)}}
	if from, ok := s.brace(); ok {
		s.inFlow(from, true)
	} else if from, ok := d.flowing(); ok {
		s.inFlow(from, false)
	} else {
		s.inBlock()
	}
	if !s.place.InTicket {
		s.place.Ticket = -1
	}
	if !s.place.Replace.Contains(offset) { // blanks lie between
		return Place{Kind: PlaceNone, InTicket: s.place.InTicket, Ticket: s.place.Ticket}
	}
	return s.place
}

// placer finds the place of one offset.
type placer struct {
	d      *Document
	offset int
	place  Place
	keys   []string          // fields that the mapping at the offset has, without the one at the offset
	values map[string]string // what is behind them on their lines
}

// brace is where the ticket at the offset starts when it is written in braces.
func (s *placer) brace() (from int, ok bool) {
	if s.place.Ticket < 0 {
		return 0, false
	}
	at := s.d.Items[s.place.Ticket].Span
	for at.Start < at.End && (s.d.Source[at.Start] == '-' || isSpace(s.d.Source[at.Start])) {
		at.Start++
	}
	return at.Start, at.Start < s.offset && s.offset < at.End && s.d.Source[at.Start] == '{'
}

// flowing says whether the whole document is written in brackets, and where it starts.
func (d *Document) flowing() (from int, ok bool) {
	if bytes.HasPrefix(d.Source, []byte("\ufeff")) {
		from = 3
	}
	if isJSONName(d.Name) {
		return from, true
	}
	for i := range d.lines {
		line := d.line(i)
		if i == 0 {
			line = line[from:]
		}
		if _, c := start(line); c != 0 && c != '#' {
			return from, c == '{' || c == '['
		}
	}
	return from, false
}

// key makes the place one of a field's name.
func (s *placer) key(at Span, infos []FieldInfo, inTicket, hasColon bool) {
	p := &s.place
	p.Kind, p.InTicket = PlaceKey, inTicket
	s.word(at)
	p.Field, p.Info = p.Text, lookupField(infos, p.Text)
	for _, f := range infos {
		if !slices.Contains(s.keys, f.Name) {
			p.Missing = append(p.Missing, f)
		}
	}
	if !hasColon {
		p.trail = ": "
	}
}

// value makes the place one of the value of a field.
func (s *placer) value(name string, at Span, infos []FieldInfo, inTicket, inList bool) {
	p := &s.place
	p.Field, p.Info, p.InTicket = name, lookupField(infos, name), inTicket
	s.word(at)
	p.Kind = PlaceText
	if p.Info == nil {
		return
	}
	isList := p.Info.shape == shapeList || p.Info.shape == shapePaths || p.Info.shape == shapeGlobs
	if isList && !inList {
		p.lead, p.trail = p.lead+"[", "]"
	}
	p.Kind, p.Legal = kindOf(p.Info)
	switch {
	case inList && !isList:
		p.Kind = PlaceNone
	case p.Kind == PlaceSymbol:
		p.File = s.targetFile()
	}
}

func kindOf(f *FieldInfo) (PlaceKind, []string) {
	switch f.Name {
	case "id":
		return PlaceNewID, nil
	case "depends_on":
		return PlaceID, nil
	case "target_symbols":
		return PlaceSymbol, nil
	case "model_override":
		return PlaceModel, nil
	case "priority":
		return PlaceEnum, words(Priorities)
	case "status":
		return PlaceEnum, words(Statuses)
	}
	switch f.shape {
	case shapePath, shapePaths:
		return PlacePath, nil
	case shapeGlobs:
		return PlaceGlob, nil
	case shapeBool:
		return PlaceEnum, []string{"true", "false"}
	case shapeTickets:
		return PlaceTicket, nil
	case shapeText, shapeBlock, shapeList:
	}
	return PlaceText, nil
}

// targetFile is the ticket's target file as written, also where the ticket could not be read.
func (s *placer) targetFile() string {
	if i := s.place.Ticket; i >= 0 && s.d.Items[i].ticket.TargetFile != "" {
		return s.d.Items[i].ticket.TargetFile
	}
	return unquoted(s.values["target_file"])
}

// word fills in what stands at the place, in which quotes.
func (s *placer) word(at Span) {
	p := &s.place
	src := string(s.d.Source[at.Start:at.End])
	p.Replace = at
	if trimmed := strings.TrimLeft(src, " \t"); trimmed != "" {
		p.double, p.single = trimmed[0] == '"', trimmed[0] == '\''
	}
	p.Text = unquoted(src)
	p.Before = unquoted(src[:min(max(s.offset-at.Start, 0), len(src))])
}

// unquoted is the text of a scalar as people mean it; its escapes, which names and paths do not have, are left.
func unquoted(s string) string {
	s = strings.TrimSpace(s)
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		return strings.TrimSuffix(s[1:], s[:1])
	}
	return s
}
