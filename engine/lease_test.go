package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// on is a ticket that declares files.
func on(id string, files ...string) trackfile.Ticket {
	return trackfile.Ticket{ID: id, Description: "work", Writes: files}
}

func sideBySide(workers int) engine.Settings {
	s := settings(workers)
	s.SideBySide = true
	return s
}

// waits is what a ticket of track "a" waits for, for people.
func waits(s *engine.Snapshot, id string) []string {
	var out []string
	for _, w := range s.WaitsFor(key(id)) {
		out = append(out, w.Whom("a"))
	}
	return out
}

func TestOverlappingTicketsRunOneAfterTheOther(t *testing.T) {
	t.Parallel()
	target := on("T2")
	target.TargetFile = "a/x.go"
	h, p := running(t, newDisk(), settings(8), on("T1", "a/*.go"), target, on("T3", "b.go"), on("T4", "b.go", "c.go"))
	first, third := p.both()
	if first.id() != "T1" || third.id() != "T3" {
		t.Fatalf("%s and %s began", first.id(), third.id())
	}
	p.none()
	snap := h.Snapshot()
	if diff := cmp.Diff([][]string{{"the files of T1"}, {"the files of T3"}, nil}, [][]string{waits(snap, "T2"), waits(snap, "T4"), waits(snap, "T1")}); diff != "" {
		t.Error(diff)
	}
	if w := snap.WaitsFor(key("T2")); w[0].File != "a/*.go" || w[0].Status != engine.InProgress {
		t.Errorf("%+v", w)
	}
	third.done()
	fourth := p.next()
	if fourth.id() != "T4" {
		t.Errorf("%s began", fourth.id())
	}
	first.done()
	p.next().done()
	fourth.done()
	snap = h.until("done", trackIs("a", engine.TrackDone))
	if got, _ := snap.Ticket(key("T1")); got.Lease != nil {
		t.Errorf("a completed ticket has leased %v", got.Lease)
	}
}

// Blocked, killed and failed tickets give back what they had, and so does one whose track is stopped.
func TestEndingFreesTheFiles(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(h *house, p *puppet){
		"blocked": func(_ *house, p *puppet) {
			p.end(engine.Outcome{Kind: engine.OutcomeBlocked, By: engine.ByPerson, Reason: "no"})
		},
		"killed":            func(h *house, _ *puppet) { h.do(engine.KillTicket{Ticket: key("T1"), By: engine.ByPerson}) },
		"blocked by person": func(h *house, _ *puppet) { h.do(engine.BlockTicket{Ticket: key("T1"), By: engine.ByPerson}) },
		"retried":           func(_ *house, p *puppet) { p.fail("again") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, p := running(t, newDisk(), settings(4), on("T1", "x"), on("T2", "x"))
			end(h, p.next())
			if second := p.next(); second.id() != "T2" {
				t.Errorf("%s began: who waited longest comes first", second.id())
			}
			p.none()
		})
	}
}

func TestLeasesReachAcrossTracks(t *testing.T) {
	t.Parallel()
	h, p := running(t, newDisk(), settings(4), on("T1", "x"))
	one := p.next()
	h.do(plan("b", on("T1", "x"), on("T2", "y")))
	h.do(engine.StartTrack{Track: "b", By: engine.ByPerson})
	if two := p.next(); two.id() != "T2" {
		t.Errorf("%s began", two.job.Run)
	}
	p.none()
	other := engine.TicketKey{Track: "b", ID: "T1"}
	if w := h.Snapshot().WaitsFor(other); len(w) != 1 || w[0].Whom("b") != "the files of T1 of a" {
		t.Errorf("%+v", w)
	}
	one.done()
	if next := p.next(); next.job.Run.Ticket != other {
		t.Errorf("%s began", next.job.Run)
	}
}

// TestNobodyPassesAWaiter: a ticket that needs two files is not overtaken by those that need one of them, and those
// that need neither do not wait.
func TestNobodyPassesAWaiter(t *testing.T) {
	t.Parallel()
	h, p := running(t, newDisk(), settings(3), on("T1", "x"), on("T2", "x", "y"), on("T3", "z"))
	first, third := p.both()
	h.do(plan("b", on("T1", "y"), on("T2", "w")))
	h.do(engine.StartTrack{Track: "b", By: engine.ByPerson})
	if got := p.next(); got.id() != "T2" || got.job.Run.Ticket.Track != "b" {
		t.Errorf("%s began", got.job.Run)
	}
	third.done()
	h.until("T3 is done", ticketIs("T3", engine.Completed))
	p.none() // a slot is free, and y is
	first.done()
	if got := p.next(); got.job.Run.Ticket != key("T2") {
		t.Errorf("%s began", got.job.Run)
	}
}

