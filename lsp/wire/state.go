package wire

import (
	"fmt"
	"slices"
)

// State is the payload of slop/state. The first one is whole; each other one adds to the one that was sent before it.
type State struct {
	Version int           `json:"version"` // of this package
	Seq     uint64        `json:"seq"`     // of the last event in it
	Whole   bool          `json:"whole"`   // it replaces all that was known
	Since   uint64        `json:"since"`   // the Seq of the state that it adds to; 0 where it is whole
	Tracks  []TrackChange `json:"tracks"`  // the new ones, and those in which something changed
	Gone    []string      `json:"gone"`    // ids of tracks that are no more
	Asked   []Approval    `json:"asked"`   // approvals that wait for an answer since then, the oldest first
	Settled []string      `json:"settled"` // ids of approvals that no longer wait
}

// TrackChange is a track of a State. Its Tickets are those that are new or have changed.
type TrackChange struct {
	Track
	// Order holds the ids of all its tickets, in file order, where these are not those that were known; a ticket that
	// it does not name is no more.
	Order []string `json:"order,omitempty"`
}

// Follow adds a state to what was known, and takes over a whole one. It returns an error, and changes nothing, when
// next does not follow: then the states between were lost, and only a whole one helps.
func (s *Status) Follow(next State) error {
	if next.Whole {
		*s = Status{}
	} else if next.Since != s.Seq {
		return fmt.Errorf("a state adds to %d, and %d is known", next.Since, s.Seq)
	}
	s.Seq = next.Seq
	s.Tracks = slices.DeleteFunc(s.Tracks, func(t Track) bool { return slices.Contains(next.Gone, t.ID) })
	for _, change := range next.Tracks {
		i := slices.IndexFunc(s.Tracks, func(t Track) bool { return t.ID == change.ID })
		if i < 0 {
			s.Tracks = append(s.Tracks, change.Track)
			continue
		}
		s.Tracks[i] = change.onto(s.Tracks[i])
	}
	return nil
}

// Clone is a copy that later states do not change.
func (s Status) Clone() Status {
	s.Tracks = slices.Clone(s.Tracks) // their tickets are replaced, never changed in place
	return s
}

// onto is the track as it is after the change.
func (c TrackChange) onto(before Track) Track {
	byID := make(map[string]Ticket, len(before.Tickets)+len(c.Tickets))
	order := c.Order
	for _, t := range before.Tickets {
		byID[t.ID] = t
		if c.Order == nil {
			order = append(order, t.ID)
		}
	}
	for _, t := range c.Tickets {
		byID[t.ID] = t
	}
	after := c.Track
	after.Tickets = make([]Ticket, 0, len(order))
	for _, id := range order {
		after.Tickets = append(after.Tickets, byID[id])
	}
	return after
}
