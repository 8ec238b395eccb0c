package lsptest

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp"
)

// Work makes a ticket's change.
type Work = func(ctx context.Context, job engine.Job) engine.ChangeSet

// Puppet is what a world's worker does, by ticket; nothing for tickets that it does not name. It always lives in the
// test's process. Its methods may be called at any time.
type Puppet struct {
	mu      sync.Mutex
	work    map[string]Work
	setting func(ctx context.Context, section json.RawMessage) []string
	view    func(ctx context.Context, path string) error
	trust   func()
	prompts []string
	errs    []error
}

// On says what a ticket changes.
func (p *Puppet) On(id string, work Work) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.work == nil {
		p.work = map[string]Work{}
	}
	p.work[id] = work
}

// OnSettings takes what editors set: their sections "slop", null for none. It says what their people are told.
func (p *Puppet) OnSettings(take func(ctx context.Context, section json.RawMessage) []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.setting = take
}

// OnView comes before each view of a file is made. It may keep the one who asked waiting, until ctx ends.
func (p *Puppet) OnView(before func(ctx context.Context, path string) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.view = before
}

// OnTrust is told when an editor that did not trust the workspace has left.
func (p *Puppet) OnTrust(tell func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trust = tell
}

// Spawned are the prompts as they came back from the spawn approvals.
func (p *Puppet) Spawned() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.prompts)
}

// Failures are the errors of deliveries.
func (p *Puppet) Failures() []error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.errs)
}

// puppeteer is a Puppet, here or in another process.
type puppeteer interface {
	spawned(ctx context.Context, job engine.Job, prompt string) (*engine.ChangeSet, error)
	failed(ctx context.Context, err error)
	settings(ctx context.Context, section json.RawMessage) []string
	viewing(ctx context.Context, path string) error
	trusted()
}

func (p *Puppet) trusted() {
	p.mu.Lock()
	tell := p.trust
	p.mu.Unlock()
	if tell != nil {
		tell()
	}
}

func (p *Puppet) settings(ctx context.Context, section json.RawMessage) []string {
	p.mu.Lock()
	take := p.setting
	p.mu.Unlock()
	if take == nil {
		return nil
	}
	return take(ctx, section)
}

func (p *Puppet) viewing(ctx context.Context, path string) error {
	p.mu.Lock()
	before := p.view
	p.mu.Unlock()
	if before == nil {
		return nil
	}
	return before(ctx, path)
}

// heldViewer lets the script keep views back.
type heldViewer struct {
	engine.Viewer
	script puppeteer
}

// View implements engine.Viewer.
func (v heldViewer) View(ctx context.Context, files engine.Files, req engine.ViewRequest) (engine.View, error) {
	if err := v.script.viewing(ctx, req.Path); err != nil {
		return engine.View{}, err
	}
	return v.Viewer.View(ctx, files, req)
}

func (p *Puppet) spawned(ctx context.Context, job engine.Job, prompt string) (*engine.ChangeSet, error) {
	p.mu.Lock()
	p.prompts = append(p.prompts, prompt)
	work := p.work[job.Run.Ticket.ID]
	p.mu.Unlock()
	if work == nil {
		return nil, nil
	}
	set := work(ctx, job)
	return &set, nil
}

func (p *Puppet) failed(_ context.Context, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.errs = append(p.errs, err)
}

// worker asks for the spawn and then delivers what the script has for the ticket.
type worker struct {
	hub    *lsp.Hub
	blobs  engine.Blobs
	script puppeteer
}

// Work implements engine.Worker.
func (w *worker) Work(ctx context.Context, desk *engine.Desk, job engine.Job) engine.Outcome {
	ans, content, err := desk.Ask(ctx, question(job))
	if err != nil {
		return engine.Outcome{Kind: engine.OutcomeAborted}
	}
	if ans.Decision != engine.Approved {
		return engine.Outcome{Kind: engine.OutcomeBlocked, By: engine.ByPerson, Reason: ans.Reason}
	}
	w.talk(ctx, desk, job, content.Prompt)
	set, err := w.script.spawned(ctx, job, content.Prompt)
	if err != nil {
		return engine.Outcome{Kind: engine.OutcomeAborted, Reason: err.Error()}
	}
	if set == nil {
		return engine.Outcome{Kind: engine.OutcomeDone, Summary: "nothing to do"}
	}
	if err := w.journal(ctx, desk, job, *set); err != nil {
		return engine.Outcome{Kind: engine.OutcomeAborted, Reason: err.Error()}
	}
	delivered, err := w.hub.Deliver(ctx, job.Run, *set)
	if err != nil {
		w.script.failed(ctx, err)
		return engine.Outcome{Kind: engine.OutcomeBlocked, By: engine.ByEditConflict, Reason: err.Error()}
	}
	return engine.Outcome{Kind: engine.OutcomeDone, Summary: "done", Delivered: &delivered}
}

