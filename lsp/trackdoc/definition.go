package trackdoc

import (
	"context"
	"path"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// Definition is where what stands at an offset is: the ticket of an id, the declaration of a symbol, a file. It is
// nil when there is no such thing. A client that takes links gets one, with the range that it is a link from.
func Definition(ctx context.Context, d *Doc, offset int, ws Workspace) protocol.DefinitionResult {
	target, from, ok := d.target(ctx, offset, ws)
	if !ok {
		return nil
	}
	if !d.Client.Links {
		return &target
	}
	origin := d.Range(from)
	return protocol.DefinitionLinkSlice{{
		OriginSelectionRange: &origin, TargetURI: target.URI, TargetRange: target.Range, TargetSelectionRange: target.Range,
	}}
}

func (d *Doc) target(ctx context.Context, offset int, ws Workspace) (target protocol.Location, from trackfile.Span, ok bool) {
	if _, from, ok := trackfile.IDAt(d.Parsed, offset); ok {
		at, found := trackfile.DefinitionAt(d.Parsed, offset)
		return protocol.Location{URI: d.URI, Range: d.Range(at)}, from, found
	}
	p := trackfile.PathAt(d.Parsed, offset)
	if p.Text == "" {
		return protocol.Location{}, from, false
	}
	file, at := "", text.Span{}
	switch p.Kind {
	case trackfile.PlacePath:
		file = path.Clean(p.Text)
	case trackfile.PlaceSymbol:
		s, found := findSymbol(ctx, ws, p.File, p.Text)
		if !found {
			return protocol.Location{}, from, false
		}
		file, at = p.File, text.Span{Start: s.NameStart, End: s.NameEnd}
	default:
		return protocol.Location{}, from, false
	}
	target, err := ws.Locate(ctx, file, at)
	return target, p.Replace, err == nil
}

// findSymbol is the declaration of a file that a ticket means by a name: its path, else its bare name.
func findSymbol(ctx context.Context, ws Workspace, file, name string) (found engine.Symbol, ok bool) {
	if file == "" {
		return found, false
	}
	symbols, err := ws.Symbols(ctx, file)
	if err != nil {
		return found, false
	}
	for _, s := range symbols {
		if s.Path == name {
			return s, true
		}
		if s.Name == name && !ok {
			found, ok = s, true
		}
	}
	return found, ok
}

// References lists where the id at an offset stands: in each depends_on, and with declaration as the ticket's own.
func References(d *Doc, offset int, declaration bool) []protocol.Location {
	out := []protocol.Location{}
	id, _, ok := trackfile.IDAt(d.Parsed, offset)
	if !ok {
		return out
	}
	for _, at := range trackfile.References(d.Parsed, id) {
		if declaration || !d.declares(at) {
			out = append(out, protocol.Location{URI: d.URI, Range: d.Range(at)})
		}
	}
	return out
}

// declares says whether an id's span is that of a ticket's own.
func (d *Doc) declares(at trackfile.Span) bool {
	i := d.Parsed.ItemAt(at.Start)
	if i < 0 {
		return false
	}
	f := d.Parsed.Items[i].Field("id")
	return f != nil && f.Value == at
}
