package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/trackdoc"
	"github.com/slop-ls/slop-ls/lsp/traits"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// actionKind is the kind of all code actions. They are commands, never edits.
const actionKind = protocol.CodeActionKind("refactor.slop")

// commandOf is a command with its one argument.
func commandOf(title, name string, arg any) protocol.Command {
	return trackdoc.Command(title, name, arg)
}

// codeActionParams is decoded here and not by package protocol: what another server's diagnostic looks like must not
// cost the answer.
type codeActionParams struct {
	TextDocument struct{ URI uri.URI }
	Range        protocol.Range
	Context      struct {
		Diagnostics []json.RawMessage
		Only        []protocol.CodeActionKind
	}
}

func prepareCodeAction(v view, params json.RawMessage) (work, error) {
	var p codeActionParams
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, rpc.Refuse(rpc.InvalidParams, "the parameters cannot be read: %v", err)
	}
	d := v.docs.Get(p.TextDocument.URI)
	if d == nil || d.Broken != nil || !wanted(p.Context.Only) {
		return func(context.Context, *Session) (any, error) { return json.RawMessage("[]"), nil }, nil
	}
	span, given := v.docs.Span(d, p.Range), readable(p.Context.Diagnostics)
	return func(ctx context.Context, s *Session) (any, error) {
		s.overheard(d, p.Range, given)
		actions := s.fixesAt(ctx, v, d, span, given)
		actions = append(actions, asActions(s.actionsAt(ctx, v, d, span.Start))...)
		return encodeActions(v.traits, p.Context.Only, actions)
	}, nil
}

// fixesAt are the actions for what is wrong at a place.
func (s *Session) fixesAt(ctx context.Context, v view, d *document.Document, span text.Span, given []protocol.Diagnostic) []protocol.CodeAction {
	switch {
	case isTrack(d):
		return trackdoc.Fixes(ctx, s.trackDoc(v, d), trackfile.Span(span), given, s.around(v))
	case isSource(d):
		return repairs(d, given)
	}
	return nil
}

// wanted says whether any of our kinds is among those that the client asks for.
func wanted(only []protocol.CodeActionKind) bool {
	return asked(only, actionKind) || asked(only, protocol.CodeActionKindQuickFix)
}

// asked says whether a kind is among those that the client asks for: none means any.
func asked(only []protocol.CodeActionKind, kind protocol.CodeActionKind) bool {
	return len(only) == 0 || slices.ContainsFunc(only, func(k protocol.CodeActionKind) bool {
		return k == kind || k == "" || strings.HasPrefix(string(kind), string(k)+".")
	})
}

// actionsAt is what can be done at a place of any kind of document.
func (s *Session) actionsAt(ctx context.Context, v view, d *document.Document, offset int) []protocol.Command {
	switch {
	case trackfile.IsTrackFile(d.Path):
		return s.trackActions(v, d, offset)
	case s.hub.isInbox(d):
		return s.inboxActions(d, offset)
	case isReview(d):
		return s.reviewActions(d)
	case isSource(d):
		return s.symbolActions(ctx, v, d, offset)
	}
	return nil
}

// asActions are commands as code actions.
func asActions(cmds []protocol.Command) []protocol.CodeAction {
	kind := actionKind
	out := make([]protocol.CodeAction, len(cmds))
	for i, c := range cmds {
		out[i] = protocol.CodeAction{Title: c.Title, Kind: &kind, Command: c}
	}
	return out
}

// modelWrites are the commands after which a model writes code.
var modelWrites = map[string]bool{
	wire.TicketRunOnSymbol: true, wire.TicketNew: true, wire.TicketRun: true, wire.TicketRetry: true, wire.TrackRun: true,
}

// encodeActions are the actions of the kinds that were asked for, tagged for a client that knows the tags.
func encodeActions(t *traits.Client, only []protocol.CodeActionKind, actions []protocol.CodeAction) (any, error) {
	raws := []json.RawMessage{}
	for i := range actions {
		a := &actions[i]
		if !asked(only, *a.Kind) {
			continue
		}
		if t.LLMTag && modelWrites[a.Command.Command] {
			a.Tags = []protocol.CodeActionTag{protocol.CodeActionTagLLMGenerated}
		}
		raw, err := protocol.Marshal(a)
		if err != nil {
			return nil, fmt.Errorf("encoding a code action: %w", err)
		}
		raws = append(raws, raw)
	}
	return jsonOf(raws)
}

