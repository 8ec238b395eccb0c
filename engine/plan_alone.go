package engine

import (
	"time"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// PlannedAlone is a state in which there is nothing but a track as its document says it, with the statuses of that: what
// planning it would make of it where nothing is known of it yet. Nothing is stored. The errors are those of PlanTrack.
func PlannedAlone(id TrackID, spec trackfile.Track) (*Snapshot, error) {
	state := NewState()
	bodies, err := Decide(state, Settings{MaxWorkers: 1}, PlanTrack{Track: id, Spec: spec}, time.Time{})
	if err != nil {
		return nil, err
	}
	for i, b := range bodies {
		if err := state.Apply(Event{Seq: uint64(i) + 1, Body: b}); err != nil {
			return nil, err
		}
	}
	return state.Freeze(), nil
}
