package lsp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// undoAnswer is how long a command waits for its undo, which may stand in a preview for ever: then it is answered, and
// how the undo ended is a message.
const undoAnswer = 10 * time.Second

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
	over := make(chan error, 1) // room for the one
	answered := make(chan struct{})
	s.later(func(session context.Context) {
		err := s.hub.Undo(session, s.engine, key, s.actor(), a.Reason)
		over <- err
		select {
		case <-answered:
			s.tellUndone(session, a.ID, err)
		case <-session.Done():
		}
	})
	patience := time.NewTimer(undoAnswer)
	defer patience.Stop()
	select {
	case err := <-over:
		return nil, err
	case <-patience.C:
		close(answered)
		return nil, nil
	case <-ctx.Done(): // the request is withdrawn; what is on its way is not
		close(answered)
		return nil, context.Cause(ctx)
	}
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