// symbolActions are those of a source file: cheap, since some clients ask at every move of the cursor.
func (s *Session) symbolActions(ctx context.Context, v view, d *document.Document, offset int) []protocol.Command {
	outline, err := s.outline(ctx, d)
	sym, ok := outline.SymbolAt(d, offset)
	if err != nil || !ok {
		return nil
	}
	p := d.Index.Position(offset, v.docs.Encoding)
	at := wire.Position{Line: uint32(p.Line), Character: uint32(p.Column)} //nolint:gosec // both fit in memory
	cmds := []protocol.Command{
		commandOf("Run ticket on this symbol", wire.TicketRunOnSymbol, wire.RunOnSymbolArgs{URI: string(d.Sent), Position: at}),
		commandOf("New ticket for this symbol", wire.TicketNew, wire.NewTicketArgs{URI: string(d.Sent), Range: wire.Range{Start: at, End: at}}),
	}
	for _, t := range s.hub.aiming(s.engine.Snapshot(), d.Path, sym) {
		verb, command := "Run", wire.TicketRun
		switch {
		case t.Status == engine.Blocked:
			verb, command = "Retry", wire.TicketRetry
		case t.Status != engine.Todo:
			continue
		}
		ref := s.ref(ctx, v, t.Key)
		cmds = append(cmds, commandOf(verb+" "+t.Key.ID+" on this symbol", command, wire.TicketArgs{URI: ref.URI, ID: ref.ID}))
	}
	return cmds
}

// trackActions are those of a track document: for the ticket at the cursor, then for the track, then to look at.
func (s *Session) trackActions(v view, d *document.Document, offset int) []protocol.Command {
	doc := s.trackDoc(v, d)
	return slices.Concat(
		trackdoc.Actions(doc, offset), trackCommands(doc.State, doc.Track, string(d.Sent)),
		trackPapers(doc, string(d.Sent)), inboxCommand(doc.State, doc.Track))
}

// trackPapers are the commands that open what there is to read of a track.
func trackPapers(doc *trackdoc.Doc, uri string) []protocol.Command {
	cmds := []protocol.Command{commandOf("Open the plan", wire.TrackPlan, wire.PlanArgs{URI: uri, Generate: new(false)})}
	if t := doc.Parsed.Track; len(t.Tickets) == 0 && !doc.Parsed.Errors() && t.Title+t.Goal != "" {
		cmds[0] = commandOf("Break the track into tickets", wire.TrackPlan, wire.PlanArgs{URI: uri, Generate: new(true)})
	}
	tr, ok := doc.State.Track(doc.Track)
	if ok {
		cmds = append(cmds, commandOf("Open the status board", wire.StatusShow, wire.StatusArgs{URI: uri, Open: true}))
	}
	if ok && tr.Count(engine.Completed) > 0 {
		cmds = append(cmds, commandOf("Open what the track changed", wire.DiffOpen, wire.DiffArgs{URI: uri}))
	}
	return cmds
}

// trackCommands are those for a whole track, by its status.
func trackCommands(snap *engine.Snapshot, id engine.TrackID, uri string) []protocol.Command {
	args := wire.TrackArgs{URI: uri}
	run := commandOf("Run the track", wire.TrackRun, args)
	tr, ok := snap.Track(id)
	if !ok {
		return []protocol.Command{run}
	}
	switch tr.Status {
	case engine.TrackRunning:
		return []protocol.Command{commandOf("Pause the track", wire.TrackPause, args), commandOf("Stop the track", wire.TrackStop, args)}
	case engine.TrackPaused:
		return []protocol.Command{commandOf("Resume the track", wire.TrackResume, args), commandOf("Stop the track", wire.TrackStop, args)}
	case engine.TrackIdle, engine.TrackDone, engine.TrackBlocked, engine.TrackStopped:
	}
	return []protocol.Command{run}
}
