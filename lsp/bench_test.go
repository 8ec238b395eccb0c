package lsp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/lsp"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
)

// daemon is a hub with a real Conductor and a worker that does what a test says.
type daemon struct {
	t       *testing.T
	root    string
	reviews string
	hub     *lsp.Hub
	engine  *engine.Conductor
	worker  *scriptedWorker
	blobs   *enginetest.Blobs
	disk    *diskFiles
	connect lsptest.Connect
}

func newDaemon(t *testing.T, archive string, change ...func(*lsp.Options)) *daemon {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	lsptest.Files(t, root, archive)
	d := &daemon{
		t: t, root: root, reviews: filepath.Join(t.TempDir(), "reviews"),
		worker: &scriptedWorker{}, blobs: enginetest.NewBlobs(), disk: &diskFiles{root: root},
	}
	opts := lsp.Options{
		Root: root, Disk: d.disk, Applier: d.disk, Blobs: d.blobs, Viewer: goViewer{}, ReviewDir: d.reviews,
		Version: "test", Log: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&opts)
	}
	d.hub = lsp.NewHub(opts)
	d.worker.hub = d.hub
	d.engine, err = engine.NewConductor(t.Context(), engine.Config{
		Journal: enginetest.NewJournal(), Blobs: d.blobs, Worker: d.worker,
		Settings: engine.Settings{MaxWorkers: 4, MaxRetries: 2, Models: []string{"small"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.hub.Use(d.engine)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.engine.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("the conductor: %v", err)
		}
	})
	d.connect = lsptest.InProcess(d.hub.Serve)
	return d
}

// open attaches an editor.
func (d *daemon) open(options ...lsptest.Option) *lsptest.Env {
	d.t.Helper()
	return lsptest.Open(d.t, d.root, d.connect, options...)
}

// await waits until the engine's state meets a condition.
func (d *daemon) await(what string, ok func(*engine.Snapshot) bool) *engine.Snapshot {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), lsptest.Patience)
	defer cancel()
	for snap := d.engine.Snapshot(); ; {
		if ok(snap) {
			return snap
		}
		next, err := d.engine.Wait(ctx, snap.Seq())
		if err != nil {
			d.t.Fatalf("waiting for %s: %v", what, err)
		}
		snap = next
	}
}

// awaitStatus waits for a ticket's status.
func (d *daemon) awaitStatus(track, id string, want engine.Status) *engine.Ticket {
	d.t.Helper()
	var found *engine.Ticket
	d.await(fmt.Sprintf("%s#%s to be %s", track, id, want), func(s *engine.Snapshot) bool {
		t, ok := s.Ticket(engine.TicketKey{Track: engine.TrackID(track), ID: id})
		found = t
		return ok && t.Status == want
	})
	return found
}

// awaitPending waits for n pending approvals.
func (d *daemon) awaitPending(n int) []*engine.Approval {
	d.t.Helper()
	var list []*engine.Approval
	d.await(fmt.Sprintf("%d approvals", n), func(s *engine.Snapshot) bool {
		list = nil
		for a := range s.Pending() {
			list = append(list, a)
		}
		return len(list) == n
	})
	return list
}

// readFile is a file of the workspace, from the disk.
func (d *daemon) readFile(path string) string {
	d.t.Helper()
	data, err := os.ReadFile(filepath.Join(d.root, filepath.FromSlash(path)))
	if err != nil {
		d.t.Fatal(err)
	}
	return string(data)
}

// scriptedWorker asks for the spawn and then delivers what the script has for the ticket.
type scriptedWorker struct {
	hub *lsp.Hub

	mu      sync.Mutex
	script  map[string]func(ctx context.Context, job engine.Job) engine.ChangeSet
	prompts []string // as they came back from the spawn approvals
	errs    []error  // of deliveries
}

func (w *scriptedWorker) on(id string, change func(ctx context.Context, job engine.Job) engine.ChangeSet) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.script == nil {
		w.script = map[string]func(context.Context, engine.Job) engine.ChangeSet{}
	}
	w.script[id] = change
}

func (w *scriptedWorker) spawned() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.prompts...)
}

func (w *scriptedWorker) failures() []error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]error(nil), w.errs...)
}

// Work implements engine.Worker.
func (w *scriptedWorker) Work(ctx context.Context, desk *engine.Desk, job engine.Job) engine.Outcome {
	id := job.Run.Ticket.ID
	ans, content, err := desk.Ask(ctx, engine.Question{
		Kind: engine.KindSpawn, Title: "Start " + id + " with small: " + job.Ticket.Spec.Description,
		Content: engine.Content{Prompt: "Ticket " + id + "\n\n" + job.Ticket.Spec.Description, Context: "some context\n"},
		Ruling:  engine.Ruling{Verdict: engine.Ask, Rule: "test"},
	})
	if err != nil {
		return engine.Outcome{Kind: engine.OutcomeAborted}
	}
	if ans.Decision != engine.Approved {
		return engine.Outcome{Kind: engine.OutcomeBlocked, By: engine.ByPerson, Reason: ans.Reason}
	}
	w.mu.Lock()
	w.prompts = append(w.prompts, content.Prompt)
	change := w.script[id]
	w.mu.Unlock()
	if change == nil {
		return engine.Outcome{Kind: engine.OutcomeDone, Summary: "nothing to do"}
	}
	delivered, err := w.hub.Deliver(ctx, job.Run, change(ctx, job))
	if err != nil {
		w.mu.Lock()
		w.errs = append(w.errs, err)
		w.mu.Unlock()
		return engine.Outcome{Kind: engine.OutcomeBlocked, By: engine.ByEditConflict, Reason: err.Error()}
	}
	return engine.Outcome{Kind: engine.OutcomeDone, Summary: "done", Delivered: &delivered}
}

