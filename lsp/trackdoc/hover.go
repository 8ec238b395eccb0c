package trackdoc

import (
	"context"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// Hover tells about what stands at an offset: a ticket at its id and where another one depends on it, a field at its
// name, a symbol's signature; nil where there is nothing to tell. It reads no file but the one whose symbol stands
// there.
func Hover(ctx context.Context, d *Doc, offset int, ws Workspace) *protocol.Hover {
	if id, at, ok := trackfile.IDAt(d.Parsed, offset); ok {
		return d.hoverTicket(id, at)
	}
	p := trackfile.PathAt(d.Parsed, offset)
	if p.Replace.Start == p.Replace.End {
		return nil
	}
	out := &paper{md: d.Client.Markdown}
	if p.Kind == trackfile.PlaceSymbol {
		d.describeSymbol(ctx, out, &p, ws)
	}
	if p.Info != nil {
		name := p.Info.Name
		if p.Info.Required {
			name += " (required)"
		}
		out.paragraph(out.bold(name) + ": " + out.inline(p.Info.Doc, 1000))
	}
	if p.Ticket >= 0 && (p.Kind == trackfile.PlaceEnum || p.Kind == trackfile.PlaceModel || p.Kind == trackfile.PlaceKey) {
		out.paragraph(d.card(out.md, p.Ticket))
	}
	return d.hover(out.b.String(), p.Replace)
}

func (d *Doc) hoverTicket(id string, at trackfile.Span) *protocol.Hover {
	i := d.Parsed.Ticket(id)
	if i < 0 {
		return nil
	}
	return d.hover(d.card(d.Client.Markdown, i), at)
}

func (d *Doc) hover(value string, at trackfile.Span) *protocol.Hover {
	if value == "" {
		return nil
	}
	r := d.Range(at)
	return &protocol.Hover{Contents: d.markup(d.Client.Markdown, strings.TrimSuffix(value, "\n")), Range: &r}
}

// describeSymbol writes the declaration of a target symbol.
func (d *Doc) describeSymbol(ctx context.Context, out *paper, p *trackfile.Place, ws Workspace) {
	if p.File == "" || p.Text == "" {
		return
	}
	if s, ok := findSymbol(ctx, ws, p.File, p.Text); ok && s.Signature != "" {
		out.paragraph(out.inline(s.Signature, 1000))
	}
}
