package mcp

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// server is one server, running or not.
type server struct {
	Server
	opts *Options
	turn chan struct{} // holds a token while somebody looks at what is below, starts or lists

	trouble atomic.Pointer[string]            // why it has never told its tools; nil: it has, or was not asked
	known   atomic.Pointer[[]engine.ToolSpec] // of listed; nil until it was listed once

	// Whoever holds the turn:
	live   *live // nil: it does not run
	starts []time.Time
	ended  error // why it ended last
	closed bool
	listed []engine.Tool
	notes  []string
}

var errClosed = errors.New("slop-ls is about to end")

func (s *server) take(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *server) leave() { <-s.turn }

// tools gives the tools as they are now, or those that were known last.
func (s *server) tools(ctx context.Context) []engine.Tool {
	if err := s.take(ctx); err != nil {
		return nil
	}
	defer s.leave()
	err := s.refresh(ctx)
	if err != nil {
		s.opts.Log.Warn("an MCP server is not available", "server", s.Name, "err", err)
	}
	s.note(err)
	return s.listed
}

// note keeps why the server has never told its tools. Of one that has, a call says what is wrong.
func (s *server) note(err error) {
	s.trouble.Store(nil)
	if err == nil || s.known.Load() != nil {
		return
	}
	why, _ := text.VisibleLine(s.Name+": "+err.Error(), 300)
	s.trouble.Store(&why)
}

func (s *server) check(ctx context.Context) State {
	if err := s.take(ctx); err != nil {
		return State{Name: s.Name, Err: err}
	}
	defer s.leave()
	err := s.refresh(ctx)
	state := State{Name: s.Name, Err: err, Notes: s.notes}
	for _, t := range s.listed {
		state.Tools = append(state.Tools, t.Spec().Name)
	}
	return state
}

// refresh has the server running and its tools listed. The turn is held.
func (s *server) refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.opts.Limits.Start, fmt.Errorf("it did not answer within %s", s.opts.Limits.Start))
	defer cancel()
	l, err := s.run(ctx)
	if err != nil {
		return err
	}
	if !l.changed.Swap(false) {
		return nil
	}
	tools, notes, err := s.list(ctx, l)
	if err != nil {
		l.changed.Store(true)
		return fmt.Errorf("listing its tools: %w", causeOf(ctx, err))
	}
	s.listed, s.notes = tools, notes
	s.known.Store(new(specsOf(tools)))
	return nil
}

// running is the server's session, which is started where there is none.
func (s *server) running(ctx context.Context) (*live, error) {
	if err := s.take(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	ctx, cancel := context.WithTimeoutCause(ctx, s.opts.Limits.Start, fmt.Errorf("it did not answer within %s", s.opts.Limits.Start))
	defer cancel()
	return s.run(ctx)
}

// run is running for who holds the turn.
func (s *server) run(ctx context.Context) (*live, error) {
	if s.closed {
		return nil, errClosed
	}
	if s.live != nil {
		if err, over := s.live.over(); over {
			s.drop(err)
		} else {
			return s.live, nil
		}
	}
	if err := s.mayStart(time.Now()); err != nil {
		return nil, err
	}
	s.starts = append(s.starts, time.Now())
	l, err := s.connect(ctx)
	if err != nil {
		s.ended = causeOf(ctx, err)
		return nil, s.ended
	}
	s.opts.Log.Info("an MCP server is running", "server", s.Name, "starts", len(s.starts))
	s.live = l
	return l, nil
}

// drop forgets a session that is over.
func (s *server) drop(why error) {
	s.opts.Log.Warn("an MCP server ended", "server", s.Name, "err", why)
	s.live.close(s.opts.Limits.Leave)
	s.live, s.ended = nil, why
}

// mayStart says why the server is not started now.
func (s *server) mayStart(now time.Time) error {
	for len(s.starts) > 0 && now.Sub(s.starts[0]) > restartWindow {
		s.starts = s.starts[1:]
	}
	n := len(s.starts)
	if n == 0 || s.ended == nil {
		return nil
	}
	if n > s.opts.Limits.Restarts {
		return fmt.Errorf("it was started %d times within %s and is not started again for now; at last: %w", n, restartWindow, s.ended)
	}
	if n == 1 { // the first restart comes at once
		return nil
	}
	pause := s.opts.Limits.Pause << (n - 2)
	if left := s.starts[n-1].Add(pause).Sub(now); left > 0 {
		return fmt.Errorf("it ended (%w) and is not started again before %s have passed", s.ended, left.Round(time.Millisecond))
	}
	return nil
}

// connect starts or dials the server and shakes hands with it.
func (s *server) connect(ctx context.Context) (*live, error) {
	l := &live{gone: make(chan struct{})}
	l.changed.Store(true)
	transport, err := s.transport(ctx, l)
	if err != nil {
		return nil, err
	}
	client := sdk.NewClient(&sdk.Implementation{Name: "slop-ls", Version: s.opts.Version}, &sdk.ClientOptions{
		Capabilities:           &sdk.ClientCapabilities{},
		ToolListChangedHandler: func(context.Context, *sdk.ToolListChangedRequest) { l.changed.Store(true) },
	})
	session, err := client.Connect(ctx, transport, nil)
	if err != nil {
		err = l.explain(causeOf(ctx, err))
		l.kill()
		return nil, err
	}
	l.session = session
	go l.watch()
	return l, nil
}

// close ends the server for good.
func (s *server) close() error {
	_ = s.take(context.Background())
	defer s.leave()
	s.closed = true
	if s.live != nil {
		s.live.close(s.opts.Limits.Leave)
		s.live = nil
	}
	return nil
}

func specsOf(tools []engine.Tool) []engine.ToolSpec {
	specs := make([]engine.ToolSpec, len(tools))
	for i, t := range tools {
		specs[i] = t.Spec()
	}
	return specs
}

// causeOf is the cause of an error that came of a context's end.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
