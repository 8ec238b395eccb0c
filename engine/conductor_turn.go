package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// turn collects what one turn comes to: the events' bodies, and what to tell whom once they are durable.
type turn struct {
	bodies  []Body
	events  []Event
	replies []reply
	opened  []gate // workers that may pass their gate
	acts    []act
	renamed bool // attempts have other names now
	shown   bool // the snapshot is another one, also without an event
}

// act is an event that calls for something, with the worker it is about: later events of the turn may rename that.
type act struct {
	body Body
	r    *runner
}

type reply struct {
	to  chan error
	err error
}

// turn decides a batch of commands one after the other, each on the state that the one before it left, and commits
// them together. That working copy of the state is nobody's to see before the commit; if the commit fails, it is
// dropped with the Conductor.
func (c *Conductor) turn(workers context.Context, batch []letter) error {
	now := c.cfg.Now()
	t := &turn{}
	batch = append(batch, c.heldUp...)
	c.heldUp = nil
	for _, l := range batch {
		err := c.handle(t, l.cmd, now)
		if errors.Is(err, errHeldUp) {
			c.heldUp = append(c.heldUp, l)
			continue
		}
		if inv := (*InvariantError)(nil); errors.As(err, &inv) {
			return err
		}
		if l.reply != nil {
			t.replies = append(t.replies, reply{l.reply, err})
		} else if err != nil && !errors.Is(err, ErrStaleRun) {
			c.cfg.Log.Warn("a worker's word was refused", "err", err)
		}
	}
	return c.commit(workers, now, t)
}

// handle decides one command and applies what it comes to.
func (c *Conductor) handle(t *turn, cmd Command, now time.Time) error {
	switch cmd := cmd.(type) {
	case Configure:
		c.configure(t, cmd.Settings)
		if err := c.apply(t, now, c.state.withinBudget(c.settings.Budget, "", now)); err != nil {
			return err
		}
		return c.apply(t, now, c.state.raised(c.settings.Budget, ""))
	case newDay:
		err := c.apply(t, now, c.state.withinBudget(c.settings.Budget, "", now))
		c.midnight(now)
		return err
	case reserve:
		return c.reserve(t, cmd, now)
	case AffordPlanning:
		return c.affordPlanning(cmd, now)
	case atGate:
		delete(c.held, cmd.run)
		c.gates = append(c.gates, gate{c.named(cmd.run), cmd.open})
		c.waitsForPerson(c.named(cmd.run), "", now)
		return nil
	case quiet:
		c.quiets = append(c.quiets, cmd)
		return nil
	case workerCommand:
		own := cmd.as(c.named(cmd.of()))
		c.callEnded(cmd)
		if _, ends := cmd.(finished); ends {
			defer c.runnerGone(cmd.of(), own.of())
		}
		return c.decide(t, own, now)
	}
	return c.decide(t, cmd, now)
}

func (c *Conductor) decide(t *turn, cmd Command, now time.Time) error {
	bodies, err := Decide(c.state, c.settings, cmd, now)
	if err != nil {
		return err
	}
	return c.apply(t, now, bodies)
}

// apply folds bodies into the working state as the next events.
func (c *Conductor) apply(t *turn, now time.Time, bodies []Body) error {
	for _, b := range bodies {
		e := Event{Seq: c.state.now.seq + 1, At: now, Body: b}
		if err := c.state.Apply(e); err != nil {
			return err
		}
		t.events = append(t.events, e)
		c.windUp(t, b, now)
		c.follow(t, b)
	}
	return nil
}

// commit is the rest of a turn: settle the tracks, start what can start, append, publish, take effect.
func (c *Conductor) commit(workers context.Context, now time.Time, t *turn) error {
	if err := c.apply(t, now, t.bodies); err != nil {
		return err
	}
	if err := c.apply(t, now, c.overdue(now)); err != nil {
		return err
	}
	if err := c.schedule(t, now); err != nil {
		return err
	}
	if len(t.events) > 0 {
		if err := c.cfg.Journal.Append(workers, t.events); err != nil {
			return fmt.Errorf("writing the journal: %w", err)
		}
		c.cfg.Hook(PointAfterAppend)
	}
	if slices.ContainsFunc(t.events, func(e Event) bool { _, moved := e.Body.(TrackMoved); return moved }) {
		c.midnight(now)
	}
	starts := c.starts(t)
	c.cfg.Hook(PointBeforeEffect)
	c.effect(workers, t, starts)
	c.cfg.Hook(PointAfterEffect)
	c.tellQuiet()
	c.save()
	return nil
}

// schedule gives free slots away: first to workers whose person has answered, then to those at a gate that is open
// again, then to tickets that are ready. Then it settles what the tracks came to.
func (c *Conductor) schedule(t *turn, now time.Time) error {
	for c.free() > 0 {
		bodies := c.nextBodies(t, now)
		if bodies == nil {
			break
		}
		if err := c.apply(t, now, bodies); err != nil {
			return err
		}
	}
	return c.apply(t, now, c.state.Settle())
}

