package engine

import (
	"fmt"
	"reflect"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// applyPlan makes a document the plan: new tickets come, changed ones get their new text, and those that vanished
// are kept as orphaned where they have state.
func (s *State) applyPlan(b TrackPlanned) error {
	tr := s.plannedTrack(b)
	old := *tr
	renameTickets(tr, &old, b.Renamed)
	specs := make(map[string]*trackfile.Ticket, len(b.Tickets))
	for i := range b.Tickets {
		specs[b.Tickets[i].ID] = &b.Tickets[i]
	}
	next := make([]*Ticket, 0, len(b.Order))
	for _, id := range b.Order {
		t, err := s.plannedTicket(tr, id, specs[id])
		if err != nil {
			return err
		}
		next = append(next, t)
	}
	s.replaceTickets(tr, append(next, orphans(tr, b.Order, s.epoch)...))
	s.moveRemembered(tr, b.Renamed)
	return nil
}

// plannedTrack finds or makes the track and gives it the document's header.
func (s *State) plannedTrack(b TrackPlanned) *Track {
	tr, err := s.track(b.Track)
	if err != nil {
		tr = &Track{ID: b.Track, Status: TrackIdle, at: map[string]int{}, epoch: s.epoch}
		s.indexTrack(b.Track, s.now.tracks.push(s.epoch, tr))
		s.index[b.Track] = newGraph(tr)
	}
	tr.Title, tr.Goal, tr.Context, tr.Verify = b.Title, b.Goal, b.Context, b.Verify
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

// renameTickets lets state follow ids that the document renamed.
func renameTickets(tr, old *Track, renamed map[string]string) {
	if len(renamed) == 0 {
		return
	}
	tr.at = make(map[string]int, len(old.at))
	for id, i := range old.at {
		if to, ok := renamed[id]; ok {
			id = to
		}
		tr.at[id] = i
	}
}

// plannedTicket is the ticket that a planned id stands for: the one there is, with the new text if it has one, or
// a new one.
func (s *State) plannedTicket(tr *Track, id string, spec *trackfile.Ticket) (*Ticket, error) {
	i, known := tr.at[id]
	if !known {
		if spec == nil {
			return nil, fmt.Errorf("planned ticket %s has no text", id)
		}
		return newTicket(TicketKey{Track: tr.ID, ID: id}, spec, s.epoch), nil
	}
	c := *tr.tickets.at(i)
	c.epoch, c.Orphaned, c.Key.ID = s.epoch, false, id
	if spec != nil {
		c.Stale = c.Stale || c.Status == Completed && !sameWork(c.Spec, spec)
		c.Spec = spec
	}
	return &c, nil
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

// sameWork compares what a ticket asks for, leaving out what is only shown.
func sameWork(a, b *trackfile.Ticket) bool {
	x, y := *a, *b
	x.ID, y.ID, x.Status, y.Status = "", "", "", ""
	x.AssignedTo, y.AssignedTo, x.Priority, y.Priority = "", "", "", ""
	return reflect.DeepEqual(x, y)
}

// orphans are the tickets that a plan left out and that have state worth keeping.
func orphans(tr *Track, order []string, epoch uint64) []*Ticket {
	planned := make(map[string]bool, len(order))
	for _, id := range order {
		planned[id] = true
	}
	var kept []*Ticket
	for _, t := range tr.tickets.all() {
		if id := currentID(tr, t); planned[id] || t.Status == Todo && t.Attempt == 0 && !t.Queued {
			continue
		}
		c := *t
		c.epoch, c.Orphaned = epoch, true
		kept = append(kept, &c)
	}
	return kept
}

// currentID is the id under which a ticket is found after a rename.
func currentID(tr *Track, t *Ticket) string {
	if i, ok := tr.at[t.Key.ID]; ok && tr.tickets.at(i) == t {
		return t.Key.ID
	}
	for id, i := range tr.at {
		if tr.tickets.at(i) == t {
			return id
		}
	}
	return t.Key.ID
}

// replaceTickets rebuilds what depends on a track's order of tickets.
func (s *State) replaceTickets(tr *Track, tickets []*Ticket) {
	tr.tickets, tr.counts = table[Ticket]{}, [5]int{}
	tr.at = make(map[string]int, len(tickets))
	for _, t := range tickets {
		tr.at[t.Key.ID] = tr.tickets.push(s.epoch, t)
		if !t.Orphaned {
			tr.counts[statusIndex(t.Status)]++
		}
	}
	s.reindex(tr)
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

// applyRename moves a track with all its state to another id.
func (s *State) applyRename(b TrackRenamed) error {
	tr, err := s.track(b.Track)
	if err != nil {
		return err
	}
	if _, taken := s.now.trackAt[b.To]; taken {
		return fmt.Errorf("track %s exists", b.To)
	}
	i := s.now.trackAt[b.Track]
	tr.ID = b.To
	s.indexTrack(b.To, i)
	delete(s.index, b.Track)
	for j, t := range tr.tickets.all() {
		c := *t
		c.epoch, c.Key.Track = s.epoch, b.To
		tr.tickets.set(s.epoch, j, &c)
	}
	for _, a := range s.now.approvals.all() {
		if a.Run.Ticket.Track == b.Track {
			c := *a
			c.Run.Ticket.Track = b.To
			s.setApproval(a.ID, &c)
		}
	}
	s.changeRemembered(func(r Remembered) *Remembered {
		if r.Ticket.Track == b.Track {
			r.Ticket.Track = b.To
		}
		return &r
	})
	s.reindex(tr)
	return nil
}
