package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/trackdoc"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// Source files: what tickets are about, where they stand, and new tickets for what other servers find wrong. A file
// that no ticket is about is not even parsed.

// mark is a ticket at the symbol that it is about, or at the start of its file.
type mark struct {
	ticket *engine.Ticket
	symbol engine.Symbol
}

// maxMarks bounds what is shown in one file.
const maxMarks = 500

// marks are the tickets about a source file that are not over, at their symbols.
func (s *Session) marks(ctx context.Context, snap *engine.Snapshot, d *document.Document) []mark {
	var out []mark
	for _, t := range s.hub.aimed(snap, d.Path) {
		if t.Status == engine.Completed && !t.Stale || len(out) >= maxMarks {
			continue
		}
		if len(t.Spec.TargetSymbols) == 0 {
			out = append(out, mark{ticket: t})
			continue
		}
		outline, err := s.outline(ctx, d)
		if err != nil {
			return nil
		}
		for _, sym := range outline.Symbols {
			if aimsAt(t, sym) {
				out = append(out, mark{t, outline.Forward(sym)})
			}
		}
	}
	return out
}

// sourceLenses are what there is to do next with the tickets about a file.
func (s *Session) sourceLenses(ctx context.Context, v view, d *document.Document) []protocol.CodeLens {
	snap := s.engine.Snapshot()
	uris := map[engine.TrackID]string{}
	var out []protocol.CodeLens
	for _, m := range s.marks(ctx, snap, d) {
		track := m.ticket.Key.Track
		if uris[track] == "" {
			uris[track] = s.ref(ctx, v, m.ticket.Key).URI
		}
		r := v.docs.RangeOf(d, text.Span{Start: m.symbol.NameStart, End: m.symbol.NameEnd})
		for _, c := range trackdoc.Next(snap, uris[track], m.ticket, approvalActions(snap, m.ticket)) {
			out = append(out, protocol.CodeLens{Range: r, Command: c})
		}
	}
	return out
}

// prepareInlayHint serves track documents and source files.
func prepareInlayHint(v view, params json.RawMessage) (work, error) {
	var p protocol.InlayHintParams
	if err := rpc.Decode(params, &p); err != nil {
		return nil, err
	}
	d := v.docs.Get(p.TextDocument.URI)
	if !isTrack(d) && !isSource(d) {
		return func(context.Context, *Session) (any, error) { return nil, nil }, nil
	}
	span := v.docs.Span(d, p.Range)
	return func(ctx context.Context, s *Session) (any, error) {
		if isTrack(d) {
			return encodeList(trackdoc.Hints(s.trackDoc(v, d), trackfile.Span(span)))
		}
		return encodeList(s.sourceHints(ctx, v, d, span))
	}, nil
}

// sourceHints say how the tickets about a file's symbols stand, behind the lines of the symbols' names.
func (s *Session) sourceHints(ctx context.Context, v view, d *document.Document, within text.Span) []protocol.InlayHint {
	snap := s.engine.Snapshot()
	out := []protocol.InlayHint{}
	for _, m := range s.marks(ctx, snap, d) {
		at := lineEnd(d.Text(), m.symbol.NameEnd)
		standing := trackdoc.Standing(snap, m.ticket)
		if m.symbol.Name == "" || standing == "" || at < within.Start || at > within.End {
			continue
		}
		label, _ := text.VisibleLine(m.ticket.Key.ID+": "+standing, maxHint)
		first, _, _ := strings.Cut(m.ticket.Task(), "\n")
		out = append(out, protocol.InlayHint{
			Position: v.docs.RangeOf(d, text.Span{Start: at, End: at}).End, Label: protocol.String(label), PaddingLeft: new(true),
			Tooltip: protocol.String(fmt.Sprintf("%s: %s", m.ticket.Key.Track, first)),
		})
	}
	return out
}

// maxHint bounds a hint in characters.
const maxHint = 80

// lineEnd is where the line ends that holds an offset.
func lineEnd(source string, offset int) int {
	rest := source[offset:]
	if i := strings.IndexAny(rest, "\r\n"); i >= 0 {
		return offset + i
	}
	return offset + len(rest)
}

// maxRepairs bounds for how many diagnostics at one place a ticket is proposed.
const maxRepairs = 5

// repairs propose a ticket for what another server finds wrong at a place of a source file.
func repairs(d *document.Document, given []protocol.Diagnostic) []protocol.CodeAction {
	given = slices.DeleteFunc(slices.Clone(given), func(g protocol.Diagnostic) bool {
		source, _ := g.Source.Get()
		return source == diagnosticSource || messageOf(g) == ""
	})
	given = given[:min(len(given), maxRepairs)]
	kind := protocol.CodeActionKindQuickFix
	var out []protocol.CodeAction
	for _, g := range given {
		title := "New ticket to fix this"
		if len(given) > 1 {
			short, _ := text.VisibleLine(messageOf(g), 60)
			title += ": " + short
		}
		args := wire.NewTicketArgs{URI: string(d.Sent), Range: wireRange(g.Range), Instruction: repairText(d, g)}
		out = append(out, protocol.CodeAction{
			Title: title, Kind: &kind, Diagnostics: []protocol.Diagnostic{g}, Command: commandOf(title, wire.TicketNew, args),
		})
	}
	return out
}

// repairText is the instruction of a ticket that mends a diagnostic: its message, who says so and where.
func repairText(d *document.Document, g protocol.Diagnostic) string {
	says := text.Visible(messageOf(g))
	if len(says) > maxRepairText {
		says = strings.ToValidUTF8(says[:maxRepairText], "") + " […]"
	}
	from := ""
	if source, ok := g.Source.Get(); ok && source != "" {
		from = "(" + source
		switch code := g.Code.(type) {
		case protocol.String:
			from += " " + string(code)
		case protocol.Integer:
			from += fmt.Sprintf(" %d", code)
		}
		from, _ = text.VisibleLine(from+")", 100)
		from = " " + from
	}
	return fmt.Sprintf("Fix this problem in line %d of %s%s:\n\n%s", g.Range.Start.Line+1, d.Path, from, strings.TrimSpace(says))
}

// maxRepairText bounds, in bytes, what a diagnostic may bring into an instruction.
const maxRepairText = 4000

func messageOf(g protocol.Diagnostic) string {
	switch m := g.Message.(type) {
	case protocol.String:
		return strings.TrimSpace(string(m))
	case *protocol.MarkupContent:
		return strings.TrimSpace(m.Value)
	}
	return ""
}

func wireRange(r protocol.Range) wire.Range {
	at := func(p protocol.Position) wire.Position { return wire.Position{Line: p.Line, Character: p.Character} }
	return wire.Range{Start: at(r.Start), End: at(r.End)}
}