func TestSideBySideLive(t *testing.T) {
	t.Parallel()
	h, p := running(t, newDisk(), settings(3), on("T1", "x"), on("T2", "x"), on("T3", "x"), on("T4", "x"))
	running := []*puppet{p.next()}
	p.none()
	h.do(engine.Configure{Settings: sideBySide(2)})
	running = append(running, p.next())
	if got := waits(h.Snapshot(), "T3"); got != nil {
		t.Errorf("T3 waits for %v, and needs none", got)
	}
	h.do(engine.Configure{Settings: settings(4)}) // those two go on, the others wait for both
	p.none()
	if diff := cmp.Diff([]string{"the files of T1", "the files of T2"}, waits(h.Snapshot(), "T4")); diff != "" {
		t.Error(diff)
	}
	running[1].done()
	h.until("T2 is done", ticketIs("T2", engine.Completed))
	p.none()
	running[0].done()
	p.next().done()
	p.next().done()
	h.until("done", trackIs("a", engine.TrackDone))
}

// TestParkedTooLong: who waits for a person keeps the files for as long as the setting says, and goes on without.
func TestParkedTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		set := settings(4)
		set.ParkedLease = time.Minute
		h, p := running(t, newDisk(), set, on("T1", "x"), on("T2", "x"))
		first := p.next()
		answer := first.ask(engine.KindStep, "may I?", engine.Ask)
		time.Sleep(59 * time.Second)
		synctest.Wait()
		p.none()
		time.Sleep(time.Second)
		synctest.Wait()
		second := p.next()
		if got, _ := h.Snapshot().Ticket(key("T1")); got.Lease != nil || !got.Parked {
			t.Errorf("%+v", got)
		}
		h.answerAll(engine.Approved)
		if a := get(t, answer); a.err != nil {
			t.Error(a.err)
		}
		first.done()
		synctest.Wait()
		second.done()
		h.until("done", trackIs("a", engine.TrackDone))
	})
}

// A worker at the gate of a paused track waits for a person, too.
func TestPausedTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		set := settings(4)
		set.ParkedLease = time.Minute
		h, p := running(t, newDisk(), set, on("T1", "x"))
		first := p.next()
		h.do(engine.PauseTrack{Track: "a", By: engine.ByPerson})
		passed := first.gate()
		h.do(plan("b", on("T1", "x")))
		h.do(engine.StartTrack{Track: "b", By: engine.ByPerson})
		synctest.Wait()
		p.none()
		time.Sleep(time.Minute)
		synctest.Wait()
		p.next().done()
		h.do(engine.ResumeTrack{Track: "a", By: engine.ByPerson})
		if err := get(t, passed); err != nil {
			t.Error(err)
		}
		first.done()
		h.until("done", trackIs("a", engine.TrackDone))
	})
}

// An answer in time keeps the files.
func TestAnsweredInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		set := settings(4)
		set.ParkedLease = time.Minute
		h, p := running(t, newDisk(), set, on("T1", "x"), on("T2", "x"))
		first := p.next()
		for range 3 {
			answer := first.ask(engine.KindStep, "may I?", engine.Ask)
			time.Sleep(40 * time.Second)
			synctest.Wait()
			h.answerAll(engine.Approved)
			get(t, answer)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		p.none()
		first.done()
		synctest.Wait()
		p.next().done()
		h.until("done", trackIs("a", engine.TrackDone))
	})
}

// TestLeasesAfterACrash: at whatever event the journal ends, what goes on serialises as before.
func TestLeasesAfterACrash(t *testing.T) {
	t.Parallel()
	whole := newDisk()
	h := open(t, whole, settings(4), workFunc(done))
	tickets := []trackfile.Ticket{on("T1", "x"), on("T2", "x", "y"), on("T3", "y"), on("T4", "*"), on("T5", "d/z")}
	h.do(plan("a", tickets...))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	h.until("done", trackIs("a", engine.TrackDone))
	h.stop()
	events := whole.All()
	for n := 1; n <= len(events); n++ {
		j := newDisk()
		if err := j.Append(t.Context(), events[:n]); err != nil {
			t.Fatal(err)
		}
		h := open(t, j, settings(4), workFunc(done))
		if n < 3 {
			h.do(plan("a", tickets...))
			h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
		}
		h.until("done", trackIs("a", engine.TrackDone))
		h.stop()
		neverTogether(t, j.All(), tickets)
	}
}

