package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/quick"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// free are tickets that wait for nothing.
func free(n int, prefix string) []trackfile.Ticket {
	out := make([]trackfile.Ticket, n)
	for i := range out {
		out[i] = trackfile.Ticket{ID: fmt.Sprint(prefix, i), Description: "work"}
	}
	return out
}

// TestSmallTrackIsNotStarved: a track of two tickets that comes while one of a thousand runs is through before that
// has started a handful more.
func TestSmallTrackIsNotStarved(t *testing.T) {
	t.Parallel()
	const workers = 2
	p := newPuppets(t)
	h := open(t, newDisk(), settings(workers), p)
	h.do(plan("large", free(1000, "L")...))
	h.do(engine.StartTrack{Track: "large", By: engine.ByPerson})
	running := []*puppet{p.next(), p.next()}
	h.do(plan("small", free(2, "S")...))
	h.do(engine.StartTrack{Track: "small", By: engine.ByPerson})
	var order []string
	for range 6 {
		running[0].done()
		running = append(running[1:], p.next())
		order = append(order, string(running[workers-1].job.Run.Ticket.Track))
	}
	if i := slices.Index(order, "small"); i < 0 || i > 1 || order[i+2] != "small" {
		t.Errorf("the slots went to %v", order)
	}
}

// world is a random set of tracks, for the property below.
type world struct {
	tracks  [][]trackfile.Priority // of each track, the priorities of its tickets
	workers int
}

func randomWorld(rng *rand.Rand) world {
	w := world{workers: 1 + rng.IntN(5)}
	for range 1 + rng.IntN(5) {
		var tickets []trackfile.Priority
		for range rng.IntN(30) {
			tickets = append(tickets, trackfile.Priorities[rng.IntN(3)])
		}
		w.tracks = append(w.tracks, tickets)
	}
	return w
}

// run gives the order in which the tickets start when each attempt ends at once, as "track/ticket".
func (w world) run(t *testing.T) []engine.TicketKey {
	p := newPuppets(t)
	h := open(t, newDisk(), settings(w.workers), p)
	total := 0
	for i, priorities := range w.tracks {
		tickets := free(len(priorities), "T")
		for j := range tickets {
			tickets[j].Priority = priorities[j]
		}
		total += len(tickets)
		h.do(plan(engine.TrackID(fmt.Sprint("t", i)), tickets...))
	}
	h.do(engine.Configure{Settings: autoQueue(w.workers)}) // all of them are ready at once
	for range total {
		p.next().done()
	}
	h.stop()
	var order []engine.TicketKey
	for _, e := range h.disk.All() { // the journal knows the order; attempts report in any
		if b, ok := e.Body.(engine.TicketStarted); ok {
			order = append(order, b.Run.Ticket)
		}
	}
	return order
}

func autoQueue(workers int) engine.Settings {
	s := settings(workers)
	s.AutoQueue = true
	return s
}

// TestPoolIsFair: whatever there is to do, a track that has something ready never waits while another one starts two,
// within a track the more urgent starts first and then the earlier, and it is the same each time.
func TestPoolIsFair(t *testing.T) {
	t.Parallel()
	property := func(seed uint64) bool {
		w := randomWorld(rand.New(rand.NewPCG(seed, 1)))
		order := w.run(t)
		return w.fair(t, order) && w.urgentFirst(t, order)
	}
	if err := quick.Check(property, &quick.Config{MaxCount: 60}); err != nil {
		t.Error(err)
	}
	w := randomWorld(rand.New(rand.NewPCG(4, 1)))
	if first, second := w.run(t), w.run(t); !slices.Equal(first, second) {
		t.Errorf("the same work started as\n%v\nand as\n%v", first, second)
	}
}

// fair holds the shares of the tracks that still have something to start within one of each other.
func (w world) fair(t *testing.T, order []engine.TicketKey) bool {
	left, started := map[engine.TrackID]int{}, map[engine.TrackID]int{}
	for i, tickets := range w.tracks {
		if len(tickets) > 0 {
			left[engine.TrackID(fmt.Sprint("t", i))] = len(tickets)
		}
	}
	for n, key := range order {
		started[key.Track]++
		if left[key.Track]--; left[key.Track] == 0 {
			delete(left, key.Track)
		}
		for id := range left {
			if started[key.Track] > started[id]+1 {
				t.Logf("%d: %s has started %d, %s, which is ready, %d", n, key.Track, started[key.Track], id, started[id])
				return false
			}
		}
	}
	return true
}

func (w world) urgentFirst(t *testing.T, order []engine.TicketKey) bool {
	rank := func(k engine.TicketKey) int {
		var track, ticket int
		_, _ = fmt.Sscanf(string(k.Track), "t%d", &track)
		_, _ = fmt.Sscanf(k.ID, "T%d", &ticket)
		return w.tracks[track][ticket].Rank()*1000 + ticket
	}
	last := map[engine.TrackID]int{}
	for _, k := range order {
		if before, any := last[k.Track]; any && rank(k) < before {
			t.Logf("%s came after a less urgent one", k)
			return false
		}
		last[k.Track] = rank(k)
	}
	return true
}

