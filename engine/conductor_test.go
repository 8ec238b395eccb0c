package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// disk is what survives a Conductor: a journal, blobs and a workspace in memory.
type disk struct {
	*enginetest.Journal
	*enginetest.Blobs
	files *enginetest.Files
}

func newDisk() disk {
	return disk{enginetest.NewJournal(), enginetest.NewBlobs(), enginetest.NewFiles(nil)}
}

type workFunc func(context.Context, *engine.Desk, engine.Job) engine.Outcome

func (f workFunc) Work(ctx context.Context, d *engine.Desk, j engine.Job) engine.Outcome {
	return f(ctx, d, j)
}

func done(context.Context, *engine.Desk, engine.Job) engine.Outcome {
	return engine.Outcome{Kind: engine.OutcomeDone}
}

// house is a running Conductor.
type house struct {
	*engine.Conductor
	t    testing.TB
	ctx  context.Context
	disk disk
	stop func()
}

func open(t testing.TB, j disk, set engine.Settings, w engine.Worker) *house {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c, err := engine.NewConductor(ctx, engine.Config{Journal: j, Blobs: j, Applier: j.files, Worker: w, Settings: set})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return &house{Conductor: c, t: t, ctx: t.Context(), disk: j, stop: stop}
}

func (h *house) do(cmd engine.Command) {
	h.t.Helper()
	if err := h.Do(h.ctx, cmd); err != nil {
		h.t.Fatalf("%T: %v", cmd, err)
	}
}

func (h *house) until(what string, met func(*engine.Snapshot) bool) *engine.Snapshot {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.ctx, 60*time.Second)
	defer cancel()
	snap := h.Snapshot()
	for !met(snap) {
		next, err := h.Wait(ctx, snap.Seq())
		if err != nil {
			h.t.Fatalf("waiting until %s: %v\n%s", what, err, board(snap))
		}
		snap = next
	}
	return snap
}

func board(s *engine.Snapshot) string {
	var b strings.Builder
	for tr := range s.Tracks() {
		fmt.Fprintf(&b, "%s %s %s active=%d\n", tr.ID, tr.Status, tr.Reason, s.Active())
		for t := range tr.Tickets() {
			if t.Status != engine.Completed {
				fmt.Fprintf(&b, "  %s %s %s queued=%v parked=%v\n", t.Key.ID, t.Status, t.Phase(), t.Queued, t.Parked)
			}
		}
	}
	return b.String()
}

func trackIs(id engine.TrackID, want engine.TrackStatus) func(*engine.Snapshot) bool {
	return func(s *engine.Snapshot) bool {
		tr, ok := s.Track(id)
		return ok && tr.Status == want
	}
}

func plan(id engine.TrackID, tickets ...trackfile.Ticket) engine.PlanTrack {
	return engine.PlanTrack{Track: id, Spec: trackfile.Track{Tickets: tickets}}
}

func chain(n int) []trackfile.Ticket {
	out := make([]trackfile.Ticket, n)
	for i := range out {
		out[i] = trackfile.Ticket{ID: fmt.Sprintf("T%d", i), Description: "work"}
		if i > 0 {
			out[i].DependsOn = []string{out[i-1].ID}
		}
	}
	return out
}

func settings(workers int) engine.Settings {
	return engine.Settings{MaxWorkers: workers, MaxRetries: 2, Models: []string{"small", "medium", "large"}}
}

func TestChainRunsInOrder(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var order []string
	h := open(t, newDisk(), settings(4), workFunc(func(_ context.Context, _ *engine.Desk, j engine.Job) engine.Outcome {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, j.Run.Ticket.ID)
		return engine.Outcome{Kind: engine.OutcomeDone}
	}))
	h.do(plan("a", chain(50)...))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	h.until("done", trackIs("a", engine.TrackDone))
	for i, id := range order {
		if id != fmt.Sprintf("T%d", i) {
			t.Fatalf("ticket %d was %s", i, id)
		}
	}
	if len(order) != 50 {
		t.Fatalf("%d tickets ran", len(order))
	}
}

// TestStorm is a day in the life: 400 tickets, and a person who approves, rejects, kills, pauses and retries at
// random. Every transition must be legal (Apply refuses any other), and the journal must fold to the live state.
func TestStorm(t *testing.T) {
	t.Parallel()
	h := open(t, newDisk(), settings(8), workFunc(moody))
	rng := rand.New(rand.NewPCG(1, 2))
	tickets := make([]trackfile.Ticket, 400)
	for i := range tickets {
		tickets[i] = trackfile.Ticket{ID: fmt.Sprintf("T%d", i), Description: "work", Priority: trackfile.Priorities[rng.IntN(3)]}
		for range rng.IntN(3) {
			if dep := fmt.Sprintf("T%d", rng.IntN(i+1)); i > 0 && dep != tickets[i].ID && !slices.Contains(tickets[i].DependsOn, dep) {
				tickets[i].DependsOn = append(tickets[i].DependsOn, dep)
			}
		}
	}
	h.do(plan("a", tickets[:200]...))
	h.do(plan("a", tickets...))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	ctx, cancel := context.WithCancel(h.ctx)
	var wg sync.WaitGroup
	for seed := range uint64(4) {
		wg.Go(func() { meddle(ctx, h.Conductor, rand.New(rand.NewPCG(seed, 7))) })
	}
	h.until("all is done", func(s *engine.Snapshot) bool {
		tr, _ := s.Track("a")
		return tr.Count(engine.Completed) == 400
	})
	cancel()
	wg.Wait()
	h.stop()
	sameAsReplay(t, h)
}

