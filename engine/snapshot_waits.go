package engine

// Wait says which ticket another one waits for, and why that one is not completed.
type Wait struct {
	Ticket TicketKey
	Status Status
	Why    string // for people: "blocked by worker: no such file"
	File   string // "": it depends on Ticket; else the declared name for which both ask, and Ticket has it
}

// Whom names, for people, what a ticket of a track waits for.
func (w Wait) Whom(track TrackID) string {
	id := w.Ticket.ID
	if w.Ticket.Track != track {
		id += " of " + string(w.Ticket.Track)
	}
	if w.File != "" {
		return "the files of " + id
	}
	return id
}

// WaitsFor lists, for a ticket that is not completed, the root causes among its dependencies: those that are
// running, could run, or that a person must look at; never a ticket that itself only waits. It is empty for a ticket
// that waits for none, and costs the edges it walks. One that waits for no dependency, and that somebody wants to run,
// waits for those that have leased files of its. Who asks for many tickets of a track asks Waits.
func (s *Snapshot) WaitsFor(key TicketKey) []Wait {
	w := s.Waits(key.Track)
	t, ok := s.Ticket(key)
	if !ok {
		return nil
	}
	return w.For(t)
}

// Waits gives what WaitsFor gives, for many tickets of one track: what several of them wait for is found once. A track
// that is not there has nothing that waits. It is for one goroutine.
type Waits struct {
	snap  *Snapshot
	track *Track
	found map[string][]Wait // by ticket id; shared, so never changed
	files *held             // nil until it is asked for
}

// Waits begins with nothing found.
func (s *Snapshot) Waits(id TrackID) *Waits {
	tr, _ := s.Track(id)
	return &Waits{snap: s, track: tr, found: map[string][]Wait{}}
}

// For is WaitsFor of a ticket of the track. What it returns must not be changed.
func (w *Waits) For(t *Ticket) []Wait {
	if w.track == nil || t.Status == Completed {
		return nil
	}
	if roots := w.roots(t); len(roots) > 0 {
		return roots
	}
	return w.forFiles(t)
}

func (w *Waits) roots(t *Ticket) []Wait {
	if found, ok := w.found[t.Key.ID]; ok {
		return found
	}
	w.found[t.Key.ID] = nil // so that a cycle, which no plan may have, would end
	var out []Wait
	for _, id := range t.Spec.DependsOn {
		d, ok := w.track.Ticket(id)
		if !ok || d.Status == Completed {
			continue
		}
		causes := []Wait{}
		if d.Status == Todo {
			causes = w.roots(d)
		}
		if len(causes) == 0 {
			causes = []Wait{{Ticket: d.Key, Status: d.Status, Why: why(d)}}
		}
		out = union(out, causes)
	}
	w.found[t.Key.ID] = out
	return out
}

// union is a with what only b has. It changes neither and may return either.
func union(a, b []Wait) []Wait {
	if len(a) == 0 {
		return b
	}
	there := make(map[string]bool, len(a))
	for _, w := range a {
		there[w.Ticket.ID] = true
	}
	out := a[:len(a):len(a)]
	for _, w := range b {
		if !there[w.Ticket.ID] {
			out = append(out, w)
		}
	}
	return out
}

func why(t *Ticket) string {
	switch {
	case t.Block != nil && t.Block.Reason != "":
		return string(t.Status) + " by " + string(t.Block.By) + ": " + t.Block.Reason
	case t.Block != nil:
		return string(t.Status) + " by " + string(t.Block.By)
	case t.Awaits != "":
		return t.Awaits
	case t.Denied:
		return "an approval was denied for want of a person"
	case t.Undone:
		return "its edits were taken back: run it to do them again"
	case t.Status == InProgress:
		return string(t.Phase())
	case t.Status == Todo:
		return "not run yet"
	default:
		return string(t.Status)
	}
}
