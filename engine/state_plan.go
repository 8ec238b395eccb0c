package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// applyPlan makes a document the plan: new tickets come, changed ones get their new text, renamed ones keep their
// state, and those that vanished are kept as orphaned where they have state.
func (s *State) applyPlan(b TrackPlanned) error {
	tr := s.plannedTrack(b)
	tr.Lost = false
	s.renameTickets(tr, b.Renamed)
	specs := make(map[string]*trackfile.Ticket, len(b.Tickets))
	for i := range b.Tickets {
		specs[b.Tickets[i].ID] = &b.Tickets[i]
	}
	next := make([]*Ticket, 0, len(b.Order))
	planned := make(map[string]bool, len(b.Order))
	for _, id := range b.Order {
		if planned[id] {
			return fmt.Errorf("ticket %s is planned twice", id)
		}
		planned[id] = true
		t, err := s.plannedTicket(tr, id, specs[id], b)
		if err != nil {
			return err
		}
		next = append(next, t)
	}
	s.replaceTickets(tr, append(next, orphans(tr, planned, s.epoch)...))
	s.moveRemembered(tr, b.Renamed)
	return nil
}

// plannedTrack finds or makes the track and gives it the document's header.
func (s *State) plannedTrack(b TrackPlanned) *Track {
	tr, err := s.track(b.Track)
	if err != nil {
		tr = &Track{ID: b.Track, Status: TrackIdle, at: map[string]int{}, Usage: s.takePlanning(b.Track), epoch: s.epoch}
		tr.Spent = planningSpent(tr.Usage)
		s.indexTrack(b.Track, s.now.tracks.push(s.epoch, tr))
		s.index[b.Track] = newGraph(tr)
	}
	tr.Title, tr.Goal, tr.Context, tr.Verify = b.Title, b.Goal, b.Context, b.Verify
	tr.Plans++
	return tr
}

// indexTrack notes where a track is, in a copy: snapshots hold the map that was.
func (s *State) indexTrack(id TrackID, i int) {
	at := make(map[TrackID]int, len(s.now.trackAt)+1)
	for k, v := range s.now.trackAt {
		if v != i {
			at[k] = v
		}
	}
	at[id] = i
	s.now.trackAt = at
}

// renameTickets lets state follow ids that the document renamed. A ticket without state whose id another one takes is
// let go.
func (s *State) renameTickets(tr *Track, renamed map[string]string) {
	if len(renamed) == 0 {
		return
	}
	at := make(map[string]int, len(tr.at))
	for id, i := range tr.at {
		if _, moves := renamed[id]; !moves {
			at[id] = i
		}
	}
	var used []Run
	for id, to := range renamed {
		i, ok := tr.at[id]
		if !ok {
			continue
		}
		if over, taken := at[to]; taken {
			tr.tickets.set(s.epoch, over, nil)
		}
		at[to] = i
		used = append(used, tr.tickets.at(i).Run())
		s.rename(tr, i, TicketKey{tr.ID, to})
	}
	tr.at = at
	s.use(used)
	moves := make(map[TicketKey]TicketKey, len(renamed))
	for from, to := range renamed {
		moves[TicketKey{tr.ID, from}] = TicketKey{tr.ID, to}
	}
	s.renameLeases(moves)
}

// rename gives a ticket another name: what it asks follows, and its attempts keep theirs.
func (s *State) rename(tr *Track, i int, to TicketKey) {
	c := *tr.tickets.at(i)
	if c.Since > 0 {
		c.Former = append(c.Former[:len(c.Former):len(c.Former)], Former{c.Key, c.Since, c.Attempt})
	}
	c.epoch, c.Key, c.Since = s.epoch, to, 0
	tr.tickets.set(s.epoch, i, &c)
	if a, ok := s.now.Approval(c.Approval); ok {
		moved := *a
		moved.Run.Ticket = to
		s.setApproval(a.ID, &moved)
	}
}

// use notes attempts whose names their tickets have left.
func (s *State) use(runs []Run) {
	used := maps.Clone(s.now.used)
	if used == nil {
		used = map[TicketKey]int{}
	}
	for _, r := range runs {
		if r.Attempt > used[r.Ticket] {
			used[r.Ticket] = r.Attempt
		}
	}
	s.now.used = used
}

// nextAttempt is the number of the attempt that a ticket's next start begins.
func (s *State) nextAttempt(t *Ticket) int { return max(t.Attempt, s.now.used[t.Key]) + 1 }

// plannedTicket is the ticket that a planned id stands for: the one there is, with the new text if it has one, or
// a new one. An attempt that runs keeps the text that it began with, so that what it completes is stale.
func (s *State) plannedTicket(tr *Track, id string, spec *trackfile.Ticket, b TrackPlanned) (*Ticket, error) {
	i, known := tr.at[id]
	if !known {
		if spec == nil {
			return nil, fmt.Errorf("planned ticket %s has no text", id)
		}
		return newTicket(TicketKey{Track: tr.ID, ID: id}, spec, s.epoch), nil
	}
	c := *tr.tickets.at(i)
	c.epoch, c.Orphaned = s.epoch, false
	if c.Begun != nil {
		c.Begun = followed(c.Begun, b.Renamed, b.Moved)
	}
	if spec != nil {
		c.retext(spec, b)
	}
	return &c, nil
}

