package client_test

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/client"
)

// server is the other end: it keeps the text of one document as didOpen and didChange tell it, and can ask.
type server struct {
	t    *testing.T
	conn jsonrpc2.Conn

	mu   sync.Mutex
	text *text.Index
	seen []string // methods of notifications
}

func start(t *testing.T, cfg client.Config) (*client.Client, *server) {
	t.Helper()
	ours, theirs := net.Pipe()
	s := &server{t: t, conn: jsonrpc2.NewConn(jsonrpc2.NewStream(theirs))}
	s.conn.Go(context.Background(), s.handle)
	cfg.Root = t.TempDir()
	c := client.Start(context.Background(), ours, cfg)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		<-s.conn.Done()
	})
	if _, err := c.Initialize(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c, s
}

func (s *server) handle(_ context.Context, req *jsonrpc2.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch req.Method() {
	case protocol.MethodInitialize:
		return jsonrpc2.RawMessage(`{"capabilities":{"positionEncoding":"utf-16","textDocumentSync":2}}`), nil
	case protocol.MethodTextDocumentDidOpen:
		var p protocol.DidOpenTextDocumentParams
		if err := protocol.Unmarshal(req.Params(), &p); err != nil {
			s.t.Error(err)
		}
		s.text = text.NewIndex([]byte(p.TextDocument.Text))
	case protocol.MethodTextDocumentDidChange:
		var p protocol.DidChangeTextDocumentParams
		if err := protocol.Unmarshal(req.Params(), &p); err != nil {
			s.t.Error(err)
		}
		s.change(p.ContentChanges)
	}
	s.seen = append(s.seen, strings.Clone(req.Method()))
	return nil, nil
}

func (s *server) change(changes []protocol.TextDocumentContentChangeEvent) {
	for _, c := range changes {
		partial, ok := c.(*protocol.TextDocumentContentChangePartial)
		if !ok {
			s.t.Errorf("a change of the form %T", c)
			continue
		}
		at := func(p protocol.Position) text.Position {
			return text.Position{Line: int(p.Line), Column: int(p.Character)}
		}
		next, err := s.text.Splice(s.text.Span(at(partial.Range.Start), at(partial.Range.End), text.UTF16), partial.Text)
		if err != nil {
			s.t.Error(err)
			continue
		}
		s.text = next
	}
}

// holds waits, by asking the client something, until its notifications have been read, and compares the text.
func (s *server) holds(c *client.Client, want string) {
	s.t.Helper()
	if err := c.Call(s.t.Context(), "ping", nil, nil); err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if got := s.text.Text(); got != want {
		s.t.Errorf("the server holds %q, want %q", got, want)
	}
}

func (s *server) apply(edit string) protocol.ApplyWorkspaceEditResult {
	s.t.Helper()
	var result protocol.ApplyWorkspaceEditResult
	var raw json.RawMessage
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	if _, err := s.conn.Call(ctx, protocol.MethodWorkspaceApplyEdit, json.RawMessage(`{"edit":`+edit+`}`), &raw); err != nil {
		s.t.Fatal(err)
	}
	if err := protocol.Unmarshal(raw, &result); err != nil {
		s.t.Fatal(err)
	}
	return result
}

func TestBuffersReportTheirChanges(t *testing.T) {
	t.Parallel()
	c, s := start(t, client.Config{})
	if err := c.OpenText(t.Context(), "a.txt", "one 𝄞 two\nthree\n"); err != nil {
		t.Fatal(err)
	}
	if err := c.SetText(t.Context(), "a.txt", "zero\none 𝄞 2\nthree\nfour"); err != nil {
		t.Fatal(err)
	}
	s.holds(c, "zero\none 𝄞 2\nthree\nfour")
	err := c.Edit(t.Context(), "a.txt", text.Edit{New: "A"}, text.Edit{Span: text.Span{Start: 4, End: 5}, New: ""})
	if err != nil {
		t.Fatal(err)
	}
	s.holds(c, "Azeroone 𝄞 2\nthree\nfour")
	if err := c.Edit(t.Context(), "b.txt"); err == nil {
		t.Error("a buffer that is not open was edited")
	}
}

