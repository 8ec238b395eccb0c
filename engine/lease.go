package engine

import (
	"slices"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// leases orders who may have which declared files. A ticket in progress holds its claim; one that could start and may
// not have its files yet waits with it, and nobody who comes later and overlaps passes it by. A claim costs what it
// overlaps with: nothing here scans the tickets.
//
// What is held is part of the State and comes back with it (Ticket.Lease). The order of those who wait is not: after a
// restart it is found anew, as the tickets come to their turn.
type leases struct {
	claims map[TicketKey]*claim
	names  map[string]*leased // by text, while anybody claims them
	index  trackfile.Names
	last   uint64
}

// claim is a ticket's wish for all its declared files together.
type claim struct {
	key       TicketKey
	seq       uint64 // the earlier comes first
	names     []*leased
	held      bool            // its ticket is in progress
	behind    *claim          // the last of the earlier claims that overlap with it, nil once there is none
	followers map[*claim]bool // the claims that are behind this one
}

// leased is a declared name with those who claim it, the earliest first.
type leased struct {
	*trackfile.Name
	claims []*claim
}

func newLeases() leases {
	return leases{claims: map[TicketKey]*claim{}, names: map[string]*leased{}}
}

// take makes a claim, the last of all; a ticket that has one keeps it.
func (l *leases) take(key TicketKey, names []string) *claim {
	if c := l.claims[key]; c != nil {
		return c
	}
	l.last++
	c := &claim{key: key, seq: l.last, followers: map[*claim]bool{}}
	l.claims[key] = c
	for _, text := range names {
		n := l.names[text]
		if n == nil {
			n = &leased{Name: trackfile.ParseName(text)}
			l.names[text] = n
			l.index.Add(n.Name)
		}
		n.claims = append(n.claims, c)
		c.names = append(c.names, n)
	}
	l.line(c)
	return c
}

// line finds whom a claim is behind.
func (l *leases) line(c *claim) {
	var behind *claim
	for _, n := range c.names {
		for o := range l.index.Overlapping(n.Name) {
			if last := l.names[o.String()].before(c.seq); last != nil && (behind == nil || last.seq > behind.seq) {
				behind = last
			}
		}
	}
	if c.behind != nil {
		delete(c.behind.followers, c)
	}
	if c.behind = behind; behind != nil {
		behind.followers[c] = true
	}
}

// before is the last claim of a name that came before seq.
func (n *leased) before(seq uint64) *claim {
	i, _ := slices.BinarySearchFunc(n.claims, seq, func(c *claim, seq uint64) int {
		if c.seq < seq {
			return -1
		}
		return 1
	})
	if i == 0 {
		return nil
	}
	return n.claims[i-1]
}

// hold makes a ticket's claim a lease: its ticket has started. Where tickets run side by side it may overlap.
func (l *leases) hold(key TicketKey, names []string) {
	if len(names) == 0 {
		return
	}
	c := l.take(key, names)
	if c.held = true; c.behind != nil {
		delete(c.behind.followers, c)
		c.behind = nil
	}
}

// drop ends a claim and gives those for whom the way is free now.
func (l *leases) drop(key TicketKey) (free []TicketKey) {
	c := l.claims[key]
	if c == nil {
		return nil
	}
	delete(l.claims, key)
	for _, n := range c.names {
		i := slices.Index(n.claims, c)
		if i == 0 {
			n.claims = n.claims[1:]
		} else {
			n.claims = slices.Delete(n.claims, i, i+1)
		}
		if len(n.claims) == 0 {
			delete(l.names, n.String())
			l.index.Remove(n.Name)
		}
	}
	if c.behind != nil {
		delete(c.behind.followers, c)
	}
	for _, f := range sortedClaims(c.followers) {
		f.behind = nil
		if l.line(f); f.behind == nil {
			free = append(free, f.key)
		}
	}
	return free
}

func sortedClaims(set map[*claim]bool) []*claim {
	out := make([]*claim, 0, len(set))
	for c := range set {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b *claim) int { return int(a.seq) - int(b.seq) })
	return out
}

// rename lets claims follow their tickets.
func (l *leases) rename(moves map[TicketKey]TicketKey) {
	moved := map[TicketKey]*claim{}
	for from, to := range moves {
		if c := l.claims[from]; c != nil {
			delete(l.claims, from)
			c.key, moved[to] = to, c
		}
	}
	for to, c := range moved {
		l.claims[to] = c
	}
}

// mayStart takes a ready ticket's place in line for its declared files and reports whether it has come to its turn.
// One that has not is offered again when it has.
func (s *State) mayStart(t *Ticket) bool {
	if !s.now.leasing {
		return true
	}
	names := t.Spec.Declared()
	return len(names) == 0 || s.leases.take(t.Key, names).behind == nil
}

// leaveLine ends a claim, of whatever kind, and offers those whose way is free now.
func (s *State) leaveLine(key TicketKey) {
	for _, k := range s.leases.drop(key) {
		if t, ok := s.now.Ticket(k); ok {
			s.index[k.Track].offer(s, t)
		}
	}
}

// stepOut is leaveLine of a ticket that only waits.
func (s *State) stepOut(key TicketKey) {
	if c := s.leases.claims[key]; c != nil && !c.held {
		s.leaveLine(key)
	}
}

// lease gives a ticket that starts its declared files.
func (s *State) lease(t *Ticket) {
	t.Lease = t.Spec.Declared()
	s.leases.hold(t.Key, t.Lease)
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
	s.leases.rename(moves)
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
		c := s.leases.claims[old.Key]
		if c == nil || c.held {
			continue
		}
		if t, ok := tr.Ticket(old.Key.ID); !ok || !slices.Equal(c.texts(), t.Spec.Declared()) {
			s.stepOut(old.Key)
		}
	}
}

func (c *claim) texts() []string {
	out := make([]string, len(c.names))
	for i, n := range c.names {
		out[i] = n.String()
	}
	return out
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
	var waiting []TicketKey
	for key, c := range s.leases.claims {
		if !c.held {
			waiting = append(waiting, key)
		}
	}
	slices.SortFunc(waiting, func(a, b TicketKey) int { return int(s.leases.claims[a].seq) - int(s.leases.claims[b].seq) })
	for _, key := range waiting {
		s.leases.drop(key)
	}
	return true
}
