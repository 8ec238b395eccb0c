package engine

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

func noon(day int) time.Time {
	return time.Date(2026, 11, day, 12, 0, 0, 0, time.FixedZone("here", 3600))
}

// ledger is a state with tracks of tickets that run, and no Conductor.
type ledger struct {
	*State
	t   *testing.T
	now time.Time
}

func newLedger(t *testing.T, tracks, tickets int) *ledger {
	l := &ledger{NewState(), t, noon(1)}
	for i := range tracks {
		track := TrackID(fmt.Sprint("t", i))
		var plan TrackPlanned
		plan.Track = track
		for j := range tickets {
			id := fmt.Sprint("T", j)
			plan.Tickets, plan.Order = append(plan.Tickets, trackfile.Ticket{ID: id, Description: "x"}), append(plan.Order, id)
		}
		l.add(plan, TrackMoved{Track: track, To: TrackRunning})
		for j := range tickets {
			l.add(TicketStarted{Run: Run{TicketKey{track, fmt.Sprint("T", j)}, 1}})
		}
	}
	return l
}

func (l *ledger) add(bodies ...Body) {
	l.t.Helper()
	for _, b := range bodies {
		if err := l.Apply(Event{Seq: l.State.now.seq + 1, At: l.now, Body: b}); err != nil {
			l.t.Fatal(err)
		}
	}
}

// record is a worker's call as the Conductor takes it.
func (l *ledger) record(set Settings, run Run, u Usage, worked time.Duration) []Body {
	l.t.Helper()
	bodies, err := Decide(l.State, set, record{run, UsageRecorded{Run: run, Tier: TierWorker, Model: "m", Usage: u, Worked: worked}}, l.now)
	if err != nil {
		l.t.Fatal(err)
	}
	l.add(bodies...)
	return bodies[1:]
}

func run(track, id string) Run { return Run{TicketKey{TrackID(track), id}, 1} }

func tokens(n int64) Usage { return Usage{Input: n} }

// A bound is warned of once, at four fifths, and each of the scopes says its own.
func TestABoundIsWarnedOfOnce(t *testing.T) {
	t.Parallel()
	l := newLedger(t, 2, 2)
	set := Settings{Budget: Budget{
		Ticket: Bounds{Tokens: 100}, Track: Bounds{Tokens: 150, MicroUSD: 1000}, Day: Bounds{Turns: 5, Time: 10 * time.Minute},
	}}
	words := func(bodies []Body) string {
		var all []string
		for _, b := range bodies {
			w := b.(BudgetWarned)
			all = append(all, string(w.Over.Scope)+" "+string(w.Over.Kind)+" of "+string(w.Track)+w.Ticket)
		}
		return strings.Join(all, ", ")
	}
	for i, c := range []struct {
		run    Run
		usage  Usage
		worked time.Duration
		want   string
	}{
		{run("t0", "T0"), tokens(79), 0, ""},
		{run("t0", "T0"), tokens(1), 0, "ticket tokens of t0T0"},
		{run("t0", "T0"), tokens(10), 7 * time.Minute, ""},
		{run("t0", "T1"), Usage{Input: 30, Cost: Cost{MicroUSD: 800}}, time.Minute, "track tokens of t0, track usd of t0, day turns of t0, day time of t0"},
		{run("t1", "T1"), tokens(500), time.Minute, "ticket tokens of t1T1, track tokens of t1"},
	} {
		if got := words(l.record(set, c.run, c.usage, c.worked)); got != c.want {
			t.Errorf("call %d warns of %q, want %q", i, got, c.want)
		}
	}
}

// What a day used is forgotten by the next one, by the date where the clock is, and survives a snapshot.
func TestTheDayRollsOver(t *testing.T) {
	t.Parallel()
	l := newLedger(t, 1, 1)
	b := Budget{Day: Bounds{Tokens: 100}}
	l.now = time.Date(2026, 11, 1, 23, 59, 59, 0, time.FixedZone("here", 3600)) // in UTC it is the same day for an hour more
	l.record(Settings{Budget: b}, run("t0", "T0"), tokens(100), 0)
	tr, _ := l.State.now.Track("t0")
	over := l.overrun(b, tr, nil, underWay{}, Spent{}, "", l.now)
	if over == nil || over.Scope != BudgetDay || over.Day != "2026-11-01" {
		t.Fatalf("%+v", over)
	}
	data, err := l.Freeze().Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := DecodeState(data)
	if err != nil || again.now.spentOn(l.now).Tokens != 100 {
		t.Errorf("a restart forgets the day: %+v, %v", again.now.day, err)
	}
	tomorrow := l.now.Add(time.Second)
	if o := l.overrun(b, tr, nil, underWay{}, Spent{}, "", tomorrow); o != nil {
		t.Errorf("it counts on the next day: %+v", o)
	}
	if !over.lifted(b, tomorrow) || over.lifted(b, l.now) || !over.lifted(Budget{}, l.now) {
		t.Error("the next day, and another bound, lift it; nothing else does")
	}
	l.now = tomorrow
	l.record(Settings{Budget: b}, run("t0", "T0"), tokens(1), 0)
	l.now = l.now.Add(-time.Hour) // the clock is set back
	l.record(Settings{Budget: b}, run("t0", "T0"), tokens(1), 0)
	if got := l.State.now.spentOn(tomorrow).Tokens; got != 2 {
		t.Errorf("%d tokens on the day after", got)
	}
}

