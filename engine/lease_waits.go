package engine

import (
	"slices"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// held is who has which declared files in one snapshot.
type held struct {
	by    map[string][]TicketKey
	names trackfile.Names
}

func (s *Snapshot) held() *held {
	h := &held{by: map[string][]TicketKey{}}
	for _, k := range s.holders {
		t, ok := s.Ticket(k)
		if !ok {
			continue
		}
		for _, name := range t.Lease {
			h.names.Add(trackfile.ParseName(name))
			h.by[name] = append(h.by[name], k)
		}
	}
	return h
}

// forFiles are the tickets that have files which a ready one needs. It costs what overlaps.
func (w *Waits) forFiles(t *Ticket) []Wait {
	wanted := t.Queued || w.track.Status == TrackRunning
	if !w.snap.leasing || t.Status != Todo || !wanted || t.Denied || t.Orphaned || len(w.snap.holders) == 0 {
		return nil
	}
	if w.files == nil {
		w.files = w.snap.held()
	}
	var out []Wait
	for _, name := range t.Spec.Declared() {
		for o := range w.files.names.Overlapping(trackfile.ParseName(name)) {
			for _, k := range w.files.by[o.String()] {
				holder, ok := w.snap.Ticket(k)
				if there := slices.ContainsFunc(out, func(w Wait) bool { return w.Ticket == k }); ok && !there {
					out = append(out, Wait{Ticket: k, Status: holder.Status, Why: why(holder), File: trackfile.ShowName(o.String())})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b Wait) int {
		return slices.Index(w.snap.holders, a.Ticket) - slices.Index(w.snap.holders, b.Ticket)
	})
	return out
}
