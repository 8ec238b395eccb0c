package lsptest

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/lsp"
	"github.com/slop-ls/slop-ls/lsp/attach"
)

// Parts are the ports of a House.
type Parts struct {
	Journal engine.Journal
	Blobs   engine.Blobs
	Disk    engine.Files
	Applier engine.Applier
	Viewer  engine.Viewer
	Close   func() error
}

// memoryParts keeps the journal in memory and reads and writes the folder itself.
func memoryParts(root string) Parts {
	disk := &folder{root: root}
	return Parts{
		Journal: enginetest.NewJournal(), Blobs: enginetest.NewBlobs(), Disk: disk, Applier: disk, Viewer: GoViewer{},
		Close: func() error { return nil },
	}
}

// House is a server: a hub with a Conductor whose worker is a script.
type House struct {
	Parts
	Hub    *lsp.Hub
	Engine *engine.Conductor

	plan plan
}

// build makes a house that does not run yet.
func build(ctx context.Context, p plan, parts Parts, s puppeteer, change []Change) (*House, error) {
	opts := lsp.Options{
		Root: p.Root, Disk: parts.Disk, Applier: parts.Applier, Blobs: parts.Blobs, Viewer: heldViewer{parts.Viewer, s}, ReviewDir: p.Reviews,
		Version: "test", Settings: s.settings, Trust: s.trusted,
	}
	h := &House{Parts: parts, plan: p}
	opts.Planner = h.planner
	if err := p.options(&opts); err != nil {
		return nil, err
	}
	for _, c := range change {
		c(&opts)
	}
	h.Hub = lsp.NewHub(opts)
	var err error
	h.Engine, err = engine.NewConductor(ctx, engine.Config{
		Journal: parts.Journal, Blobs: parts.Blobs, Applier: h.Hub, Worker: &worker{hub: h.Hub, blobs: parts.Blobs, script: s},
		Settings: engine.Settings{MaxWorkers: 4, MaxRetries: 2, Models: []string{"small"}},
	})
	if err != nil {
		return nil, err
	}
	h.Hub.Use(h.Engine)
	return h, nil
}

// furnish makes a house in this process and lets it run until the test ends.
func furnish(t testing.TB, p plan, s puppeteer, change []Change) *House {
	t.Helper()
	h, err := build(t.Context(), p, memoryParts(p.Root), s, change)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background()) // t.Context() ends before the editors leave
	ended := make(chan error, 1)
	go func() { ended <- h.Engine.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("the conductor: %v", err)
		}
	})
	return h
}

func (h *House) snapshot() *engine.Snapshot { return h.Engine.Snapshot() }

func (h *House) wait(ctx context.Context, after uint64) (*engine.Snapshot, error) {
	return h.Engine.Wait(ctx, after)
}

func (h *House) deliver(ctx context.Context, run engine.Run, set engine.ChangeSet) (engine.Delivered, error) {
	return h.Hub.Deliver(ctx, run, set)
}

func (h *House) read(ctx context.Context, path string) (engine.File, error) {
	return h.Hub.Files().Read(ctx, path)
}

func (h *House) unsaved(ctx context.Context) ([]engine.File, error) { return h.Hub.Unsaved(ctx) }

func (h *House) restricted(context.Context) (bool, error) { return h.Hub.Restricted(), nil }

// build of the test's programs, for their hellos.
const testBuild = "lsptest"

func (p plan) place() attach.Place { return attach.Place{Dir: p.State} }

func (p plan) hello() attach.Hello {
	return attach.Hello{Version: "test", Build: testBuild, Root: p.Root, Kind: attach.Editor}
}

// serve is the daemon of the house until ctx ends.
func (h *House) serve(ctx context.Context) error {
	return attach.Run(ctx, attach.Options{
		Place: h.plan.place(), Root: h.plan.Root, Version: "test", Build: testBuild, Grace: -1,
		Open: func(context.Context) (attach.Workspace, error) { return served{h}, nil },
	})
}

// served is a house as attach sees it.
type served struct{ *House }

func (s served) Serve(ctx context.Context, conn io.ReadWriteCloser, _ attach.Hello) error {
	return s.Hub.Serve(ctx, conn)
}

func (s served) Running() int { return s.Engine.Snapshot().Active() }

func (s served) Rest(ctx context.Context) error {
	for snap := s.Engine.Snapshot(); snap.Active() > 0; {
		next, err := s.Engine.Wait(ctx, snap.Seq())
		if err != nil {
			return err
		}
		snap = next
	}
	return nil
}

func (s served) Close() error { return s.House.Close() }

// listen makes the house a daemon until the test ends.
func (h *House) listen(t testing.TB) plan {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the daemon: %v", err)
		}
	})
	return h.plan
}

// dial attaches to the daemon of a plan as soon as it listens. Nothing tells when it does.
func (p plan) dial(ctx context.Context) (io.ReadWriteCloser, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	for {
		c, err := p.place().Connect(ctx, p.hello())
		if err == nil {
			return c, nil
		}
		if !errors.Is(err, attach.ErrNoDaemon) {
			return nil, err
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// forward is what an editor starts.
func (p plan) forward(ctx context.Context, in io.Reader, out io.Writer) error {
	return attach.Forward(ctx, in, out, attach.Forwarding{Dial: p.dial})
}

// forwardTo connects editors through a forwarder in this process.
func forwardTo(p plan, ended func(error)) Connect {
	return InProcess(func(ctx context.Context, rw io.ReadWriteCloser) error {
		err := p.forward(ctx, rw, rw)
		ended(err)
		return errors.Join(err, rw.Close())
	})
}