// goViewer finds Go functions and types by their first and last lines.
type goViewer struct{}

var declaration = regexp.MustCompile(`(?m)^(?://[^\n]*\n)*(?:func|type) (?:\((?:\w+ )?\*?(\w+)\) )?(\w+)[^\n]*(?:\n[^}\n][^\n]*|\n)*\n}`)

func (goViewer) Outline(_ context.Context, path string, src []byte) (engine.Outline, error) {
	out := engine.Outline{Language: "go"}
	for _, m := range declaration.FindAllSubmatchIndex(src, -1) {
		name := string(src[m[4]:m[5]])
		sym := engine.Symbol{Name: name, Path: name, Start: m[0], End: m[1], NameStart: m[4], NameEnd: m[5]}
		if m[2] >= 0 {
			sym.Path = string(src[m[2]:m[3]]) + "." + name
		}
		out.Symbols = append(out.Symbols, sym)
	}
	return out, nil
}

func (goViewer) View(context.Context, engine.Files, engine.ViewRequest) (engine.View, error) {
	return engine.View{}, errors.New("not used here")
}

// diskFiles is a folder as engine.Files and engine.Applier: all or nothing, and only what has not changed.
type diskFiles struct {
	root string
	mu   sync.Mutex
}

func (d *diskFiles) abs(path string) string { return filepath.Join(d.root, filepath.FromSlash(path)) }

func (d *diskFiles) Read(_ context.Context, path string) (engine.File, error) {
	data, err := os.ReadFile(d.abs(path))
	return engine.File{Path: path, Data: data, Mode: 0o644}, err
}

func (d *diskFiles) List(context.Context, string, bool) ([]engine.Entry, error) {
	return nil, errors.New("not used here")
}

func (d *diskFiles) Deliver(_ context.Context, _ engine.Run, set engine.ChangeSet) (engine.Delivered, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out engine.Delivered
	for _, f := range set.Files {
		now, err := os.ReadFile(d.abs(f.Path))
		if f.Op == engine.OpRename {
			now, err = os.ReadFile(d.abs(f.From))
		}
		if f.Op == engine.OpCreate && errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		if err != nil || !bytes.Equal(now, f.Base) {
			return out, &engine.ConflictError{Conflicts: []engine.Conflict{{Path: f.Path}}}
		}
	}
	for _, f := range set.Files {
		if f.Op == engine.OpDelete {
			if err := os.Remove(d.abs(f.Path)); err != nil {
				return out, err
			}
		} else {
			if err := os.MkdirAll(filepath.Dir(d.abs(f.Path)), 0o755); err != nil {
				return out, err
			}
			if err := os.WriteFile(d.abs(f.Path), f.After, 0o644); err != nil {
				return out, err
			}
		}
		if f.Op == engine.OpRename {
			if err := os.Remove(d.abs(f.From)); err != nil {
				return out, err
			}
		}
		out.Files = append(out.Files, engine.DeliveredFile{Path: f.Path, Op: f.Op, Hash: engine.ContentHash(f.After)})
	}
	return out, nil
}

// replacing is a change of one file, from what the workspace holds.
func (d *daemon) replacing(path, old, repl string) func(context.Context, engine.Job) engine.ChangeSet {
	return func(ctx context.Context, job engine.Job) engine.ChangeSet {
		return engine.ChangeSet{Label: job.Run.Ticket.ID, Files: []engine.FileChange{d.replacement(ctx, path, old, repl)}}
	}
}

func (d *daemon) replacement(ctx context.Context, path, old, repl string) engine.FileChange {
	file, err := d.hub.Files().Read(ctx, path)
	if err != nil || !strings.Contains(string(file.Data), old) {
		d.t.Errorf("%s does not contain %q (%v)", path, old, err)
	}
	after := strings.ReplaceAll(string(file.Data), old, repl)
	return engine.FileChange{Path: path, Op: engine.OpModify, Base: file.Data, After: []byte(after)}
}

// short makes edits that never come fail soon.
func short(o *lsp.Options) { o.Settle = 200 * time.Millisecond }

const sample = `
-- a.go --
package a

// Lexer reads.
type Lexer struct {
	pos int
}

// Next moves on.
// TODO: return an error at the end
func (l *Lexer) Next() {
	l.pos++
}

func Plain() {
	println("plain")
}
-- b.go --
package a

func B() {
	println("b")
}
-- .slop/tracks/main.track.yaml --
title: Main
goal: Something.
tickets:
  - id: T1
    description: First
    target_file: a.go
    target_symbols: [Lexer.Next]
  - id: T2
    description: Second
    depends_on: [T1]
`

const mainTrack = ".slop/tracks/main"
