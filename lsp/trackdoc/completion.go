package trackdoc

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// maxItems bounds a completion. A list that was cut is marked incomplete, so that the client asks again as more is
// typed.
const maxItems = 200

// Completion is what can be written at an offset. Items carry all that there is to know of them: nothing is left to
// be resolved.
func Completion(ctx context.Context, d *Doc, offset int, ws Workspace) *protocol.CompletionList {
	p := trackfile.PathAt(d.Parsed, offset)
	c := &completer{d: d, place: &p, offset: offset, list: &protocol.CompletionList{Items: []protocol.CompletionItem{}}}
	c.at = d.Range(p.Replace)
	if c.at.Start.Line != c.at.End.Line { // the protocol allows one line
		return c.list
	}
	switch p.Kind {
	case trackfile.PlaceKey:
		c.fields()
	case trackfile.PlaceTicket:
		c.newTicket()
	case trackfile.PlaceNewID:
		c.add(item{value: d.Parsed.NextID(), kind: protocol.CompletionItemKindValue, detail: "the next free id"})
	case trackfile.PlaceID:
		c.ids()
	case trackfile.PlacePath, trackfile.PlaceGlob:
		c.paths(ctx, ws)
	case trackfile.PlaceSymbol:
		c.symbols(ctx, ws)
	case trackfile.PlaceModel:
		c.models(ws)
	case trackfile.PlaceEnum:
		for _, v := range p.Legal {
			c.add(item{value: v, kind: protocol.CompletionItemKindEnumMember})
		}
	case trackfile.PlaceNone, trackfile.PlaceText:
	}
	return c.list
}

type completer struct {
	d      *Doc
	place  *trackfile.Place
	offset int
	at     protocol.Range // what an item replaces
	list   *protocol.CompletionList
}

// item is one proposal. What is inserted is value, spelled as the place needs it, unless text is given.
type item struct {
	value, text, detail, doc string
	kind                     protocol.CompletionItemKind
	snippet                  bool
}

// add proposes what begins like what stands there, or holds it in order, and is not listed yet. It is false when no
// more can be added.
func (c *completer) add(it item) bool {
	if !holds(it.value, c.place.Before) || slices.Contains(c.place.Listed, it.value) {
		return true
	}
	if len(c.list.Items) >= maxItems {
		c.list.IsIncomplete = true
		return false
	}
	text := it.text
	if text == "" {
		text = c.place.Insert(it.value)
	}
	out := protocol.CompletionItem{
		Label: line(it.value, lineText), Kind: it.kind, TextEdit: &protocol.TextEdit{Range: c.at, NewText: text},
		SortText:   protocol.NewOptional(fmt.Sprintf("%s%04d", rank(it.value, c.place.Before), len(c.list.Items))),
		FilterText: protocol.NewOptional(c.quote() + it.value),
	}
	if it.detail != "" {
		out.Detail = protocol.NewOptional(line(it.detail, lineText))
	}
	if it.doc != "" {
		out.Documentation = c.d.markup(c.d.Client.MarkdownItems, it.doc)
	}
	if it.snippet {
		out.InsertTextFormat = protocol.InsertTextFormatSnippet
	}
	if c.d.Client.AsIs && strings.Contains(text, "\n") {
		out.InsertTextMode = protocol.InsertTextModeAsIs
	}
	c.list.Items = append(c.list.Items, out)
	return true
}

// quote is the quote that stands before the offset: clients filter by all that is replaced.
func (c *completer) quote() string {
	src := c.d.Parsed.Source
	if at := c.place.Replace.Start; at < c.offset && (src[at] == '"' || src[at] == '\'') {
		return string(src[at])
	}
	return ""
}

// holds says whether a text has the characters of another one in order, whatever their case, as clients filter.
func holds(s, typed string) bool {
	s = strings.ToLower(s)
	for _, r := range strings.ToLower(typed) {
		i := strings.IndexRune(s, r)
		if i < 0 {
			return false
		}
		s = s[i+utf8.RuneLen(r):]
	}
	return true
}

// rank sorts what begins like what was typed before the rest.
func rank(s, typed string) string {
	if strings.HasPrefix(strings.ToLower(s), strings.ToLower(typed)) {
		return "a"
	}
	return "b"
}

func (c *completer) fields() {
	if c.place.InTicket && c.place.Ticket < 0 && c.place.Text == "" {
		c.freshTicket("", c.column(c.place.Replace.Start))
	}
	for _, f := range c.place.Missing {
		detail := ""
		if f.Required {
			detail = "required"
		}
		if !c.add(item{value: f.Name, kind: protocol.CompletionItemKindProperty, detail: detail, doc: f.Doc}) {
			return
		}
	}
}

// column is how many bytes stand before the offset in its line.
func (c *completer) column(offset int) int {
	_, column := c.d.Parsed.Position(offset)
	return column - 1
}

// newTicket proposes a whole ticket where one can begin. Behind something else in the line none can.
func (c *completer) newTicket() {
	start := c.place.Replace.Start
	if c.d.Parsed.Form.JSON() || strings.HasSuffix(c.d.Parsed.Name, ".json") {
		id := c.d.Parsed.NextID()
		c.add(item{
			value: "new ticket", kind: protocol.CompletionItemKindSnippet, detail: id,
			text: c.snippet(fmt.Sprintf(`{"id": %q, "description": "${1}"}`, id)), snippet: c.d.Client.Snippets,
		})
		return
	}
	column := c.column(start)
	if strings.TrimSpace(string(c.d.Parsed.Source[start-column:start])) == "" {
		c.freshTicket("- ", column+2)
	}
}

