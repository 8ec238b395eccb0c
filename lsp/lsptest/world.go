package lsptest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp"
)

// Mode is how the server of a world runs, seen from its editors.
type Mode string

// The modes. A test of the face is written once and passes in each.
const (
	Direct    Mode = "in process"       // the editor talks to the Hub
	Forwarded Mode = "forwarded"        // through attach.Forward and the socket of attach.Run, all in this process
	Process   Mode = "separate process" // a daemon process, and a forwarder process for each editor
)

// World is a workspace with a server, a real Conductor, and a worker that does what a test says. The server may be
// another process: what a test needs of it goes through the World's methods.
type World struct {
	T       testing.TB
	Mode    Mode
	Root    string  // the workspace's folder, symbolic links resolved
	State   string  // the daemon's own folder
	Reviews string  // where Review… documents are written
	Worker  *Puppet // what the worker does

	Connect Connect // makes the connection of an editor

	server server
	ends   chan error // how each connection of an editor ended
}

// server is a House, here or in another process.
type server interface {
	snapshot() *engine.Snapshot
	wait(ctx context.Context, after uint64) (*engine.Snapshot, error)
	deliver(ctx context.Context, run engine.Run, set engine.ChangeSet) (engine.Delivered, error)
	read(ctx context.Context, path string) (engine.File, error)
	unsaved(ctx context.Context) ([]engine.File, error)
	restricted(ctx context.Context) (bool, error)
}

// maxEnds is more than a test's editors.
const maxEnds = 1000

// ended notes how a connection of an editor ended.
func (w *World) ended(err error) {
	select {
	case w.ends <- err:
	default: // nobody asks
	}
}

// AwaitEnd waits for the end of an editor's connection that nobody has waited for yet, and says what the program that
// the editor started would exit with.
func (w *World) AwaitEnd() (status int) {
	w.T.Helper()
	select {
	case err := <-w.ends:
		var exit *exec.ExitError
		switch {
		case errors.As(err, &exit):
			return exit.ExitCode()
		case err != nil:
			w.T.Logf("the connection ended with %v", err)
			return 1
		}
		return 0
	case <-time.After(Patience):
		w.T.Fatal("no connection ended")
		return 0
	}
}

// Change sets an option of a world's hub. What it sets must be plain (strings, numbers, truth values) where the world
// is a process of its own.
type Change = func(*lsp.Options)

// Modes runs a test in a world of each mode, of a txtar archive of files. They run in parallel.
func Modes(t *testing.T, archive string, test func(t *testing.T, w *World), change ...Change) {
	t.Helper()
	for _, mode := range []Mode{Direct, Forwarded, Process} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			test(t, NewWorld(t, mode, archive, change...))
		})
	}
}

// NewWorld makes a world that ends with the test.
func NewWorld(t testing.TB, mode Mode, archive string, change ...Change) *World {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	Files(t, root, archive)
	state := t.TempDir()
	w := &World{
		T: t, Mode: mode, Root: root, State: state, Reviews: filepath.Join(state, "reviews"), Worker: &Puppet{},
		ends: make(chan error, maxEnds),
	}
	plan := plan{Root: root, State: state, Reviews: w.Reviews}
	switch mode {
	case Direct, Forwarded:
		house := furnish(t, plan, w.Worker, change)
		w.server = house
		w.Connect = InProcess(func(ctx context.Context, rw io.ReadWriteCloser) error {
			err := house.Hub.Serve(ctx, rw)
			w.ended(err)
			return err
		})
		if mode == Forwarded {
			w.Connect = forwardTo(house.listen(t), w.ended)
		}
	case Process:
		plan.Options = plainOptions(t, change)
		w.server = startDaemon(t, plan, w.Worker)
		w.Connect = forwarderProcess(plan, w.ended)
	}
	return w
}

// Open attaches an editor.
func (w *World) Open(options ...Option) *Env {
	w.T.Helper()
	return Open(w.T, w.Root, w.Connect, options...)
}

// Snapshot is the engine's state; of another process, as it was last heard of.
func (w *World) Snapshot() *engine.Snapshot { return w.server.snapshot() }

