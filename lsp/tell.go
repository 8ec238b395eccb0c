package lsp

import (
	"context"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine/text"
)

// Neovim writes messages into its one message line. One that does not fit, or that comes on top of another, makes it wait
// for a key, and who types then loses that key. So unasked messages are kept to a line there, one at a time, and the whole
// of them goes to the client's log.
const (
	lineRoom = 46                     // characters: of 80, less 12 that are kept free and "LSP[slop-ls][Warning] "
	lineGap  = 300 * time.Millisecond // between two messages, so that each is drawn before the next
)

// tell shows a line to the person, in which nothing is hidden: parts of it come from models and documents. It is not
// waited for.
func (s *Session) tell(ctx context.Context, kind protocol.MessageType, msg string) {
	msg = text.StillVisible(msg)
	if s.traits().OneLine && kind != protocol.MessageTypeError {
		msg = s.inOneLine(msg)
	}
	if msg == "" {
		return
	}
	if err := s.conn.Notify(ctx, protocol.MethodWindowShowMessage, &protocol.ShowMessageParams{Type: kind, Message: msg}); err != nil {
		s.log.Debug("a message was not shown", "err", err)
	}
}

// inOneLine is what is shown of a message: what fits, or nothing right after another one. The rest is in the log, as a
// warning, since Neovim keeps nothing less.
func (s *Session) inOneLine(msg string) string {
	line, cut := text.CutLine(msg, lineRoom)
	now, last := s.hub.opts.Now().UnixNano(), s.told.Load()
	if now-last < int64(lineGap) || !s.told.CompareAndSwap(last, now) {
		line = ""
	}
	if cut || line == "" {
		s.hint(protocol.MethodWindowLogMessage, &protocol.LogMessageParams{Type: protocol.MessageTypeWarning, Message: clip(msg)})
	}
	return line
}
