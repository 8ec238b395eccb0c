package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// snapshotVersion is the form of an encoded Snapshot. A snapshot of another version is thrown away and folded anew
// from the journal. 2: tickets know since which attempt they have their name, and answers are given for good. 3: what
// was spent since a person stepped in, by track and by day. 4: tickets know what they began with.
const snapshotVersion = 4

type snapshotJSON struct {
	Version    int           `json:"version"`
	Seq        uint64        `json:"seq"`
	Asked      int           `json:"asked"` // how many approvals there ever were
	Tracks     []trackJSON   `json:"tracks"`
	Approvals  []*Approval   `json:"approvals"`
	Settled    []settledJSON `json:"settled,omitempty"`
	Remembered []*Remembered `json:"remembered,omitempty"`
	Used       []Run         `json:"used,omitempty"`
	Day        daySpent      `json:"day,omitzero"`

	Planning map[TrackID]map[Tier]Usage `json:"planning,omitempty"`
}

type settledJSON struct {
	ID ApprovalID `json:"id"`
	Answer
}

type trackJSON struct {
	*Track
	Tickets []*Ticket `json:"tickets"`
}

// Encode is the stored form of a snapshot. Snapshots of equal states have equal encodings.
func (s *Snapshot) Encode() ([]byte, error) {
	doc := snapshotJSON{Version: snapshotVersion, Seq: s.seq, Asked: s.approvals.n, Tracks: []trackJSON{}, Approvals: []*Approval{}}
	for tr := range s.Tracks() {
		t := trackJSON{Track: tr, Tickets: make([]*Ticket, 0, tr.Len())}
		for tk := range tr.Tickets() {
			t.Tickets = append(t.Tickets, tk)
		}
		doc.Tracks = append(doc.Tracks, t)
	}
	for _, a := range s.approvals.all() {
		doc.Approvals = append(doc.Approvals, a)
	}
	for i, a := range s.settled.all() {
		doc.Settled = append(doc.Settled, settledJSON{approvalID(uint64(i) + 1), *a})
	}
	doc.Remembered, doc.Planning, doc.Day = s.remembered, s.planning, s.day
	for key, attempt := range s.used {
		doc.Used = append(doc.Used, Run{key, attempt})
	}
	slices.SortFunc(doc.Used, func(a, b Run) int { return strings.Compare(a.String(), b.String()) })
	data, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encoding the snapshot at event %d: %w", s.seq, err)
	}
	return data, nil
}

// DecodeState makes a state of what Snapshot.Encode wrote. An error means no more than that the state must be
// folded from the journal.
func DecodeState(data []byte) (*State, error) {
	var doc snapshotJSON
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("decoding a snapshot: %w", err)
	}
	if doc.Version != snapshotVersion {
		return nil, fmt.Errorf("decoding a snapshot: its version is %d, not %d", doc.Version, snapshotVersion)
	}
	s := NewState()
	s.now.seq = doc.Seq
	s.use(doc.Used)
	s.now.planning = doc.Planning
	s.now.approvals = table[Approval]{n: doc.Asked, leaves: make([]*leaf[Approval], (doc.Asked+leafSize-1)/leafSize), epoch: s.epoch}
	for _, a := range doc.Approvals {
		n, ok := approvalNumber(a.ID)
		if !ok || int(n) > doc.Asked {
			return nil, fmt.Errorf("decoding a snapshot: approval %q has no place", a.ID)
		}
		s.setApproval(a.ID, a)
	}
	for _, a := range doc.Settled {
		if n, ok := approvalNumber(a.ID); !ok || int(n) > doc.Asked {
			return nil, fmt.Errorf("decoding a snapshot: approval %q has no place", a.ID)
		}
		s.keepDecision(a.ID, a.Answer)
	}
	s.now.day = doc.Day
	s.now.remembered = slices.DeleteFunc(doc.Remembered, func(r *Remembered) bool { return r == nil })
	for _, t := range doc.Tracks {
		if t.Track == nil {
			return nil, fmt.Errorf("decoding a snapshot: a track without its fields")
		}
		s.restore(t)
	}
	return s, nil
}

// restore takes a decoded track into the state and counts what its tickets hold.
func (s *State) restore(t trackJSON) {
	tr := t.Track
	tr.epoch = s.epoch
	s.indexTrack(tr.ID, s.now.tracks.push(s.epoch, tr))
	for _, tk := range t.Tickets {
		tk.epoch = s.epoch
		if tk.Status != InProgress {
			continue
		}
		if !tk.Parked {
			s.now.active++
		}
		if !tk.Spawned {
			s.now.unspawned++
		}
		s.leases.Hold(tk.Key, tk.Lease)
		s.leasesChanged(tk, true)
		if a, ok := s.now.Approval(tk.Approval); ok && a.Answer != nil && tk.Parked {
			s.answered = append(s.answered, a.ID)
		}
	}
	s.replaceTickets(tr, t.Tickets)
}
