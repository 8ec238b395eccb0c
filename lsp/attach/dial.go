package attach

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/slop-ls/slop-ls/lsp/wire"
)

// ErrNoDaemon is returned when no daemon of the workspace answers.
var ErrNoDaemon = errors.New("no daemon runs for this workspace: an editor or `slop-ls run` starts it")

// RefusedError says that a daemon is there and does not serve this client.
type RefusedError struct{ Reply Reply }

func (e *RefusedError) Error() string { return e.Reply.Reason }

// errReplaced is returned by Connect when the daemon left for this client's build, and its lock is free.
var errReplaced = errors.New("the daemon of another build has left")

const (
	helloTimeout = 5 * time.Second
	startTimeout = 30 * time.Second
	// maxStarts bounds how often Dial starts over when daemons vanish under it.
	maxStarts = 5
)

// Connect attaches to the daemon that runs, and starts none. The caller closes the connection. Errors: ErrNoDaemon,
// *RefusedError, or that the daemon does not answer in time.
func (p Place) Connect(ctx context.Context, h Hello) (*Conn, error) {
	c, err := p.connect(ctx, h)
	if errors.Is(err, errReplaced) {
		return nil, ErrNoDaemon
	}
	return c, err
}

// Status asks the daemon how it is, whatever its build. Errors as of Connect.
func (p Place) Status(ctx context.Context, h Hello) (Reply, error) {
	h.Kind = AskStatus
	c, err := p.Connect(ctx, h)
	if err != nil {
		return Reply{}, err
	}
	return c.Reply, c.Close()
}

// Stop ends the daemon, whatever its build, and returns when its lock is free or ctx ends. Editors that are attached
// start another. The reply is as things were before. Errors as of Connect.
func (p Place) Stop(ctx context.Context, h Hello) (Reply, error) {
	h.Kind = AskStop
	c, err := p.Connect(ctx, h)
	if err != nil {
		return Reply{}, err
	}
	return c.Reply, errors.Join(awaitEnd(ctx, c), c.Close())
}

func (p Place) connect(ctx context.Context, h Hello) (*Conn, error) {
	a, err := p.address()
	if err != nil {
		return nil, err
	}
	h.Wire, h.PID = wire.Version, os.Getpid()
	unix, err := dialSocket(ctx, a.Socket)
	if err != nil {
		return nil, err
	}
	c := newConn(unix)
	if err := c.hello(ctx, h); err != nil {
		c.Close() //nolint:errcheck // err says more
		if isTimeout(err) && ctx.Err() == nil {
			return nil, fmt.Errorf("the daemon (process %d) does not answer; end that process, and another will start: %w", a.PID, err)
		}
		return nil, err
	}
	return c, nil
}

// dialSocket connects; a full queue is tried again on a timer, since nothing tells when it has room.
func dialSocket(ctx context.Context, path string) (*net.UnixConn, error) {
	ctx, cancel := context.WithTimeout(ctx, helloTimeout)
	defer cancel()
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		c, err := new(net.Dialer).DialContext(ctx, "unix", path)
		switch {
		case err == nil:
			return c.(*net.UnixConn), nil
		case absent(err):
			return nil, ErrNoDaemon
		case !tryAgain(err):
			return nil, fmt.Errorf("connecting to the daemon: %w", err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, fmt.Errorf("connecting to the daemon, whose queue is full: %w", context.Cause(ctx))
		}
	}
}

// hello introduces this client and takes the reply. A daemon that leaves is waited for.
func (c *Conn) hello(ctx context.Context, h Hello) error {
	if err := checkPeer(c.unix); err != nil {
		return err
	}
	if err := c.unix.SetDeadline(time.Now().Add(helloTimeout)); err != nil {
		return fmt.Errorf("greeting the daemon: %w", err)
	}
	unhook := context.AfterFunc(ctx, func() { c.Close() }) //nolint:errcheck // it only wakes the reader below
	defer unhook()
	err := writeLine(c.unix, h)
	if err == nil || absent(err) { // who refused early has still written why
		err = readLine(c.in, &c.Reply)
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), absent(err):
		return ErrNoDaemon
	case err != nil:
		return fmt.Errorf("greeting the daemon: %w", err)
	case c.Reply.Code == Leaving:
		if err := awaitEnd(ctx, c); err != nil {
			return err
		}
		return errReplaced
	case !c.Reply.OK:
		return &RefusedError{Reply: c.Reply}
	}
	if !unhook() {
		return context.Cause(ctx)
	}
	return c.unix.SetDeadline(time.Time{})
}

// awaitEnd returns when the daemon has closed the connection: when its lock is free, or it is dead.
func awaitEnd(ctx context.Context, c *Conn) error {
	if err := c.unix.SetDeadline(time.Time{}); err != nil {
		return fmt.Errorf("waiting for the daemon to end: %w", err)
	}
	unhook := context.AfterFunc(ctx, func() { c.unix.SetDeadline(time.Unix(1, 0)) }) //nolint:errcheck // it only wakes the reader below
	defer unhook()
	_, err := io.Copy(io.Discard, c.in)
	if ctx.Err() != nil {
		return fmt.Errorf("waiting for the daemon to end: %w", context.Cause(ctx))
	}
	if err != nil && !absent(err) {
		return fmt.Errorf("waiting for the daemon to end: %w", err)
	}
	return nil
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// Dialer attaches to the workspace's daemon and starts one where there is none. One goroutine at a time may use it.
type Dialer struct {
	Place   Place
	Root    string   // the working folder of a started daemon
	Command []string // its program and arguments: the program calls Inherit and Run
	Env     []string // its environment; nil: that of this process
	Hello   Hello    // what is said to it

	started bool // a daemon of ours: whatever build the program on disk has become, it serves
}

// Dial attaches. It waits at most 30 s for a daemon to start. Errors: *RefusedError (another build is busy),
// *StartError, ctx's. Nothing is left running but the daemon, and a goroutine that waits for its end.
func (d *Dialer) Dial(ctx context.Context) (*Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout,
		fmt.Errorf("the daemon took more than %v; its log is %s: %w", startTimeout, d.Place.LogPath(), context.DeadlineExceeded))
	defer cancel()
	for range maxStarts {
		if c, err := d.attach(ctx); !vacant(err) {
			return c, err
		}
		gate, err := d.Place.gate(ctx)
		if err != nil {
			return nil, err
		}
		c, err := d.attach(ctx) // who held the gate may have started it
		if !vacant(err) {
			return c, errors.Join(err, gate.Close())
		}
		if err := d.start(ctx, gate); err != nil {
			return nil, err
		}
		d.started = true
	}
	return nil, fmt.Errorf("the daemon was started %d times and vanished each time: see %s", maxStarts, d.Place.LogPath())
}

func (d *Dialer) attach(ctx context.Context) (*Conn, error) {
	h := d.Hello
	h.AnyBuild = h.AnyBuild || d.started
	return d.Place.connect(ctx, h)
}

// vacant reports whether a daemon may be started.
func vacant(err error) bool { return errors.Is(err, ErrNoDaemon) || errors.Is(err, errReplaced) }