// retext gives a ticket the text of a new plan. One that has begun keeps what it began with for as long as that differs:
// when the edit is taken back, it is what it was.
func (t *Ticket) retext(spec *trackfile.Ticket, b TrackPlanned) {
	begun := t.Status == Completed || t.Status == InProgress
	switch {
	case t.Begun != nil && sameWork(t.Begun, spec, nil, nil):
		t.Begun = nil
	case t.Begun == nil && begun && !sameWork(t.Spec, spec, b.Renamed, b.Moved):
		t.Begun = followed(t.Spec, b.Renamed, b.Moved)
	}
	t.Spec = spec
	t.stales()
}

// stales keeps the mark that is shown.
func (t *Ticket) stales() { t.Stale = t.Begun != nil || t.Below }

// followed is a ticket's text with the ids and files that were renamed under the names they have now.
func followed(spec *trackfile.Ticket, renamed, moved map[string]string) *trackfile.Ticket {
	if len(renamed)+len(moved) == 0 {
		return spec
	}
	c := *spec
	to := func(names []string, by map[string]string) []string {
		out := slices.Clone(names)
		for i, n := range out {
			if next, ok := by[n]; ok {
				out[i] = next
			}
		}
		return out
	}
	c.DependsOn, c.ContextRequirements, c.Writes = to(c.DependsOn, renamed), to(c.ContextRequirements, moved), to(c.Writes, moved)
	c.TargetFile = to([]string{c.TargetFile}, moved)[0]
	return &c
}

// newTicket starts a ticket with the status its document states: it counts only now, while there is no other.
func newTicket(key TicketKey, spec *trackfile.Ticket, epoch uint64) *Ticket {
	t := &Ticket{Key: key, Spec: spec, Status: Todo, epoch: epoch}
	switch spec.Status {
	case Completed:
		t.Status = Completed
	case Blocked, Killed:
		t.Status = spec.Status
		t.Block = &Block{By: ByDocument, Reason: "its document says " + string(spec.Status)}
	case Todo, InProgress:
	}
	return t
}

// orphans are the tickets that a plan left out and that have state worth keeping.
func orphans(tr *Track, planned map[string]bool, epoch uint64) []*Ticket {
	var kept []*Ticket
	for _, t := range tr.tickets.all() {
		if planned[t.Key.ID] || !hasState(t) {
			continue
		}
		c := *t
		c.epoch, c.Orphaned = epoch, true
		kept = append(kept, &c)
	}
	return kept
}

// replaceTickets rebuilds what depends on a track's order of tickets.
func (s *State) replaceTickets(tr *Track, tickets []*Ticket) {
	var before []*Ticket
	for _, t := range tr.tickets.all() {
		before = append(before, t)
	}
	tr.tickets, tr.counts = table[Ticket]{}, [5]int{}
	tr.at = make(map[string]int, len(tickets))
	for _, t := range tickets {
		tr.at[t.Key.ID] = tr.tickets.push(s.epoch, t)
		if !t.Orphaned {
			tr.counts[statusIndex(t.Status)]++
		}
	}
	s.reindex(tr)
	s.replanned(tr, before)
}

// reindex makes a track's graph anew and offers what is ready.
func (s *State) reindex(tr *Track) {
	g := newGraph(tr)
	if old := s.index[tr.ID]; old != nil {
		g.inRing = old.inRing
	}
	s.index[tr.ID] = g
	g.reconsider(s, tr)
	s.touch(tr.ID)
}

// applyRename moves a track with all its state to another id. A track of that id without state of its own makes room.
func (s *State) applyRename(b TrackRenamed) error {
	tr, err := s.track(b.Track)
	if err != nil {
		return err
	}
	if b.To == b.Track {
		return fmt.Errorf("track %s is renamed to itself", b.To)
	}
	if to, taken := s.now.Track(b.To); taken && !pristine(to) {
		return fmt.Errorf("track %s exists", b.To)
	} else if taken {
		s.now.tracks.set(s.epoch, s.now.trackAt[b.To], nil)
	}
	i := s.now.trackAt[b.Track]
	tr.ID, tr.Lost = b.To, false
	s.indexTrack(b.To, i)
	delete(s.index, b.Track)
	delete(s.index, b.To)
	s.ring = slices.DeleteFunc(s.ring, func(id TrackID) bool { return id == b.Track || id == b.To })
	used, moves := make([]Run, 0, tr.Len()), make(map[TicketKey]TicketKey, tr.Len())
	for j, t := range tr.tickets.all() {
		used = append(used, t.Run())
		moves[t.Key] = TicketKey{b.To, t.Key.ID}
		s.rename(tr, j, moves[t.Key])
	}
	s.use(used)
	s.renameLeases(moves)
	s.changeRemembered(func(r Remembered) *Remembered {
		if r.Ticket.Track == b.Track {
			r.Ticket.Track = b.To
		}
		return &r
	})
	s.reindex(tr)
	return nil
}

// applyLost holds back what a track would start: nobody can read any more what it is to do.
func (s *State) applyLost(b TrackLost) error {
	tr, err := s.track(b.Track)
	if err != nil {
		return err
	}
	tr.Lost = true
	s.index[b.Track].reconsider(s, tr)
	s.touch(b.Track)
	return nil
}
