package attach

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/slop-ls/slop-ls/lsp/wire"
)

// Workspace is what a daemon serves. All methods but Close may be called at any time and by any goroutine.
type Workspace interface {
	// Serve serves one editor or subcommand until it leaves or ctx ends, and closes conn.
	Serve(ctx context.Context, conn io.ReadWriteCloser, h Hello) error
	// Running is the number of tickets that run, or can run without a person. It does not wait.
	Running() int
	// Rest returns nil when Running is 0, and waits for that; or ctx's error.
	Rest(ctx context.Context) error
	// Close frees the workspace's lock. It is called once, after every Serve has returned.
	Close() error
}

// Options are what a daemon is made of.
type Options struct {
	Place          Place
	Root           string
	Version, Build string

	// Open takes the workspace's lock and opens what it guards. Who holds the lock is the daemon.
	Open    func(ctx context.Context) (Workspace, error)
	Starter *Starter      // of Inherit
	Grace   time.Duration // how long it stays with no session and nothing that can run; 0: half a minute; negative: for ever
	Log     *slog.Logger  // nil: none
}

const defaultGrace = 30 * time.Second

// Causes with which a daemon ends by itself. Run returns nil for them.
var (
	errIdle     = errors.New("no editor is attached and nothing can run")
	errAsked    = errors.New("it was asked to stop")
	errOutdated = errors.New("another build takes its place")
)

// Run is the daemon of a workspace until ctx ends, somebody asks it to stop, another build takes its idle place, or it
// has been idle for the time of grace. The error is nil for these, else what Open said, why it could not listen, what
// Close said, or ctx's cause where that is not context.Canceled. Every goroutine of it has ended then.
func Run(ctx context.Context, o Options) error {
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	d, err := begin(ctx, o)
	o.Starter.Tell(err)
	if err != nil {
		return err
	}
	return d.run(ctx)
}

// begin wins the election and listens; the gate is open again when it returns.
func begin(ctx context.Context, o Options) (_ *daemon, err error) {
	gate, err := o.Starter.pass(ctx, o.Place)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, gate.Close()) }()
	ws, err := o.Open(ctx)
	if err != nil {
		return nil, err
	}
	ln, err := o.Place.listen(o.Root)
	if err != nil {
		return nil, errors.Join(err, ws.Close())
	}
	return &daemon{opts: o, ws: ws, ln: ln, moved: make(chan struct{}, 1)}, nil
}

type daemon struct {
	opts  Options
	ws    Workspace
	ln    *net.UnixListener
	end   context.CancelCauseFunc // ends the daemon
	moved chan struct{}           // holds a token when sessions changed; room for one is enough to look again
	conns sync.WaitGroup          // the goroutines of connections

	mu       sync.Mutex
	sessions int
	closing  bool
	parting  []*Conn // closed once the lock is free: that is how their clients learn of it
}

func (d *daemon) run(parent context.Context) error {
	ctx, end := context.WithCancelCause(parent)
	d.end = end
	defer end(nil)
	var loops sync.WaitGroup
	loops.Go(func() { d.accept(ctx) })
	loops.Go(func() { d.expire(ctx) })
	<-ctx.Done()
	d.mu.Lock()
	d.closing = true
	d.mu.Unlock()
	d.opts.Log.Info("the daemon ends", "cause", context.Cause(ctx))
	// The address and the socket go while the lock is held: the next daemon's must not be removed.
	err := errors.Join(ignoreGone(os.Remove(d.opts.Place.addressPath())), d.ln.Close())
	loops.Wait()
	d.conns.Wait()
	err = errors.Join(err, d.ws.Close())
	for _, c := range d.parting {
		c.Close() //nolint:errcheck // the client may have left first
	}
	return errors.Join(err, outcome(ctx))
}

