package lsptest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"go.lsp.dev/jsonrpc2"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/rpc"
)

// Variables that make the test binary one of a world's processes. Their value is a plan.
const (
	daemonPlan    = "SLOP_LSPTEST_DAEMON"
	forwarderPlan = "SLOP_LSPTEST_FORWARDER"
)

// Main is called first by a TestMain whose tests use Process. Where this process is a world's daemon or forwarder it
// does that, ends the process, and does not return. open makes the daemon's parts, real ones where it can be.
func Main(open func(ctx context.Context, root, state string) (Parts, error)) {
	var err error
	switch {
	case os.Getenv(daemonPlan) != "":
		err = beDaemon(os.Getenv(daemonPlan), open)
	case os.Getenv(forwarderPlan) != "":
		err = beForwarder(os.Getenv(forwarderPlan))
	default:
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func beForwarder(raw string) error {
	var p plan
	if err := json.Unmarshal([]byte(raw), &p); err != nil {
		return err
	}
	return p.forward(context.Background(), os.Stdin, os.Stdout)
}

// beDaemon serves a plan until standard input ends.
func beDaemon(raw string, open func(ctx context.Context, root, state string) (Parts, error)) error {
	var p plan
	if err := json.Unmarshal([]byte(raw), &p); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	parts, err := open(ctx, p.Root, p.State)
	if err != nil {
		return err
	}
	far := &farPuppeteer{}
	h, err := build(ctx, p, parts, far, nil)
	if err != nil {
		return errors.Join(err, parts.Close())
	}
	far.conn = connect(ctx, rpc.Stdio(os.Stdin, os.Stdout), h.routes())
	context.AfterFunc(ctx, func() { far.conn.Close() }) //nolint:errcheck // the process ends
	var tasks sync.WaitGroup
	tasks.Go(func() { h.report(ctx, far.conn) })
	tasks.Go(func() { <-far.conn.Done(); stop() })
	ended := make(chan error, 1)
	go func() { ended <- h.Engine.Run(ctx) }()
	err = h.serve(ctx) // closes the parts when it ends; the store refuses what the conductor still says
	stop()
	if run := <-ended; ctx.Err() == nil {
		err = errors.Join(err, run)
	}
	tasks.Wait()
	return err
}

// routes are what the test asks of the daemon process.
func (h *House) routes() routes {
	return routes{
		askDeliver: route(func(ctx context.Context, p deliverParams) (engine.Delivered, error) {
			return h.deliver(ctx, p.Run, p.Set)
		}),
		askRead:    route(h.read),
		askDoubted: route(func(ctx context.Context, _ *struct{}) (bool, error) { return h.restricted(ctx) }),
		askUnsaved: route(func(ctx context.Context, _ *struct{}) ([]engine.File, error) { return h.unsaved(ctx) }),
	}
}

// report tells the test each newest state.
func (h *House) report(ctx context.Context, conn jsonrpc2.Conn) {
	for snap := h.Engine.Snapshot(); ; {
		raw, err := snap.Encode()
		if err == nil {
			err = conn.Notify(ctx, tellState, json.RawMessage(raw))
		}
		if err != nil {
			return
		}
		if snap, err = h.Engine.Wait(ctx, snap.Seq()); err != nil {
			return
		}
	}
}

// farPuppeteer is the Puppet of the test that started this process.
type farPuppeteer struct{ conn jsonrpc2.Conn }

func (f *farPuppeteer) spawned(ctx context.Context, job engine.Job, prompt string) (*engine.ChangeSet, error) {
	return ask[*engine.ChangeSet](ctx, f.conn, askWork, workParams{job, prompt})
}

func (f *farPuppeteer) settings(ctx context.Context, section json.RawMessage) []string {
	lines, err := ask[[]string](ctx, f.conn, askSetting, settingParams{section})
	if err != nil {
		return []string{err.Error()}
	}
	return lines
}

func (f *farPuppeteer) trusted() {
	_ = f.conn.Notify(context.Background(), tellTrust, struct{}{}) // as in failed
}

func (f *farPuppeteer) viewing(ctx context.Context, path string) error {
	_, err := ask[*struct{}](ctx, f.conn, askView, path)
	return err
}

func (f *farPuppeteer) failed(ctx context.Context, err error) {
	_ = f.conn.Notify(ctx, tellFailed, far(err)) // without a test there is nobody to know
}

// farHouse is a House in another process. It mirrors its engine's state.
type farHouse struct {
	conn jsonrpc2.Conn

	mu      sync.Mutex
	newest  *engine.Snapshot
	changed chan struct{} // closed and replaced when newest has changed
}

// startDaemon starts a process of the test binary that serves the plan until the test ends.
func startDaemon(t testing.TB, p plan, script *Puppet) *farHouse {
	t.Helper()
	rw := Child(func() *exec.Cmd { return p.process(daemonPlan) }, nil)(t)
	h := &farHouse{newest: engine.NewState().Freeze(), changed: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background()) // the process outlives t.Context()
	h.conn = connect(ctx, rw, routes{
		tellState: h.heard,
		tellFailed: func(ctx context.Context, raw json.RawMessage) (any, error) {
			var f farError
			if err := json.Unmarshal(raw, &f); err != nil {
				return nil, err
			}
			script.failed(ctx, &f)
			return nil, nil
		},
		tellTrust: func(context.Context, json.RawMessage) (any, error) { script.trusted(); return nil, nil },
		askWork: route(func(ctx context.Context, p workParams) (*engine.ChangeSet, error) {
			return script.spawned(ctx, p.Job, p.Prompt)
		}),
		askSetting: route(func(ctx context.Context, p settingParams) ([]string, error) {
			return script.settings(ctx, p.Section), nil
		}),
		askView: route(func(ctx context.Context, path string) (*struct{}, error) { return nil, script.viewing(ctx, path) }),
	})
	t.Cleanup(func() { cancel(); rw.Close(); h.conn.Close() })
	return h
}

// process is the test binary as one of a world's processes.
func (p plan) process(role string) *exec.Cmd {
	raw, err := json.Marshal(p)
	if err != nil {
		panic("lsptest: a plan always encodes: " + err.Error()) // strings alone
	}
	cmd := exec.Command(os.Args[0]) //nolint:noctx // it ends with its standard input
	cmd.Env = append(os.Environ(), role+"="+string(raw))
	return cmd
}

// forwarderProcess connects each editor by a process of its own.
func forwarderProcess(p plan, ended func(error)) Connect {
	return Child(func() *exec.Cmd { return p.process(forwarderPlan) }, ended)
}

// heard takes a state that the daemon process tells.
func (h *farHouse) heard(_ context.Context, raw json.RawMessage) (any, error) {
	state, err := engine.DecodeState(raw)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.newest = state.Freeze()
	close(h.changed)
	h.changed = make(chan struct{})
	return nil, nil
}

func (h *farHouse) snapshot() *engine.Snapshot {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.newest
}

func (h *farHouse) wait(ctx context.Context, after uint64) (*engine.Snapshot, error) {
	for {
		h.mu.Lock()
		snap, changed := h.newest, h.changed
		h.mu.Unlock()
		if snap.Seq() > after {
			return snap, nil
		}
		select {
		case <-changed:
		case <-h.conn.Done():
			return nil, errors.New("the daemon process has ended")
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (h *farHouse) deliver(ctx context.Context, run engine.Run, set engine.ChangeSet) (engine.Delivered, error) {
	return ask[engine.Delivered](ctx, h.conn, askDeliver, deliverParams{run, set})
}

func (h *farHouse) read(ctx context.Context, path string) (engine.File, error) {
	return ask[engine.File](ctx, h.conn, askRead, path)
}

func (h *farHouse) unsaved(ctx context.Context) ([]engine.File, error) {
	return ask[[]engine.File](ctx, h.conn, askUnsaved, struct{}{})
}

func (h *farHouse) restricted(ctx context.Context) (bool, error) {
	return ask[bool](ctx, h.conn, askDoubted, struct{}{})
}
