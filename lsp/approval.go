package lsp

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

func approvalList(ctx context.Context, s *Session, _ view, a wire.ListArgs) (any, error) {
	list := []wire.Approval{}
	for a := range s.engine.Snapshot().Pending() {
		list = append(list, ApprovalStatus(a))
	}
	if a.Open {
		s.acted()
		return list, s.openInbox()
	}
	return list, nil
}

// pending finds an approval that waits for an answer. One that was decided already is a *engine.DecidedError.
func (s *Session) pending(id engine.ApprovalID) (*engine.Approval, error) {
	snap := s.engine.Snapshot()
	a, ok := snap.Approval(id)
	if ok && a.Pending() {
		return a, nil
	}
	if how, known := ending(snap, id); known {
		return nil, &engine.DecidedError{ID: id, Answer: how}
	}
	return nil, rpc.Refuse(rpc.RequestFailed, "there is no open approval %s: it was answered, or its ticket needs it no more", id)
}

// ending is how an approval was decided, whether its worker has used that or not; ok is false for one that waits, and
// for one that is not remembered.
func ending(snap *engine.Snapshot, id engine.ApprovalID) (how engine.Answer, ok bool) {
	if a, there := snap.Approval(id); there {
		if a.Pending() {
			return engine.Answer{}, false
		}
		return *a.Answer, true
	}
	return snap.Decision(id)
}

func approvalAnswer(ctx context.Context, s *Session, v view, a wire.AnswerArgs) (any, error) {
	if err := s.answerByCommand(ctx, v, a); err != nil {
		return nil, err
	}
	s.acted() // only now: before, the very approval that is being answered would be asked
	return nil, nil
}

func (s *Session) answerByCommand(ctx context.Context, v view, a wire.AnswerArgs) error {
	decision, err := decisionOf(a.Decision)
	switch {
	case err != nil:
		return err
	case len(a.IDs) > 0 && (a.ID != "" || a.Prompt != nil || a.Context != nil || a.URI != ""):
		return rpc.Refuse(rpc.InvalidParams, `"ids" answers several as they were asked: give no "id", "prompt", "context" or "uri" with it`)
	case len(a.IDs) > 0:
		return s.answerAll(ctx, a, decision)
	}
	asked, err := s.pending(engine.ApprovalID(a.ID))
	if err != nil {
		return err
	}
	reply, err := s.answerOf(ctx, v, a, asked)
	if err != nil {
		return err
	}
	reply.decision = decision
	return s.answer(ctx, asked, reply)
}

func decisionOf(word string) (engine.Decision, error) {
	switch word {
	case wire.Approve:
		return engine.Approved, nil
	case wire.Reject:
		return engine.Rejected, nil
	}
	return "", rpc.Refuse(rpc.InvalidParams, `"decision" must be %q or %q, not %q`, wire.Approve, wire.Reject, word)
}

// answerOf reads what a person wants to answer with: what was asked, their edits of it, and their words.
func (s *Session) answerOf(ctx context.Context, v view, a wire.AnswerArgs, asked *engine.Approval) (answer, error) {
	content, err := engine.LoadContent(ctx, s.hub.opts.Blobs, asked.Hash)
	if err != nil {
		return answer{}, err
	}
	reply := answer{content: content, reason: a.Reason}
	if a.URI != "" {
		if reply, err = s.readReview(v, a, asked, content); err != nil {
			return answer{}, err
		}
	}
	if a.Remember != "" {
		reply.remember = engine.Scope(a.Remember)
	}
	if a.Prompt != nil {
		reply.content.Prompt = *a.Prompt
	}
	if a.Context != nil {
		reply.content.Context = *a.Context
	}
	return reply, nil
}

// answer is what a person said to an approval.
type answer struct {
	decision engine.Decision
	reason   string
	content  engine.Content // as it is to be used; not read for a rejection
	remember engine.Scope
	whole    bool // all of it was before their eyes
}

// answer submits a person's answer. The first one counts; a late one is a *engine.DecidedError. What is not all there
// is a *engine.IncompleteError, what cannot be remembered a *engine.NotForGoodError.
func (s *Session) answer(ctx context.Context, asked *engine.Approval, a answer) error {
	cmd, err := s.prepared(ctx, asked, a)
	if err != nil {
		return err
	}
	return s.engine.Do(ctx, cmd)
}

