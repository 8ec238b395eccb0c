package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Worker carries out attempts. Work is called in a goroutine of its own and returns soon after ctx is cancelled; ctx's
// cause says why. It must not keep desk.
type Worker interface {
	Work(ctx context.Context, desk *Desk, job Job) Outcome
}

// Job is what a worker needs to know of its attempt. It does not change while the attempt runs.
type Job struct {
	Run         Run
	Ticket      Ticket // as it was when the attempt began
	Track       Track  // likewise; its tickets are not to be read
	Model       string
	Instruction string // a person's words, "" for none
	Failure     string // why the attempt before failed, "" for none
	Resume      bool   // only finish Ticket.Delivery: the work itself was done before a crash
}

// Config is what a Conductor is made of. Journal, Blobs and Worker are required.
type Config struct {
	Journal  Journal
	Blobs    Blobs
	Worker   Worker
	Applier  Applier // takes undos to the workspace; without one no ticket can be undone
	Settings Settings
	Only     TrackID            // the track whose budget is looked at anew at the begin; "": all
	Now      func() time.Time   // default time.Now
	Log      *slog.Logger       // default: nothing is logged
	Hook     func(point string) // for crash tests: called at each Point
}

// The points of a turn at which crash tests end the process.
const (
	PointAfterAppend  = "after-append"  // durable, not yet published
	PointBeforeEffect = "before-effect" // published, nothing done yet
	PointAfterEffect  = "after-effect"
)

// maxBatch bounds how many commands one turn takes: one transaction's worth.
const maxBatch = 256

// snapshotEvery is how many events pass, at the least, between two stored snapshots.
const snapshotEvery = 4096

// Conductor is the one owner of the State. Its fields below the line belong to the goroutine of Run; everybody else
// submits commands and reads published snapshots.
type Conductor struct {
	cfg       Config
	mailbox   chan letter
	ended     chan struct{} // closed when Run has returned
	published atomic.Pointer[publication]

	state     *State                // Run's
	settings  Settings              // Run's
	runners   map[TicketKey]*runner // Run's: workers whose goroutine has not ended, by the names their tickets have now
	renamed   map[Run]*runner       // Run's: those of them whose tickets were renamed, by the names they began under
	winding   int                   // Run's: runners whose attempt has ended before them
	gates     []gate                // Run's: workers that stand at a paused track's gate, the first come first
	saved     uint64                // Run's: Seq of the newest stored snapshot
	saving    chan error            // Run's: the answer of a save under way, nil without one
	held      map[Run]Spent         // Run's: what calls under way may come to, by the names their attempts began under
	heldUp    []letter              // Run's: who waits for these before it may call a model
	dawn      *time.Timer           // Run's: armed while a track waits for the day to end, else nil
	quiets    []quiet               // Run's: who waits until a track stands still
	parked    []parked              // Run's: who began to wait for a person with files leased, the first come first
	alarm     *time.Timer           // Run's: rings when the first of them has waited long enough
	resumable []*Ticket             // Run's: deliveries to finish, until the first turn
	undos     sync.WaitGroup        // undos that are under way
}

// publication is what readers see, and how they learn of the next one.
type publication struct {
	snap    *Snapshot
	streams map[Run]*Stream
	renamed map[Run]Run   // attempts that run under another name than they began under; replaced, never changed in place
	next    chan struct{} // closed when a newer publication is there
}

// letter is one command on its way to the owner.
type letter struct {
	cmd   Command
	reply chan error // nil, or with room for one
}

// runner is a worker's goroutine as its owner knows it.
type runner struct {
	run    Run // as it is named now; the worker knows it by the name it began under
	desk   *Desk
	cancel context.CancelCauseFunc
	ended  bool // its attempt has ended; the goroutine is on its way out
}

// gate is a worker that waits for its track to go on, and holds no slot meanwhile.
type gate struct {
	run  Run
	open chan struct{} // with room for one
}

