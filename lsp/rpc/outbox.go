package rpc

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/slop-ls/slop-ls/lsp/frame"
)

// What a client has not read yet is bounded twice: by size, at which whoever sends more waits, and by time, after
// which the client counts as gone. Only who talks to that client ever waits.
const (
	maxUnread  = 1 << 20          // bytes; a single longer message goes out when nothing else waits
	maxSilence = 30 * time.Second // for which a client may read nothing of what it was sent
	lastWords  = 5 * time.Second  // for what is unread when a connection ends
)

// errDeaf is the cause with which a connection ends whose client does not read.
var errDeaf = errors.New("the editor has read nothing for too long")

// outbox sends frames in the order in which they are put. Any number of goroutines may put.
type outbox struct {
	w       io.WriteCloser
	silence time.Duration
	gone    context.CancelCauseFunc // told why writing has ended
	filled  chan struct{}           // room for one: there is something to write
	ended   chan struct{}           // closed when nothing will be written any more

	mu    sync.Mutex
	queue []byte        // whole frames, not yet being written
	busy  int           // bytes being written
	freed chan struct{} // closed and replaced when what was being written is out
}

func newOutbox(w io.WriteCloser, silence time.Duration, gone context.CancelCauseFunc) *outbox {
	return &outbox{
		w: w, silence: silence, gone: gone,
		filled: make(chan struct{}, 1), ended: make(chan struct{}), freed: make(chan struct{}),
	}
}

// put queues one frame, which is copied. It waits while too much is unread, until ctx ends.
func (o *outbox) put(ctx context.Context, body []byte) error {
	for {
		freed, ok := o.tryPut(body)
		if ok {
			select {
			case o.filled <- struct{}{}:
			default:
			}
			return nil
		}
		select {
		case <-freed:
		case <-o.ended:
			return io.ErrClosedPipe
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (o *outbox) tryPut(body []byte) (freed <-chan struct{}, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if unread := len(o.queue) + o.busy; unread > 0 && unread+len(body) > maxUnread {
		return o.freed, false
	}
	o.queue = frame.Append(o.queue, body)
	return nil, true
}

// behind says whether the client has not yet read what it was sent before. What is only nice to know is then left out.
func (o *outbox) behind() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.queue)+o.busy > maxUnread/4
}

// write writes what is put, until writing fails, or stop is closed and nothing is left.
func (o *outbox) write(stop <-chan struct{}) {
	defer close(o.ended)
	var spare []byte
	for {
		next := o.next(spare, stop)
		if next == nil || !o.send(next) {
			return
		}
		if spare = next[:0]; cap(spare) > maxUnread {
			spare = nil // one long message should not keep its memory
		}
	}
}

// next waits for something to write; nil when stop is closed and there is nothing.
func (o *outbox) next(spare []byte, stop <-chan struct{}) []byte {
	for {
		if next := o.take(spare); next != nil {
			return next
		}
		select {
		case <-o.filled:
		case <-stop:
			return o.take(spare)
		}
	}
}

// take gives all that is queued and queues more in spare; nil when there is nothing.
func (o *outbox) take(spare []byte) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.busy > 0 {
		o.busy = 0
		close(o.freed)
		o.freed = make(chan struct{})
	}
	if len(o.queue) == 0 {
		return nil
	}
	next := o.queue
	o.queue, o.busy = spare[:0], len(next)
	return next
}

// send writes frames. False: the connection is over.
func (o *outbox) send(frames []byte) bool {
	deaf := time.AfterFunc(o.silence, func() {
		o.gone(errDeaf)
		o.w.Close() //nolint:errcheck // it makes the write below return
	})
	defer deaf.Stop()
	if _, err := o.w.Write(frames); err != nil {
		o.gone(ErrDisconnected)
		return false
	}
	return true
}

// drain waits until nothing is left to write, writing has failed, or most has passed.
func (o *outbox) drain(most time.Duration) {
	late := time.NewTimer(most)
	defer late.Stop()
	select {
	case <-o.ended:
	case <-late.C:
	}
}
