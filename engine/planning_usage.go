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

// planningSpent is what planning counts against a track's bounds.
func planningSpent(usage map[Tier]Usage) Spent {
	var sum Spent
	for tier, u := range usage {
		sum = sum.Add(spentOf(tier, u, 0))
	}
	return sum
}

// affordPlanning is nil, or a *BudgetError: a track's bound where there is a track, and the day's. Of a plan there is no
// worker that could wait: its person is told.
func (s *Snapshot) affordPlanning(b Budget, c AffordPlanning, held underWay, now time.Time) error {
	spent := planningSpent(s.planning[c.Track])
	if tr, planned := s.Track(c.Track); planned {
		spent = tr.Spent
	}
	over := b.Track.over(BudgetTrack, spent.Add(held.track), c.Need, c.Model)
	if c.Track == "" {
		over = nil
	}
	if over == nil {
		if over = b.Day.over(BudgetDay, s.spentOn(now).Add(held.all), c.Need, c.Model); over != nil {
			over.Day = dayOf(now)
		}
	}
	if over == nil {
		return nil
	}
	return &BudgetError{*over}
}

// AffordPlanning is leave for a call of tier 1 or 2 where no Conductor runs: nil, or a *BudgetError.
func (s *Snapshot) AffordPlanning(b Budget, c AffordPlanning, now time.Time) error {
	return s.affordPlanning(b, c, underWay{}, now)
}

// PlanningNeed is what a model call of tier 1 or 2 may come to, after what was used for the same plan already. price may be
// nil: no price is known.
func PlanningNeed(tier Tier, model string, input int, used Usage, price func(string, Usage) Cost) Spent {
	next := Usage{Input: int64(input), Output: replyReserve, Cost: Cost{Unknown: true}}
	if price != nil {
		next.Cost = price(model, next)
	}
	return spentOf(tier, used.Add(next), 0)
}

// Planning is what tiers 1 and 2 used for a track that is not planned yet; with "" for what became no track at all. The
// map must not be changed.
func (s *Snapshot) Planning(id TrackID) map[Tier]Usage { return s.planning[id] }
