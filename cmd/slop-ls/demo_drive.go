package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// demoPatience bounds the whole run of the track when nobody has to be asked.
const demoPatience = 2 * time.Minute

// editor is the demo's end of the wire: a client with open buffers that answers prompts, takes edits and shows what
// the server tells. Hooks run in goroutines of the client; they only send to events, which the driving loop reads.
type editor struct {
	d        *demo
	client   *client.Client
	events   chan any
	lines    chan typedLine // of the terminal, one for each want
	want     chan struct{}
	reviewed string // the approval whose prompt was answered last
}

type (
	statusEvent struct{ status wire.Status }
	promptEvent struct {
		message string
		reply   chan any // room for one: what the prompt's answer is
	}
	reviewEvent struct{ path string }
	editEvent   struct {
		label string
		diff  string
	}
	tellEvent struct{ message string }
)

// drive starts the server, attaches to it as an editor does, runs the track and leaves politely.
func (d *demo) drive(ctx context.Context) (err error) {
	server, err := startServer(ctx, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.end()) }()
	e := &editor{d: d, events: make(chan any, 64)}
	e.client = client.Start(ctx, server, client.Config{
		Root: d.repo, Name: "slop-ls demo", Version: buildVersion().Version,
		Experimental: map[string]any{"slop": wire.Capabilities{State: true, Prompts: true}},
		Hooks: client.Hooks{
			MessageRequest: e.onPrompt, ApplyEdit: e.onEdit, ShowDocument: e.onDocument, Notified: e.onNotified,
		},
	})
	d.say(1, "The editor attaches to slop-ls --stdio (process %d) and runs the track", server.cmd.Process.Pid)
	if err := e.open(ctx); err != nil {
		return server.explain(err)
	}
	if err := e.loop(ctx); err != nil {
		return server.explain(err)
	}
	goodbye, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return e.client.Shutdown(goodbye)
}

// open opens what a person would have open, saves the track and runs it.
func (e *editor) open(ctx context.Context) error {
	if _, err := e.client.Initialize(ctx); err != nil {
		return err
	}
	for _, path := range []string{demoTrack, "amount.go", "balance.go", "report.go"} {
		if err := e.client.Open(ctx, path); err != nil {
			return err
		}
	}
	if err := e.client.Save(ctx, demoTrack); err != nil {
		return err
	}
	return e.client.Command(ctx, wire.TrackRun, wire.TrackArgs{URI: string(e.client.URI(demoTrack))}, nil)
}

// loop shows and answers what comes until the track rests.
func (e *editor) loop(ctx context.Context) error {
	if e.d.yes {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, demoPatience, errors.New("the track did not finish in time: this is a bug of slop-ls"))
		defer cancel()
	} else {
		e.want, e.lines = make(chan struct{}, 1), make(chan typedLine, 1)
		go readLines(e.d.app.in, e.want, e.lines)
		defer close(e.want)
	}
	show := newShow(e.d)
	models := e.d.watchModels(ctx)
	for {
		select {
		case event := <-e.events:
			if rests, err := e.handle(ctx, show, event); rests || err != nil {
				return err
			}
		case record := <-models:
			show.model(record)
		case <-e.client.Ended():
			return errors.New("the server has gone")
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// handle takes one event; rests is true when the track has come to rest.
func (e *editor) handle(ctx context.Context, show *show, event any) (rests bool, err error) {
	switch event := event.(type) {
	case statusEvent:
		return show.status(event.status), nil
	case promptEvent:
		return false, e.answer(ctx, show, event)
	case reviewEvent:
		return false, e.review(ctx, show, event)
	case editEvent:
		show.edit(event)
	case tellEvent:
		show.told(event.message)
	}
	return false, nil
}

// send hands an event to the loop, unless the demo ends.
func (e *editor) send(ctx context.Context, event any) {
	select {
	case e.events <- event:
	case <-ctx.Done():
	}
}

func (e *editor) onPrompt(ctx context.Context, p protocol.ShowMessageRequestParams) (any, error) {
	reply := make(chan any, 1)
	e.send(ctx, promptEvent{p.Message, reply})
	select {
	case r := <-reply:
		return r, nil
	case <-ctx.Done():
		return nil, nil // silence: nothing is approved
	}
}

// onEdit applies an edit as an editor with auto-save does: into the open buffers, and then to disk.
func (e *editor) onEdit(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
	before := e.texts()
	result := c.Apply(ctx, p.Edit)
	var diff strings.Builder
	after := e.texts()
	for _, path := range demoSources {
		if before[path] != after[path] {
			diff.WriteString(text.Unified("a/"+path, "b/"+path, []byte(before[path]), []byte(after[path]), 1))
		}
	}
	label := "(no label)"
	if p.Label != nil {
		label = *p.Label
	}
	e.send(ctx, editEvent{label, diff.String()})
	return result, c.SaveAll(ctx)
}

var demoSources = []string{"amount.go", "balance.go", "entry.go", "report.go"}

func (e *editor) texts() map[string]string {
	out := map[string]string{}
	for _, path := range demoSources {
		out[path], _, _ = e.client.Text(path)
	}
	return out
}

func (e *editor) onDocument(ctx context.Context, p protocol.ShowDocumentParams) (bool, error) {
	path := p.URI.FsPath()
	if err := e.client.Open(ctx, path); err != nil {
		return false, err
	}
	e.send(ctx, reviewEvent{path})
	return true, nil
}

// onNotified runs on the read loop and must not block: a status that finds no room is followed by a newer one.
func (e *editor) onNotified(method string, params json.RawMessage) {
	switch method {
	case wire.StateMethod:
		var s wire.Status
		if json.Unmarshal(params, &s) == nil {
			e.offer(statusEvent{s})
		}
	case "window/showMessage":
		var m struct{ Message string }
		if json.Unmarshal(params, &m) == nil {
			e.offer(tellEvent{m.Message})
		}
	}
}

func (e *editor) offer(event any) {
	select {
	case e.events <- event:
	default:
	}
}

// serverProcess is the real server as a child process; it is the client's connection.
type serverProcess struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.Reader
	stderr *bytes.Buffer
}

// startServer starts this program anew as the language server of the demo's repository.
func startServer(ctx context.Context, d *demo) (*serverProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	p := &serverProcess{stderr: &bytes.Buffer{}}
	// The server ends when its input does, and ends its workers first; only one that hangs is killed.
	p.cmd = exec.Command(self, "--stdio", "--standalone", "--root", d.repo, "--config", d.configPath()) //nolint:noctx // end does it
	p.cmd.Env, p.cmd.Stderr, p.cmd.WaitDelay = d.environment(), p.stderr, 5*time.Second
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	if p.out, err = p.cmd.StdoutPipe(); err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	return p, nil
}

func (p *serverProcess) Read(b []byte) (int, error)  { return p.out.Read(b) }
func (p *serverProcess) Write(b []byte) (int, error) { return p.in.Write(b) }

// Close is the end of the connection: the server sees its input end.
func (p *serverProcess) Close() error { return p.in.Close() }

// end waits for the server to leave, and kills one that does not.
func (p *serverProcess) end() error {
	_ = p.in.Close()
	kill := time.AfterFunc(10*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	if err := p.cmd.Wait(); err != nil {
		return p.explain(fmt.Errorf("the server ended badly: %w", err))
	}
	return nil
}

// explain adds the server's last words to an error.
func (p *serverProcess) explain(err error) error {
	words := strings.TrimSpace(p.stderr.String())
	if words == "" {
		return err
	}
	return fmt.Errorf("%w; the server says: %s", err, text.CutMiddle(words, 1000))
}
