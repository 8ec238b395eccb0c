package engine

import "time"

// makeRoom gives a track that asks nothing its turn when as many spawns are asked as may be: the youngest question of a
// track that asks several is taken back, and its ticket waits in line again. So a track that was there first cannot keep
// another one from a person for as long as nobody answers it. It is nil where nobody yields: each track keeps one.
func (c *Conductor) makeRoom(t *turn, now time.Time) []Body {
	if len(c.state.ring) == 0 {
		return nil
	}
	asking := c.asking(t)
	if !c.state.first(func(id TrackID) bool { return asking[id] == 0 }) {
		return nil
	}
	yields := c.yielding(asking)
	if yields == nil {
		return nil
	}
	next := c.state.next(func(key TicketKey) bool { return c.runners[key] != nil })
	if next == nil {
		return nil
	}
	if asking[next.Key.Track] > 0 { // nothing of the first one could start
		c.state.index[next.Key.Track].offer(c.state, next)
		return nil
	}
	bodies := c.startBodies(next, now)
	if _, starts := bodies[0].(TicketStarted); !starts {
		return bodies
	}
	const why = "another track's turn to ask"
	return append(append(c.state.withdraw(yields, why), TicketRetried{Ticket: yields.Key, Cause: CauseInterrupted, By: ByConductor, Reason: why}), bodies...)
}

// asking counts, by track, the attempts whose spawn is asked or about to be, with those that this turn has begun.
func (c *Conductor) asking(t *turn) map[TrackID]int {
	asking := map[TrackID]int{}
	count := func(key TicketKey) {
		if t, ok := c.state.now.Ticket(key); ok && t.Status == InProgress && !t.Spawned {
			asking[key.Track]++
		}
	}
	for key := range c.runners {
		count(key)
	}
	for _, e := range t.events {
		if b, begun := e.Body.(TicketStarted); begun && c.runners[b.Run.Ticket] == nil {
			count(b.Run.Ticket)
		}
	}
	return asking
}

// yielding is the ticket whose question is the youngest of those of tracks that ask several.
func (c *Conductor) yielding(asking map[TrackID]int) *Ticket {
	var youngest *Ticket
	for a := range c.state.now.Pending() {
		if a.Kind != KindSpawn || asking[a.Run.Ticket.Track] < 2 {
			continue
		}
		if t, ok := c.state.now.Ticket(a.Run.Ticket); ok && t.Approval == a.ID && t.Attempt == a.Run.Attempt && c.runners[t.Key] != nil {
			youngest = t
		}
	}
	return youngest
}

// first brings a track of the ring that matches to its front, and reports whether there is one.
func (s *State) first(match func(TrackID) bool) bool {
	for i, id := range s.ring {
		if g := s.index[id]; g != nil && len(g.wanted) > 0 && match(id) {
			copy(s.ring[1:i+1], s.ring[:i])
			s.ring[0] = id
			return true
		}
	}
	return false
}
