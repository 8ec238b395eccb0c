package lsp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/planning"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/rpc"
)

// Engine is what sessions need of the Conductor.
type Engine interface {
	Do(ctx context.Context, cmd engine.Command) error
	Snapshot() *engine.Snapshot
	Wait(ctx context.Context, after uint64) (*engine.Snapshot, error)
	Events(ctx context.Context, after uint64) iter.Seq2[engine.Event, error]
	Streams() map[engine.Run]*engine.Stream
}

// PromptPolicy says when an approval may be asked by a message prompt.
type PromptPolicy string

// The policies. PromptAuto: after the person's own command, and unasked only where typing cannot answer a prompt.
const (
	PromptAuto   PromptPolicy = "auto"
	PromptAlways PromptPolicy = "always"
	PromptNever  PromptPolicy = "never"
)

// Options is what a Hub is made of. All but those from Version on are required.
type Options struct {
	Root      string         // the workspace's folder, absolute, symbolic links resolved
	Disk      engine.Files   // the workspace without any editor
	Applier   engine.Applier // delivers to the disk
	Blobs     engine.Blobs   // contents of approvals
	Viewer    engine.Viewer
	ReviewDir string // where Review… documents are written; outside the workspace; made when needed
	PaperDir  string // where read-only documents are written; default: the folder documents beside ReviewDir

	// Forecast tells what a track would cost before it runs; nil: plans say nothing of it.
	Forecast func(ctx context.Context, track trackfile.Track) engine.Forecast
	// Planner gives tiers 1 and 2 as they are configured now; its Note is set here. Nil: there are none.
	Planner func() (*planning.Planner, error)
	Count   func(text string) int // tokens; default: four bytes are one

	Version string        // of the program, for serverInfo
	Models  []string      // that the configuration names, for completion
	Prompts PromptPolicy  // default PromptAuto
	Settle  time.Duration // how long an edit may take to come back by didChange, default 10 s
	Answer  time.Duration // how long an editor is reminded of an edit before it is withdrawn, default 10 min
	Preview PreviewPolicy // default PreviewAsked
	Save    SavePolicy    // default SaveClean
	// Trust is told when an editor that had said that it does not trust the workspace has left; nil: nobody is.
	Trust func()
	// Settings takes an editor's section "slop", null where it sets nothing, and says in lines for its person what of
	// it is not in force. Nil: settings are not taken.
	Settings func(ctx context.Context, section json.RawMessage) []string
	Now      func() time.Time
	Log      *slog.Logger                            // default: nothing is logged
	Served   func(method string, took time.Duration) // told how long each message took; must not block; may be nil
}

// Hub is what spans the sessions of one daemon. It implements engine.Applier: it delivers through the editor that
// asked, else the one last active, else to the disk.
type Hub struct {
	opts      Options
	scratch   chan struct{} // held by who adds a ticket to the scratch track
	sweep     sync.Once     // of the folder of papers
	outlining chan struct{} // held by who makes an outline in the background
	targets   targets
	tree      tree
	aims      aims
	inbox     inbox
	saves     saves
	paths     trackPaths
	plans     *plans
	drafts    drafts
	planned   atomic.Int64 // progresses of plans
	typed     atomic.Int64 // changes of documents, in all sessions

	mu       sync.Mutex
	engine   Engine
	sessions []*Session // in the order of attaching
	active   *Session   // the one last active, or nil
	owners   map[engine.TrackID]*Session
}

// NewHub makes a hub. Use must be called before Serve: the engine needs the hub's Applier and Files to be made.
func NewHub(opts Options) *Hub {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Settle <= 0 {
		opts.Settle = 10 * time.Second
	}
	if opts.Answer <= 0 {
		opts.Answer = 10 * time.Minute
	}
	opts.Prompts = cmp.Or(opts.Prompts, PromptAuto)
	opts.Preview = cmp.Or(opts.Preview, PreviewAsked)
	opts.Save = cmp.Or(opts.Save, SaveClean)
	return &Hub{
		opts: opts, scratch: make(chan struct{}, 1), outlining: make(chan struct{}, 1), plans: newPlans(),
		owners: map[engine.TrackID]*Session{},
	}
}

// Use tells the hub its engine. It is called once, before Serve.
func (h *Hub) Use(e Engine) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.engine = e
}

// ErrNoShutdown is returned by Serve when the editor said exit without shutdown before: the process should then exit
// with status 1.
var ErrNoShutdown = errors.New("the editor exited without shutting down")

// Serve serves one editor over rw until it exits, goes away or ctx ends, and closes rw. Close of rw must make a
// pending Read return (see rpc.Stdio). Any number of Serve may run at a time.
func (h *Hub) Serve(ctx context.Context, rw io.ReadWriteCloser) error {
	return h.ServeWith(ctx, rw, nil)
}

// ServeWith is Serve with an engine of this session's own, which knows who gives the commands; nil is the hub's.
func (h *Hub) ServeWith(ctx context.Context, rw io.ReadWriteCloser, e Engine) error {
	s := newSession(h)
	c, ctx := rpc.New(ctx, rw, s, s.log, s.traced)
	s.conn = c
	var tasks tasks
	s.later = func(do func(context.Context)) { tasks.start(ctx, do) }
	h.enter(s, e)
	defer h.left(s)
	for _, loop := range []func(context.Context){
		s.watch, s.prompting, s.progressing, s.checking, s.waiting, s.stating, s.streaming, s.telling,
		s.registering, s.configuring, s.refreshing, s.papering, s.pulling,
	} {
		s.later(func(ctx context.Context) {
			select {
			case <-s.ready:
				loop(ctx)
			case <-ctx.Done():
			}
		})
	}
	err := c.Serve(ctx)
	tasks.wait()
	if s.rudeExit {
		return ErrNoShutdown
	}
	return err
}

// Sessions counts the editors that are attached.
func (h *Hub) Sessions() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.sessions)
}

func (h *Hub) enter(s *Session, e Engine) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e == nil {
		e = h.engine
	}
	s.engine = wary{e, &s.restriction.on}
	h.sessions = append(h.sessions, s)
}

// left is leave, and tells that a restriction is gone with it.
func (h *Hub) left(s *Session) {
	h.leave(s)
	if s.restriction.on.Load() && h.opts.Trust != nil {
		h.opts.Trust()
	}
}

func (h *Hub) leave(s *Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sessions = slices.DeleteFunc(h.sessions, func(o *Session) bool { return o == s })
	close(s.left)
	if h.active == s {
		h.active = nil
	}
	for track, owner := range h.owners {
		if owner == s {
			delete(h.owners, track)
		}
	}
}

// touched notes which session was last active.
func (h *Hub) touched(s *Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.active = s
}

// own notes which session asked for a track.
func (h *Hub) own(track engine.TrackID, s *Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.owners[track], h.active = s, s
}

// deliverer is the session through which a track's edits go: the one that asked, else the one last active, else any
// that can; nil when none can.
func (h *Hub) deliverer(track engine.TrackID) *Session {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range append([]*Session{h.owners[track], h.active}, h.sessions...) {
		if s != nil && s.traits().ApplyEdit {
			return s
		}
	}
	return nil
}

// attached lists the sessions, the one last active first.
func (h *Hub) attached() []*Session {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]*Session, 0, len(h.sessions)+1)
	if h.active != nil {
		out = append(out, h.active)
	}
	for _, s := range h.sessions {
		if s != h.active {
			out = append(out, s)
		}
	}
	return out
}
