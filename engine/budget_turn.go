package engine

import (
	"context"
	"errors"
	"time"
)

// reserve asks for leave to make a call that may come to need. What it gets is held against the bounds until the call's
// usage is recorded, the next one or a person is asked, or the attempt ends: so workers that call at once cannot pass a bound
// together. Where nothing but what is held is in its way it is answered once that is let go: a call comes to much less than
// it may. What is held is not journalled: after a crash no call is under way.
type reserve struct {
	run   Run
	need  Spent
	model string
}

func (reserve) command() {}

// errHeldUp says that a call has to wait for others that are under way. Nobody but the Conductor sees it.
var errHeldUp = errors.New("calls that are under way may use up the bound")

// Reserve gets leave for a call, or a *BudgetError: where that is of a track or a day, the track is paused by then. It waits
// while calls that are under way could pass a bound together with it.
func (d *Desk) Reserve(ctx context.Context, need Spent, model string) error {
	return d.conductor.Do(ctx, reserve{d.run, need, model})
}

// reserve decides about a call.
func (c *Conductor) reserve(t *turn, cmd reserve, now time.Time) error {
	run := c.named(cmd.run)
	delete(c.held, cmd.run)
	tr, tk, err := c.state.find(run.Ticket)
	if err != nil {
		return err
	}
	if tk.Attempt != run.Attempt || tk.Status != InProgress {
		return ErrStaleRun
	}
	over := c.state.overrun(c.settings.Budget, tr, tk, underWay{}, cmd.need, cmd.model, now)
	if over == nil && c.state.overrun(c.settings.Budget, tr, tk, c.holding(tr.ID), cmd.need, cmd.model, now) != nil {
		return errHeldUp
	}
	if over == nil {
		c.held[cmd.run] = cmd.need
		return nil
	}
	if over.Scope != BudgetTicket {
		if err := c.apply(t, now, overBudget(tr, over)); err != nil {
			return err
		}
	}
	return &BudgetError{*over}
}

// affordPlanning is nil, errHeldUp or a *BudgetError. A plan has nothing held for it: nobody tells when its call has failed.
func (c *Conductor) affordPlanning(cmd AffordPlanning, now time.Time) error {
	if err := c.state.now.affordPlanning(c.settings.Budget, cmd, underWay{}, now); err != nil {
		return err
	}
	if c.state.now.affordPlanning(c.settings.Budget, cmd, c.holding(cmd.Track), now) != nil {
		return errHeldUp
	}
	return nil
}

// overBudget pauses a track because of a bound. One that is paused already stays as it is.
func overBudget(tr *Track, over *Overrun) []Body {
	if tr.Status == TrackPaused {
		return nil
	}
	return []Body{TrackMoved{Track: tr.ID, To: TrackPaused, By: ByBudget, Reason: "budget: " + over.Reason(), Over: over}}
}

// callEnded lets go of what was held for a call.
func (c *Conductor) callEnded(cmd workerCommand) {
	switch cmd := cmd.(type) {
	case finished, ask:
		delete(c.held, cmd.of())
	case record:
		if _, used := cmd.body.(UsageRecorded); used {
			delete(c.held, cmd.run)
		}
	}
}

// holding sums up what is held.
func (c *Conductor) holding(track TrackID) underWay {
	var h underWay
	for run, need := range c.held {
		h.all = h.all.Add(need)
		if c.named(run).Ticket.Track == track {
			h.track = h.track.Add(need)
		}
	}
	return h
}

// affordable pauses the track of a ticket that is about to start where a bound of the track or the day is reached.
func (c *Conductor) affordable(next *Ticket, now time.Time) []Body {
	tr, ok := c.state.now.Track(next.Key.Track)
	if !ok {
		return nil
	}
	over := c.state.overrun(c.settings.Budget, tr, nil, underWay{}, Spent{}, "", now)
	if over == nil {
		return nil
	}
	return overBudget(tr, over)
}

// newDay says that the day may have changed.
type newDay struct{}

func (newDay) command() {}

// withinBudget is what lets tracks go on that a bound had paused: it is another one now, or the day is over. only is a track
// that this is about alone; "": all.
func (s *State) withinBudget(b Budget, only TrackID, now time.Time) []Body {
	var bodies []Body
	for tr := range s.now.Tracks() {
		if only != "" && tr.ID != only || tr.Status != TrackPaused || tr.Over == nil || !tr.Over.lifted(b, now) {
			continue
		}
		bodies = append(bodies, TrackMoved{Track: tr.ID, To: tr.before(), By: ByBudget})
	}
	return bodies
}

// raised lets tickets go on that a bound of theirs had blocked, where that is higher now or gone.
func (s *State) raised(b Budget, only TrackID) []Body {
	var bodies []Body
	for tr := range s.now.Tracks() {
		var of []Body
		if only != "" && tr.ID != only {
			continue
		}
		for t := range tr.Tickets() {
			if t.Status != Blocked || t.Block == nil || t.Block.Over == nil || t.Orphaned || t.Undo != nil || !t.Block.Over.raised(b.Ticket) {
				continue
			}
			of = append(of, TicketRetried{Ticket: t.Key, Cause: CauseBudget, By: ByBudget, Reason: t.Block.Over.Setting() + " was raised"})
			if tr.Status != TrackStopped {
				of = append(of, TicketQueued{Ticket: t.Key, By: ByBudget})
			}
		}
		if len(of) > 0 {
			bodies = append(append(bodies, of...), s.revive(tr, ByBudget)...)
		}
	}
	return bodies
}

// raised reports whether a bound is higher than it was, or gone. Of an unknown price it is seen with the next call.
func (o *Overrun) raised(b Bounds) bool {
	if o.Unpriced != "" {
		return true
	}
	for _, m := range measures(b, Spent{}, Spent{}) {
		if m.kind == o.Kind {
			return m.limit <= 0 || m.limit > o.Limit
		}
	}
	return false
}

// lifted reports whether a bound that was in the way may not be so any more.
func (o *Overrun) lifted(b Budget, now time.Time) bool {
	if o.Scope == BudgetDay && o.Day != dayOf(now) || o.Unpriced != "" {
		return true // of an unknown price it is seen with the next call
	}
	bounds := b.Track
	if o.Scope == BudgetDay {
		bounds = b.Day
	}
	for _, m := range measures(bounds, Spent{}, Spent{}) {
		if m.kind == o.Kind {
			return m.limit != o.Limit
		}
	}
	return false
}

// before is what a paused track goes back to: one of which a person had run only a ticket is not run as a whole.
func (t *Track) before() TrackStatus {
	if t.Was == TrackIdle {
		return TrackIdle
	}
	return TrackRunning
}

// longestDoze bounds how long the Conductor sleeps towards midnight: a machine may have slept meanwhile.
const longestDoze = time.Hour

// midnight arms the timer for the end of the day while a track waits for that.
func (c *Conductor) midnight(now time.Time) {
	waits := false
	for tr := range c.state.now.Tracks() {
		waits = waits || tr.Status == TrackPaused && tr.Over != nil && tr.Over.Scope == BudgetDay
	}
	if c.dawn != nil {
		c.dawn.Stop()
		c.dawn = nil
	}
	if !waits {
		return
	}
	y, m, d := now.Date()
	c.dawn = time.NewTimer(min(time.Date(y, m, d+1, 0, 0, 0, 0, now.Location()).Sub(now)+time.Millisecond, longestDoze))
}

// dawning is when the day may be over; it never comes where nobody waits for that.
func (c *Conductor) dawning() <-chan time.Time {
	if c.dawn == nil {
		return nil
	}
	return c.dawn.C
}
