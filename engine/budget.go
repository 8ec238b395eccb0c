package engine

import (
	"fmt"
	"time"
)

// Bounds are what may be used up; 0 is no bound.
type Bounds struct {
	Tokens   int64         // in and out
	MicroUSD int64         // millionths of a US dollar
	Turns    int64         // replies of workers
	Time     time.Duration // that workers worked, without their waiting for people
}

// Budget bounds a ticket since a person last stepped in, a track as a whole, and a day of all tracks.
type Budget struct{ Ticket, Track, Day Bounds }

// Spent is what was used up.
type Spent struct {
	Tokens   int64         `json:"tokens,omitempty"`
	MicroUSD int64         `json:"micro_usd,omitempty"`
	Turns    int64         `json:"turns,omitempty"`
	Time     time.Duration `json:"time,omitempty"` // nanoseconds
	Unpriced bool          `json:"unpriced,omitempty"`
}

// Add is the sum of both.
func (s Spent) Add(o Spent) Spent {
	return Spent{s.Tokens + o.Tokens, s.MicroUSD + o.MicroUSD, s.Turns + o.Turns, s.Time + o.Time, s.Unpriced || o.Unpriced}
}

// spentOf is what a call used.
func spentOf(tier Tier, u Usage, worked time.Duration) Spent {
	s := Spent{Tokens: u.Total(), MicroUSD: u.Cost.MicroUSD, Time: worked, Unpriced: u.Cost.Unknown}
	if tier == TierWorker {
		s.Turns = 1
	}
	return s
}

// BudgetScope says what a bound is for.
type BudgetScope string

// The scopes.
const (
	BudgetTicket BudgetScope = "ticket"
	BudgetTrack  BudgetScope = "track"
	BudgetDay    BudgetScope = "day"
)

// BudgetKind says what a bound counts: the word behind the scope in the name of its setting.
type BudgetKind string

// The kinds.
const (
	BudgetTokens BudgetKind = "tokens"
	BudgetUSD    BudgetKind = "usd"
	BudgetTurns  BudgetKind = "turns"
	BudgetTime   BudgetKind = "time"
)

// Overrun is a bound that is reached, or that the next call would pass. Counts are in the kind's own unit: tokens,
// millionths of a dollar, turns, nanoseconds.
type Overrun struct {
	Scope    BudgetScope `json:"scope"`
	Kind     BudgetKind  `json:"kind"`
	Limit    int64       `json:"limit"`
	Spent    int64       `json:"spent"`
	Need     int64       `json:"need,omitempty"`     // of the next call, as it is estimated
	Unpriced string      `json:"unpriced,omitempty"` // the model whose price is not known, where that is what is in the way
	Day      string      `json:"day,omitempty"`      // of BudgetDay
}

// Setting is the bound's name in the configuration.
func (o *Overrun) Setting() string { return "budget." + string(o.Scope) + "_" + string(o.Kind) }

// Amount is a count of the overrun's kind, for people.
func (o *Overrun) Amount(n int64) string {
	switch o.Kind {
	case BudgetUSD:
		return fmt.Sprintf("$%d.%04d", n/1_000_000, n%1_000_000/100)
	case BudgetTime:
		return time.Duration(n).Round(time.Second).String()
	default:
		return fmt.Sprint(n) + " " + string(o.Kind)
	}
}

// inUnits is a count as programs read it: dollars, seconds, tokens or turns.
func (o *Overrun) inUnits(n int64) any {
	switch o.Kind {
	case BudgetUSD:
		return float64(n) / 1e6
	case BudgetTime:
		return time.Duration(n).Seconds()
	default:
		return n
	}
}

// Reason says what is in the way and what to do.
func (o *Overrun) Reason() string {
	if o.Unpriced != "" {
		return fmt.Sprintf("%s is set and the price of the model %s is not known: give it in your configuration as [prices.%q] (0 where it costs "+
			"nothing), or set %s to 0", o.Setting(), o.Unpriced, o.Unpriced, o.Setting())
	}
	next := ""
	if o.Need > 0 && o.Spent < o.Limit {
		next = fmt.Sprintf(" and the next call may take %s", o.Amount(o.Need))
	}
	return fmt.Sprintf("%s is %s, of which %s are used%s: %s", o.Setting(), o.Amount(o.Limit), o.Amount(o.Spent), next, o.remedy())
}

func (o *Overrun) remedy() string {
	switch o.Scope {
	case BudgetTicket:
		return "it goes on when the bound in your configuration is raised; a retry lets it have as much again"
	case BudgetDay:
		return "it goes on tomorrow, or when the bound in your configuration is raised"
	default:
		return "it goes on when the bound in your configuration is raised"
	}
}

// BudgetError refuses a call that would pass a bound.
type BudgetError struct{ Overrun Overrun }

func (e *BudgetError) Error() string { return e.Overrun.Reason() }

// measure is one kind of a bound beside what counts against it.
type measure struct {
	kind               BudgetKind
	limit, spent, need int64
}

func measures(b Bounds, spent, need Spent) [4]measure {
	return [4]measure{
		{BudgetTokens, b.Tokens, spent.Tokens, need.Tokens},
		{BudgetUSD, b.MicroUSD, spent.MicroUSD, need.MicroUSD},
		{BudgetTurns, b.Turns, spent.Turns, need.Turns},
		{BudgetTime, int64(b.Time), int64(spent.Time), int64(need.Time)},
	}
}

