package attach

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/slop-ls/slop-ls/lsp/frame"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// Forwarding is what Forward needs.
type Forwarding struct {
	// Dial attaches to a daemon, starting one where there is none.
	Dial func(ctx context.Context) (io.ReadWriteCloser, error)

	// Elsewhere says whether a document, by its URI, belongs to another workspace than that of the daemon, to whose own
	// daemon Dial attaches from then on. It is asked once, about the first document that the editor opens, and must not
	// wait. Nil: none does.
	Elsewhere func(uri string) bool

	Restarts int           // how many deaths within Within are made good; 0: 5
	Within   time.Duration // 0: a minute
	Patience time.Duration // for a new daemon's answer to initialize, and for the old one's last words; 0: 20 s
	Log      *slog.Logger  // nil: none
}

// ErrNoShutdown is returned by Forward when the editor said exit without shutdown before: the process should then exit
// with status 1.
var ErrNoShutdown = errors.New("the editor exited without shutting down")

// errDied is why a daemon's connection ended by itself.
var errDied = errors.New("the daemon's connection ended")

// againID is the id of an initialize that is said for the editor. No editor numbers its requests so.
var againID = []byte(`"slop-ls/again"`)

// maxBacklog bounds what the editor may say while no daemon is there, in bytes. Then it is not read any further.
const maxBacklog = 64 << 20

