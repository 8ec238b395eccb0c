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
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// actionKind is the kind of all code actions. They are commands, never edits.
const actionKind = protocol.CodeActionKind("refactor.slop")

// commandOf is a command with its one argument.
func commandOf(title, name string, arg any) protocol.Command {
	raw, err := json.Marshal(arg)
	if err != nil {
		panic("lsp: a payload of package wire always encodes: " + err.Error()) // strings and numbers only
	}
	return protocol.Command{Title: title, Command: name, Arguments: []protocol.LSPAny{raw}}
}

func prepareCodeAction(v view, params json.RawMessage) (work, error) {
	var p protocol.CodeActionParams
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	d := v.docs.get(p.TextDocument.URI)
	if d == nil || d.broken != nil || !wanted(p.Context.Only) {
		return func(context.Context, *Session) (any, error) { return json.RawMessage("[]"), nil }, nil
	}
	offset := v.docs.span(d, p.Range).Start
	return func(ctx context.Context, s *Session) (any, error) {
		return asActions(v.traits, s.actionsAt(ctx, v, d, offset))
	}, nil
}

// wanted says whether our kind is among those that the client asks for.
func wanted(only []protocol.CodeActionKind) bool {
	return len(only) == 0 || slices.ContainsFunc(only, func(k protocol.CodeActionKind) bool {
		return k == actionKind || k == "" || strings.HasPrefix(string(actionKind), string(k)+".")
	})
}

// actionsAt is what can be done at a place of any kind of document.
func (s *Session) actionsAt(ctx context.Context, v view, d *document, offset int) []protocol.Command {
	switch {
	case trackfile.IsTrackFile(d.path):
		return s.trackActions(d, offset)
	case isReview(d):
		return reviewActions(d)
	case isSource(d):
		return s.symbolActions(ctx, v, d, offset)
	}
	return nil
}

// asActions wraps commands as code actions.
func asActions(t *traits, cmds []protocol.Command) (any, error) {
	raws := make([]json.RawMessage, 0, len(cmds))
	kind := actionKind
	for _, c := range cmds {
		a := &protocol.CodeAction{Title: c.Title, Kind: &kind, Command: c}
		if t.llmTag && c.Command == wire.TicketRunOnSymbol {
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
func (s *Session) symbolActions(ctx context.Context, v view, d *document, offset int) []protocol.Command {
	outline, err := s.outline(ctx, d)
	sym, ok := outline.symbolAt(d, offset)
	if err != nil || !ok {
		return nil
	}
	p := d.index.Position(offset, v.docs.enc)
	at := wire.Position{Line: uint32(p.Line), Character: uint32(p.Column)} //nolint:gosec // both fit in memory
	cmds := []protocol.Command{
		commandOf("Run ticket on this symbol", wire.TicketRunOnSymbol, wire.RunOnSymbolArgs{URI: string(d.sent), Position: at}),
		commandOf("New ticket for this symbol", wire.TicketNew, wire.NewTicketArgs{URI: string(d.sent), Range: wire.Range{Start: at, End: at}}),
	}
	for _, t := range aiming(s.engine.Snapshot(), d.path, sym) {
		if t.Status != engine.Todo {
			continue
		}
		ref := s.ref(ctx, v, t.Key)
		cmds = append(cmds, commandOf("Run "+t.Key.ID+" on this symbol", wire.TicketRun, wire.TicketArgs{URI: ref.URI, ID: ref.ID}))
	}
	return cmds
}

// ticketActions is what may be done with a ticket, by its status.
var ticketActions = map[engine.Status][]struct{ verb, command string }{
	engine.Todo:       {{"Run", wire.TicketRun}, {"Block", wire.TicketBlock}, {"Skip", wire.TicketSkip}, {"Kill", wire.TicketKill}},
	engine.InProgress: {{"Kill", wire.TicketKill}, {"Block", wire.TicketBlock}},
	engine.Blocked:    {{"Retry", wire.TicketRetry}, {"Unblock", wire.TicketUnblock}, {"Skip", wire.TicketSkip}, {"Kill", wire.TicketKill}},
	engine.Killed:     {{"Retry", wire.TicketRetry}},
	engine.Completed:  {{"Retry", wire.TicketRetry}},
}

// trackActions are those of a track document: for the ticket at the cursor, then for the track.
func (s *Session) trackActions(d *document, offset int) []protocol.Command {
	snap := s.engine.Snapshot()
	id := engine.TrackID(trackfile.ID(d.path))
	parsed := d.track()
	var cmds []protocol.Command
	if i := parsed.ItemAt(offset); i >= 0 && parsed.Track.Tickets[i].ID != "" {
		key := engine.TicketKey{Track: id, ID: parsed.Track.Tickets[i].ID}
		status := engine.Todo
		if t, ok := snap.Ticket(key); ok {
			status = t.Status
			cmds = append(cmds, approvalActions(snap, t)...)
		}
		for _, a := range ticketActions[status] {
			cmds = append(cmds, commandOf(a.verb+" "+key.ID, a.command, wire.TicketArgs{URI: string(d.sent), ID: key.ID}))
		}
	}
	return append(cmds, trackCommands(snap, id, string(d.sent))...)
}

// approvalActions answer the approval that a ticket waits for.
func approvalActions(snap *engine.Snapshot, t *engine.Ticket) []protocol.Command {
	a, ok := snap.Approval(t.Approval)
	if !ok || !a.Pending() {
		return nil
	}
	title, _ := text.VisibleLine(a.Title, 80)
	return []protocol.Command{
		commandOf(fmt.Sprintf("%s %s: %s", wire.TitleReview, a.ID, title), wire.ApprovalOpen, wire.ApprovalArgs{ID: string(a.ID)}),
		commandOf(fmt.Sprintf("Approve %s", a.ID), wire.ApprovalAnswer, wire.AnswerArgs{ID: string(a.ID), Decision: wire.Approve}),
		commandOf(fmt.Sprintf("Reject %s", a.ID), wire.ApprovalAnswer, wire.AnswerArgs{ID: string(a.ID), Decision: wire.Reject}),
	}
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