// Load folds a journal, from its newest snapshot on, without changing anything.
func Load(ctx context.Context, journal Journal) (*State, error) {
	state, _, err := load(ctx, journal)
	return state, err
}

// load is Load, and says up to which Seq the snapshot went: the next one is due by that.
func load(ctx context.Context, journal Journal) (state *State, saved uint64, err error) {
	state = NewState()
	if _, data, err := journal.LoadSnapshot(ctx); err != nil {
		return nil, 0, fmt.Errorf("loading the snapshot: %w", err)
	} else if data != nil {
		if decoded, err := DecodeState(data); err == nil {
			state = decoded
		}
	}
	saved = state.now.seq
	for e, err := range journal.Events(ctx, saved) {
		if err != nil {
			return nil, 0, fmt.Errorf("reading the journal: %w", err)
		}
		if err := state.Apply(e); err != nil {
			return nil, 0, err
		}
	}
	return state, saved, nil
}

// NewConductor loads the state and is then ready for Run. What was running when the journal ended is taken up again
// by Run's first turn.
func NewConductor(ctx context.Context, cfg Config) (*Conductor, error) {
	state, saved, err := load(ctx, cfg.Journal)
	if err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	c := &Conductor{
		cfg:      cfg,
		mailbox:  make(chan letter, maxBatch),
		ended:    make(chan struct{}),
		state:    state,
		settings: cfg.Settings,
		runners:  map[TicketKey]*runner{},
		renamed:  map[Run]*runner{},
		held:     map[Run]Spent{},
		saved:    saved,
		alarm:    time.NewTimer(time.Hour),
	}
	c.alarm.Stop()
	state.autoQueue = cfg.Settings.AutoQueue
	state.setLeasing(!cfg.Settings.SideBySide)
	c.published.Store(&publication{snap: state.Freeze(), next: make(chan struct{})})
	return c, nil
}

func (cfg Config) withDefaults() Config {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Hook == nil {
		cfg.Hook = func(string) {}
	}
	cfg.Settings.MaxWorkers = max(cfg.Settings.MaxWorkers, 1)
	return cfg
}

// Do submits a command and returns when its events are durable, or with its refusal: a *TransitionError, a
// *CycleError, a *PlanError, a *DecidedError, or one that wraps ErrNoTrack, ErrNoTicket or ErrNoApproval. It returns
// ErrStopped after Run has ended. When ctx ends first the command may still take effect.
func (c *Conductor) Do(ctx context.Context, cmd Command) error {
	reply := make(chan error, 1)
	if err := c.send(ctx, letter{cmd, reply}); err != nil {
		return err
	}
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.ended:
		select {
		case err := <-reply: // it was answered in the last turn
			return err
		default:
			return ErrStopped
		}
	}
}

// send puts a letter into the mailbox, unless the sender gives up or the owner has gone.
func (c *Conductor) send(ctx context.Context, l letter) error {
	select {
	case c.mailbox <- l:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.ended:
		return ErrStopped
	}
}

// Snapshot is the newest published one. Anyone may call it at any time.
func (c *Conductor) Snapshot() *Snapshot { return c.published.Load().snap }

// Wait returns the newest snapshot once its Seq is greater than after. Who is slow skips the ones between. It returns
// ctx's error when that ends first, and ErrStopped when no newer one will come.
func (c *Conductor) Wait(ctx context.Context, after uint64) (*Snapshot, error) {
	for {
		p := c.published.Load()
		if p.snap.seq > after {
			return p.snap, nil
		}
		select {
		case <-p.next:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-c.ended:
			if c.published.Load() == p {
				return nil, ErrStopped
			}
		}
	}
}

// Events yields the journal after a Seq, and goes on with what is published until ctx ends or the Conductor stops;
// then it yields that error. It reads the journal, so that a slow reader costs nobody memory.
func (c *Conductor) Events(ctx context.Context, after uint64) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			snap, err := c.Wait(ctx, after)
			if err != nil {
				yield(Event{}, err)
				return
			}
			for e, err := range c.cfg.Journal.Events(ctx, after) {
				if err == nil && e.Seq > snap.seq {
					break // durable, but nobody may see it before it is published
				}
				if !yield(e, err) || err != nil {
					return
				}
				after = e.Seq
			}
		}
	}
}