// neverTogether holds a journal against the rule: no two attempts at tickets whose declared files overlap at once.
func neverTogether(t *testing.T, events []engine.Event, tickets []trackfile.Ticket) {
	t.Helper()
	files := map[string][]string{}
	for _, tk := range tickets {
		files[tk.ID] = tk.Declared()
	}
	running := map[engine.TicketKey]bool{}
	for _, e := range events {
		switch b := e.Body.(type) {
		case engine.TicketStarted:
			for other := range running {
				if declareAlike(files[other.ID], files[b.Run.Ticket.ID]) {
					t.Errorf("event %d: %s began while %s ran", e.Seq, b.Run.Ticket, other)
				}
			}
			running[b.Run.Ticket] = true
		case engine.TicketCompleted:
			delete(running, b.Ticket)
		case engine.TicketRetried:
			delete(running, b.Ticket)
		case engine.TicketKilled:
			delete(running, b.Ticket)
		case engine.TicketBlocked:
			delete(running, b.Ticket)
		}
	}
}

func declareAlike(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool {
		return slices.ContainsFunc(b, func(y string) bool { return trackfile.Overlap(x, y) })
	})
}

// TestStormOfLeases runs random tracks whose tickets share files, with people who retry, kill, pause, save their
// documents and change their minds, and holds the journal against the rule and the end against hunger.
func TestStormOfLeases(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			stormOfLeases(t, rand.New(rand.NewPCG(seed, 9)))
		})
	}
}

func stormOfLeases(t *testing.T, rng *rand.Rand) {
	names := []string{"a", "b", "c/d", "c/e", "c/*", "*", "c/**", "f"}
	var all []trackfile.Ticket
	for i := range 60 {
		var files []string
		for range rng.IntN(3) {
			files = append(files, names[rng.IntN(len(names))])
		}
		tk := on(fmt.Sprint("T", i), files...)
		tk.Priority = trackfile.Priorities[rng.IntN(3)]
		if i > 10 && rng.IntN(3) == 0 {
			tk.DependsOn = []string{fmt.Sprint("T", rng.IntN(i))}
		}
		all = append(all, tk)
	}
	h := open(t, newDisk(), settings(1+rng.IntN(6)), workFunc(done))
	h.do(plan("a", all...))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	for range 60 {
		id := key(fmt.Sprint("T", rng.IntN(len(all))))
		switch rng.IntN(6) {
		case 0:
			_ = h.Do(h.ctx, engine.KillTicket{Ticket: id, By: engine.ByPerson}) // whatever it is at
			_ = h.Do(h.ctx, engine.RetryTicket{Ticket: id, By: engine.ByPerson})
		case 1:
			_ = h.Do(h.ctx, engine.PauseTrack{Track: "a", By: engine.ByPerson})
			_ = h.Do(h.ctx, engine.ResumeTrack{Track: "a", By: engine.ByPerson})
		case 2:
			_ = h.Do(h.ctx, engine.SkipTicket{Ticket: id, By: engine.ByPerson})
		case 3:
			title := plan("a", all...)
			title.Spec.Title = fmt.Sprint(rng.IntN(1000))
			h.do(title)
		case 4:
			h.do(engine.Configure{Settings: settings(1 + rng.IntN(6))})
		default:
			_ = h.Do(h.ctx, engine.RetryTicket{Ticket: id, By: engine.ByPerson})
		}
	}
	_ = h.Do(h.ctx, engine.StartTrack{Track: "a", By: engine.ByPerson})
	h.until("done", trackIs("a", engine.TrackDone))
	h.stop()
	neverTogether(t, h.disk.All(), all)
}

// TestReplanKeepsThePlaceInLine: a saved document moves nobody back, one whose files changed waits for those, one
// that is renamed keeps its place, and one that vanishes stands in nobody's way.
func TestReplanKeepsThePlaceInLine(t *testing.T) {
	t.Parallel()
	h, p := running(t, newDisk(), settings(4), on("T1", "x", "y"), said2("T2", "two", "x"), said2("T3", "three", "x"), on("T4", "x"), on("T5", "y"))
	first := p.next()
	p.none()
	urgent := on("T6", "x")
	urgent.Priority = trackfile.High
	h.do(plan("a", urgent, on("T1", "x", "y"), said2("R2", "two", "x"), said2("T3", "three", "z"), on("T5", "y")))
	third := p.next() // its files are free now
	if third.id() != "T3" {
		t.Fatalf("%s began", third.id())
	}
	first.done()
	got := []string{}
	for range 2 {
		next := p.next()
		got = append(got, next.id())
		defer next.done()
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"R2", "T5"}, got); diff != "" {
		t.Error(diff)
	}
	p.none()
}

func said2(id, what string, files ...string) trackfile.Ticket {
	tk := on(id, files...)
	tk.Description = "a text of its own that says to do " + what + " and nothing else"
	return tk
}
