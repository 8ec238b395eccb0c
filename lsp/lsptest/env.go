// Package lsptest is a fake editor for tests: a client.Client with a folder of its own, a record of everything that
// the server showed, expectations that are waited for, and answers to prompts, good and bad ones; and worlds that it
// edits in: a workspace with a server whose worker does what the test says. Only tests import it.
//
// A test of the face is written once and run by Modes: with the server in the test's process, behind a forwarder, and
// in a process of its own. For the last one TestMain calls Main first. What a test wants of the server (to hold its
// worker, its views and its settings, to see its state, to deliver and read) it gets from the World and its Puppet, in
// whichever process that is.
//
// Every test of what an editor sees runs in all three. Those of package lsp that do not are about one part of it, and
// take that by itself: what a request brings along (request_tokens_test.go, and cancel_test.go under ports that hang;
// the connection is tested in lsp/rpc, the quirk table in lsp/traits), documents and positions (document*_test.go,
// source_symbol_test.go, receipt_test.go), names and bounds of papers (paper_test.go), the differences of states
// (tell_state_test.go), fuzz targets, what a thousand sessions leave behind (flat_test.go), and what is measured:
// TestFace, TestThousandPending and the benchmarks read times in the server itself. Where such a part shows on the
// wire, a test in three modes says so as well.
package lsptest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.lsp.dev/protocol"
	"golang.org/x/tools/txtar"

	"github.com/slop-ls/slop-ls/lsp/client"
)

// Patience is how long an expectation is waited for.
const Patience = 20 * time.Second

// Connect makes a connection to a server. The connection ends with the test.
type Connect func(t testing.TB) io.ReadWriteCloser

// InProcess connects to a server in this process; serve is, for one, Hub.Serve.
func InProcess(serve func(ctx context.Context, rw io.ReadWriteCloser) error) Connect {
	return func(t testing.TB) io.ReadWriteCloser {
		t.Helper()
		ours, theirs := net.Pipe()
		done := make(chan error, 1)
		ctx, cancel := context.WithCancel(context.Background())
		go func() { done <- serve(ctx, theirs) }()
		t.Cleanup(func() {
			ours.Close()
			select {
			case <-done:
			case <-time.After(Patience):
				t.Error("the server did not return after its client had gone")
			}
			cancel()
		})
		return ours
	}
}

// Child connects to a process over its standard input and output. ended is told how the process ended; it may be nil.
func Child(cmd func() *exec.Cmd, ended func(error)) Connect {
	return func(t testing.TB) io.ReadWriteCloser {
		t.Helper()
		c := cmd()
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		// Not StdoutPipe: Wait would close it before all of it was read.
		out, theirs, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		if c.Stdout = theirs; c.Stderr == nil {
			c.Stderr = os.Stderr
		}
		err = c.Start()
		theirs.Close()
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() {
			err := c.Wait()
			if ended != nil {
				ended(err)
			}
			done <- err
		}()
		t.Cleanup(func() {
			in.Close()
			if err := <-done; err != nil {
				t.Logf("the server ended with %v", err)
			}
			out.Close()
		})
		return &pipes{Reader: out, WriteCloser: in}
	}
}

type pipes struct {
	io.Reader
	io.WriteCloser
}

// Env is one fake editor on one folder.
type Env struct {
	*client.Client
	T    testing.TB
	Root string

	mu      sync.Mutex
	state   State
	changed chan struct{} // closed and replaced when state has changed
	respond Responder
}

// Option changes how an editor is set up.
type Option func(*Env, *client.Config)

// WithResponder answers prompts. The default is Never.
func WithResponder(r Responder) Option { return func(e *Env, _ *client.Config) { e.respond = r } }

// WithConfig changes the client's configuration.
func WithConfig(change func(*client.Config)) Option {
	return func(_ *Env, cfg *client.Config) { change(cfg) }
}