// Stream is what a running attempt streams; ok is false once it has ended.
func (c *Conductor) Stream(run Run) (s *Stream, ok bool) {
	s, ok = c.published.Load().streams[run]
	return s, ok
}

// Streams is what every running attempt streams. The map must not be changed.
func (c *Conductor) Streams() map[Run]*Stream { return c.published.Load().streams }

// Run owns the state until ctx ends, and returns nil then, when every worker has ended: what they were at is taken up
// again by the next Run on this journal. It returns an error when the journal could not be written: an engine without
// a journal must not act. It may be called once.
func (c *Conductor) Run(ctx context.Context) error {
	workers, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	err := c.begin(workers)
	for err == nil && ctx.Err() == nil {
		if batch, due := c.receive(ctx); len(batch) > 0 || due {
			err = c.turn(workers, batch)
		}
	}
	c.alarm.Stop()
	close(c.ended)
	cancel(ErrStopped)
	for _, r := range c.runners {
		<-r.desk.gone
	}
	c.undos.Wait()
	return errors.Join(err, c.finishSaving(ctx))
}

// begin takes up what was running when the journal ended.
func (c *Conductor) begin(workers context.Context) error {
	bodies, deliveries := c.state.interrupted()
	c.resumable = deliveries
	for tr := range c.state.now.Tracks() {
		c.state.index[tr.ID].reconsider(c.state, tr)
	}
	now := c.cfg.Now()
	bodies = append(bodies, c.state.withinBudget(c.settings.Budget, c.cfg.Only, now)...) // a day may have passed, or a bound been raised
	bodies = append(bodies, c.state.raised(c.settings.Budget, c.cfg.Only)...)
	c.midnight(now)
	if err := c.commit(workers, now, &turn{bodies: bodies}); err != nil {
		return err
	}
	c.resumeUndos(workers)
	return nil
}

// receive waits for the first letter and takes what else is there, up to a turn's worth. due: the alarm rang.
func (c *Conductor) receive(ctx context.Context) (batch []letter, due bool) {
	c.setAlarm()
	select {
	case l := <-c.mailbox:
		batch = append(batch, l)
	case <-c.alarm.C:
		return nil, true
	case <-c.dawning():
		return []letter{{cmd: newDay{}}}, false
	case err := <-c.saving:
		c.saveEnded(err)
		return nil, false
	case <-ctx.Done():
		return nil, false
	}
	return c.drain(batch), false
}

// drain takes what else is there, up to a turn's worth. A commit costs as much as many goroutine switches, so that
// those who are about to send are let run once before it: their commands share the commit.
func (c *Conductor) drain(batch []letter) []letter {
	yielded := false
	for len(batch) < maxBatch {
		select {
		case l := <-c.mailbox:
			batch = append(batch, l)
			continue
		default:
		}
		if yielded {
			break
		}
		runtime.Gosched()
		yielded = true
	}
	return batch
}

// publish shows everybody the state as it is durable now.
func (c *Conductor) publish(streams map[Run]*Stream) {
	old := c.published.Load()
	if streams == nil {
		streams = old.streams
	}
	c.published.Store(&publication{snap: c.state.Freeze(), streams: streams, renamed: c.names(), next: make(chan struct{})})
	close(old.next)
}

// withStream is the published map of streams with one more or one less.
func (c *Conductor) withStream(streams map[Run]*Stream, run Run, s *Stream) map[Run]*Stream {
	if streams == nil {
		streams = maps.Clone(c.published.Load().streams)
	}
	if streams == nil {
		streams = map[Run]*Stream{}
	}
	if s == nil {
		delete(streams, run)
	} else {
		streams[run] = s
	}
	return streams
}
