package engine

import (
	"reflect"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// MovedFrom is the track that a document belonged to before its file got another name: the only one whose document is
// gone and that has the same tickets, with the same texts or under the same title. ok is false where there is none, or
// more than one.
func (s *Snapshot) MovedFrom(spec trackfile.Track, gone func(TrackID) bool) (id TrackID, ok bool) {
	for tr := range s.Tracks() {
		if !sameTickets(tr, spec) || !gone(tr.ID) {
			continue
		}
		if ok {
			return "", false
		}
		id, ok = tr.ID, true
	}
	return id, ok
}

// Untouched reports whether a track has no state, or none but what its document gave it, so that the state of a
// renamed one can take its place.
func (s *Snapshot) Untouched(id TrackID) bool {
	tr, ok := s.Track(id)
	return !ok || pristine(tr)
}

func sameTickets(tr *Track, spec trackfile.Track) bool {
	if len(spec.Tickets) == 0 || tr.Total() != len(spec.Tickets) {
		return false
	}
	texts := true
	for i := range spec.Tickets {
		t, ok := tr.Ticket(spec.Tickets[i].ID)
		if !ok || t.Orphaned {
			return false
		}
		texts = texts && reflect.DeepEqual(*t.Spec, spec.Tickets[i])
	}
	return texts || tr.Title != "" && tr.Title == spec.Title
}
