package engine

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// starts makes a runner for every attempt that begins and publishes the state, so that a worker finds its own stream
// and state there from its first moment on.
func (c *Conductor) starts(t *turn) []start {
	var starts []start
	for _, e := range t.events {
		if b, ok := e.Body.(TicketStarted); ok {
			starts = append(starts, c.start(b.Run, b.Run, false))
		}
	}
	for _, tk := range c.resumable {
		starts = append(starts, c.start(tk.Run(), tk.Began(), true))
	}
	c.resumable = nil
	streams := map[Run]*Stream(nil)
	if t.renamed {
		streams = map[Run]*Stream{}
		for _, r := range c.runners {
			streams[r.run] = r.desk.stream
		}
	}
	for _, st := range starts {
		streams = c.withStream(streams, st.runner.run, st.desk.stream)
	}
	for run := range c.published.Load().streams {
		if r := c.runners[run.Ticket]; r == nil || r.run != run {
			streams = c.withStream(streams, run, nil)
		}
	}
	if len(t.events) > 0 || streams != nil || t.shown {
		c.publish(streams)
	}
	return starts
}

type start struct {
	job    Job
	desk   *Desk
	runner *runner
}

// start makes an attempt's worker ready. began is the name that it knows itself by, which is another one where a
// delivery is finished after its ticket was renamed.
func (c *Conductor) start(run, began Run, resume bool) start {
	tr, _ := c.state.now.Track(run.Ticket.Track) // an event about it was just applied
	t, _ := tr.Ticket(run.Ticket.ID)
	r := &runner{run: run, desk: newDesk(c, began)}
	c.runners[run.Ticket] = r
	if began != run {
		c.renamed[began] = r
	}
	job := Job{Run: began, Ticket: *t, Track: *tr, Model: t.Model, Instruction: t.Instruction, Failure: t.Failure, Resume: resume}
	return start{job, r.desk, r}
}

// effect does what the turn's events call for. It never blocks: every channel it sends to has room.
func (c *Conductor) effect(workers context.Context, t *turn, starts []start) {
	for _, a := range t.acts {
		switch b := a.body.(type) {
		case ApprovalConsumed:
			c.answer(a.r, b)
		case TicketKilled:
			a.r.stop("killed")
		case TicketRetried:
			a.r.stop(string(b.Cause))
		case TicketBlocked:
			a.r.stop("blocked")
		case UndoStarted:
			c.unmake(workers, b.Ticket)
		}
	}
	for _, g := range t.opened {
		g.open <- struct{}{}
	}
	for _, st := range starts {
		c.launch(workers, st)
	}
	for _, r := range t.replies { // last: who killed a ticket may rely on its worker's context being cancelled
		r.to <- r.err
	}
}

// answer hands a consumed approval to the worker that waits for it.
func (c *Conductor) answer(r *runner, b ApprovalConsumed) {
	if r == nil || r.run.Attempt != b.Run.Attempt {
		return
	}
	t, ok := c.state.now.Ticket(r.run.Ticket)
	if !ok {
		return
	}
	for _, g := range t.Answers {
		if g.Approval == b.ID {
			r.desk.answers <- g
			return
		}
	}
}

// EndedError is the cause with which a worker's context is cancelled.
type EndedError struct{ Why string }

func (e *EndedError) Error() string { return "the attempt was ended: " + e.Why }

// Unwrap makes errors.Is(err, context.Canceled) true, as callers of an HTTP client expect.
func (e *EndedError) Unwrap() error { return context.Canceled }

// stop cancels the worker of an attempt that has ended; nil is none.
func (r *runner) stop(why string) {
	if r != nil && r.ended && r.cancel != nil {
		r.cancel(&EndedError{why})
	}
}

// launch starts a worker's goroutine. Run waits for it: its last act is to close desk.gone.
func (c *Conductor) launch(workers context.Context, st start) {
	ctx, cancel := context.WithCancelCause(withRun(workers, st.job.Run))
	st.runner.cancel = cancel
	go func() {
		defer close(st.desk.gone)
		defer cancel(nil)
		outcome := c.work(ctx, st)
		st.desk.stream.end()
		// Without cancel: the owner takes it, or has ended.
		_ = c.send(context.WithoutCancel(ctx), letter{cmd: finished{st.job.Run, outcome}})
	}()
}

// work calls the worker and turns a panic into a failure of the attempt: model output and tools meet here, and one
// ticket must not take the others down.
func (c *Conductor) work(ctx context.Context, st start) (outcome Outcome) {
	defer func() {
		if p := recover(); p != nil {
			c.cfg.Log.Error("a worker panicked", "run", st.job.Run.String(), "panic", p, "stack", string(debug.Stack()))
			outcome = Outcome{Kind: OutcomeFailed, By: ByConductor, Reason: fmt.Sprintf("slop-ls has a bug: %v", p)}
		}
	}()
	return c.cfg.Worker.Work(ctx, st.desk, st.job)
}

// save stores a snapshot now and then, in the background: it is a cache, encoded from an immutable value.
func (c *Conductor) save() {
	snap := c.published.Load().snap
	if c.saving != nil || snap.seq-c.saved < c.saveAfter(snap) {
		return
	}
	c.saved = snap.seq
	c.saving = make(chan error, 1)
	go func(answer chan<- error) { answer <- c.store(snap) }(c.saving)
}

// saveAfter spaces snapshots so that writing them stays a small part of writing the journal.
func (c *Conductor) saveAfter(s *Snapshot) uint64 {
	n := uint64(snapshotEvery)
	for tr := range s.Tracks() {
		n += 4 * uint64(tr.Len())
	}
	return n
}

func (c *Conductor) store(s *Snapshot) error {
	data, err := s.Encode()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return c.cfg.Journal.SaveSnapshot(ctx, s.seq, data)
}

func (c *Conductor) saveEnded(err error) {
	c.saving = nil
	if err != nil {
		c.cfg.Log.Warn("a snapshot was not stored; the next start folds the journal instead", "err", err)
	}
}

// finishSaving waits for a save under way at the end of Run.
func (c *Conductor) finishSaving(context.Context) error {
	if c.saving != nil {
		c.saveEnded(<-c.saving)
	}
	return nil
}
