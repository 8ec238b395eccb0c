package engine

import (
	"slices"
	"time"
)

// parked is an attempt that began to wait for a person while it had files leased: for an answer, or at the gate of a
// paused track.
type parked struct {
	attempt *runner // under whatever name its ticket has by then
	asks    ApprovalID
	since   time.Time
}

// waitsForPerson notes an attempt that begins to wait. What is noted is looked at again before it counts.
func (c *Conductor) waitsForPerson(run Run, asks ApprovalID, now time.Time) {
	t, ok := c.state.now.Ticket(run.Ticket)
	if r := c.runners[run.Ticket]; ok && r != nil && len(t.Lease) > 0 {
		if len(c.parked) == cap(c.parked) { // before it grows
			c.parked = slices.DeleteFunc(c.parked, func(p parked) bool { return !c.stillHolds(p) })
		}
		c.parked = append(c.parked, parked{r, asks, now})
	}
}

// overdue gives back the files of those who have waited for a person longer than the setting allows. They began in
// order, so that only the first ones are looked at.
func (c *Conductor) overdue(now time.Time) []Body {
	var bodies []Body
	for c.settings.ParkedLease > 0 && len(c.parked) > 0 && !now.Before(c.parked[0].since.Add(c.settings.ParkedLease)) {
		p := c.parked[0]
		c.parked = c.parked[1:]
		if c.stillHolds(p) {
			bodies = append(bodies, LeaseReturned{Run: p.attempt.run})
		}
	}
	return bodies
}

// stillHolds reports whether an attempt waits as it did when it was noted, and has its files.
func (c *Conductor) stillHolds(p parked) bool {
	t, ok := c.state.now.Ticket(p.attempt.run.Ticket)
	if !ok || len(t.Lease) == 0 || t.Attempt != p.attempt.run.Attempt || t.Status != InProgress {
		return false
	}
	if p.asks != "" {
		a, ok := c.state.now.Approval(p.asks)
		return ok && a.Pending() && t.Approval == p.asks
	}
	for _, g := range c.gates {
		if g.run == p.attempt.run {
			return true
		}
	}
	return false
}

// setAlarm arms the timer for the first who may become overdue, after forgetting those who have gone on since.
func (c *Conductor) setAlarm() {
	c.alarm.Stop()
	for len(c.parked) > 0 && !c.stillHolds(c.parked[0]) {
		c.parked = c.parked[1:]
	}
	if len(c.parked) > 0 && c.settings.ParkedLease > 0 {
		c.alarm.Reset(c.parked[0].since.Add(c.settings.ParkedLease).Sub(c.cfg.Now()))
	}
}
