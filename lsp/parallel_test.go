package lsp_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/tool"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/engine/workspace"
	"github.com/slop-ls/slop-ls/lsp"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
)

// What many tickets deliver while people type into the same files is held against a plain account of what was typed,
// taken away and delivered.

// bout is one run: a workspace, a track of tickets with real workers, drafts and merges, and persons at editors.
type bout struct {
	t     *testing.T
	rng   *rand.Rand
	root  string
	state string
	jobs  []job
	files []string // that are typed into
	set   engine.Settings

	disk sync.Mutex // editors look at a file and write it while no delivery does
	keep parts

	mu      sync.Mutex
	running house
	account map[string]*entry
	wrong   map[engine.Run]bool
	back    map[string]bool // marks that were taken back, from the disk or through an editor
	trail   []footprint     // what happened to files, for when something is wrong
	pace    time.Duration   // how many times slower than they can people type
}

// parts survive a restart.
type parts struct {
	journal *enginetest.Journal
	blobs   *enginetest.Blobs
}

// entry is what the account says of a mark that was typed.
type entry struct {
	path string
	gone bool // a person has taken it away
}

// house is what serves while it runs.
type house struct {
	hub    *lsp.Hub
	engine *engine.Conductor
	stop   func()
}

func newBout(t *testing.T, seed uint64, sideBySide bool, test func(job) string) *bout {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	b := &bout{
		t: t, rng: rand.New(rand.NewPCG(seed, 11)), root: root, state: t.TempDir(), account: map[string]*entry{}, wrong: map[engine.Run]bool{}, back: map[string]bool{}, pace: 1,
		keep: parts{enginetest.NewJournal(), enginetest.NewBlobs()},
	}
	const shared = 4
	b.jobs = randomJobs(b.rng, 16, shared, seed%10 == 0, test)
	b.set = engine.Settings{MaxWorkers: []int{4, 16}[b.rng.IntN(2)], MaxRetries: 1, Models: []string{"small"}, SideBySide: sideBySide}
	b.layOut(shared)
	b.running = b.furnish()
	t.Cleanup(func() { b.running.stop() })
	return b
}

// layOut writes the workspace.
func (b *bout) layOut(shared int) {
	for k := range shared {
		path := fmt.Sprintf("shared/%d.txt", k)
		var s strings.Builder
		for i, j := range b.jobs {
			fmt.Fprintf(&s, "note %[1]d of %[2]s\nnote %[1]d of %[2]s, continued \n%[3]s\nnote, after\n", i, path, slotLine(j.id, path))
		}
		content := s.String()
		if k == 1 {
			content = strings.ReplaceAll(content, "\n", "\r\n")
		}
		if k == 2 {
			content = strings.TrimSuffix(content, "\n")
		}
		b.write(path, content)
		b.files = append(b.files, path, path, path)
	}
	for _, j := range b.jobs {
		path := "own/" + j.id + ".txt"
		b.write(path, "note at the head\n"+slotLine(j.id, path)+"\nnote in the middle\nnote below it\nnote at the end\n")
		b.write("doomed/"+j.id+".txt", "to be deleted\n")
		b.files = append(b.files, path)
	}
}

func (b *bout) write(path, content string) {
	abs := filepath.Join(b.root, filepath.FromSlash(path))
	must(b.t, os.MkdirAll(filepath.Dir(abs), 0o755))
	must(b.t, os.WriteFile(abs, []byte(content), 0o644))
}

// lockedApplier delivers to the disk while no editor is between a look at a file and its writing.
type lockedApplier struct {
	engine.Applier
	b  *bout
	mu *sync.Mutex
}

func (a lockedApplier) Deliver(ctx context.Context, run engine.Run, set engine.ChangeSet) (engine.Delivered, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	out, err := a.Applier.Deliver(ctx, run, set)
	for _, f := range set.Files {
		did := "wrote"
		if err != nil {
			did = "did not write (" + err.Error() + ")"
		}
		if err == nil && set.Label == "taking back" {
			a.b.takenBack(string(f.Base), string(f.After))
		}
		a.b.note("daemon", did+" "+set.Label+" "+run.Ticket.ID, f.Path, a.b.onDisk(f.Path))
	}
	return out, err
}

// lenient allows everything.
type lenient struct{}

func (lenient) Rule(context.Context, engine.Action) engine.Ruling {
	return engine.Ruling{Verdict: engine.Allow, Rule: "test"}
}

