package engine

import "container/heap"

// graph is a track's readiness by counters: missing counts a ticket's unfinished dependencies, dependents says whom
// to tell. A completion costs its out-degree; nothing here ever scans the track, except a new plan.
type graph struct {
	missing    []int32
	dependents [][]int32
	ready      map[int32]struct{} // todo, and nothing missing
	wanted     slotHeap           // ready and asked for, by priority and file order; may hold stale entries
	inRing     bool
}

// newGraph indexes a track's tickets. The plan was checked: every dependency exists.
func newGraph(tr *Track) *graph {
	g := &graph{
		missing:    make([]int32, tr.tickets.n),
		dependents: make([][]int32, tr.tickets.n),
		ready:      map[int32]struct{}{},
	}
	for i, t := range tr.tickets.all() {
		for _, dep := range t.Spec.DependsOn {
			j, ok := tr.at[dep]
			if !ok {
				continue // of an orphaned ticket: what it waited for is gone
			}
			g.dependents[j] = append(g.dependents[j], int32(i))
			if tr.tickets.at(j).Status != Completed {
				g.missing[i]++
			}
		}
		if t.Status == Todo && g.missing[i] == 0 {
			g.ready[int32(i)] = struct{}{}
		}
	}
	return g
}

// moved is told of every change of status, after it.
func (g *graph) moved(s *State, tr *Track, t *Ticket, from Status) {
	i := int32(tr.at[t.Key.ID])
	delete(g.ready, i)
	if t.Status == Todo && g.missing[i] == 0 {
		g.ready[i] = struct{}{}
		g.offer(s, t)
	}
	switch {
	case t.Status == Completed:
		g.release(s, tr, i)
	case from == Completed:
		g.withhold(s, tr, i)
	}
}

// release tells the dependents of a completed ticket.
func (g *graph) release(s *State, tr *Track, i int32) {
	for _, j := range g.dependents[i] {
		g.missing[j]--
		if t := tr.tickets.at(int(j)); g.missing[j] == 0 && t.Status == Todo {
			g.ready[j] = struct{}{}
			g.offer(s, t)
		}
	}
}

// withhold tells the dependents of a ticket that is no longer completed, and marks the completed ones below it
// stale.
func (g *graph) withhold(s *State, tr *Track, i int32) {
	for _, j := range g.dependents[i] {
		g.missing[j]++
		delete(g.ready, j)
	}
	seen := map[int32]bool{i: true}
	stack := []int32{i}
	for len(stack) > 0 {
		k := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, j := range g.dependents[k] {
			if seen[j] || tr.tickets.at(int(j)).Status != Completed {
				continue
			}
			seen[j] = true
			_, d, err := s.ticket(tr.tickets.at(int(j)).Key)
			if err == nil {
				d.Below = true
				d.stales()
			}
			stack = append(stack, j)
		}
	}
}

// offer puts a ready ticket in line if anybody wants it to run.
func (g *graph) offer(s *State, t *Ticket) {
	tr, _ := s.now.Track(t.Key.Track)
	i := int32(tr.at[t.Key.ID])
	if _, ready := g.ready[i]; !ready || !s.wants(tr, t) {
		s.stepOut(t.Key)
		return
	}
	heap.Push(&g.wanted, slot{rank: int8(t.Spec.Priority.Rank()), at: i})
	if !g.inRing {
		g.inRing = true
		s.ring = append(s.ring, tr.ID)
	}
}

// reconsider offers every ready ticket anew after the track's status or a setting changed.
func (g *graph) reconsider(s *State, tr *Track) {
	g.wanted = g.wanted[:0]
	for i := range g.ready {
		g.offer(s, tr.tickets.at(int(i)))
	}
}

// wants reports whether somebody asked for a ready ticket to run: a person for it or for its track, or the setting.
func (s *State) wants(tr *Track, t *Ticket) bool {
	switch {
	case t.Denied || t.Awaits != "" || t.Undone || t.Orphaned || tr.Lost || tr.Status == TrackPaused:
		return false
	case t.Queued || tr.Status == TrackRunning:
		return true
	default:
		return s.autoQueue && !t.Spec.StepMode && tr.Status == TrackIdle
	}
}

// next takes the next ticket to start: the most urgent one of the track whose turn it is, so that tracks share the
// pool fairly. skip passes over tickets whose last worker has not ended yet; they are offered again later. It gives
// nil when nothing can start.
func (s *State) next(skip func(TicketKey) bool) *Ticket {
	var held []*Ticket
	defer func() {
		for _, t := range held {
			s.index[t.Key.Track].offer(s, t)
		}
	}()
	for len(s.ring) > 0 {
		id := s.ring[0]
		s.ring = s.ring[1:]
		g := s.index[id]
		if g == nil {
			continue // renamed since
		}
		g.inRing = false
		t := s.pop(id, g)
		if t == nil {
			continue
		}
		if skip(t.Key) {
			held = append(held, t)
			s.rejoin(id, g)
			continue
		}
		s.rejoin(id, g)
		return t
	}
	return nil
}

// rejoin puts a track that has more to start at the end of the ring.
func (s *State) rejoin(id TrackID, g *graph) {
	if len(g.wanted) > 0 && !g.inRing {
		g.inRing = true
		s.ring = append(s.ring, id)
	}
}

// pop takes a track's next wanted ticket that may have its files, dropping entries that time has overtaken. One that
// must wait for its files comes back when they are free.
func (s *State) pop(id TrackID, g *graph) *Ticket {
	tr, ok := s.now.Track(id)
	if !ok {
		return nil
	}
	for len(g.wanted) > 0 {
		i := heap.Pop(&g.wanted).(slot).at
		t := tr.tickets.at(int(i))
		if _, ready := g.ready[i]; ready && s.wants(tr, t) && s.mayStart(t) {
			return t
		}
	}
	return nil
}

// startable reports whether a track has a ready ticket that somebody wants.
func (s *State) startable(tr *Track) bool {
	g := s.index[tr.ID]
	for i := range g.ready {
		if s.wants(tr, tr.tickets.at(int(i))) {
			return true
		}
	}
	return false
}

type slot struct {
	rank int8
	at   int32
}

// slotHeap orders by priority, then file order.
type slotHeap []slot

func (h slotHeap) Len() int { return len(h) }
func (h slotHeap) Less(i, j int) bool {
	if h[i].rank != h[j].rank {
		return h[i].rank < h[j].rank
	}
	return h[i].at < h[j].at
}
func (h slotHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *slotHeap) Push(x any)   { *h = append(*h, x.(slot)) }
func (h *slotHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
