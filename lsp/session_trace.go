package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine/text"
)

// What a client may look at to see what the server does: $/logTrace, where it asks for it, and window/logMessage. Both
// are only nice to know: a client that is behind with reading does not get them.

// maxTraced bounds, in bytes, what a trace shows of a message, and a log message as a whole.
const maxTraced = 4 << 10

// setTrace takes $/setTrace and the trace of initialize.
func (s *Session) setTrace(params json.RawMessage) error {
	var p struct{ Value protocol.TraceValue }
	if err := json.Unmarshal(params, &p); err != nil {
		return fmt.Errorf("decoding a trace setting: %w", err)
	}
	switch p.Value {
	case protocol.TraceValueOff, protocol.TraceValueMessages, protocol.TraceValueVerbose:
		s.trace.Store(&p.Value)
		return nil
	}
	return fmt.Errorf("a trace is off, messages or verbose, not %q", p.Value)
}

// traced tells the client, where it wants to know, what a message of its came to.
func (s *Session) traced(method string, params json.RawMessage, took time.Duration, err error) {
	if s.hub.opts.Served != nil {
		s.hub.opts.Served(method, took)
	}
	level := s.trace.Load()
	if level == nil || *level == protocol.TraceValueOff || s.conn.Behind() {
		return
	}
	p := &protocol.LogTraceParams{Message: fmt.Sprintf("%s took %v", method, took.Round(time.Microsecond))}
	if err != nil {
		p.Message += ": " + text.Visible(err.Error())
	}
	p.Message = clip(p.Message)
	if *level == protocol.TraceValueVerbose {
		p.Verbose = new(clip(string(params)))
	}
	s.hint(protocol.MethodLogTrace, p)
}

// clip bounds what is shown, and says so.
func clip(shown string) string {
	if len(shown) <= maxTraced {
		return shown
	}
	return fmt.Sprintf("%s… (%d bytes more)", strings.ToValidUTF8(shown[:maxTraced], ""), len(shown)-maxTraced)
}

// hint sends what is only nice to know. It is called from anywhere, the read loop too, and waits for nobody.
func (s *Session) hint(method string, params any) {
	ctx, cancel := context.WithTimeout(context.Background(), hintPatience)
	defer cancel()
	_ = s.conn.Notify(ctx, method, params) // there is nobody to tell
}

// hintPatience is how long a hint may wait for a client that has just been found not to be behind.
const hintPatience = 50 * time.Millisecond

// The bounds of window/logMessage: at most so many in so long; how many were left out is said with the next.
const (
	maxLogged = 50
	logSpan   = 10 * time.Second
)

// clientLog is a slog.Handler that shows warnings and errors of a session in the client's own log.
type clientLog struct {
	s      *Session
	budget *logBudget
	shown  string // the attributes so far
	group  string
}

func newClientLog(s *Session) slog.Handler { return &clientLog{s: s, budget: &logBudget{}} }

// Enabled implements slog.Handler. Nothing is sent before the client has said initialized.
func (h *clientLog) Enabled(_ context.Context, level slog.Level) bool {
	select {
	case <-h.s.ready:
		return level >= slog.LevelWarn
	default:
		return false
	}
}

// Handle implements slog.Handler.
func (h *clientLog) Handle(_ context.Context, r slog.Record) error {
	left, ok := h.budget.take(r.Time)
	if !ok || h.s.conn.Behind() {
		return nil
	}
	var b strings.Builder
	if left > 0 {
		fmt.Fprintf(&b, "(%d messages were left out) ", left)
	}
	b.WriteString(r.Message + h.shown)
	r.Attrs(func(a slog.Attr) bool { b.WriteString(h.show(a)); return true })
	kind := protocol.MessageTypeWarning
	if r.Level >= slog.LevelError {
		kind = protocol.MessageTypeError
	}
	h.s.hint(protocol.MethodWindowLogMessage, &protocol.LogMessageParams{Type: kind, Message: clip(text.Visible(b.String()))})
	return nil
}

// WithAttrs implements slog.Handler.
func (h *clientLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	for _, a := range attrs {
		next.shown += h.show(a)
	}
	return &next
}

func (h *clientLog) show(a slog.Attr) string { return fmt.Sprintf(" %s%s=%v", h.group, a.Key, a.Value) }

// WithGroup implements slog.Handler.
func (h *clientLog) WithGroup(name string) slog.Handler {
	next := *h
	next.group += name + "."
	return &next
}

// logBudget counts log messages.
type logBudget struct {
	mu   sync.Mutex
	from time.Time // the beginning of the span
	n    int       // messages in it
}

// take allows one more message, and says how many were left out before it.
func (b *logBudget) take(now time.Time) (left int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Sub(b.from) > logSpan {
		left = max(0, b.n-maxLogged)
		b.from, b.n = now, 0
	}
	b.n++
	return left, b.n <= maxLogged
}