// furnish opens what a daemon consists of, on what an earlier one left, and lets it run.
func (b *bout) furnish() house {
	ws, err := workspace.Open(b.root)
	must(b.t, err)
	ws.KeepReceipts(filepath.Join(b.state, "receipts"))
	h := house{hub: lsp.NewHub(lsp.Options{
		Root: b.root, Disk: ws, Applier: lockedApplier{ws, b, &b.disk}, Blobs: b.keep.blobs, Viewer: lsptest.GoViewer{},
		ReviewDir: filepath.Join(b.state, "reviews"), Version: "test", Settle: 3 * time.Second,
	})}
	bench, err := workspace.NewWorkbench(ws, h.hub.Files(), workspace.Options{
		Scratch: filepath.Join(b.state, "scratch"), Overlays: h.hub.Unsaved, Keep: b.set.MaxWorkers,
		Sandbox: workspace.Sandbox{Caches: workspace.DefaultCaches},
	})
	must(b.t, err)
	worker := engine.NewWorker(engine.WorkerConfig{
		Provider: choreModel(b.jobs), Tools: tool.Builtin(tool.Ports{Viewer: lsptest.GoViewer{}, Bench: bench}), Policy: lenient{},
		Viewer: lsptest.GoViewer{}, Bench: bench, Applier: h.hub, Blobs: b.keep.blobs,
	})
	ctx, cancel := context.WithCancel(context.Background())
	h.engine, err = engine.NewConductor(ctx, engine.Config{Journal: b.keep.journal, Blobs: b.keep.blobs, Worker: worker, Settings: b.set})
	must(b.t, err)
	h.hub.Use(h.engine)
	ended := make(chan error, 1)
	go func() { ended <- h.engine.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			b.t.Errorf("the conductor: %v", err)
		}
		if err := errors.Join(bench.Close(), ws.Close()); err != nil {
			b.t.Errorf("closing: %v", err)
		}
	})
	return h
}

func (b *bout) house() house {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.running
}

func (b *bout) snapshot() *engine.Snapshot { return b.house().engine.Snapshot() }

// open attaches an editor to the house that runs now.
func (b *bout) open(options ...lsptest.Option) *lsptest.Env {
	return lsptest.Open(b.t, b.root, lsptest.InProcess(b.house().hub.Serve), options...)
}

// note adds to the trail what a file holds after something happened.
func (b *bout) note(who, did, path, content string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trail = append(b.trail, footprint{path, who + " " + did, content})
}

// takenBack notes that something was in a file for a while and was taken away again, because a part of the same delivery
// met a conflict in an editor.
func (b *bout) takenBack(with, without string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range marks.FindAllString(with, -1) {
		if !strings.Contains(without, m) {
			b.back[m] = true
		}
	}
}

// footprint is one line of a trail.
type footprint struct{ path, did, content string }

// told is the trail of the file that a complaint about a mark is about: how often the mark was in it.
func (b *bout) told(path, mark string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out strings.Builder
	for _, f := range b.trail {
		if f.path == path {
			fmt.Fprintf(&out, "%d after %s\n", strings.Count(f.content, mark), f.did)
		}
	}
	return out.String()
}

func (b *bout) typed(mark, path string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.account[mark] = &entry{path: path}
}

func (b *bout) removed(mark string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.account[mark] == nil {
		b.account[mark] = &entry{}
	}
	b.account[mark].gone = true
}

func (b *bout) isGone(mark string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.account[mark]
	return e != nil && e.gone
}

// restart ends the daemon in the middle of whatever it does, and starts another one, to which the editors come back
// with their buffers.
func (b *bout) restart(typists []*typist) {
	for _, p := range typists {
		p.mu.Lock()
		defer p.mu.Unlock()
	}
	for _, p := range typists {
		go p.env.Close() //nolint:errcheck // the connection is cut; it waits for what the editor still does
	}
	b.house().stop()
	for _, path := range b.files {
		b.note("daemon", "restarts", path, b.onDisk(path))
	}
	b.mu.Lock()
	b.running = b.furnish()
	b.mu.Unlock()
	for _, p := range typists {
		p.attach(p.buffers())
	}
}

