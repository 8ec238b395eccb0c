package mcp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/slop-ls/slop-ls/engine"
)

// Server is one server of the configuration. Either Command or URL is set.
type Server struct {
	Name    string // letters, digits, - and _
	Command []string
	URL     string
	// Header is what every request to URL carries beside the protocol's own, asked once a connection; nil: nothing. It may
	// hold a token, and is never shown.
	Header  func(context.Context) (http.Header, error)
	Timeout time.Duration // of one call; 0: DefaultTimeout
}

// Process is a program that was started.
type Process struct {
	In   io.WriteCloser
	Out  io.ReadCloser
	Kill func()       // kills it with all that it started; may be called again
	Wait func() error // returns when it has ended and nothing of it is left; called once
}

// Options are what the servers are run with. Start must be set where a Server has a Command; Log may be nil.
type Options struct {
	Servers []Server
	// Start starts the program of a server; what it writes on its standard error goes to stderr. ctx is of who asked for
	// the server's tools, and not of the program's life.
	Start   func(ctx context.Context, server string, argv []string, stderr io.Writer) (Process, error)
	Version string // of slop-ls, which the servers are told
	Log     *slog.Logger
	Limits  Limits
}

// Limits bound what a server may take. Zeros mean the defaults.
type Limits struct {
	Start    time.Duration // until it has told its tools; default 20 s
	Leave    time.Duration // from the end of its input until it is killed; default 2 s
	Pause    time.Duration // before the second start after it ended; it doubles each time; default 1 s
	Restarts int           // starts within ten minutes, after the first; default 5
}

// DefaultTimeout is how long a call may take where a Server says nothing.
const DefaultTimeout = 60 * time.Second

// restartWindow is the time in which restarts are counted.
const restartWindow = 10 * time.Minute

func (l Limits) orDefault() Limits {
	if l.Start <= 0 {
		l.Start = 20 * time.Second
	}
	if l.Leave <= 0 {
		l.Leave = 2 * time.Second
	}
	if l.Pause <= 0 {
		l.Pause = time.Second
	}
	if l.Restarts <= 0 {
		l.Restarts = 5
	}
	return l
}

// Servers are all servers of a configuration. It is an engine.Toolbox, and safe for concurrent use.
type Servers struct{ list []*server }

var _ engine.Toolbox = (*Servers)(nil)

// New makes the servers, and starts none. The caller closes them.
func New(o Options) *Servers {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Limits = o.Limits.orDefault()
	s := &Servers{}
	for _, cfg := range o.Servers {
		if cfg.Timeout <= 0 {
			cfg.Timeout = DefaultTimeout
		}
		s.list = append(s.list, &server{Server: cfg, opts: &o, turn: make(chan struct{}, 1)})
	}
	return s
}

// Tools gives the tools of all servers, starting those that do not run. Of a server that cannot be started it gives the
// tools that it had, so that a call says what is wrong; the log has it too.
func (s *Servers) Tools(ctx context.Context) []engine.Tool {
	var wait sync.WaitGroup
	of := make([][]engine.Tool, len(s.list))
	for i, srv := range s.list {
		wait.Go(func() { of[i] = srv.tools(ctx) })
	}
	wait.Wait()
	var all []engine.Tool
	for _, tools := range of {
		all = append(all, tools...)
	}
	return all
}

// Missing implements engine.Toolbox.
func (s *Servers) Missing() []string {
	var all []string
	for _, srv := range s.list {
		if why := srv.trouble.Load(); why != nil {
			all = append(all, *why)
		}
	}
	return all
}

// Known implements engine.Toolbox.
func (s *Servers) Known() []engine.ToolSpec {
	var all []engine.ToolSpec
	for _, srv := range s.list {
		if specs := srv.known.Load(); specs != nil {
			all = append(all, *specs...)
		}
	}
	return all
}

// Unseen names the servers that have not told their tools yet.
func (s *Servers) Unseen() []string {
	var names []string
	for _, srv := range s.list {
		if srv.known.Load() == nil {
			names = append(names, srv.Name)
		}
	}
	return names
}

// State is what can be said of one server.
type State struct {
	Name  string
	Tools []string // as a model calls them
	Notes []string // what was left out of them, and why
	Err   error    // why it does not run
}

// Check starts every server that does not run and says what became of it.
func (s *Servers) Check(ctx context.Context) []State {
	var wait sync.WaitGroup
	states := make([]State, len(s.list))
	for i, srv := range s.list {
		wait.Go(func() { states[i] = srv.check(ctx) })
	}
	wait.Wait()
	return states
}

// Close ends every server and waits until nothing of them is left. Calls under way fail, and so do later ones.
func (s *Servers) Close() error {
	var wait sync.WaitGroup
	errs := make([]error, len(s.list))
	for i, srv := range s.list {
		wait.Go(func() { errs[i] = srv.close() })
	}
	wait.Wait()
	return errors.Join(errs...)
}