// freshTicket proposes the fields of a new ticket, each behind the indent.
func (c *completer) freshTicket(lead string, indent int) {
	if c.d.Client.Snippets && !c.d.Client.AsIs { // it puts the line's own indent before each line of a snippet
		text := string(c.d.Parsed.Source[c.place.Replace.Start-c.column(c.place.Replace.Start) : c.place.Replace.Start])
		indent -= len(text) - len(strings.TrimLeft(text, " "))
	}
	id := c.d.Parsed.NextID()
	body := fmt.Sprintf("%sid: %s\n%sdescription: ${1}", lead, id, strings.Repeat(" ", indent))
	c.add(item{
		value: "new ticket", kind: protocol.CompletionItemKindSnippet, detail: id,
		text: c.snippet(body), snippet: c.d.Client.Snippets,
	})
}

// snippet is a body with its one place to go on at, which only some clients understand.
func (c *completer) snippet(body string) string {
	if c.d.Client.Snippets {
		return body
	}
	return strings.ReplaceAll(body, "${1}", "")
}

// ids proposes the other tickets, but for those that wait for this one: to depend on them would be a cycle.
func (c *completer) ids() {
	own, waiting := "", map[string]bool{}
	if i := c.place.Ticket; i >= 0 && i < len(c.d.Parsed.Track.Tickets) {
		own = c.d.spec(i).ID
		waiting = c.d.dependents(own)
	}
	for i := range c.d.Parsed.Track.Tickets {
		t := c.d.spec(i)
		if t.ID == "" || t.ID == own || waiting[t.ID] {
			continue
		}
		if !c.add(item{value: t.ID, kind: protocol.CompletionItemKindReference, detail: c.d.what(t.ID, t.Description)}) {
			return
		}
	}
}

// dependents are the ids of the tickets that wait for one, directly or not.
func (d *Doc) dependents(id string) map[string]bool {
	by := map[string][]string{}
	for i := range d.Parsed.Track.Tickets {
		for _, dep := range d.spec(i).DependsOn {
			by[dep] = append(by[dep], d.spec(i).ID)
		}
	}
	found := map[string]bool{}
	for stack := []string{id}; len(stack) > 0 && id != ""; {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, next := range by[top] {
			if !found[next] {
				found[next] = true
				stack = append(stack, next)
			}
		}
	}
	return found
}

// paths proposes what is in the folder that was typed so far, then files anywhere that hold what was typed.
func (c *completer) paths(ctx context.Context, ws Workspace) {
	dir, name := path.Split(c.place.Before)
	c.list.IsIncomplete = true // the next folder is another list
	entries, err := ws.List(ctx, path.Clean("./"+dir))
	if err != nil {
		entries = nil
	}
	seen := map[string]bool{}
	for _, e := range entries {
		p := e.Path
		if hiddenName(path.Base(p)) && !hiddenName(name) {
			continue
		}
		it := item{value: p, kind: protocol.CompletionItemKindFile}
		if e.Dir {
			it = item{value: p + "/", kind: protocol.CompletionItemKindFolder}
		}
		seen[p] = true
		if !c.add(it) {
			return
		}
	}
	if c.place.Kind == trackfile.PlaceGlob && dir != "" {
		c.add(item{value: dir + "*", kind: protocol.CompletionItemKindFolder, detail: "each file of this folder"})
	}
	if c.place.Before == "" {
		return
	}
	for _, p := range ws.Find(ctx, c.place.Before, maxItems) {
		if !seen[p] && !c.add(item{value: p, kind: protocol.CompletionItemKindFile}) {
			return
		}
	}
}

func hiddenName(name string) bool { return strings.HasPrefix(name, ".") }

func (c *completer) symbols(ctx context.Context, ws Workspace) {
	if c.place.File == "" {
		return
	}
	symbols, err := ws.Symbols(ctx, c.place.File)
	if err != nil {
		return
	}
	seen := map[string]bool{}
	for _, s := range symbols {
		if seen[s.Path] {
			continue
		}
		seen[s.Path] = true
		if !c.add(item{value: s.Path, kind: symbolItem[s.Kind], detail: s.Signature}) {
			return
		}
	}
}

// symbolItem is how kinds of declarations look in completion; others have no kind.
var symbolItem = map[string]protocol.CompletionItemKind{
	"function": protocol.CompletionItemKindFunction, "method": protocol.CompletionItemKindMethod,
	"class": protocol.CompletionItemKindClass, "struct": protocol.CompletionItemKindStruct,
	"interface": protocol.CompletionItemKindInterface, "type": protocol.CompletionItemKindClass,
	"const": protocol.CompletionItemKindConstant, "var": protocol.CompletionItemKindVariable,
	"field": protocol.CompletionItemKindField, "enum": protocol.CompletionItemKindEnum,
	"module": protocol.CompletionItemKindModule, "namespace": protocol.CompletionItemKindModule,
}

// models proposes what is configured, and what other tickets of this document are pinned to.
func (c *completer) models(ws Workspace) {
	seen := map[string]bool{"": true}
	propose := func(name, detail string) bool {
		if seen[name] {
			return true
		}
		seen[name] = true
		return c.add(item{value: name, kind: protocol.CompletionItemKindValue, detail: detail})
	}
	for _, name := range ws.Models() {
		propose(name, "configured")
	}
	for i := range c.d.Parsed.Track.Tickets {
		if t := c.d.spec(i); i != c.place.Ticket && !propose(t.ModelOverride, "of "+t.ID) {
			return
		}
	}
}