func (s *Session) prepared(ctx context.Context, asked *engine.Approval, a answer) (engine.AnswerApproval, error) {
	cmd := engine.AnswerApproval{Decision: a.decision, By: s.actor(), Reason: a.reason, Remember: a.remember, Whole: a.whole}
	if a.decision != engine.Approved {
		cmd.Remember = engine.ScopeOnce // a scope that was written down goes with an approval
	}
	return engine.PrepareAnswer(ctx, s.hub.opts.Blobs, asked, a.content, cmd)
}

// answerAll answers several approvals in one transaction, as they were asked. Those that somebody else has decided are
// left out, and it is said who did.
func (s *Session) answerAll(ctx context.Context, a wire.AnswerArgs, decision engine.Decision) error {
	var answers []engine.AnswerApproval
	var late []*engine.DecidedError
	for _, id := range a.IDs {
		cmd, err := s.answerLike(ctx, engine.ApprovalID(id), answer{decision: decision, reason: a.Reason, remember: engine.Scope(a.Remember)})
		if decided := (*engine.DecidedError)(nil); errors.As(err, &decided) {
			late = append(late, decided)
			continue
		}
		if err != nil {
			return err
		}
		answers = append(answers, cmd)
	}
	decided, err := submit(ctx, s.engine, &answers)
	if err != nil {
		return err
	}
	late = append(late, decided...)
	switch {
	case len(late) > 0 && len(answers) == 0:
		return late[0]
	case len(late) > 0:
		s.tell(ctx, protocol.MessageTypeInfo, lateLines(late))
	}
	return nil
}

// answerLike prepares the same answer for one of several approvals.
func (s *Session) answerLike(ctx context.Context, id engine.ApprovalID, a answer) (engine.AnswerApproval, error) {
	asked, err := s.pending(id)
	if err != nil {
		return engine.AnswerApproval{}, err
	}
	if asked.Kind == engine.KindQuestion && a.decision == engine.Approved {
		return engine.AnswerApproval{}, &engine.IncompleteError{ID: id, Kind: asked.Kind}
	}
	if a.content, err = engine.LoadContent(ctx, s.hub.opts.Blobs, asked.Hash); err != nil {
		return engine.AnswerApproval{}, err
	}
	return s.prepared(ctx, asked, a)
}

// submit answers in one transaction what nobody else has decided: answers is left with those.
func submit(ctx context.Context, e Engine, answers *[]engine.AnswerApproval) (late []*engine.DecidedError, err error) {
	for len(*answers) > 0 {
		err = e.Do(ctx, engine.AnswerApprovals{Answers: *answers})
		decided := (*engine.DecidedError)(nil)
		if !errors.As(err, &decided) {
			return late, err
		}
		rest := slices.DeleteFunc(slices.Clone(*answers), func(a engine.AnswerApproval) bool { return a.ID == decided.ID })
		if len(rest) == len(*answers) {
			return late, err
		}
		late, *answers = append(late, decided), rest
	}
	return late, nil
}

func lateLines(late []*engine.DecidedError) string {
	lines := make([]string, len(late))
	for i, d := range late {
		lines[i] = page.EndedLine(d.ID, d.Answer)
	}
	return strings.Join(lines, "; ") + ": your answer changed nothing about that."
}

// lateMessage is what a person is told whose answer came after another one; ok is false for any other error.
func lateMessage(err error) (msg string, ok bool) {
	var decided *engine.DecidedError
	if !errors.As(err, &decided) {
		return "", false
	}
	return page.EndedLine(decided.ID, decided.Answer) + ". What you answer now changes nothing.", true
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

func approvalRules(_ context.Context, s *Session, _ view, _ struct{}) (any, error) {
	const runes = 400
	list := []wire.Remembered{}
	for r := range s.engine.Snapshot().Remembered() {
		covers, _ := text.CutLine(r.Title, runes)
		if r.Cover != nil {
			covers, _ = text.VisibleLine(r.Cover.String(), runes)
		}
		list = append(list, wire.Remembered{
			ID: string(r.ID), Scope: string(r.Scope), Track: string(r.Ticket.Track), Ticket: r.Ticket.ID, Covers: covers,
			By: string(r.Answer.By), Since: r.Answer.At.UTC().Format(time.RFC3339),
		})
	}
	return list, nil
}

func approvalForget(ctx context.Context, s *Session, _ view, a wire.ApprovalArgs) (any, error) {
	err := s.engine.Do(ctx, engine.ForgetAnswer{ID: engine.ApprovalID(a.ID), By: s.actor()})
	if errors.Is(err, engine.ErrNoApproval) {
		return nil, rpc.Refuse(rpc.RequestFailed, "%s is not among what was approved for good: %s lists that", a.ID, wire.ApprovalRules)
	}
	return nil, err
}