// A bound in money does not let a call through whose price nobody knows, and says how to give it.
func TestAnUnknownPriceWithABoundInMoney(t *testing.T) {
	t.Parallel()
	l := newLedger(t, 1, 1)
	tr, _ := l.State.now.Track("t0")
	tk, _ := tr.Ticket("T0")
	o := l.overrun(Budget{Track: Bounds{MicroUSD: 1}}, tr, tk, underWay{}, Spent{Unpriced: true}, "mystery", l.now)
	if o == nil || !strings.Contains(o.Reason(), `[prices."mystery"]`) || !strings.Contains(o.Reason(), "budget.track_usd") {
		t.Fatalf("%+v", o)
	}
	if o := l.overrun(Budget{Track: Bounds{Tokens: 1}}, tr, tk, underWay{}, Spent{Unpriced: true}, "mystery", l.now); o != nil {
		t.Errorf("tokens can be counted without a price: %s", o.Reason())
	}
}

// A person's retry lets a ticket have as much again; what its track used stays.
func TestARetryGrantsATicketItsBudgetAnew(t *testing.T) {
	t.Parallel()
	l := newLedger(t, 1, 1)
	b := Budget{Ticket: Bounds{Tokens: 10}}
	r := run("t0", "T0")
	l.record(Settings{Budget: b}, r, tokens(10), 0)
	tr, _ := l.State.now.Track("t0")
	tk, _ := tr.Ticket("T0")
	if o := l.overrun(b, tr, tk, underWay{}, Spent{}, "", l.now); o == nil || !strings.Contains(o.Reason(), "a retry lets it have as much again") {
		t.Fatalf("%+v", o)
	}
	l.add(TicketBlocked{Ticket: r.Ticket, By: ByBudget}, TicketRetried{Ticket: r.Ticket, Cause: CausePerson})
	tr, _ = l.State.now.Track("t0")
	tk, _ = tr.Ticket("T0")
	if o := l.overrun(b, tr, tk, underWay{}, Spent{}, "", l.now); o != nil || tr.Spent.Tokens != 10 || tk.Usage.Input != 10 {
		t.Errorf("%+v, %+v, %+v", o, tr.Spent, tk.Usage)
	}
}

// TestSpentStaysWithinTheBound plays random workers that ask for leave before each call, as the Conductor lets them, with
// restarts in between: what is spent passes no bound by more than what the calls under way said beyond what they had
// asked for, one a worker.
func TestSpentStaysWithinTheBound(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		l := newLedger(t, 2, 4)
		b := Budget{
			Ticket: Bounds{Tokens: rnd.Int64N(4000)}, Track: Bounds{Tokens: rnd.Int64N(9000), Turns: rnd.Int64N(40)},
			Day: Bounds{Tokens: rnd.Int64N(15000), MicroUSD: rnd.Int64N(15000)},
		}
		calls := map[Run]Spent{} // under way
		excess := map[string]int64{}
		for range 400 {
			r := run(fmt.Sprint("t", rnd.IntN(2)), fmt.Sprint("T", rnd.IntN(4)))
			tr, _ := l.State.now.Track(r.Ticket.Track)
			tk, _ := tr.Ticket(r.Ticket.ID)
			if need, under := calls[r]; under {
				n := rnd.Int64N(2 * need.Tokens)
				u := Usage{Input: n, Cost: Cost{MicroUSD: n}}
				for _, scope := range []string{"ticket" + r.String(), "track" + string(r.Ticket.Track), "day"} {
					excess[scope] += max(n-need.Tokens, 0)
				}
				l.record(Settings{Budget: b}, r, u, 0)
				delete(calls, r)
				continue
			}
			if rnd.IntN(50) == 0 {
				clear(calls) // a crash: no call is under way
			}
			n := 1 + rnd.Int64N(600)
			need := Spent{Tokens: n, MicroUSD: n, Turns: 1}
			var h underWay
			for o, held := range calls {
				h.all = h.all.Add(held)
				if o.Ticket.Track == r.Ticket.Track {
					h.track = h.track.Add(held)
				}
			}
			if l.overrun(b, tr, tk, h, need, "m", l.now) == nil {
				calls[r] = need
			}
		}
		check := func(what string, limit, spent, slack int64) {
			if limit > 0 && spent > limit+slack {
				t.Errorf("seed %d: %s spent %d of %d, and its calls said %d more than they had asked for", seed, what, spent, limit, slack)
			}
		}
		for tr := range l.State.now.Tracks() {
			check("track "+string(tr.ID), b.Track.Tokens, tr.Spent.Tokens, excess["track"+string(tr.ID)])
			check("turns of "+string(tr.ID), b.Track.Turns, tr.Spent.Turns, 0)
			for tk := range tr.Tickets() {
				check("ticket "+tk.Key.String(), b.Ticket.Tokens, tk.Spent.Tokens, excess["ticket"+tk.Run().String()])
			}
		}
		check("day", b.Day.Tokens, l.State.now.day.Spent.Tokens, excess["day"])
		check("day in money", b.Day.MicroUSD, l.State.now.day.Spent.MicroUSD, excess["day"])
	}
}