func ignoreGone(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func outcome(ctx context.Context) error {
	cause := context.Cause(ctx)
	for _, fine := range []error{context.Canceled, errIdle, errAsked, errOutdated} {
		if errors.Is(cause, fine) {
			return nil
		}
	}
	return cause
}

// accept takes connections until the listener is closed.
func (d *daemon) accept(ctx context.Context) {
	for {
		c, err := d.ln.AcceptUnix()
		if err == nil {
			d.conns.Go(func() { d.greet(ctx, newConn(c)) })
			continue
		}
		if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
			d.end(err)
			return
		}
		d.opts.Log.Warn("a connection could not be taken", "err", err)
		select { // no descriptors are left: nothing tells when there are
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// greet takes a connection from its hello to its end. It may be kept for parting.
func (d *daemon) greet(ctx context.Context, c *Conn) {
	_ = c.unix.SetReadDeadline(time.Now().Add(helloTimeout))                             // it fails only where reading does too
	unhook := context.AfterFunc(ctx, func() { c.unix.SetReadDeadline(time.Unix(1, 0)) }) //nolint:errcheck // it only wakes a silent hello
	h, err := hear(c)
	if !unhook() && err != nil {
		d.part(c)
		return
	}
	if err != nil {
		d.opts.Log.Info("a hello was refused", "err", err)
		_ = errors.Join(c.say(d.reply(Refused, err.Error())), c.Close()) // whoever it was need not listen
		return
	}
	reply := d.judge(h)
	if err := c.say(reply); err != nil {
		d.opts.Log.Info("a client left during its hello", "client", h, "err", err)
	}
	switch {
	case reply.Code == Leaving, h.Kind == AskStop && reply.OK:
		d.part(c)
	case reply.OK && h.Kind != AskStatus:
		d.serve(ctx, c, h)
	default:
		c.Close() //nolint:errcheck // everything was said
	}
}

func hear(c *Conn) (Hello, error) {
	if err := checkPeer(c.unix); err != nil {
		return Hello{}, err
	}
	return readHello(c.in)
}

// part keeps a connection until the lock is free.
func (d *daemon) part(c *Conn) {
	d.mu.Lock()
	d.parting = append(d.parting, c)
	d.mu.Unlock()
}

// judge decides about a hello, and counts the session that it admits.
func (d *daemon) judge(h Hello) Reply {
	running := d.ws.Running()
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case h.Root != d.opts.Root && h.Kind != AskStatus && h.Kind != AskStop:
		return d.say(Refused, fmt.Sprintf("this daemon serves %s, not %s", d.opts.Root, h.Root), running)
	case h.Kind == AskStatus:
		return d.say(Welcome, "", running)
	case h.Kind == AskStop:
		d.leave(errAsked)
		return d.say(Welcome, "", running)
	case d.closing:
		return d.say(Leaving, "the daemon ends", running)
	case h.sameAs(d.opts.Build):
		d.sessions++
		return d.say(Welcome, "", running)
	case d.sessions > 0 || running > 0 || h.AnyBuild:
		return d.say(Busy, d.whyBusy(h, running), running)
	}
	d.leave(errOutdated)
	return d.say(Leaving, "a daemon of another build leaves", running)
}

// leave begins the end. mu is held.
func (d *daemon) leave(cause error) {
	d.closing = true
	d.end(cause)
}

func (d *daemon) whyBusy(h Hello, running int) string {
	if h.AnyBuild {
		return fmt.Sprintf("slop-ls on disk is %s and speaks another protocol than this %s: restart the editor's language server",
			d.opts.Version, h.Version)
	}
	return fmt.Sprintf("slop-ls %s (process %d) serves this workspace, with %d attached and %d running, and this is %s: "+
		"close the other editors, or run `slop-ls daemon stop`", d.opts.Version, os.Getpid(), d.sessions, running, h.Version)
}

func (d *daemon) reply(code Code, reason string) Reply {
	running := d.ws.Running()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.say(code, reason, running)
}

// say makes a reply. mu is held.
func (d *daemon) say(code Code, reason string, running int) Reply {
	return Reply{
		OK: code == Welcome, Code: code, Reason: reason, PID: os.Getpid(), Version: d.opts.Version, Build: d.opts.Build,
		Wire: wire.Version, Root: d.opts.Root, Socket: d.ln.Addr().String(), Sessions: d.sessions, Running: running,
	}
}

// serve hands a session over and takes it out of the count.
func (d *daemon) serve(ctx context.Context, c *Conn, h Hello) {
	d.note()
	defer func() {
		d.mu.Lock()
		d.sessions--
		d.mu.Unlock()
		d.note()
	}()
	if err := d.ws.Serve(ctx, c, h); err != nil && ctx.Err() == nil {
		d.opts.Log.Info("a session ended", "client", h, "err", err)
	}
	c.Close() //nolint:errcheck // Serve closed it already
}

// note makes expire look again.
func (d *daemon) note() {
	select {
	case d.moved <- struct{}{}:
	default:
	}
}
