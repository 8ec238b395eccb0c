package trackdoc

import (
	"sort"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// maxHints bounds what is shown for one range.
const maxHints = 1000

// Hints are how the tickets within a span stand, each behind its id, and how those stand that another one depends on
// and that are under way or stuck. It costs the tickets of the span.
func Hints(d *Doc, span trackfile.Span) []protocol.InlayHint {
	out := []protocol.InlayHint{}
	for _, i := range d.within(span) {
		if len(out) >= maxHints {
			break
		}
		out = append(out, d.hintsOf(i)...)
	}
	return out
}

// within are the indexes of the tickets that touch a span.
func (d *Doc) within(span trackfile.Span) []int {
	items := d.Parsed.Items
	var out []int
	for i := sort.Search(len(items), func(i int) bool { return items[i].Span.End >= span.Start }); i < len(items); i++ {
		if items[i].Span.Start > span.End {
			break
		}
		out = append(out, i)
	}
	return out
}

func (d *Doc) hintsOf(i int) []protocol.InlayHint {
	var out []protocol.InlayHint
	item := &d.Parsed.Items[i]
	add := func(at trackfile.Span, id, label string) {
		out = append(out, protocol.InlayHint{
			Position: d.Range(at).End, Label: protocol.String(label), PaddingLeft: new(true),
			Tooltip: d.markup(true, d.card(true, d.Parsed.Ticket(id))),
		})
	}
	if f := item.Field("id"); f != nil && d.Parsed.Ticket(d.spec(i).ID) == i {
		if t := d.ticket(d.spec(i).ID); t != nil {
			if label := Standing(d.State, t); label != "" {
				add(f.Value, t.Key.ID, label)
			}
		}
	}
	if f := item.Field("depends_on"); f != nil {
		for _, e := range f.Elements {
			t := d.ticket(e.Text)
			if t == nil || d.Parsed.Ticket(e.Text) < 0 || t.Status == engine.Todo || t.Status == engine.Completed {
				continue
			}
			add(e.Span, e.Text, doing(d.State, t))
		}
	}
	return out
}