// TestMaxWorkersLive: more workers start at once, fewer let the running ones end.
func TestMaxWorkersLive(t *testing.T) {
	t.Parallel()
	p := newPuppets(t)
	h := open(t, newDisk(), settings(1), p)
	h.do(plan("a", free(20, "T")...))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	running := []*puppet{p.next()}
	h.do(engine.Configure{Settings: settings(4)})
	for range 3 {
		running = append(running, p.next())
	}
	h.do(engine.Configure{Settings: settings(2)})
	if n := h.Snapshot().Active(); n != 4 {
		t.Errorf("%d run after the pool became smaller", n)
	}
	for i := range 2 {
		running[i].done()
		h.until("it ended", ticketIs(running[i].id(), engine.Completed))
	}
	p.none()
	running[2].done()
	running = append(running[3:], p.next())
	if n := h.Snapshot().Active(); n != 2 {
		t.Errorf("%d run in a pool of 2", n)
	}
	h.do(engine.Configure{Settings: settings(0)}) // nonsense is one
	for _, r := range running {
		r.done()
	}
	p.next()
}

// TestAnswerTakesTheFirstSlot: who was answered comes before whatever else is ready, also in a pool that has become
// smaller meanwhile.
func TestAnswerTakesTheFirstSlot(t *testing.T) {
	t.Parallel()
	p := newPuppets(t)
	h := open(t, newDisk(), settings(2), p)
	h.do(plan("a", free(10, "A")...))
	h.do(plan("b", free(10, "B")...))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	asks := p.next()
	get(t, asks.ask(engine.KindSpawn, "spawn", engine.Allow))
	other := p.next()
	get(t, other.ask(engine.KindSpawn, "spawn other", engine.Allow))
	answer := asks.ask(engine.KindStep, "may I?", engine.Ask)
	third := p.next() // it took the slot
	h.do(engine.StartTrack{Track: "b", By: engine.ByPerson})
	h.do(engine.Configure{Settings: settings(1)})
	h.answerAll(engine.Approved)
	select {
	case <-answer:
		t.Fatal("it went on without a slot")
	default:
	}
	other.done()
	h.until("one left", ticketIs(other.id(), engine.Completed))
	p.none()
	third.done()
	if a := get(t, answer); a.answer.Decision != engine.Approved {
		t.Errorf("the answer: %+v", a)
	}
	p.none() // its slot is the only one
	asks.done()
	next := p.next()
	next.done()
	if after := p.next(); next.job.Run.Ticket.Track == after.job.Run.Ticket.Track {
		t.Errorf("then came %s and %s", next.job.Run, after.job.Run)
	}
}

// BenchmarkPool starts and completes 2,000 tickets, of one track or of many: a ticket costs the same.
func BenchmarkPool(b *testing.B) {
	const tickets = 2000
	for _, tracks := range []int{1, 2, 200} {
		b.Run(fmt.Sprintf("tracks=%d", tracks), func(b *testing.B) {
			for b.Loop() {
				poolOf(b, tracks, tickets/tracks)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*tickets), "ns/ticket")
		})
	}
}

// poolOf runs tracks of so many tickets each to their end, and gives the time from the start on.
func poolOf(tb testing.TB, tracks, each int) time.Duration {
	h := open(tb, newDisk(), settings(4), workFunc(done))
	var wg sync.WaitGroup
	for i := range tracks {
		h.do(plan(engine.TrackID(fmt.Sprint("t", i)), free(each, "T")...))
	}
	since := time.Now()
	for i := range tracks {
		wg.Go(func() {
			_ = h.Do(context.Background(), engine.StartTrack{Track: engine.TrackID(fmt.Sprint("t", i)), By: engine.ByPerson})
		})
	}
	h.until("all are done", func(s *engine.Snapshot) bool {
		for tr := range s.Tracks() {
			if tr.Status != engine.TrackDone {
				return false
			}
		}
		return true
	})
	took := time.Since(since)
	wg.Wait()
	h.stop()
	return took
}

// TestManyTracksCostWhatOneDoes compares with one track in the same run; the bound leaves room for a loaded machine.
func TestManyTracksCostWhatOneDoes(t *testing.T) {
	const tickets = 2000
	one, many := time.Hour, time.Hour
	for range 10 {
		one, many = min(one, poolOf(t, 1, tickets)), min(many, poolOf(t, 2, tickets/2))
		if many <= 2*one {
			return
		}
	}
	t.Errorf("two tracks take %v, one of the same size %v", many, one)
}
