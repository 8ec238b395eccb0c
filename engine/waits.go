package engine

// Wait says which ticket another one waits for, and why that one is not completed.
type Wait struct {
	Ticket TicketKey
	Status Status
	Why    string // for people: "blocked by worker: no such file"
}

// WaitsFor lists, for a ticket that is not completed, the root causes among its dependencies: those that are
// running, could run, or that a person must look at; never a ticket that itself only waits. It is empty for a ticket
// that waits for none, and costs the edges it walks.
func (s *Snapshot) WaitsFor(key TicketKey) []Wait {
	tr, ok := s.Track(key.Track)
	if !ok {
		return nil
	}
	t, ok := tr.Ticket(key.ID)
	if !ok || t.Status == Completed {
		return nil
	}
	w := waitWalk{track: tr, seen: map[string]bool{key.ID: true}}
	w.visit(t)
	return w.found
}

type waitWalk struct {
	track *Track
	seen  map[string]bool
	found []Wait
}

// visit collects the root causes below t with a stack of its own: a chain may be 10,000 long.
func (w *waitWalk) visit(t *Ticket) {
	stack := []*Ticket{t}
	for len(stack) > 0 {
		t = stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, id := range t.Spec.DependsOn {
			d, ok := w.track.Ticket(id)
			if !ok || w.seen[id] || d.Status == Completed {
				continue
			}
			w.seen[id] = true
			if d.Status == Todo && w.waits(d) {
				stack = append(stack, d)
				continue
			}
			w.found = append(w.found, Wait{Ticket: d.Key, Status: d.Status, Why: why(d)})
		}
	}
}

func (w *waitWalk) waits(t *Ticket) bool {
	for _, id := range t.Spec.DependsOn {
		if d, ok := w.track.Ticket(id); ok && d.Status != Completed {
			return true
		}
	}
	return false
}

func why(t *Ticket) string {
	switch {
	case t.Block != nil && t.Block.Reason != "":
		return string(t.Status) + " by " + string(t.Block.By) + ": " + t.Block.Reason
	case t.Block != nil:
		return string(t.Status) + " by " + string(t.Block.By)
	case t.Denied:
		return "an approval was denied for want of a person"
	case t.Status == InProgress:
		return string(t.Phase())
	case t.Status == Todo:
		return "not run yet"
	default:
		return string(t.Status)
	}
}
