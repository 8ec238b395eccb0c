package engine

import (
	"context"
	"sync/atomic"
)

// Stream is the text that one attempt streams: written by its worker alone, read by anyone at their own pace. It
// does not pass through the Conductor. It is level-triggered: a slow reader skips nothing and holds up nobody.
type Stream struct {
	cell atomic.Pointer[streamed]
}

type streamed struct {
	thought []byte        // what the model said of its thinking, likewise
	text    []byte        // readers see no further than their own length, so that appending in place is safe
	epoch   int           // counts restarts: what was streamed before is void
	done    bool          // nothing more will come
	next    chan struct{} // closed when a newer one is there
}

func newStream() *Stream {
	s := &Stream{}
	s.cell.Store(&streamed{next: make(chan struct{})})
	return s
}

// Place is how far a reader of a Stream has come; the zero Place is its beginning. It is good for that Stream alone.
type Place struct {
	offset  int // bytes
	thought int // bytes
	epoch   int
}

// Offset is the place in bytes of what was streamed.
func (p Place) Offset() int { return p.offset }

// Text gives what was streamed after a place, where that begins in bytes, the place to go on from, and whether nothing
// more will come. After a restart everything is given again, from 0.
func (s *Stream) Text(after Place) (text string, from int, next Place, done bool) {
	c := s.cell.Load()
	if after.epoch != c.epoch || after.offset > len(c.text) {
		after.offset = 0
	}
	return string(c.text[after.offset:]), after.offset, Place{len(c.text), len(c.thought), c.epoch}, c.done
}

// Thought is what the model said of its thinking between two places that Text was given and gave: "" where all of that is
// void by now. After a restart it is given again, from its beginning.
func (s *Stream) Thought(after, next Place) string {
	c := s.cell.Load()
	if c.epoch != next.epoch || next.thought > len(c.thought) {
		return ""
	}
	if after.epoch != next.epoch || after.thought > next.thought {
		after.thought = 0
	}
	return string(c.thought[after.thought:next.thought])
}

// Wait returns when there is other text than up to a place, or no more to come. It returns ctx's cause when that ends
// first.
func (s *Stream) Wait(ctx context.Context, after Place) error {
	for {
		c := s.cell.Load()
		if len(c.text) != after.offset || len(c.thought) != after.thought || c.epoch != after.epoch || c.done {
			return nil
		}
		select {
		case <-c.next:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// add appends text. Only the worker calls it.
func (s *Stream) add(text string) {
	old := s.cell.Load()
	s.replace(old, &streamed{text: append(old.text, text...), thought: old.thought, epoch: old.epoch})
}

// think appends what the model says of its thinking. Only the worker calls it.
func (s *Stream) think(thought string) {
	old := s.cell.Load()
	s.replace(old, &streamed{text: old.text, thought: append(old.thought, thought...), epoch: old.epoch})
}

// restart voids what was streamed after a place: the call is made again.
func (s *Stream) restart(from Place) {
	old := s.cell.Load()
	kept := append([]byte(nil), old.text[:min(from.offset, len(old.text))]...)
	thought := append([]byte(nil), old.thought[:min(from.thought, len(old.thought))]...)
	s.replace(old, &streamed{text: kept, thought: thought, epoch: old.epoch + 1})
}

func (s *Stream) end() {
	old := s.cell.Load()
	s.replace(old, &streamed{text: old.text, thought: old.thought, epoch: old.epoch, done: true})
}

func (s *Stream) replace(old, c *streamed) {
	c.next = make(chan struct{})
	s.cell.Store(c)
	close(old.next)
}

// place is how far it has come.
func (s *Stream) place() Place {
	c := s.cell.Load()
	return Place{len(c.text), len(c.thought), c.epoch}
}
