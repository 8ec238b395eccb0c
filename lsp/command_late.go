package lsp

import (
	"context"
	"time"
)

// answerBy is how long a command waits for what comes of its edits. Emacs's eglot tells of no change while a command of its
// own is unanswered, be the edit in its buffer or not; and a preview may stand open for ever.
const answerBy = time.Second

// inTime carries out a part of a command that edits, and gives how it ended. Where that takes longer than answerBy it is nil,
// so that the command is answered, and late is told how it ended. What was begun is not ended by ctx, whose error is then
// given, but by the session.
func (s *Session) inTime(ctx context.Context, do func(context.Context) error, late func(context.Context, error)) error {
	over, answered := make(chan error), make(chan struct{})
	s.later(func(session context.Context) {
		err := do(session)
		select {
		case over <- err:
		case <-answered:
			late(session, err)
		case <-session.Done():
		}
	})
	patience := time.NewTimer(answerBy)
	defer patience.Stop()
	select {
	case err := <-over:
		return err
	case <-patience.C:
		close(answered)
		return nil
	case <-ctx.Done(): // the request is withdrawn; what is on its way is not
		close(answered)
		return context.Cause(ctx)
	}
}