// run lets persons type while the track runs to its rest, and gives its last state.
func (b *bout) run() *engine.Snapshot {
	b.t.Helper()
	var tickets []trackfile.Ticket
	for _, j := range b.jobs {
		tickets = append(tickets, j.ticket())
	}
	var typists []*typist
	for i := range b.rng.IntN(3) {
		p := &typist{b: b, name: fmt.Sprintf("e%d", i+1), rng: rand.New(rand.NewPCG(b.rng.Uint64(), 1)), known: map[string]string{}, tidy: b.rng.IntN(3) == 0}
		p.apply = []lsptest.ApplyEdit{lsptest.Apply, lsptest.Apply, lsptest.IgnoreStale, lsptest.FailStale, lsptest.ApplyStale}[b.rng.IntN(5)]
		p.attach(nil)
		typists = append(typists, p)
	}
	stop := make(chan struct{})
	var tasks sync.WaitGroup
	for _, p := range typists {
		for range 3 {
			p.openFile()
		}
		tasks.Go(func() { p.work(stop) })
	}
	must(b.t, b.house().engine.Do(b.t.Context(), engine.PlanTrack{Track: mainTrack, Spec: trackfile.Track{Tickets: tickets}}))
	must(b.t, b.house().engine.Do(b.t.Context(), engine.StartTrack{Track: mainTrack, By: engine.ByPerson}))
	if b.rng.IntN(5) == 0 {
		b.awaitCompleted(1 + b.rng.IntN(8))
		b.restart(typists)
	}
	snap := b.awaitRest()
	close(stop)
	tasks.Wait()
	for range 2 { // twice: what the second brings together the first has not seen
		for _, p := range typists {
			p.mu.Lock()
			for _, path := range sortedKeys(p.known) {
				p.save(path)
			}
			p.mu.Unlock()
		}
	}
	return snap
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (b *bout) await(met func(*engine.Track) bool) *engine.Snapshot {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 2*time.Minute)
	defer cancel()
	e := b.house().engine
	for snap := e.Snapshot(); ; {
		if tr, ok := snap.Track(mainTrack); ok && met(tr) {
			return snap
		}
		next, err := e.Wait(ctx, snap.Seq())
		if err != nil {
			b.t.Fatalf("%v: %v", err, states(snap))
		}
		snap = next
	}
}

func (b *bout) awaitCompleted(n int) *engine.Snapshot {
	return b.await(func(tr *engine.Track) bool { return tr.Count(engine.Completed) >= n || resting(tr) })
}

func (b *bout) awaitRest() *engine.Snapshot { return b.await(resting) }

func resting(tr *engine.Track) bool {
	return tr.Status == engine.TrackDone || tr.Status == engine.TrackBlocked
}

func states(s *engine.Snapshot) []string {
	var out []string
	tr, _ := s.Track(mainTrack)
	for t := range tr.Tickets() {
		why := ""
		if t.Block != nil {
			why = ": " + t.Block.Reason
		}
		out = append(out, fmt.Sprintf("%s %s %s%s", t.Key.ID, t.Status, t.Phase(), why))
	}
	return out
}

// tally is what bouts came to.
type tally struct {
	mu                                      sync.Mutex
	completed, blocked, merged, typed, gone int
	half                                    int // hunks of blocked tickets that could not be taken back, which is said
}

// judge holds what is in the files against the account.
func (b *bout) judge(snap *engine.Snapshot, sum *tally) {
	b.t.Helper()
	files := b.everything()
	where := map[string][]string{}
	for path, content := range files {
		for _, m := range marks.FindAllString(content, -1) {
			where[m] = append(where[m], path)
		}
	}
	sum.mu.Lock()
	defer sum.mu.Unlock()
	for mark, e := range b.account {
		if e.path == "" {
			continue // of a ticket
		}
		sum.typed++
		if e.gone {
			sum.gone++
		}
		b.expect(mark, where[mark], e.path, !e.gone, "typed by a person")
	}
	tr, _ := snap.Track(mainTrack)
	for _, j := range b.jobs {
		t, _ := tr.Ticket(j.id)
		done := t.Status == engine.Completed
		if done {
			sum.completed++
		} else {
			sum.blocked++
		}
		for _, f := range t.Delivered {
			if f.Merged {
				sum.merged++
			}
		}
		for _, c := range j.chores {
			if c.kind == "delete" {
				if t.Block != nil && leftIn(t.Block.Reason, c.path) {
					continue
				}
				if _, there := files[c.path]; there == done {
					b.t.Errorf("%s is %s, and %s is there: %v", j.id, t.Status, c.path, there)
				}
				continue
			}
			removed := b.account[c.mark] != nil
			if t.Block != nil && leftIn(t.Block.Reason, c.path) && slices.Equal(where[c.mark], []string{c.path}) {
				sum.half++
				continue
			}
			if !slices.Equal(where[c.mark], []string{c.path}) && done && !removed {
				b.wrong[t.Run()] = true
			}
			b.expect(c.mark, where[c.mark], c.path, done && !removed, fmt.Sprintf("of %s, %s (%v)", j.id, t.Status, t.Block))
		}
	}
	if b.t.Failed() {
		for run := range b.wrong {
			data, _ := b.keep.blobs.Blob(context.Background(), engine.Transcript(run))
			b.t.Logf("%s:\n%s", run, data)
		}
		b.t.Log(strings.Join(states(snap), "\n"))
	}
}