func sameAsReplay(t *testing.T, h *house) {
	t.Helper()
	live, err := h.Snapshot().Encode()
	if err != nil {
		t.Fatal(err)
	}
	replayed, err := engine.Load(context.Background(), h.disk)
	if err != nil {
		t.Fatal(err)
	}
	snap := replayed.Freeze()
	again, err := snap.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if string(live) != string(again) {
		t.Errorf("the journal folds to another state than the live one:\n%.2000s\n%.2000s", live, again)
	}
	decoded, err := engine.DecodeState(live)
	if err != nil {
		t.Fatal(err)
	}
	third, _ := decoded.Freeze().Encode()
	if string(live) != string(third) || decoded.Freeze().Active() != h.Snapshot().Active() {
		t.Errorf("a decoded snapshot differs: active %d, %d", decoded.Freeze().Active(), h.Snapshot().Active())
	}
}

// moody asks for its spawn and for a step, and fails now and then.
func moody(ctx context.Context, d *engine.Desk, j engine.Job) engine.Outcome {
	for i, kind := range []engine.ApprovalKind{engine.KindSpawn, engine.KindStep} {
		if err := d.Gate(ctx); err != nil {
			return engine.Outcome{Kind: engine.OutcomeAborted, Reason: err.Error()}
		}
		q := engine.Question{Kind: kind, Title: "may I?", Content: engine.Content{Prompt: fmt.Sprint(j.Run.Ticket.ID, i)}, Ruling: engine.Ruling{Verdict: engine.Ask}}
		a, _, err := d.Ask(ctx, q)
		switch {
		case err != nil:
			return engine.Outcome{Kind: engine.OutcomeAborted, Reason: err.Error()}
		case a.Decision == engine.Rejected:
			return engine.Outcome{Kind: engine.OutcomeBlocked, By: engine.ByPerson, Reason: "no"}
		case a.Decision == engine.Denied:
			return engine.Outcome{Kind: engine.OutcomeDenied}
		}
	}
	_ = d.Tell(ctx, engine.UsageRecorded{Run: j.Run, Tier: engine.TierWorker, Usage: engine.Usage{Input: 1}})
	if rand.IntN(10) == 0 {
		return engine.Outcome{Kind: engine.OutcomeFailed, By: engine.ByWorker, Reason: "bad mood"}
	}
	return engine.Outcome{Kind: engine.OutcomeDone}
}

// meddle is a person who does this and that until ctx ends. Refusals are part of it.
func meddle(ctx context.Context, c *engine.Conductor, rng *rand.Rand) {
	for ctx.Err() == nil {
		snap := c.Snapshot()
		var pending []engine.ApprovalID
		for a := range snap.Pending() {
			pending = append(pending, a.ID)
		}
		if len(pending) > 0 {
			decision := engine.Approved
			if rng.IntN(12) == 0 {
				decision = engine.Rejected
			} else if rng.IntN(20) == 0 {
				decision = engine.Denied
			}
			_ = c.Do(ctx, engine.AnswerApproval{ID: pending[rng.IntN(len(pending))], Decision: decision, By: engine.ByPerson})
		}
		key := engine.TicketKey{Track: "a", ID: fmt.Sprintf("T%d", rng.IntN(400))}
		tk, ok := snap.Ticket(key)
		if !ok {
			continue
		}
		switch n := rng.IntN(40); {
		case n == 0:
			_ = c.Do(ctx, engine.KillTicket{Ticket: key, By: engine.ByPerson})
		case n == 1:
			_ = c.Do(ctx, engine.PauseTrack{Track: "a", By: engine.ByPerson})
		case n == 2:
			_ = c.Do(ctx, engine.BlockTicket{Ticket: key, By: engine.ByPerson})
		case n == 3:
			_ = c.Do(ctx, engine.StopTrack{Track: "a", By: engine.ByPerson})
		case n < 9:
			_ = c.Do(ctx, engine.StartTrack{Track: "a", By: engine.ByPerson})
		case tk.Status == engine.Blocked && n < 20:
			_ = c.Do(ctx, engine.UnblockTicket{Ticket: key, By: engine.ByPerson})
		case tk.Status == engine.Blocked || tk.Status == engine.Killed:
			_ = c.Do(ctx, engine.RetryTicket{Ticket: key, By: engine.ByPerson})
		case tk.Status == engine.Completed && n == 39 && rng.IntN(10) == 0:
			_ = c.Do(ctx, engine.RetryTicket{Ticket: key, By: engine.ByPerson})
		}
	}
}

func TestJournalFailureStops(t *testing.T) {
	t.Parallel()
	j := newDisk()
	c, err := engine.NewConductor(t.Context(), engine.Config{Journal: j, Blobs: j, Worker: workFunc(done), Settings: settings(1)})
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	j.FailAppend(full)
	ended := make(chan error, 1)
	go func() { ended <- c.Run(t.Context()) }()
	if err := c.Do(t.Context(), plan("a", chain(1)...)); !errors.Is(err, engine.ErrStopped) {
		t.Errorf("Do: %v", err)
	}
	if err := <-ended; err == nil || !errors.Is(err, full) {
		t.Errorf("Run: %v", err)
	}
	if _, ok := c.Snapshot().Track("a"); ok {
		t.Error("what was not durable was published")
	}
}
