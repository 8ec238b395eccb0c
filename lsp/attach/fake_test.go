//go:build unix

package attach

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unicode/utf16"

	"github.com/slop-ls/slop-ls/lsp/frame"
)

// view is what a fake daemon knows, as it answers view/resolve.
type view struct {
	PID  int               `json:"pid"`
	Docs map[string]docNow `json:"docs"`
	Log  []string          `json:"log"` // methods of what came, documents left out
	Env  map[string]string `json:"env,omitempty"`
}

type docNow struct {
	Version int    `json:"version"`
	Text    string `json:"text"`
	Saved   string `json:"saved,omitempty"`
	Dirty   bool   `json:"dirty,omitempty"` // differs from what was saved
}

// model is the plainest document store: UTF-16 columns, \n alone ends a line.
type model map[string]docNow

type plainChange struct {
	Range *plainRange `json:"range,omitempty"`
	Text  string      `json:"text"`
}

type plainRange struct {
	Start plainPosition `json:"start"`
	End   plainPosition `json:"end"`
}

type plainPosition struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

func (m model) change(uri string, version int, changes []plainChange) {
	d, ok := m[uri]
	if !ok {
		return
	}
	for _, c := range changes {
		if c.Range == nil {
			d.Text = c.Text
			continue
		}
		units := utf16.Encode([]rune(d.Text))
		from, to := unitOffset(units, c.Range.Start), unitOffset(units, c.Range.End)
		d.Text = string(utf16.Decode(units[:from])) + c.Text + string(utf16.Decode(units[to:]))
	}
	d.Version = version
	m[uri] = d
}

func unitOffset(units []uint16, p plainPosition) int {
	at := 0
	for range p.Line {
		for units[at] != '\n' {
			at++
		}
		at++
	}
	return at + p.Character
}

func (m model) views() map[string]docNow {
	out := map[string]docNow{}
	for uri, d := range m {
		d.Dirty = d.Saved != "" && d.Saved != d.Text
		out[uri] = d
	}
	return out
}

// fakeServer is one session of a daemon that knows nothing but documents.
type fakeServer struct {
	out  *frame.Writer
	docs model
	log  []string
	env  map[string]string
	last int
}

func serveFake(conn io.ReadWriteCloser, h Hello) error {
	defer conn.Close()
	s := &fakeServer{out: &frame.Writer{Out: conn}, docs: model{}, env: h.Env}
	r := frame.NewReader(conn)
	for {
		body, err := r.Next()
		if err != nil {
			return nil
		}
		var m struct {
			ID     json.RawMessage
			Method string
			Params json.RawMessage
			Result json.RawMessage
		}
		if err := json.Unmarshal(body, &m); err != nil {
			if err := s.out.Write(failure(nil, -32700, "no JSON")); err != nil {
				return nil
			}
			continue
		}
		if m.Method == "exit" {
			return nil
		}
		s.handle(m.ID, m.Method, m.Params, m.Result)
	}
}

func (s *fakeServer) handle(id json.RawMessage, method string, params, reply json.RawMessage) {
	var p struct {
		TextDocument   textItem      `json:"textDocument"`
		ContentChanges []plainChange `json:"contentChanges"`
	}
	_ = json.Unmarshal(params, &p)
	uri := p.TextDocument.URI
	switch method {
	case "initialize":
		s.answer(id, map[string]any{"capabilities": map[string]any{"positionEncoding": "utf-16"}})
	case "textDocument/didOpen":
		s.docs[uri] = docNow{Version: int(p.TextDocument.Version), Text: p.TextDocument.Text}
	case "textDocument/didChange":
		s.docs.change(uri, int(p.TextDocument.Version), p.ContentChanges)
	case "textDocument/didSave":
		d := s.docs[uri]
		d.Saved = d.Text
		s.docs[uri] = d
	case "textDocument/didClose":
		delete(s.docs, uri)
	case "view/resolve":
		s.answer(id, view{PID: os.Getpid(), Docs: s.docs.views(), Log: s.log, Env: s.env})
	case "test/die":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "test/ask": // asks the client, and answers once that has answered
		s.last++
		_ = s.out.Write(mustJSON(map[string]any{"jsonrpc": "2.0", "id": s.last, "method": "test/question", "params": id}))
	case "": // the client's answer: it holds the id of the request that waits for it
		var a struct{ For, Say json.RawMessage }
		_ = json.Unmarshal(reply, &a)
		s.answer(a.For, a.Say)
	default:
		s.log = append(s.log, method)
		if id != nil {
			s.answer(id, params)
		}
	}
}

func (s *fakeServer) answer(id json.RawMessage, v any) { _ = s.out.Write(result(id, v)) }

// fakeWorkspace is a workspace whose lock is a file, whose tickets are a number, and whose sessions are fakeServers.
type fakeWorkspace struct {
	held    *os.File
	running atomic.Int64
	mu      sync.Mutex
	changed chan struct{}
}

var errHeld = errors.New("the store is locked by another process")

func openFake(ctx context.Context, dir string) (*fakeWorkspace, error) {
	f, err := os.OpenFile(filepath.Join(dir, "store.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(5 * time.Second); lock(f, syscall.LOCK_EX|syscall.LOCK_NB) != nil; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) || os.Getenv("ATTACH_TEST_IMPATIENT") != "" || ctx.Err() != nil {
			f.Close()
			return nil, errHeld
		}
	}
	return &fakeWorkspace{held: f, changed: make(chan struct{})}, nil
}

func (w *fakeWorkspace) set(running int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running.Store(running)
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *fakeWorkspace) Serve(ctx context.Context, conn io.ReadWriteCloser, h Hello) error {
	unhook := context.AfterFunc(ctx, func() { conn.Close() })
	defer unhook()
	return serveFake(conn, h)
}

func (w *fakeWorkspace) Running() int { return int(w.running.Load()) }

func (w *fakeWorkspace) Rest(ctx context.Context) error {
	for {
		w.mu.Lock()
		changed := w.changed
		w.mu.Unlock()
		if w.running.Load() == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (w *fakeWorkspace) Close() error { return w.held.Close() }

// fakeDaemon is what the test binary does when it is started as a daemon: ATTACH_TEST_DAEMON names its state folder.
func fakeDaemon(dir string) error {
	starter, err := Inherit()
	if err != nil {
		return err
	}
	grace, err := time.ParseDuration(os.Getenv("ATTACH_TEST_GRACE"))
	if err != nil {
		grace = -1
	}
	build := os.Getenv("ATTACH_TEST_BUILD")
	if strings.Contains(build, "crash") {
		os.Exit(3)
	}
	return Run(context.Background(), Options{
		Place: Place{Dir: dir}, Root: dir, Version: "v-" + build, Build: build, Starter: starter, Grace: grace,
		Open: func(ctx context.Context) (Workspace, error) {
			if err := os.WriteFile(filepath.Join(dir, "opening"), nil, 0o600); err != nil {
				return nil, err
			}
			return openFake(ctx, dir)
		},
	})
}
