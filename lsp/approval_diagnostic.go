package lsp

import (
	"fmt"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/document"
)

// waitingHere says of each ticket of a track document whose approval waits for a person that it does, at its id.
func (s *Session) waitingHere(docs *document.Set, d *document.Document) []protocol.Diagnostic {
	track := engine.TrackID(trackfile.ID(d.Path))
	var out []protocol.Diagnostic
	for a := range s.engine.Snapshot().Pending() {
		if a.Run.Ticket.Track != track {
			continue
		}
		at, ok := ticketPlace(d.Track(), a.Run.Ticket.ID)
		if !ok {
			continue
		}
		title, _ := page.Title(a)
		msg := fmt.Sprintf("%s waits for you: %s", a.ID, title)
		one := diagnostic(docs.RangeOf(d, at), protocol.DiagnosticSeverityInformation, "approval", "")
		one.Message = protocol.String(msg) // it is safe to show as it is
		out = append(out, one)
	}
	return out
}

// ticketPlace is where a ticket's id stands.
func ticketPlace(doc *trackfile.Document, id string) (text.Span, bool) {
	i := doc.Ticket(id)
	if i < 0 || i >= len(doc.Items) {
		return text.Span{}, false
	}
	if f := doc.Items[i].Field("id"); f != nil {
		return text.Span{Start: f.Value.Start, End: f.Value.End}, true
	}
	start := doc.Items[i].Span.Start
	return text.Span{Start: start, End: start}, true
}