// Files writes a txtar archive into a folder.
func Files(t testing.TB, root, archive string) {
	t.Helper()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		path := filepath.Join(root, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Open starts an editor on a folder and does the handshake.
func Open(t testing.TB, root string, connect Connect, options ...Option) *Env {
	t.Helper()
	e := &Env{T: t, Root: root, state: newState(), changed: make(chan struct{}), respond: Never()}
	cfg := client.Config{Root: root, Name: "lsptest", Version: "1"}
	cfg.Hooks = client.Hooks{MessageRequest: e.asked, Notified: e.notified}
	show := func(p protocol.ShowDocumentParams) {
		e.change(func(s *State) { s.Shown = append(s.Shown, p.URI.FsPath()) })
	}
	cfg.Hooks.ShowDocument = func(ctx context.Context, p protocol.ShowDocumentParams) (bool, error) {
		err := e.Client.Open(ctx, p.URI.FsPath())
		show(p)
		return err == nil, nil
	}
	for _, o := range options {
		o(e, &cfg)
	}
	// Not t.Context(): it ends before the clean-ups, which still talk to the server.
	e.Client = client.Start(context.Background(), connect(t), cfg)
	t.Cleanup(func() {
		if err := e.Client.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Logf("closing the client: %v", err)
		}
	})
	if _, err := e.Initialize(t.Context()); err != nil {
		t.Fatal(err)
	}
	return e
}

// State is what an editor has seen so far.
type State struct {
	Messages    []protocol.ShowMessageParams
	Prompts     []Prompt
	Diagnostics map[string][]protocol.Diagnostic // by URI, the newest
	Shown       []string                         // paths of window/showDocument
	Progress    map[string][]string              // kinds of values, by token
	Told        map[string][]string              // their messages, by token
	Custom      map[string][]json.RawMessage     // slop/* notifications by method
}

// Prompt is one window/showMessageRequest.
type Prompt struct {
	Message  string
	Actions  []string
	Answered bool
}

func newState() State {
	return State{
		Diagnostics: map[string][]protocol.Diagnostic{}, Progress: map[string][]string{}, Told: map[string][]string{}, Custom: map[string][]json.RawMessage{},
	}
}

func (s State) clone() State {
	s.Messages, s.Prompts, s.Shown = slices.Clone(s.Messages), slices.Clone(s.Prompts), slices.Clone(s.Shown)
	s.Diagnostics, s.Progress, s.Custom = maps.Clone(s.Diagnostics), maps.Clone(s.Progress), maps.Clone(s.Custom)
	s.Told = maps.Clone(s.Told)
	return s
}

// Seen is what the editor has seen so far.
func (e *Env) Seen() State {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state.clone()
}

// Forget drops what was recorded of a notification that has no record of its own.
func (e *Env) Forget(method string) { e.change(func(s *State) { delete(s.Custom, method) }) }

func (e *Env) change(do func(*State)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	do(&e.state)
	close(e.changed)
	e.changed = make(chan struct{})
}

// notified records what the server says. It runs on the client's read loop.
func (e *Env) notified(method string, params json.RawMessage) {
	e.change(func(s *State) {
		switch method {
		case protocol.MethodWindowShowMessage:
			var p protocol.ShowMessageParams
			if protocol.Unmarshal(params, &p) == nil {
				s.Messages = append(s.Messages, p)
			}
		case protocol.MethodTextDocumentPublishDiagnostics:
			var p protocol.PublishDiagnosticsParams
			if protocol.Unmarshal(params, &p) == nil {
				s.Diagnostics[string(p.URI)] = p.Diagnostics
			}
		case protocol.MethodProgress:
			var p struct {
				Token string
				Value struct{ Kind, Message string }
			}
			if json.Unmarshal(params, &p) == nil {
				s.Progress[p.Token] = append(s.Progress[p.Token], p.Value.Kind)
				s.Told[p.Token] = append(s.Told[p.Token], p.Value.Message)
			}
		default:
			s.Custom[method] = append(s.Custom[method], params)
		}
	})
}
