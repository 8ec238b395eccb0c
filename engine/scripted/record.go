package scripted

import (
	"context"
	"sync"
	"time"
)

// Outcome is how the answer to a request ended.
type Outcome string

// The outcomes of a Record. HungUp: the client went away before the answer was whole.
const (
	Pending  Outcome = "pending"
	Answered Outcome = "answered"
	Faulted  Outcome = "faulted"
	HungUp   Outcome = "hung_up"
	Refused  Outcome = "refused" // no rule fits, or the request cannot be read
	Closed   Outcome = "closed"  // the server was closed before the answer was whole
)

// Record is a request that a server has seen. The value of a key is never in it.
type Record struct {
	Request           // zero where the body could not be read
	Method     string // of HTTP
	Path       string
	Authorized bool // the request had a key where the dialect looks for one
	Rule       int  // the rule that answered, -1 for none
	Outcome    Outcome
	Started    time.Time
	Ended      time.Time // zero while Pending
}

// maxRecords bounds what a server remembers; older records are dropped.
const maxRecords = 4096

// records is the log of a server and wakes those who wait for it to change.
type records struct {
	mu      sync.Mutex
	list    []*Record
	changed chan struct{} // closed at the next change, nil while nobody waits
}

func (l *records) add(r *Record) {
	l.update(func() {
		if len(l.list) == maxRecords {
			l.list = append(l.list[:0], l.list[1:]...)
		}
		l.list = append(l.list, r)
	})
}

// update changes a record, or the list, and wakes the waiters.
func (l *records) update(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

func (l *records) snapshot() ([]Record, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]Record, len(l.list))
	for i, r := range l.list {
		all[i] = *r
	}
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return all, l.changed
}

// Records gives what was asked so far, oldest first: the last 4096 requests. The slice is the caller's; messages and
// bodies in it are shared and must not be changed.
func (s *Server) Records() []Record {
	all, _ := s.log.snapshot()
	return all
}

// Await waits until the records fulfil a condition and returns them. It gives up with ctx's error. It serves to wait
// for a client that hangs up, say.
func (s *Server) Await(ctx context.Context, met func([]Record) bool) ([]Record, error) {
	for {
		all, changed := s.log.snapshot()
		if met(all) {
			return all, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return all, ctx.Err()
		}
	}
}