// leftIn says whether a person is told that a blocked ticket's change is still in a file.
func leftIn(reason, path string) bool {
	_, rest, ok := strings.Cut(reason, "Half of it was delivered: the change is still in ")
	paths, _, _ := strings.Cut(rest, ":")
	return ok && slices.Contains(strings.Split(paths, ", "), path)
}

func (b *bout) expect(mark string, where []string, path string, there bool, what string) {
	b.t.Helper()
	want := []string{}
	if there {
		want = append(want, path)
	}
	if more := slices.Repeat([]string{path}, len(want)+1); b.back[mark] && slices.Equal(where, more) {
		return // a person has brought it to another place of the file before it was taken back: there it stays
	}
	if !slices.Equal(want, where) && len(want)+len(where) > 0 {
		b.t.Errorf("%s %s is in %v, want %v. What happened:\n%s", mark, what, where, want, b.told(path, mark))
	}
}

// TestParallelTicketsAndTyping: 16 tickets edit files of one workspace, each with its test, while people type into the
// same files. Not one typed character and not one delivered hunk is lost, none comes twice, and nothing is left of a
// ticket that was blocked. One run again: -run 'TestParallelTicketsAndTyping/serial/seed=17'.
func TestParallelTicketsAndTyping(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"serial", "merge"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			var sum tally
			t.Run("seeds", func(t *testing.T) {
				for seed := range uint64(parallelRuns() / 2) {
					t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
						t.Parallel()
						b := newBout(t, seed, mode == "merge", shellTest)
						b.judge(b.run(), &sum)
					})
				}
			})
			t.Logf("%d completed, %d blocked, %d files merged, %d marks typed, %d taken away again, %d hunks said to be left of blocked tickets", sum.completed, sum.blocked, sum.merged, sum.typed, sum.gone, sum.half)
		})
	}
}

// TestParallelTicketsWithGoTest: the same where the tickets' tests are packages that `go test` builds and runs, one run
// after the other, with people who type more slowly since it takes longer.
func TestParallelTicketsWithGoTest(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("it builds nearly a hundred test programs")
	}
	for i, mode := range []string{"serial", "merge", "merge"} {
		seed := uint64([]int{0, 30, 0}[i]) // each ticket has a test in those divisible by 10, and in these people type
		t.Run(fmt.Sprintf("%s/seed=%d", mode, seed), func(t *testing.T) {
			b := newBout(t, seed, mode == "merge", goTest)
			b.pace = 20
			b.write("go.mod", "module example.com/bout\n\ngo 1.26\n")
			for _, j := range b.jobs {
				b.write("tests/"+j.id+"/mark_test.go", goTestSource(j))
			}
			var sum tally
			b.judge(b.run(), &sum)
			t.Logf("%d completed, %d blocked, %d files merged, %d marks typed", sum.completed, sum.blocked, sum.merged, sum.typed)
			t.Log(strings.Join(states(b.snapshot()), "\n"))
			if sum.completed == 0 || sum.typed == 0 {
				t.Error("no ticket was completed, or nobody typed")
			}
		})
	}
}

// boutsEnv sets the number of runs, for soak tests.
const boutsEnv = "SLOP_LS_BOUTS"

// parallelRuns is how many runs there are, in both modes together: fewer where the race detector makes each dearer.
func parallelRuns() int {
	if n, err := strconv.Atoi(os.Getenv(boutsEnv)); err == nil {
		return n
	}
	switch {
	case testing.Short():
		return 4
	case raceEnabled:
		return 40
	}
	return 200
}
