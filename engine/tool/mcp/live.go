package mcp

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/slop-ls/slop-ls/engine/text"
)

// live is one session with a running server.
type live struct {
	session *sdk.ClientSession
	door    *door    // of a URL, else nil
	process *Process // of a program, else nil
	exited  chan struct{}
	exit    error // why the process ended; after exited
	said    tail
	changed atomic.Bool // the tools are to be listed
	spoilt  atomic.Pointer[error]

	gone chan struct{} // closed when the session is over
	why  error         // after gone
}

// transport starts the program, or is the way to the URL.
func (s *server) transport(ctx context.Context, l *live) (sdk.Transport, error) {
	if s.URL != "" {
		var header http.Header
		if s.Header != nil {
			var err error
			if header, err = s.Header(ctx); err != nil {
				return nil, err
			}
		}
		l.door = newDoor(header)
		return &sdk.StreamableClientTransport{Endpoint: s.URL, HTTPClient: &http.Client{Transport: l.door}}, nil
	}
	p, err := s.opts.Start(ctx, s.Name, s.Command, &l.said)
	if err != nil {
		return nil, err
	}
	l.process, l.exited = &p, make(chan struct{})
	go func() {
		defer close(l.exited)
		l.exit = p.Wait()
	}()
	return &sdk.IOTransport{Reader: p.Out, Writer: p.In}, nil
}

// watch notes the session's end.
func (l *live) watch() {
	l.why = l.explain(l.session.Wait())
	close(l.gone)
}

// over says whether the session has ended, and why.
func (l *live) over() (error, bool) {
	if why := l.spoilt.Load(); why != nil {
		return *why, true
	}
	select {
	case <-l.gone:
		return l.why, true
	default:
		return nil, false
	}
}

// spoil has the session dropped before its next use.
func (l *live) spoil(why error) { l.spoilt.CompareAndSwap(nil, &why) }

// explain is why a session ended, as far as its process tells.
func (l *live) explain(err error) error {
	if l.process == nil {
		if err == nil {
			return fmt.Errorf("it closed the connection")
		}
		return err
	}
	select {
	case <-l.exited:
	case <-time.After(drain): // it closed its output and lives on
		return withLast(fmt.Errorf("it closed its output"), &l.said)
	}
	if l.exit == nil {
		return withLast(fmt.Errorf("it ended"), &l.said)
	}
	return withLast(fmt.Errorf("it ended: %w", l.exit), &l.said)
}

// drain is how long the end of a process is waited for once its output has ended: who guards it ends what it left behind
// first.
const drain = 2 * time.Second

func withLast(err error, said *tail) error {
	if last := said.line(); last != "" {
		return fmt.Errorf("%w: %s", err, last)
	}
	return err
}

// close ends the session: the server's input first, so that it can end by itself, then by force.
func (l *live) close(patience time.Duration) {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_ = l.session.Close() // it is over, whatever it says
	}()
	over := closed
	if l.process != nil {
		_ = l.process.In.Close()
		over = l.exited
	}
	select {
	case <-over:
	case <-time.After(patience):
	}
	l.kill()
	<-closed
	<-l.gone
}

// kill ends what carries the session: its connections, or the process, whose end it waits for.
func (l *live) kill() {
	if l.door != nil {
		l.door.shut()
	}
	if l.process == nil {
		return
	}
	l.process.Kill()
	<-l.exited
	_ = l.process.In.Close()
	_ = l.process.Out.Close()
}

// ping asks whether the server still answers at all.
func (l *live) ping(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return l.session.Ping(ctx, nil) == nil
}

// tail keeps the end of what a program says. It is safe for concurrent use.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

const maxTail = 2 << 10

// Write takes everything and never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p[max(0, len(p)-maxTail):]...)
	t.kept = t.kept[max(0, len(t.kept)-maxTail):]
	return len(p), nil
}

// line is the last line that says something, safe to show.
func (t *tail) line() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.kept)), "\n")
	shown, _ := text.VisibleLine(lines[len(lines)-1], 200)
	return shown
}