// AwaitState waits until the engine's state meets a condition.
func (w *World) AwaitState(what string, ok func(*engine.Snapshot) bool) *engine.Snapshot {
	w.T.Helper()
	ctx, cancel := context.WithTimeout(w.T.Context(), Patience)
	defer cancel()
	for snap := w.Snapshot(); ; {
		if ok(snap) {
			return snap
		}
		next, err := w.server.wait(ctx, snap.Seq())
		if err != nil {
			w.T.Fatalf("waiting for %s: %v", what, err)
		}
		snap = next
	}
}

// AwaitStatus waits for a ticket's status.
func (w *World) AwaitStatus(track, id string, want engine.Status) *engine.Ticket {
	w.T.Helper()
	var found *engine.Ticket
	w.AwaitState(fmt.Sprintf("%s#%s to be %s", track, id, want), func(s *engine.Snapshot) bool {
		t, ok := s.Ticket(engine.TicketKey{Track: engine.TrackID(track), ID: id})
		found = t
		return ok && t.Status == want
	})
	return found
}

// AwaitPending waits for n pending approvals.
func (w *World) AwaitPending(n int) []*engine.Approval {
	w.T.Helper()
	var list []*engine.Approval
	w.AwaitState(fmt.Sprintf("%d approvals", n), func(s *engine.Snapshot) bool {
		list = nil
		for a := range s.Pending() {
			list = append(list, a)
		}
		return len(list) == n
	})
	return list
}

// Deliver delivers through the server's hub, as a worker would.
func (w *World) Deliver(ctx context.Context, run engine.Run, set engine.ChangeSet) (engine.Delivered, error) {
	return w.server.deliver(ctx, run, set)
}

// Read is a file as the server's workers see it: an editor's buffer, else the disk.
func (w *World) Read(ctx context.Context, path string) (engine.File, error) {
	return w.server.read(ctx, path)
}

// Unsaved is what the editors have and the disk has not, as a worker's command would see it.
func (w *World) Unsaved(ctx context.Context) ([]engine.File, error) { return w.server.unsaved(ctx) }

// Restricted says whether an editor that is attached does not trust the workspace.
func (w *World) Restricted() bool {
	w.T.Helper()
	now, err := w.server.restricted(w.T.Context())
	if err != nil {
		w.T.Fatal(err)
	}
	return now
}

// OnDisk is a file of the workspace as the disk has it.
func (w *World) OnDisk(path string) string {
	w.T.Helper()
	data, err := os.ReadFile(filepath.Join(w.Root, filepath.FromSlash(path)))
	if err != nil {
		w.T.Fatal(err)
	}
	return string(data)
}

// plan is what a process of its own is told to serve.
type plan struct {
	Root, State, Reviews string
	Options              map[string]json.RawMessage // of lsp.Options, by field
}

// plainOptions is what changes set, for another process.
func plainOptions(t testing.TB, change []Change) map[string]json.RawMessage {
	t.Helper()
	var o lsp.Options
	for _, c := range change {
		c(&o)
	}
	out := map[string]json.RawMessage{}
	v := reflect.ValueOf(o)
	for i := range v.NumField() {
		name, field := v.Type().Field(i).Name, v.Field(i)
		if field.IsZero() {
			continue
		}
		switch field.Kind() {
		case reflect.Func, reflect.Interface, reflect.Pointer, reflect.Chan:
			t.Fatalf("the option %s cannot be set in another process: give it as something plain, or as a method of Puppet", name)
		}
		raw, err := json.Marshal(field.Interface())
		if err != nil {
			t.Fatal(err)
		}
		out[name] = raw
	}
	return out
}

// options are the changes that plainOptions wrote down.
func (p plan) options(o *lsp.Options) error {
	v := reflect.ValueOf(o).Elem()
	for name, raw := range p.Options {
		if err := json.Unmarshal(raw, v.FieldByName(name).Addr().Interface()); err != nil {
			return fmt.Errorf("the option %s: %w", name, err)
		}
	}
	return nil
}