func TestApplyWorkspaceEdit(t *testing.T) {
	t.Parallel()
	c, s := start(t, client.Config{})
	if err := c.OpenText(t.Context(), "a.txt", "𝄞 two\n"); err != nil {
		t.Fatal(err)
	}
	u := string(c.URI("a.txt"))
	rng := `{"start":{"line":0,"character":3},"end":{"line":0,"character":6}}` // after the pair of surrogates
	edit := func(version string) string {
		return `{"documentChanges":[{"textDocument":{"uri":"` + u + `","version":` + version + `},"edits":[{"range":` + rng + `,"newText":"2"}]}]}`
	}
	if r := s.apply(edit("7")); r.Applied || r.FailureReason == nil || !strings.Contains(*r.FailureReason, "is at version 1") {
		t.Errorf("an edit of another version: %+v", r)
	}
	if r := s.apply(edit("1")); !r.Applied {
		t.Errorf("refused: %+v", r)
	}
	s.holds(c, "𝄞 2\n")
	if r := s.apply(`{"changes":{"` + u + `":[{"range":` + rng + `,"newText":"3"}]}}`); !r.Applied {
		t.Errorf("refused: %+v", r)
	}
	s.holds(c, "𝄞 3\n") // the range ends with the line
}

func TestFileOperations(t *testing.T) {
	t.Parallel()
	c, s := start(t, client.Config{})
	at := func(name string) string { return string(c.URI(name)) }
	ops := func(list ...string) protocol.ApplyWorkspaceEditResult {
		return s.apply(`{"documentChanges":[` + strings.Join(list, ",") + `]}`)
	}
	create := `{"kind":"create","uri":"` + at("new/a.txt") + `"}`
	insert := `{"textDocument":{"uri":"` + at("new/a.txt") + `","version":null},"edits":[{"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"newText":"hello"}]}`
	if r := ops(create, insert); !r.Applied {
		t.Fatalf("create: %+v", *r.FailureReason)
	}
	if r := ops(create); r.Applied || r.FailedChange == nil || *r.FailedChange != 0 {
		t.Errorf("creating over a file: %+v", r)
	}
	rename := `{"kind":"rename","oldUri":"` + at("new/a.txt") + `","newUri":"` + at("b.txt") + `"}`
	if r := ops(rename); !r.Applied {
		t.Errorf("rename: %+v", *r.FailureReason)
	}
	path := uri.URI(at("b.txt")).FsPath()
	if data, err := os.ReadFile(path); err != nil || string(data) != "hello" {
		t.Errorf("the renamed file holds %q (%v)", data, err)
	}
	remove := `{"kind":"delete","uri":"` + at("b.txt") + `"}`
	if r := ops(remove); !r.Applied {
		t.Errorf("delete: %+v", *r.FailureReason)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the deleted file is still there")
	}
	if r := ops(remove); r.Applied {
		t.Error("deleting what is not there was reported as done")
	}
}

func TestSaveWritesTheBuffer(t *testing.T) {
	t.Parallel()
	c, s := start(t, client.Config{})
	if err := c.OpenText(t.Context(), "deep/a.txt", "x"); err != nil {
		t.Fatal(err)
	}
	if err := c.SetText(t.Context(), "deep/a.txt", "y"); err != nil {
		t.Fatal(err)
	}
	if err := c.SaveAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.holds(c, "y")
	data, err := os.ReadFile(filepath.FromSlash(uri.URI(c.URI("deep/a.txt")).FsPath()))
	if err != nil || string(data) != "y" {
		t.Errorf("the file holds %q (%v)", data, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.Contains(strings.Join(s.seen, " "), protocol.MethodTextDocumentDidSave) {
		t.Errorf("no didSave among %v", s.seen)
	}
}

// Closing does not wait for a request that nobody answers.
func TestCloseWithAnOpenPrompt(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	c, s := start(t, client.Config{Hooks: client.Hooks{
		MessageRequest: func(ctx context.Context, _ protocol.ShowMessageRequestParams) (any, error) {
			close(entered)
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}})
	answered := make(chan error, 1)
	go func() {
		_, err := s.conn.Call(context.Background(), protocol.MethodWindowShowMessageRequest, json.RawMessage(`{"type":1,"message":"?"}`), nil)
		answered <- err
	}()
	<-entered
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := <-answered; err == nil {
		t.Error("a prompt of a closed client was answered")
	}
}