// journal notes that a delivery begins, as a worker does.
func (w *worker) journal(ctx context.Context, desk *engine.Desk, job engine.Job, set engine.ChangeSet) error {
	data := set.Encode()
	d := engine.Delivery{Blob: "changes/" + engine.ContentHash(data)}
	for _, f := range set.Files {
		d.Paths = append(d.Paths, f.Path)
	}
	if err := w.blobs.PutBlob(ctx, d.Blob, data); err != nil {
		return err
	}
	return desk.Commit(ctx, engine.DeliveryStarted{Run: job.Run, Delivery: d})
}

// Said is what an attempt of the ticket streams once it may start, and the last message of its transcript.
func Said(id string) string { return "I work on " + id + ".\n" }

// Thought is what the model of a ticket thinks before it says that.
func Thought(id string) string { return "What does " + id + " need?\n" }

// talk streams, and keeps a transcript as a worker does.
func (w *worker) talk(ctx context.Context, desk *engine.Desk, job engine.Job, prompt string) {
	id := job.Run.Ticket.ID
	desk.Think(Thought(id))
	desk.Say(Said(id))
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, m := range []engine.Message{{Role: engine.RoleUser, Text: prompt}, {Role: engine.RoleAssistant, Text: strings.TrimSuffix(Said(id), "\n")}} {
		_ = enc.Encode(m) // strings, into memory
	}
	if err := w.blobs.PutBlob(ctx, engine.Transcript(job.Run), b.Bytes()); err != nil {
		w.script.failed(ctx, err)
	}
}

// question is what an attempt asks: its spawn, or, where the description begins with "Run: ", whether it may run that
// command, which an answer for good then covers.
func question(job engine.Job) engine.Question {
	id, what := job.Run.Ticket.ID, job.Ticket.Spec.Description
	ruling := engine.Ruling{Verdict: engine.Ask, Rule: "test"}
	if line, ok := strings.CutPrefix(what, "Run: "); ok {
		ruling.Cover = &engine.Cover{Tool: "run_command", Command: line}
		args, err := json.Marshal(map[string]string{"command": line, "for": id})
		if err != nil {
			panic(err) // strings only
		}
		return engine.Question{
			Kind: engine.KindCommand, Title: id + " runs: " + line, Ruling: ruling,
			Content: engine.Content{Tool: "run_command", Arguments: string(args)},
		}
	}
	return engine.Question{
		Kind: engine.KindSpawn, Title: "Start " + id + " with small: " + what, Ruling: ruling,
		Content: engine.Content{Prompt: "Ticket " + id + "\n\n" + what, Context: "some context\n"},
	}
}

// Replacement is a change of one file: a text in it by another, from what the workspace holds now.
func (w *World) Replacement(ctx context.Context, path, old, repl string) engine.FileChange {
	file, err := w.Read(ctx, path)
	if err != nil || !strings.Contains(string(file.Data), old) {
		w.T.Errorf("%s does not contain %q (%v)", path, old, err)
	}
	after := strings.ReplaceAll(string(file.Data), old, repl)
	return engine.FileChange{Path: path, Op: engine.OpModify, Base: file.Data, After: []byte(after)}
}

// Replacing is the Work of one Replacement.
func (w *World) Replacing(path, old, repl string) Work {
	return func(ctx context.Context, job engine.Job) engine.ChangeSet {
		return engine.ChangeSet{Label: job.Run.Ticket.ID, Files: []engine.FileChange{w.Replacement(ctx, path, old, repl)}}
	}
}