// Forward connects an editor on in and out with daemons until the editor exits, closes in, or ctx ends. The error is
// nil when the editor left as it should; ErrNoShutdown; a *frame.HeaderError when in is no sequence of frames; what Dial said;
// or that daemons keep dying. The editor was told then, by answers to its requests and by a message.
//
// Reading in cannot be interrupted: when ctx ends or a daemon cannot be had, one goroutine remains until in ends. Nor can
// writing out: where the editor has left, or ctx has ended, and out is not read, one remains until out takes it.
func Forward(ctx context.Context, in io.Reader, out io.Writer, o Forwarding) error {
	if o.Restarts == 0 {
		o.Restarts = 5
	}
	if o.Within == 0 {
		o.Within = time.Minute
	}
	if o.Patience == 0 {
		o.Patience = 20 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	f := &forwarder{
		opts: o, editor: &frame.Writer{Out: out}, memory: newMemory(), shown: newShown(),
		said: make(chan struct{}), left: make(chan struct{}), ended: make(chan struct{}), room: make(chan struct{}),
	}
	defer close(f.ended)
	go f.listen(in)
	return f.run(ctx)
}

// forwarder is one run of Forward. Three goroutines share it: listen reads the editor, a hear for each daemon reads
// that one, and run brings daemons up. Each direction blocks by itself, as a pipe would.
type forwarder struct {
	opts   Forwarding
	editor *frame.Writer

	said  chan struct{} // closed when the editor has said something, or left
	left  chan struct{} // closed when the editor has left
	ended chan struct{} // closed when Forward has returned

	mu      sync.Mutex
	memory  *memory
	shown   *shown
	coming  *link         // to the daemon that is attended to, up to date or not
	daemon  *link         // nil while there is none, or it is not up to date
	backlog [][]byte      // what the editor said meanwhile
	waiting int           // bytes of backlog
	room    chan struct{} // closed and renewed when the backlog was taken
	asked   bool          // the editor said shutdown, be it to nobody yet
	exiting bool          // it said exit
	gone    bool          // left is closed
	settled bool          // it has opened a document: its workspace is no longer in question
	moving  bool          // it is on its way to the daemon of another workspace
	leaving error         // why the editor left
}

// link is the connection to one daemon.
type link struct {
	conn   io.ReadWriteCloser
	out    *frame.Writer
	gone   chan struct{} // closed when nothing more comes from it
	replay []byte        // id of the initialize that is said to it again; nil where the editor says it
	again  chan *message // its answer; room for the one
}

// listen reads the editor until it leaves.
func (f *forwarder) listen(in io.Reader) {
	r := frame.NewReader(in)
	var heard sync.Once
	for {
		body, err := r.Next()
		var tooLong *frame.SizeError
		switch {
		case errors.As(err, &tooLong):
			_ = f.editor.Write(failure(nil, codeInvalidRequest, err.Error())) // an editor that does not listen will leave
			continue
		case err != nil:
			f.leave(readError(err))
			heard.Do(func() { close(f.said) })
			return
		}
		last := f.take(body)
		heard.Do(func() { close(f.said) })
		if last {
			return
		}
	}
}

// readError is the error of Forward for how in ended.
func readError(err error) error {
	if broken := (*frame.HeaderError)(nil); errors.As(err, &broken) {
		return err
	}
	return nil // an editor that dies is no fault of ours
}

// leave says that nothing more comes from the editor.
func (f *forwarder) leave(why error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.gone {
		f.gone, f.leaving = true, why
		close(f.left)
	}
}

// take carries one message of the editor to the daemon, or keeps it until there is one. It reports whether it is the
// last one that matters.
func (f *forwarder) take(body []byte) (last bool) {
	msg, ok := scan(body)
	if !f.makeRoom() {
		return true
	}
	f.mu.Lock()
	f.asked = f.asked || ok && msg.method == "shutdown"
	f.exiting = ok && msg.method == "exit" && msg.isNotification()
	exiting, rude := f.exiting, !f.asked
	if ok && f.coming != nil && f.moves(&msg) {
		f.daemon, f.moving = nil, true
		f.coming.conn.Close() //nolint:errcheck // it only makes hear end, and that daemon hears no more of this
	}
	to := f.daemon
	var parts [][]byte
	if to != nil {
		parts = f.outgoing(&msg, ok)
	} else {
		f.backlog, f.waiting = append(f.backlog, clone(body)), f.waiting+len(body)
	}
	f.mu.Unlock()
	if to != nil {
		to.send(parts)
	}
	switch {
	case exiting && rude:
		f.leave(ErrNoShutdown)
	case exiting:
		f.leave(nil)
	}
	return exiting
}

// moves says whether a message is about another workspace than the daemon's. mu is held.
func (f *forwarder) moves(msg *message) bool {
	if msg.method != "textDocument/didOpen" || f.settled || f.memory.initialize == nil {
		return false
	}
	f.settled = true
	return f.opts.Elsewhere != nil && f.opts.Elsewhere(uriOf(msg.params))
}

// makeRoom waits until the backlog can take another message; false says that nobody will read it.
func (f *forwarder) makeRoom() bool {
	for {
		f.mu.Lock()
		free, room := f.waiting < maxBacklog, f.room
		f.mu.Unlock()
		select {
		case <-f.ended:
			return false
		default:
		}
		if free {
			return true
		}
		select {
		case <-room:
		case <-f.ended:
		}
	}
}

// outgoing remembers a message of the editor and returns what the daemon gets of it, in parts. mu is held.
func (f *forwarder) outgoing(msg *message, ok bool) [][]byte {
	if !ok {
		return [][]byte{msg.body} // the daemon says what is wrong with it
	}
	if msg.isReply() {
		own := f.shown.answer(msg.id)
		if own == nil {
			return nil // nobody alive asked
		}
		return msg.withID(own)
	}
	f.memory.client(msg)
	return [][]byte{msg.body}
}

// send writes to the daemon. Where that fails the daemon is dead or dying, and hear learns it.
func (l *link) send(parts [][]byte) {
	if parts == nil {
		return
	}
	if l.out.Write(parts...) != nil {
		l.conn.Close() //nolint:errcheck // it only makes hear end
	}
}

// hear carries what a daemon says to the editor until it says no more.
func (f *forwarder) hear(l *link) {
	defer close(l.gone)
	defer l.conn.Close() //nolint:errcheck // whoever is on the other end has ended
	r := frame.NewReader(l.conn)
	for {
		body, err := r.Next()
		if err != nil {
			f.opts.Log.Debug("the daemon's connection ended", "err", err)
			return
		}
		msg, ok := scan(body)
		if ok && l.replay != nil && msg.isReply() && idKey(msg.id) == idKey(l.replay) {
			l.replay = nil
			kept, _ := scan(clone(body))
			l.again <- &kept
			continue
		}
		f.mu.Lock()
		parts := f.incoming(&msg, ok)
		f.mu.Unlock()
		if parts == nil {
			continue
		}
		if err := f.editor.Write(parts...); err != nil {
			f.leave(fmt.Errorf("writing to the editor: %w", err))
			return
		}
	}
}

// incoming remembers a message of the daemon and returns what the editor gets of it, in parts. mu is held.
func (f *forwarder) incoming(msg *message, ok bool) [][]byte {
	switch {
	case !ok:
	case msg.isCall():
		return msg.withID(f.shown.ask(msg))
	case msg.isNotification() && msg.method == wire.EventsMethod:
		if !f.memory.events.event(msg.params) {
			return nil
		}
	case msg.isNotification():
		return f.shown.notified(msg)
	case msg.isReply():
		f.memory.answered(msg)
	}
	return [][]byte{msg.body}
}

// run brings up one daemon after the other until the editor leaves.
func (f *forwarder) run(ctx context.Context) error {
	var deaths []time.Time
	for {
		conn, err := f.dial(ctx)
		if err != nil {
			return f.give(ctx, err)
		}
		if conn == nil {
			return f.goodbye()
		}
		err = f.attend(ctx, conn)
		if !errors.Is(err, errDied) {
			return err
		}
		now := time.Now()
		deaths = append(deaths, now)
		for now.Sub(deaths[0]) > f.opts.Within {
			deaths = deaths[1:]
		}
		f.bury()
		if f.done() {
			return f.rest(ctx)
		}
		if len(deaths) > f.opts.Restarts {
			return f.give(ctx, fmt.Errorf("the daemon ended %d times within %v: run `slop-ls doctor` to see its log, then restart "+
				"the language server", len(deaths), f.opts.Within))
		}
	}
}

// dial is nil without an error when the editor left meanwhile.
func (f *forwarder) dial(ctx context.Context) (io.ReadWriteCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type outcome struct {
		conn io.ReadWriteCloser
		err  error
	}
	dialled := make(chan outcome, 1) // room for the one outcome
	go func() {
		conn, err := f.opts.Dial(ctx)
		dialled <- outcome{conn, err}
	}()
	select {
	case o := <-dialled:
		return o.conn, o.err
	case <-f.left:
	}
	select { // what was said before is still for a daemon, unless it takes too long
	case o := <-dialled:
		return o.conn, o.err
	case <-time.After(f.opts.Patience):
	}
	cancel()
	if o := <-dialled; o.err == nil {
		o.conn.Close() //nolint:errcheck // nothing was said on it
	}
	return nil, nil
}

// attend serves the editor with one daemon. The error is errDied when that died, ctx's, or how the editor left.
func (f *forwarder) attend(ctx context.Context, conn io.ReadWriteCloser) error {
	l := &link{conn: conn, out: &frame.Writer{Out: conn}, gone: make(chan struct{}), again: make(chan *message, 1)}
	f.mu.Lock()
	known, moved := f.memory.initialize != nil, f.moving
	f.coming, f.moving = l, false
	f.mu.Unlock()
	if known {
		l.replay = againID
	}
	unhook := context.AfterFunc(ctx, func() { conn.Close() }) //nolint:errcheck // it only wakes those who wait on it
	defer unhook()
	go f.hear(l)
	fatal := f.revive(ctx, l)
	if fatal != nil && moved {
		f.mu.Lock()
		f.moving = true // it still is
		f.mu.Unlock()
	}
	if fatal == nil && known && !moved {
		f.tell(messageInfo, "slop-ls: the daemon of this workspace ended, and another one has taken over. Nothing that you typed is lost.")
	}
	if fatal == nil {
		select {
		case <-l.gone:
		case <-f.left:
			f.part(l)
		}
	}
	conn.Close() //nolint:errcheck // it only makes hear end
	deaf := !f.settle(ctx, l)
	f.mu.Lock()
	f.coming, f.daemon = nil, nil
	f.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case deaf:
		return f.goodbye()
	case fatal != nil && !errors.Is(fatal, errDied):
		return f.give(ctx, fatal)
	case f.done() && fatal == nil:
		return f.goodbye()
	}
	return errDied
}

// done reports whether the editor needs no daemon any more.
func (f *forwarder) done() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.gone || f.exiting || f.memory.down
}

// goodbye is how the editor left, or errDied where it has not left yet.
func (f *forwarder) goodbye() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.gone {
		return errDied
	}
	return f.leaving
}

// part lets the daemon say its last words when the editor has left.
func (f *forwarder) part(l *link) {
	if half, ok := l.conn.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil {
		return
	}
	select {
	case <-l.gone:
	case <-time.After(min(f.opts.Patience, lastWords)):
	}
}

// lastWords is how long what a daemon says is still read, and written, after the editor has left.
const lastWords = 2 * time.Second

// settle waits until nothing is carried to the editor any more. An editor that has left and does not read, with its
// pipe open, is not waited for: false says so, and that nothing more can be written to it.
func (f *forwarder) settle(ctx context.Context, l *link) bool {
	select {
	case <-l.gone:
		return true
	case <-f.left:
	case <-ctx.Done():
	}
	select {
	case <-l.gone:
		return true
	case <-time.After(lastWords):
		return false
	}
}

// rest waits for the editor to leave after its shutdown.
func (f *forwarder) rest(ctx context.Context) error {
	select {
	case <-f.left:
		return f.goodbye()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
