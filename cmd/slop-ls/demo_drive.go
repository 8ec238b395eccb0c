package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

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
	reviewed string            // the approval whose prompt was answered last
	texts    map[string]string // the sources as they were shown last
	known    wire.Status       // of the client's read loop: what the states came to
}

type (
	statusEvent struct{ status wire.Status }
	promptEvent struct {
		message string
		reply   chan any // room for one: what the prompt's answer is
	}
	reviewEvent struct{ path string }
	tellEvent   struct{ message string }
)

// drive starts the server, attaches to it as an editor does, runs the track and leaves politely.
func (d *demo) drive(ctx context.Context) (err error) {
	server, err := startServer(ctx, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.end(), stopDaemon(ctx, d)) }()
	e := &editor{d: d, events: make(chan any, 64)}
	hooks := client.Hooks{Notified: e.onNotified}
	plainHook(&hooks.MessageRequest, e.onPrompt)
	plainHook(&hooks.ShowDocument, e.onDocument)
	e.client = client.Start(ctx, server, client.Config{
		Root: d.repo, Name: "slop-ls demo", Version: buildVersion().Version,
		Experimental: map[string]any{"slop": wire.Capabilities{State: true, Prompts: true}}, Hooks: hooks,
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
	e.texts = map[string]string{}
	for _, path := range demoSources {
		e.texts[path] = e.text(path)
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
	if err := e.sync(ctx, show); err != nil {
		return false, err
	}
	switch event := event.(type) {
	case statusEvent:
		return show.status(event.status), nil
	case promptEvent:
		return false, e.answer(ctx, show, event)
	case reviewEvent:
		return false, e.review(ctx, show, event)
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

// plainHook answers a hook by what the wire says, so that the protocol's own types stay in package lsp.
func plainHook[P, R any](hook *func(context.Context, P) (R, error), f func(ctx context.Context, params json.RawMessage) (R, error)) {
	*hook = func(ctx context.Context, p P) (R, error) {
		params, err := json.Marshal(p)
		if err != nil {
			var none R
			return none, fmt.Errorf("reading what the server asks: %w", err)
		}
		return f(ctx, params)
	}
}

func (e *editor) onPrompt(ctx context.Context, params json.RawMessage) (any, error) {
	var p struct{ Message string }
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, fmt.Errorf("reading a prompt: %w", err)
	}
	reply := make(chan any, 1)
	e.send(ctx, promptEvent{p.Message, reply})
	select {
	case r := <-reply:
		return r, nil
	case <-ctx.Done():
		return nil, nil // silence: nothing is approved
	}
}

func (e *editor) onDocument(ctx context.Context, params json.RawMessage) (bool, error) {
	var p struct{ URI string }
	if err := json.Unmarshal(params, &p); err != nil {
		return false, fmt.Errorf("reading what to show: %w", err)
	}
	u, err := url.Parse(p.URI)
	if err != nil || u.Scheme != "file" {
		return false, fmt.Errorf("%s is no file", p.URI)
	}
	path := filepath.FromSlash(u.Path)
	if err := e.client.Open(ctx, path); err != nil {
		return false, err
	}
	e.send(ctx, reviewEvent{path})
	return true, nil
}

// sync shows what has changed in the demo's sources, be it in a buffer or on disk, and saves the buffers, as an editor
// with auto-save does.
func (e *editor) sync(ctx context.Context, show *show) error {
	changed := false
	for _, path := range demoSources {
		now, before := e.text(path), e.texts[path]
		if now != before {
			changed = true
			e.texts[path] = now
			show.edit(path, e.how(path), text.Unified("a/"+path, "b/"+path, []byte(before), []byte(now), 1))
		}
	}
	if !changed {
		return nil
	}
	return e.client.SaveAll(ctx)
}

var demoSources = []string{"amount.go", "balance.go", "entry.go", "report.go"}

// how says which way an edit has come.
func (e *editor) how(path string) string {
	if _, _, open := e.client.Text(path); open {
		return "by workspace/applyEdit into the open buffer"
	}
	return "to disk: it is open nowhere"
}

// text is a file as the editor has it: its buffer, else the disk.
func (e *editor) text(path string) string {
	if buffer, _, open := e.client.Text(path); open {
		return buffer
	}
	data, err := os.ReadFile(filepath.Join(e.d.repo, path))
	if err != nil {
		return "" // deleted, then
	}
	return string(data)
}

// onNotified runs on the read loop and must not block: a status that finds no room is followed by a newer one.
func (e *editor) onNotified(method string, params json.RawMessage) {
	switch method {
	case wire.StateMethod:
		var s wire.State
		if json.Unmarshal(params, &s) == nil && e.known.Follow(s) == nil {
			e.offer(statusEvent{e.known.Clone()})
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

// stopDaemon ends the daemon that the server has started, and waits for that: editors come and go, and it would stay
// for a while.
func stopDaemon(ctx context.Context, d *demo) error {
	self, err := executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "daemon", "stop", "--root", d.repo)
	cmd.Env = d.environment()
	output, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState.ExitCode() != exitBlocked { // that status says that none runs
		return fmt.Errorf("stopping the demo's daemon: %w: %s", err, bytes.TrimSpace(output))
	}
	return nil
}

// startServer starts this program anew as the language server of the demo's repository.
func startServer(ctx context.Context, d *demo) (*serverProcess, error) {
	self, err := executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	p := &serverProcess{stderr: &bytes.Buffer{}}
	// The server ends when its input does; only one that hangs is killed.
	p.cmd = exec.Command(self, "--stdio", "--root", d.repo, "--config", d.configPath()) //nolint:noctx // end does it
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
