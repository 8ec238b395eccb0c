package lsp

import (
	"context"
	"errors"
	"fmt"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

func approvalList(_ context.Context, s *Session, _ view, _ struct{}) (any, error) {
	list := []wire.Approval{}
	for a := range s.engine.Snapshot().Pending() {
		list = append(list, page.ApprovalStatus(a))
	}
	return list, nil
}

// pending finds an approval that waits for an answer. One that was decided already is a *engine.DecidedError.
func (s *Session) pending(id engine.ApprovalID) (*engine.Approval, error) {
	a, ok := s.engine.Snapshot().Approval(id)
	if earlier, known := s.hub.decision(id); !ok && known {
		return nil, &engine.DecidedError{ID: id, Answer: earlier}
	}
	if !ok {
		return nil, refuse(codeRequestFailed, "there is no open approval %s: it was answered, or its ticket needs it no more", id)
	}
	if !a.Pending() {
		return nil, &engine.DecidedError{ID: id, Answer: *a.Answer}
	}
	return a, nil
}

func approvalAnswer(ctx context.Context, s *Session, v view, a wire.AnswerArgs) (any, error) {
	asked, err := s.pending(engine.ApprovalID(a.ID))
	if err != nil {
		return nil, err
	}
	content, err := engine.LoadContent(ctx, s.hub.opts.Blobs, asked.Hash)
	if err != nil {
		return nil, err
	}
	reply := answer{content: content, reason: a.Reason}
	if a.URI != "" {
		if reply, err = s.readReview(v, a, asked, content); err != nil {
			return nil, err
		}
	}
	if a.Prompt != nil {
		reply.content.Prompt = *a.Prompt
	}
	if a.Context != nil {
		reply.content.Context = *a.Context
	}
	switch a.Decision {
	case wire.Approve:
		reply.decision = engine.Approved
	case wire.Reject:
		reply.decision = engine.Rejected
	default:
		return nil, refuse(codeInvalidParams, `"decision" must be %q or %q, not %q`, wire.Approve, wire.Reject, a.Decision)
	}
	return nil, s.answer(ctx, asked, reply)
}

// answer is what a person said to an approval.
type answer struct {
	decision engine.Decision
	reason   string
	content  engine.Content // as it is to be used; not read for a rejection
}

// answer submits a person's answer. The first one counts; a late one is a *engine.DecidedError. What is not all there
// is a *engine.IncompleteError.
func (s *Session) answer(ctx context.Context, asked *engine.Approval, a answer) error {
	cmd := engine.AnswerApproval{Decision: a.decision, By: s.actor(), Reason: a.reason}
	cmd, err := engine.PrepareAnswer(ctx, s.hub.opts.Blobs, asked, a.content, cmd)
	if err != nil {
		return err
	}
	err = s.engine.Do(ctx, cmd)
	if err == nil {
		s.hub.decided(asked.ID, engine.Answer{Decision: cmd.Decision, By: cmd.By, Reason: cmd.Reason})
	}
	if earlier, known := s.hub.decision(asked.ID); known && errors.Is(err, engine.ErrNoApproval) {
		return &engine.DecidedError{ID: asked.ID, Answer: earlier}
	}
	return err
}

// lateMessage is what a person is told whose answer came after another one; ok is false for any other error.
func lateMessage(err error) (msg string, ok bool) {
	var decided *engine.DecidedError
	if !errors.As(err, &decided) {
		return "", false
	}
	return fmt.Sprintf("%s was already %s by %s; your answer changed nothing.", decided.ID, decided.Answer.Decision, decided.Answer.By), true
}

func approvalOpen(ctx context.Context, s *Session, _ view, a wire.ApprovalArgs) (any, error) {
	asked, err := s.pending(engine.ApprovalID(a.ID))
	if err != nil {
		return nil, err
	}
	path, err := s.writeReview(ctx, asked)
	if err != nil {
		return nil, err
	}
	s.later(func(ctx context.Context) { s.show(ctx, path) }) // the command itself is answered at once
	return nil, nil
}
