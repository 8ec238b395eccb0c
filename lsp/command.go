package lsp

import (
	"context"
	"encoding/json"
	"fmt"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// preparer decodes a command's arguments on the read loop and gives the work.
type preparer func(v view, args []json.RawMessage) (work, error)

// commands is every command by name; a test holds it against wire.Commands.
var commands = map[string]preparer{
	wire.TrackRun:    acting(trackRun),
	wire.TrackPause:  command(trackPause),
	wire.TrackResume: acting(trackResume),
	wire.TrackStop:   command(trackStop),
	wire.TrackNew:    command(trackNew),
	wire.TrackPlan:   command(trackPlan),

	wire.TicketRun:     acting(ticketRun),
	wire.TicketRetry:   acting(ticketRetry),
	wire.TicketKill:    command(ticketKill),
	wire.TicketBlock:   command(ticketBlock),
	wire.TicketUnblock: acting(ticketUnblock),
	wire.TicketSkip:    acting(ticketSkip),
	wire.TicketUndo:    command(ticketUndo),

	wire.TicketRunOnSymbol: command(runOnSymbol), // it acts when its ticket is there
	wire.TicketNew:         command(newTicket),

	wire.ApprovalList:   command(approvalList),   // it acts where it opens the inbox
	wire.ApprovalAnswer: command(approvalAnswer), // it acts when the answer stands
	wire.ApprovalOpen:   command(approvalOpen),
	wire.ApprovalRules:  command(approvalRules),
	wire.ApprovalForget: command(approvalForget),

	wire.TranscriptOpen: command(transcriptOpen),
	wire.DiffOpen:       command(trackDiff),
	wire.DiffFiles:      command(diffFiles),
	wire.ViewOpen:       command(viewOpen),
	wire.StatusShow:     command(statusShow),
}

func prepareCommand(v view, params json.RawMessage) (work, error) {
	var p protocol.ExecuteCommandParams
	if err := rpc.Decode(params, &p); err != nil {
		return nil, err
	}
	prep, ok := commands[p.Command]
	if !ok {
		return nil, rpc.Refuse(rpc.InvalidParams, "slop-ls has no command %q", p.Command)
	}
	args := make([]json.RawMessage, len(p.Arguments))
	for i, a := range p.Arguments {
		args[i] = json.RawMessage(a)
	}
	return prep(v, args)
}

// command makes a preparer of a function that takes the decoded arguments. Its answer is written by encoding/json.
func command[A any](do func(ctx context.Context, s *Session, v view, a A) (any, error)) preparer {
	return func(v view, raw []json.RawMessage) (work, error) {
		var a A
		if err := wire.Decode(raw, &a); err != nil {
			return nil, rpc.Refuse(rpc.InvalidParams, "%v", err)
		}
		return func(ctx context.Context, s *Session) (any, error) {
			result, err := do(ctx, s, v, a)
			if err != nil || result == nil {
				return nil, err
			}
			return jsonOf(result)
		}, nil
	}
}

// acting is command for what approvals follow from: the person is here, and a prompt may pop up.
func acting[A any](do func(ctx context.Context, s *Session, v view, a A) (any, error)) preparer {
	return command(func(ctx context.Context, s *Session, v view, a A) (any, error) {
		s.acted()
		return do(ctx, s, v, a)
	})
}

func jsonOf(v any) (json.RawMessage, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding an answer: %w", err)
	}
	return raw, nil
}
