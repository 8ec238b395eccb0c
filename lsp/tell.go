package lsp

import (
	"context"
	"sync"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine/text"
)

// Neovim writes messages into its one message line. One that does not fit, or that comes on top of another, makes it wait
// for a key, and who types then loses that key. So unasked messages are kept to a line there, one after the other, and the
// whole of them goes to the client's log.
const (
	lineRoom = 46                     // characters: of 80, less 12 that are kept free and "LSP[slop-ls][Warning] "
	lineGap  = 300 * time.Millisecond // between two messages, so that each is drawn before the next
	maxLines = 32                     // that wait; what comes then is in the log alone
)

// tell shows a line to the person, in which nothing is hidden: parts of it come from models and documents. It is not
// waited for.
func (s *Session) tell(ctx context.Context, kind protocol.MessageType, msg string) {
	msg = text.StillVisible(msg)
	if !s.traits().OneLine || kind == protocol.MessageTypeError {
		s.notify(ctx, kind, msg)
		return
	}
	line, cut := text.CutLine(msg, lineRoom)
	first, kept := s.lines.add(saying{kind, line})
	if cut || !kept { // as a warning, since Neovim keeps nothing less
		s.hint(protocol.MethodWindowLogMessage, &protocol.LogMessageParams{Type: protocol.MessageTypeWarning, Message: clip(msg)})
	}
	if first {
		go s.sayLines(context.WithoutCancel(ctx))
	}
}

// reply shows the answer to what the person has just asked for: they look at it, so it is whole in every editor.
func (s *Session) reply(ctx context.Context, kind protocol.MessageType, msg string) {
	s.notify(ctx, kind, text.StillVisible(msg))
}

func (s *Session) notify(ctx context.Context, kind protocol.MessageType, msg string) {
	if err := s.conn.Notify(ctx, protocol.MethodWindowShowMessage, &protocol.ShowMessageParams{Type: kind, Message: msg}); err != nil {
		s.log.Debug("a message was not shown", "err", err)
	}
}

// sayLines says what waits, line by line, until nothing does.
func (s *Session) sayLines(ctx context.Context) {
	for {
		next, ok := s.lines.next()
		if !ok {
			return
		}
		s.notify(ctx, next.kind, next.line)
		select {
		case <-time.After(lineGap):
		case <-s.conn.Over():
		}
	}
}

// saying is a line to be shown.
type saying struct {
	kind protocol.MessageType
	line string
}

// lines are what is to be shown one after the other.
type lines struct {
	mu      sync.Mutex
	waiting []saying
	busy    bool // somebody says them
}

// add adds a line. first: nobody says them yet, so that the caller has to; kept is false where too many wait.
func (l *lines) add(next saying) (first, kept bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) >= maxLines {
		return false, false
	}
	l.waiting = append(l.waiting, next)
	first, l.busy = !l.busy, true
	return first, true
}

func (l *lines) next() (_ saying, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.busy = false
		return saying{}, false
	}
	next := l.waiting[0]
	l.waiting = l.waiting[1:]
	return next, true
}
