package lsp

import (
	"context"
	"errors"
	"fmt"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// PlanUndo is what taking back a ticket's edits would change in the workspace as the editors have it now. Its errors
// are those of engine.PrepareUndo.
func (h *Hub) PlanUndo(ctx context.Context, key engine.TicketKey) (engine.ChangeSet, error) {
	_, set, err := engine.PrepareUndo(ctx, h.opts.Blobs, h.Files(), h.snapshot(), engine.UndoTicket{Ticket: key})
	return set, err
}

// Undo takes back what a ticket delivered, through the editors' buffers as every delivery, and returns when that has been
// seen or was not possible. e is the engine of who asks. Its errors are those of engine.PrepareUndo and engine.AwaitUndo.
func (h *Hub) Undo(ctx context.Context, e Engine, key engine.TicketKey, by engine.Actor, reason string) error {
	cmd := engine.UndoTicket{Ticket: key, By: by, Reason: reason}
	cmd, _, err := engine.PrepareUndo(ctx, h.opts.Blobs, h.Files(), e.Snapshot(), cmd)
	if err != nil {
		return err
	}
	if err := e.Do(ctx, cmd); err != nil {
		return err
	}
	return engine.AwaitUndo(ctx, e.Snapshot(), e.Wait, key)
}

func ticketUndo(ctx context.Context, s *Session, v view, a wire.TicketArgs) (any, error) {
	if a.ID == "" {
		return nil, rpc.Refuse(rpc.InvalidParams, `"id" must name a ticket`)
	}
	_, id, err := v.trackAt(a.URI)
	if err != nil {
		return nil, err
	}
	s.hub.own(id, s)
	key := engine.TicketKey{Track: id, ID: a.ID}
	if note := s.engine.Snapshot().RestingOn(key); note != "" {
		s.tell(ctx, protocol.MessageTypeWarning, note)
	}
	return nil, s.inTime(ctx, func(session context.Context) error {
		return s.hub.Undo(session, s.engine, key, s.actor(), a.Reason)
	}, func(session context.Context, err error) { s.tellUndone(session, a.ID, err) })
}

// tellUndone says how an undo ended whose command was answered before.
func (s *Session) tellUndone(ctx context.Context, id string, err error) {
	if err != nil {
		s.tell(ctx, protocol.MessageTypeWarning, err.Error())
		return
	}
	s.tell(ctx, protocol.MessageTypeInfo, id+" is undone")
}

// writeUndo shows what an undo of the ticket would change, or what stands in its way.
func writeUndo(ctx context.Context, h *Hub, p paper) (string, error) {
	set, err := h.PlanUndo(ctx, p.ticket())
	var conflict *engine.UndoConflictError
	switch {
	case errors.As(err, &conflict):
		return page.UndoObstacles(conflict), nil
	case err != nil:
		return "", fmt.Errorf("planning the undo: %w", err)
	}
	return page.UndoDocument(p.ticket().ID, set), nil
}
