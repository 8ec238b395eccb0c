package engine

import "slices"

// mayStart takes a ready ticket's place in line for its declared files and reports whether it has come to its turn.
// One that has not is offered again when it has.
func (s *State) mayStart(t *Ticket) bool {
	if !s.now.leasing {
		return true
	}
	names := t.Spec.Declared()
	return len(names) == 0 || s.leases.Take(t.Key, names)
}

// leaveLine ends a claim, of whatever kind, and offers those whose way is free now.
func (s *State) leaveLine(key TicketKey) {
	for _, k := range s.leases.Drop(key) {
		if t, ok := s.now.Ticket(k); ok {
			s.index[k.Track].offer(s, t)
		}
	}
}

// stepOut is leaveLine of a ticket that only waits.
func (s *State) stepOut(key TicketKey) {
	if s.leases.Waits(key) {
		s.leaveLine(key)
	}
}

// lease gives a ticket that starts its declared files.
func (s *State) lease(t *Ticket) {
	t.Lease = t.Spec.Declared()
	s.leases.Hold(t.Key, t.Lease)
	s.leasesChanged(t, true)
}

// unlease gives back what a ticket has leased.
func (s *State) unlease(t *Ticket) {
	if t.Lease == nil {
		return
	}
	t.Lease = nil
	s.leasesChanged(t, false)
	s.leaveLine(t.Key)
}

// leasesChanged keeps the list of those who hold files, which snapshots share.
func (s *State) leasesChanged(t *Ticket, holds bool) {
	others := make([]TicketKey, 0, len(s.now.holders)+1)
	for _, k := range s.now.holders {
		if k != t.Key {
			others = append(others, k)
		}
	}
	if holds && len(t.Lease) > 0 {
		others = append(others, t.Key)
	}
	s.now.holders = others
}

// renameLeases lets claims and leases follow tickets that have other names now.
func (s *State) renameLeases(moves map[TicketKey]TicketKey) {
	for from, to := range moves {
		if _, moves := moves[to]; !moves && from != to {
			s.stepOut(to) // who had the name is let go, or it would not be free
		}
	}
	s.leases.Rename(moves)
	holders := slices.Clone(s.now.holders)
	for i, k := range holders {
		if to, ok := moves[k]; ok {
			holders[i] = to
		}
	}
	s.now.holders = holders
}

// replanned ends the claims of tickets that a new plan lacks, or that declare other files in it. Those that keep both
// keep their place in line.
func (s *State) replanned(tr *Track, before []*Ticket) {
	for _, old := range before {
		if !s.leases.Waits(old.Key) {
			continue
		}
		if t, ok := tr.Ticket(old.Key.ID); !ok || !slices.Equal(s.leases.Names(old.Key), t.Spec.Declared()) {
			s.stepOut(old.Key)
		}
	}
}

// setLeasing says whether tickets whose declared files overlap wait for each other. Nobody stays in line for what need
// not be waited for.
func (s *State) setLeasing(on bool) (changed bool) {
	if s.now.leasing == on {
		return false
	}
	s.now.leasing = on
	if on {
		return true
	}
	for _, key := range s.leases.Waiting() {
		s.leases.Drop(key)
	}
	return true
}
