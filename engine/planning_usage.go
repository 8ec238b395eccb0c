package engine

import (
	"maps"
	"time"
)

// applyPlanning adds what planning cost to the track. One that is not planned yet gets it when it is.
func (s *State) applyPlanning(b PlanningRecorded, at time.Time) error {
	spent := spentOf(b.Tier, b.Usage, 0)
	if tr, err := s.track(b.Track); err == nil {
		s.spend(tr, nil, spent, at)
		tr.Usage = withUsage(tr.Usage, b.Tier, b.Usage)
		return nil
	}
	s.spend(nil, nil, spent, at)
	planning := maps.Clone(s.now.planning)
	if planning == nil {
		planning = map[TrackID]map[Tier]Usage{}
	}
	planning[b.Track] = withUsage(planning[b.Track], b.Tier, b.Usage)
	s.now.planning = planning
	return nil
}

// takePlanning is what was used for a track before it was planned.
func (s *State) takePlanning(id TrackID) map[Tier]Usage {
	usage := s.now.planning[id]
	if usage != nil {
		planning := maps.Clone(s.now.planning)
		delete(planning, id)
		s.now.planning = planning
	}
	return usage
}

// withUsage is a copy with more of one tier: snapshots hold the map that was.
func withUsage(was map[Tier]Usage, tier Tier, u Usage) map[Tier]Usage {
	out := maps.Clone(was)
	if out == nil {
		out = map[Tier]Usage{}
	}
	out[tier] = out[tier].Add(u)
	return out
}

// Planning is what tiers 1 and 2 used for a track that is not planned yet; with "" for what became no track at all. The
// map must not be changed.
func (s *Snapshot) Planning(id TrackID) map[Tier]Usage { return s.planning[id] }
