package trackdoc

import (
	"slices"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// Symbols is the outline of the document: the track, below it its tickets, below each the symbols that it targets; or
// all tickets in a row for a client that shows no tree.
func Symbols(d *Doc) protocol.DocumentSymbolResult {
	tickets := trackfile.Symbols(d.Parsed)
	if !d.Client.Tree {
		return d.flat(tickets)
	}
	below := make(protocol.DocumentSymbolSlice, len(tickets))
	for i, s := range tickets {
		detail := d.detail(s)
		below[i] = protocol.DocumentSymbol{
			Name: line(s.Name, lineText), Detail: &detail, Kind: protocol.SymbolKindEvent,
			Range: d.Range(s.Span), SelectionRange: d.Range(s.Selection), Children: d.targets(s.Ticket),
		}
	}
	title := d.Parsed.Field("title")
	if title == nil || d.Parsed.Track.Title == "" {
		return below
	}
	whole := trackfile.Span{Start: 0, End: len(d.Parsed.Source)}
	return protocol.DocumentSymbolSlice{{
		Name: line(d.Parsed.Track.Title, lineText), Kind: protocol.SymbolKindModule,
		Range: d.Range(whole), SelectionRange: d.Range(title.Value), Children: below,
	}}
}

// detail is what stands beside a ticket's name: how it stands, and its first line.
func (d *Doc) detail(s trackfile.Symbol) string {
	out := line(d.what(s.Name, s.Detail), lineText)
	if t := d.ticket(s.Name); t != nil {
		out = page.Glyph(t.Status) + " " + out
	}
	return out
}

// targets are the symbols that a ticket is about.
func (d *Doc) targets(i int) []protocol.DocumentSymbol {
	f := d.Parsed.Items[i].Field("target_symbols")
	if f == nil {
		return nil
	}
	var out []protocol.DocumentSymbol
	for _, e := range f.Elements {
		if e.Text != "" {
			r := d.Range(e.Span)
			out = append(out, protocol.DocumentSymbol{Name: line(e.Text, lineText), Kind: protocol.SymbolKindField, Range: r, SelectionRange: r})
		}
	}
	return out
}

func (d *Doc) flat(tickets []trackfile.Symbol) protocol.SymbolInformationSlice {
	out := make(protocol.SymbolInformationSlice, len(tickets))
	for i, s := range tickets {
		name := line(s.Name, lineText)
		if s.Detail != "" {
			name += ": " + line(d.what(s.Name, s.Detail), shortText)
		}
		out[i] = protocol.SymbolInformation{
			BaseSymbolInformation: protocol.BaseSymbolInformation{Name: name, Kind: protocol.SymbolKindEvent},
			Location:              protocol.Location{URI: d.URI, Range: d.Range(s.Span)},
		}
	}
	return out
}

// Folds lists what can be folded, by lines. A client that takes only so many gets the tickets first.
func Folds(d *Doc) []protocol.FoldingRange {
	folds := trackfile.Folds(d.Parsed)
	if limit := d.Client.FoldLimit; limit > 0 && len(folds) > limit {
		slices.SortStableFunc(folds, func(a, b trackfile.Fold) int { return foldRank[a.Kind] - foldRank[b.Kind] })
		folds = folds[:limit]
		slices.SortStableFunc(folds, func(a, b trackfile.Fold) int { return a.Span.Start - b.Span.Start })
	}
	out := make([]protocol.FoldingRange, len(folds))
	for i, f := range folds {
		r := d.Range(f.Span)
		out[i] = protocol.FoldingRange{StartLine: r.Start.Line, EndLine: r.End.Line}
		if f.Kind == trackfile.FoldComment {
			out[i].Kind = protocol.FoldingRangeKindComment
		}
	}
	return out
}

var foldRank = map[trackfile.FoldKind]int{trackfile.FoldTicket: 0, trackfile.FoldComment: 1, trackfile.FoldField: 2}

// Format lays the document out. Comments stay; a document with an error is left as it is.
func Format(d *Doc) []protocol.TextEdit { return d.textEdits(trackfile.Format(d.Parsed)) }