// over is the first bound that is reached by what was spent, or that need would pass; nil for none. A bound in money
// with a call whose price is not known is as good as passed: it could not be kept.
func (b Bounds) over(scope BudgetScope, spent, need Spent, model string) *Overrun {
	for _, m := range measures(b, spent, need) {
		if m.limit <= 0 {
			continue
		}
		o := Overrun{Scope: scope, Kind: m.kind, Limit: m.limit, Spent: m.spent, Need: m.need}
		if m.kind == BudgetUSD && need.Unpriced {
			o.Unpriced = model
			return &o
		}
		if m.spent >= m.limit || m.need > m.limit-m.spent {
			return &o
		}
	}
	return nil
}

// warnAt is the part of a bound, in hundredths, from which on it is warned of.
const warnAt = 80

// near lists the bounds of which warnAt is reached now and was not before.
func (b Bounds) near(scope BudgetScope, before, now Spent) []Overrun {
	var out []Overrun
	was, is := measures(b, before, Spent{}), measures(b, now, Spent{})
	for i, m := range is {
		mark := m.limit/100*warnAt + m.limit%100*warnAt/100
		if m.limit > 0 && m.spent >= mark && was[i].spent < mark {
			out = append(out, Overrun{Scope: scope, Kind: m.kind, Limit: m.limit, Spent: m.spent})
		}
	}
	return out
}

// dayOf names the day that a time is on where it was written.
func dayOf(t time.Time) string { return t.Format(time.DateOnly) }

// spentOn is what was spent on the day of a time.
func (s *Snapshot) spentOn(t time.Time) Spent {
	if s.day.Day != dayOf(t) {
		return Spent{}
	}
	return s.day.Spent
}

// Today is what all tracks have used on the day of now.
func (s *Snapshot) Today(now time.Time) Spent { return s.spentOn(now) }

// daySpent is what the newest day with any use has come to.
type daySpent struct {
	Day   string `json:"day,omitempty"`
	Spent Spent  `json:"spent,omitzero"`
}

// underWay is what calls under way may come to: of the ticket's track, and of all.
type underWay struct{ track, all Spent }

// overrun is the bound that stands in the way of a call of a ticket, the ticket's own first; nil for none. It is pure.
func (s *State) overrun(b Budget, tr *Track, t *Ticket, h underWay, need Spent, model string, now time.Time) *Overrun {
	if t != nil {
		if o := b.Ticket.over(BudgetTicket, t.Spent, need, model); o != nil {
			return o
		}
	}
	if o := b.Track.over(BudgetTrack, tr.Spent.Add(h.track), need, model); o != nil {
		return o
	}
	if o := b.Day.over(BudgetDay, s.now.spentOn(now).Add(h.all), need, model); o != nil {
		o.Day = dayOf(now)
		return o
	}
	return nil
}

// warnings are the events that say that a bound is nearly used up, after a call of a ticket; t is nil for one of the
// planning.
func (s *State) warnings(b Budget, tr *Track, t *Ticket, add Spent, now time.Time) []Body {
	var out []Body
	if t != nil {
		for _, o := range b.Ticket.near(BudgetTicket, t.Spent, t.Spent.Add(add)) {
			out = append(out, BudgetWarned{Track: t.Key.Track, Ticket: t.Key.ID, Over: o})
		}
	}
	if tr == nil {
		return out
	}
	for _, o := range b.Track.near(BudgetTrack, tr.Spent, tr.Spent.Add(add)) {
		out = append(out, BudgetWarned{Track: tr.ID, Over: o})
	}
	day := s.now.spentOn(now)
	for _, o := range b.Day.near(BudgetDay, day, day.Add(add)) {
		o.Day = dayOf(now)
		out = append(out, BudgetWarned{Track: tr.ID, Over: o})
	}
	return out
}

func (s *State) decidePlanning(set Settings, b PlanningRecorded, now time.Time) []Body {
	tr, ok := s.now.Track(b.Track)
	if !ok {
		tr = nil
	}
	return append([]Body{b}, s.warnings(set.Budget, tr, nil, spentOf(b.Tier, b.Usage, 0), now)...)
}

// decideRecord is what a worker tells, with what a bound says to it.
func (s *State) decideRecord(set Settings, t *Ticket, b Body, now time.Time) []Body {
	var add Spent
	switch b := b.(type) {
	case UsageRecorded:
		add = spentOf(b.Tier, b.Usage, b.Worked)
	case ToolReturned:
		add.Time = b.Worked
	default:
		return []Body{b}
	}
	tr, ok := s.now.Track(t.Key.Track)
	if !ok {
		return []Body{b}
	}
	return append([]Body{b}, s.warnings(set.Budget, tr, t, add, now)...)
}

// spend folds what a call used.
func (s *State) spend(tr *Track, t *Ticket, add Spent, at time.Time) {
	if t != nil {
		t.Spent = t.Spent.Add(add)
	}
	if tr != nil {
		tr.Spent = tr.Spent.Add(add)
	}
	if day := dayOf(at); day > s.now.day.Day { // a clock that was set back spends on the day that it has left
		s.now.day = daySpent{Day: day}
	}
	s.now.day.Spent = s.now.day.Spent.Add(add)
}

// BudgetWarned says, once, that a bound is used up by four fifths.
type BudgetWarned struct {
	Track  TrackID `json:"track"`
	Ticket string  `json:"ticket,omitempty"` // of a ticket's bound
	Over   Overrun `json:"over"`
}

func (BudgetWarned) body() {}

// Kind implements Body.
func (BudgetWarned) Kind() string { return "budget_warned" }

// Words say it to a person.
func (b BudgetWarned) Words() string {
	return fmt.Sprintf("%s is %s, of which %s are used", b.Over.Setting(), b.Over.Amount(b.Over.Limit), b.Over.Amount(b.Over.Spent))
}