// free counts the slots that nobody holds. A worker that was cancelled holds its slot until it has ended; one that
// waits for a person or at a gate holds none.
func (c *Conductor) free() int {
	return c.settings.MaxWorkers - c.state.now.active - c.winding + len(c.gates)
}

// unspawned counts the attempts whose spawn is asked or about to be: so many questions a person can face at once. One
// that stands at a gate does not get to ask.
func (c *Conductor) unspawned() int {
	n := c.state.now.unspawned
	for _, g := range c.gates {
		if t, ok := c.state.now.Ticket(g.run.Ticket); ok && !t.Spawned {
			n--
		}
	}
	return n
}

// nextBodies is what gives away one slot, or nil when nobody wants one. An open gate takes a slot without an event.
func (c *Conductor) nextBodies(t *turn, now time.Time) []Body {
	if b, ok := c.nextAnswered(); ok {
		return []Body{b}
	}
	for c.openGate(t) {
		if c.free() <= 0 {
			return nil
		}
	}
	if c.unspawned() >= c.settings.MaxWorkers {
		return c.makeRoom(t, now)
	}
	next := c.state.next(func(key TicketKey) bool { return c.runners[key] != nil })
	if next == nil {
		return nil
	}
	return c.startBodies(next, now)
}

// startBodies start a ticket, or pause its track where a bound is in the way.
func (c *Conductor) startBodies(next *Ticket, now time.Time) []Body {
	if over := c.affordable(next, now); over != nil {
		return over
	}
	model := c.settings.Model(next.Spec.ModelOverride, next.RetryCount)
	return []Body{TicketStarted{Run: Run{next.Key, c.state.nextAttempt(next)}, Model: model}}
}

// nextAnswered consumes the oldest answer that a worker waits for.
func (c *Conductor) nextAnswered() (Body, bool) {
	s := c.state
	for len(s.answered) > 0 {
		id := s.answered[0]
		s.answered = s.answered[1:]
		a, ok := s.now.Approval(id)
		if !ok || a.Answer == nil {
			continue
		}
		if t, ok := s.now.Ticket(a.Run.Ticket); ok && t.Parked && t.Approval == id {
			return ApprovalConsumed{ID: id, Run: t.Run()}, true
		}
	}
	return nil, false
}

// openGate lets the first worker whose track is not paused any more pass.
func (c *Conductor) openGate(t *turn) bool {
	for i, g := range c.gates {
		if tr, ok := c.state.now.Track(g.run.Ticket.Track); !ok || tr.Status != TrackPaused {
			c.gates = append(c.gates[:i:i], c.gates[i+1:]...)
			t.opened = append(t.opened, g)
			return true
		}
	}
	return false
}

// windUp notes attempts that end under a worker that is still there, and what else an event calls for.
func (c *Conductor) windUp(t *turn, b Body, now time.Time) {
	var key TicketKey
	switch b := b.(type) {
	case ApprovalRequested:
		c.waitsForPerson(b.Run, b.ID, now)
		return
	case ApprovalResumed:
		c.waitsForPerson(b.Run, b.ID, now)
		return
	case ApprovalConsumed:
		t.acts = append(t.acts, act{b, c.runners[b.Run.Ticket]})
		return
	case UndoStarted:
		t.acts = append(t.acts, act{body: b})
		return
	case TicketRetried:
		key = b.Ticket
	case TicketBlocked:
		key = b.Ticket
	case TicketKilled:
		key = b.Ticket
	case TicketCompleted:
		key = b.Ticket
	default:
		return
	}
	r := c.runners[key]
	t.acts = append(t.acts, act{b, r})
	if r != nil && !r.ended {
		r.ended = true
		c.winding++
		c.leaveGate(r.run)
	}
}

func (c *Conductor) leaveGate(run Run) {
	for i, g := range c.gates {
		if g.run == run {
			c.gates = append(c.gates[:i:i], c.gates[i+1:]...)
			return
		}
	}
}

// runnerGone forgets a worker whose goroutine has said its last word, and offers its ticket again if that waits.
func (c *Conductor) runnerGone(began, run Run) {
	delete(c.renamed, began)
	r := c.runners[run.Ticket]
	if r == nil || r.run != run {
		return
	}
	if r.ended {
		c.winding--
	}
	delete(c.runners, run.Ticket)
}

func (c *Conductor) configure(t *turn, set Settings) {
	set.MaxWorkers = max(set.MaxWorkers, 1)
	again := set.AutoQueue != c.settings.AutoQueue
	c.settings, c.state.autoQueue = set, set.AutoQueue
	if c.state.setLeasing(!set.SideBySide) {
		again, t.shown = true, true
	}
	if !again {
		return
	}
	for tr := range c.state.now.Tracks() {
		c.state.index[tr.ID].reconsider(c.state, tr)
	}
}
