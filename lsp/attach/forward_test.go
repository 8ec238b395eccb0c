//go:build unix

package attach

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/lsp/frame"
)

// stage gives a Forward whose daemons the test plays, one after the other.
type stage struct {
	t    *testing.T
	next chan *peer
}

func newStage(t *testing.T) *stage { return &stage{t: t, next: make(chan *peer, 64)} }

func (s *stage) dial(context.Context) (io.ReadWriteCloser, error) {
	near, far, err := socketPair()
	if err != nil {
		return nil, err
	}
	s.next <- newPeer(s.t, far, far)
	return near, nil
}

// socketPair is a connection that buffers, as the daemon's does.
func socketPair() (near, far *net.UnixConn, err error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, err
	}
	near, nearErr := unixConn(fds[0])
	far, farErr := unixConn(fds[1])
	return near, far, errors.Join(nearErr, farErr)
}

func unixConn(fd int) (*net.UnixConn, error) {
	syscall.CloseOnExec(fd)
	f := os.NewFile(uintptr(fd), "socket")
	defer f.Close() // FileConn has a copy
	c, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	return c.(*net.UnixConn), nil
}

// daemon is the next one that Forward dialled.
func (s *stage) daemon() *peer {
	s.t.Helper()
	select {
	case p := <-s.next:
		return p
	case <-time.After(patience):
		s.t.Fatal("no daemon was dialled")
		return nil
	}
}

// greet answers the daemon's initialize, whoever says it.
func (p *peer) greet() {
	p.t.Helper()
	s := p.awaitMethod("initialize")
	p.answer(s, map[string]any{"capabilities": map[string]any{}})
}

func (p *peer) answer(s said, v any) { _ = p.out.Write(result(s.ID, v)) }

// succeed is the daemon that takes over, when it has been told all that there was to tell.
func (s *stage) succeed(editor *peer) *peer {
	next := s.daemon()
	next.greet()
	editor.awaitMethod("window/showMessage")
	editor.notify("end", nil)
	next.awaitMethod("end")
	return next
}

// play starts a Forward with an editor and its first daemon, both past initialize.
func play(t *testing.T) (*peer, *peer, *stage, <-chan error) {
	t.Helper()
	s := newStage(t)
	editor, ended := forwarded(t, Forwarding{Dial: s.dial, Patience: 2 * time.Second})
	d := s.daemon()
	id := editor.send("initialize", map[string]any{"rootUri": "file:///w"})
	d.greet()
	editor.awaitReply(id)
	editor.notify("initialized", map[string]any{})
	d.awaitMethod("initialized")
	return editor, d, s, ended
}

// die ends a daemon without a word.
func (p *peer) die() { p.conn.Close() }

// TestEditorLeavesUnread: an editor that goes and leaves its pipe open and unread holds nothing up.
func TestEditorLeavesUnread(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in, toForwarder := io.Pipe()
	unread, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Forward(t.Context(), in, out, Forwarding{Dial: s.dial}) }()
	d := s.daemon()
	if err := d.out.Write([]byte(`{"jsonrpc":"2.0","method":"window/logMessage","params":{"type":3,"message":"unread"}}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := unread.Read(make([]byte, 1)); err != nil { // it is in the middle of being written
		t.Fatal(err)
	}
	toForwarder.Close()
	if err := outcomeOf(t, ended); err != nil {
		t.Errorf("the forwarder ended with %v", err)
	}
	unread.Close() // and so does the one goroutine that Forward names
}

func TestRequestsOfADeadDaemon(t *testing.T) {
	t.Parallel()
	editor, first, s, _ := play(t)
	editor.open("file:///w/a", "a", 1)
	editor.open("file:///w/b", "b", 1)
	hover := editor.send("textDocument/hover", doc("file:///w/a"))
	stale := editor.send("textDocument/hover", doc("file:///w/b"))
	editor.edit("file:///w/b", 2, plainChange{Text: "bb"})
	command := editor.send("workspace/executeCommand", map[string]any{"command": "slop.track.run"})
	partial := editor.send("textDocument/references", map[string]any{"partialResultToken": 1})
	cancelled := editor.send("textDocument/codeAction", doc("file:///w/a"))
	editor.notify("$/cancelRequest", map[string]any{"id": cancelled})
	first.awaitMethod("$/cancelRequest")
	first.die()

	second := s.daemon()
	second.greet()
	for id, code := range map[int]int{
		stale: codeContentModified, command: codeRequestFailed, partial: codeServerCancelled, cancelled: codeRequestCancelled,
	} {
		if a := editor.awaitReply(id); a.Error == nil || a.Error.Code != code {
			t.Errorf("request %d was answered %s, want the error %d", id, a.body, code)
		}
	}
	again := second.awaitMethod("textDocument/hover")
	if string(again.ID) != fmt.Sprint(hover) {
		t.Errorf("request %s was sent again, want %d", again.ID, hover)
	}
	second.answer(again, "here")
	if a := editor.awaitReply(hover); string(a.Result) != `"here"` {
		t.Errorf("the request that was sent again: %s", a.body)
	}
	note := editor.awaitMethod("window/showMessage")
	if !strings.Contains(string(note.Params), "taken over") {
		t.Errorf("the editor is told %s", note.Params)
	}
	for _, m := range second.all() {
		if m.Method == "workspace/executeCommand" {
			t.Error("a command was carried out twice")
		}
	}
}

// TestReplay holds what another daemon is told, and in which order.
func TestReplay(t *testing.T) {
	t.Parallel()
	editor, first, s, _ := play(t)
	editor.notify("$/setTrace", map[string]any{"value": "off"})
	editor.notify("$/setTrace", map[string]any{"value": "verbose"})
	editor.notify("workspace/didChangeConfiguration", map[string]any{"settings": 1})
	editor.notify("workspace/didChangeConfiguration", map[string]any{"settings": 2})
	editor.open("file:///w/z", "one", 1)
	editor.open("file:///w/gone", "x", 1)
	editor.open("file:///w/a", "alpha", 7)
	editor.edit("file:///w/z", 2, plainChange{Range: &plainRange{End: plainPosition{0, 1}}, Text: "t"})
	editor.notify("textDocument/didSave", doc("file:///w/z"))
	editor.edit("file:///w/z", 3, plainChange{Text: "three"})
	editor.notify("textDocument/didClose", doc("file:///w/gone"))
	editor.notify("workspace/didChangeWatchedFiles", map[string]any{"changes": 1})
	seen := editor.send("textDocument/hover", doc("file:///w/a"))
	first.answer(first.awaitMethod("textDocument/hover"), nil)
	editor.awaitReply(seen)
	editor.notify("workspace/didChangeWatchedFiles", map[string]any{"changes": 2}) // the daemon may not have read it
	editor.notify("workspace/didChangeWorkspaceFolders", map[string]any{"event": map[string]any{
		"added": []folder{{"file:///x", "x"}}, "removed": []folder{},
	}})
	first.awaitMethod("workspace/didChangeWorkspaceFolders")
	first.die()

	second := s.succeed(editor)
	var got []string
	for _, m := range second.all()[1:] {
		got = append(got, m.Method+" "+string(m.Params))
	}
	want := []string{
		`initialized {}`,
		`$/setTrace {"value":"verbose"}`,
		`workspace/didChangeConfiguration {"settings":2}`,
		`workspace/didChangeWorkspaceFolders {"event":{"added":[{"uri":"file:///x","name":"x"}],"removed":[]}}`,
		`textDocument/didOpen {"textDocument":{"uri":"file:///w/z","languageId":"plain","version":2,"text":"tne"}}`,
		`textDocument/didSave {"textDocument":{"uri":"file:///w/z"}}`,
		`textDocument/didChange {"textDocument":{"uri":"file:///w/z","version":3},"contentChanges":[{"text":"three"}]}`,
		`textDocument/didOpen {"textDocument":{"uri":"file:///w/a","languageId":"plain","version":7,"text":"alpha"}}`,
		`workspace/didChangeWatchedFiles {"changes":2}`,
		`end `,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the second daemon was told (-want +got):\n%s", diff)
	}
}

// TestUnreadableChange: a document whose change nobody could read is as lost to the next daemon as to the first.
func TestUnreadableChange(t *testing.T) {
	t.Parallel()
	editor, first, s, _ := play(t)
	bad := `{"textDocument":{"uri":"file:///w/a","version":2},"contentChanges":[{"range":{"start":{"line":-1}},"text":"x"}]}`
	for _, uri := range []string{"file:///w/a", "file:///w/b"} {
		editor.open(uri, "text", 1)
		editor.notify("textDocument/didChange", json.RawMessage(strings.ReplaceAll(bad, "file:///w/a", uri)))
	}
	editor.edit("file:///w/b", 3, plainChange{Text: "whole again"})
	editor.notify("end", nil)
	first.awaitMethod("end")
	first.die()
	second := s.succeed(editor)
	var changes []string
	for _, m := range second.all() {
		if m.Method == "textDocument/didChange" {
			changes = append(changes, string(m.Params))
		}
	}
	if diff := cmp.Diff([]string{bad}, changes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLateAnswers: an answer to a dead daemon's request never reaches its successor, whose ids are the same.
func TestLateAnswers(t *testing.T) {
	t.Parallel()
	editor, first, s, _ := play(t)
	ask := func(d *peer, n int) {
		_ = d.out.Write(mustJSON(map[string]any{"jsonrpc": "2.0", "id": "q1", "method": "window/showMessageRequest", "params": n}))
	}
	question := func(n string) said {
		return editor.await("question "+n, func(m said) bool {
			return m.Method == "window/showMessageRequest" && string(m.Params) == n
		})
	}
	ask(first, 1)
	old := question("1")
	first.die()
	second := s.daemon()
	second.greet()
	withdrawn := editor.awaitMethod("$/cancelRequest")
	if want := fmt.Sprintf(`{"id":%s}`, old.ID); string(withdrawn.Params) != want {
		t.Errorf("withdrawn %s, want %s", withdrawn.Params, want)
	}
	ask(second, 2)
	fresh := question("2")
	if string(old.ID) == string(fresh.ID) {
		t.Fatalf("two daemons' requests have the id %s", old.ID)
	}
	_ = editor.out.Write(result(old.ID, "Approve"))
	_ = editor.out.Write(result(fresh.ID, "Reject"))
	_ = editor.out.Write(result(fresh.ID, "Approve")) // answered twice
	editor.notify("end", nil)
	second.awaitMethod("end")
	var answers []string
	for _, m := range second.all() {
		if m.Method == "" {
			answers = append(answers, string(m.ID)+" "+string(m.Result))
		}
	}
	if diff := cmp.Diff([]string{`"q1" "Reject"`}, answers); diff != "" {
		t.Errorf("the second daemon got (-want +got):\n%s", diff)
	}
	_ = second.out.Write(mustJSON(map[string]any{"jsonrpc": "2.0", "id": 5, "method": "window/showMessageRequest", "params": 3}))
	third := question("3")
	second.notify("$/cancelRequest", map[string]any{"id": 5})
	editor.await("the cancellation under the editor's id", func(m said) bool {
		return m.Method == "$/cancelRequest" && string(m.Params) == fmt.Sprintf(`{"id":%s}`, third.ID)
	})
}

// TestTakenBack: what a dead daemon showed and nobody will end is ended.
func TestTakenBack(t *testing.T) {
	t.Parallel()
	editor, first, s, _ := play(t)
	editor.open("file:///w/open", "", 1)
	progress := func(token any, kind string) {
		first.notify("$/progress", map[string]any{"token": token, "value": map[string]any{"kind": kind}})
	}
	progress("done", "begin")
	progress("done", "end")
	progress(7, "begin")
	progress(7, "report")
	diagnose := func(uri string, list ...int) {
		first.notify("textDocument/publishDiagnostics", map[string]any{"uri": uri, "diagnostics": append([]int{}, list...)})
	}
	diagnose("file:///w/open", 1)
	diagnose("file:///w/closed", 1)
	diagnose("file:///w/clean", 1)
	diagnose("file:///w/clean")
	_ = first.out.Write([]byte(`{"jsonrpc":"2.0","id":1,"method":"client/registerCapability","params":{"registrations":[{"id":"r1","method":"m"},{"id":"r2","method":"n"}]}}`))
	_ = first.out.Write([]byte(`{"jsonrpc":"2.0","id":2,"method":"client/unregisterCapability","params":{"unregisterations":[{"id":"r1","method":"m"}]}}`))
	editor.awaitMethod("client/unregisterCapability")
	before := len(editor.all())
	first.die()
	second := s.daemon()
	second.greet()
	editor.awaitMethod("window/showMessage")
	var got []string
	for _, m := range editor.all()[before:] {
		if m.Method != "$/cancelRequest" && m.Method != "window/showMessage" {
			got = append(got, m.Method+" "+string(m.Params))
		}
	}
	want := []string{
		`$/progress {"token":7,"value":{"kind":"end"}}`,
		`client/unregisterCapability {"unregisterations":[{"id":"r2","method":"n"}]}`,
		`textDocument/publishDiagnostics {"diagnostics":[],"uri":"file:///w/closed"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the editor was told (-want +got):\n%s", diff)
	}
	editor.notify("end", nil)
	second.awaitMethod("end")
	before = len(editor.all())
	second.die()
	third := s.daemon()
	third.greet()
	takeovers := 0
	editor.await("the second takeover", func(m said) bool {
		if m.Method == "window/showMessage" {
			takeovers++
		}
		return takeovers == 2
	})
	for _, m := range editor.all()[before:] {
		if m.Method == "$/progress" || m.Method == "client/unregisterCapability" {
			t.Errorf("taken back a second time: %s", m.body)
		}
	}
}

// TestBacklog: what the editor says while no daemon is there comes in its order, and once.
func TestBacklog(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	gate := make(chan struct{})
	editor, _ := forwarded(t, Forwarding{Dial: func(ctx context.Context) (io.ReadWriteCloser, error) {
		<-gate
		return s.dial(ctx)
	}})
	for round := range 3 {
		for i := range 50 {
			editor.notify("n", i)
			editor.send("workspace/executeCommand", i)
		}
		gate <- struct{}{}
		d := s.daemon()
		editor.notify("end", nil)
		d.awaitMethod("end")
		want := 0
		for _, m := range d.all() {
			if m.Method == "workspace/executeCommand" {
				if string(m.Params) != fmt.Sprint(want) {
					t.Fatalf("round %d: command %s where %d was due", round, m.Params, want)
				}
				want++
			}
		}
		if want != 50 {
			t.Fatalf("round %d: %d commands came", round, want)
		}
		d.die()
		editor.awaitReply(editor.last) // its death was noticed
	}
	gate <- struct{}{}
}

func TestDaemonsKeepDying(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	editor, ended := forwarded(t, Forwarding{Dial: s.dial, Restarts: 3})
	for range 4 {
		s.daemon().die()
	}
	id := editor.send("initialize", nil)
	if a := editor.awaitReply(id); a.Error == nil || !strings.Contains(a.Error.Message, "doctor") {
		t.Errorf("initialize was answered %s", a.body)
	}
	if note := editor.awaitMethod("window/showMessage"); !strings.Contains(string(note.Params), `"type":1`) {
		t.Errorf("the editor was told %s first", note.Params)
	}
	if err := outcomeOf(t, ended); err == nil || !strings.Contains(err.Error(), "4 times") {
		t.Errorf("Forward returned %v", err)
	}
}

func TestNoDaemonToBeHad(t *testing.T) {
	t.Parallel()
	why := errors.New("the store is damaged: see doctor")
	editor, ended := forwarded(t, Forwarding{Dial: func(context.Context) (io.ReadWriteCloser, error) { return nil, why }})
	if a := editor.call("initialize", nil); a.Error == nil || a.Error.Message != why.Error() {
		t.Errorf("initialize was answered %s", a.body)
	}
	if err := outcomeOf(t, ended); !errors.Is(err, why) {
		t.Errorf("Forward returned %v", err)
	}
}

// TestSilentSuccessor: a daemon that takes the connection and says nothing is not waited for without end.
func TestSilentSuccessor(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	editor, _ := forwarded(t, Forwarding{Dial: s.dial, Patience: 50 * time.Millisecond})
	first := s.daemon()
	id := editor.send("initialize", nil)
	first.greet()
	editor.awaitReply(id)
	first.die()
	s.daemon().awaitEnd()
	s.daemon().greet()
	editor.awaitMethod("window/showMessage")
}

func TestSuccessorCountsOtherwise(t *testing.T) {
	t.Parallel()
	editor, first, s, ended := play(t)
	first.die()
	second := s.daemon()
	second.answer(second.awaitMethod("initialize"), map[string]any{"capabilities": map[string]any{"positionEncoding": "utf-8"}})
	editor.awaitMethod("window/showMessage")
	if err := outcomeOf(t, ended); err == nil || !strings.Contains(err.Error(), "utf-8, not in utf-16") {
		t.Errorf("Forward returned %v", err)
	}
}

// TestLeaving: how the editor leaves is what Forward returns, whatever the daemon does meanwhile.
func TestLeaving(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]struct {
		do   func(editor, daemon *peer)
		want error
	}{
		"politely": {func(e, d *peer) {
			id := e.send("shutdown", nil)
			d.answer(d.awaitMethod("shutdown"), nil)
			e.awaitReply(id)
			e.notify("exit", nil)
			d.awaitMethod("exit")
			d.die()
		}, nil},
		"exit alone": {func(e, d *peer) {
			e.notify("exit", nil)
			d.awaitMethod("exit")
			d.die()
		}, ErrNoShutdown},
		"closes": {func(e, d *peer) {
			e.conn.Close()
			d.awaitEnd()
			d.die()
		}, nil},
		"daemon dies in shutdown": {func(e, d *peer) {
			id := e.send("shutdown", nil)
			d.awaitMethod("shutdown")
			d.die()
			if a := e.awaitReply(id); a.Error != nil {
				e.t.Errorf("shutdown: %s", a.body)
			}
			e.notify("exit", nil)
		}, nil},
		"garbage": {func(e, d *peer) {
			_, _ = e.out.Out.Write([]byte("hello, is this a server?\r\n\r\n"))
			d.awaitEnd()
			d.die()
		}, new(frame.HeaderError)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			editor, d, s, ended := play(t)
			leave.do(editor, d)
			err := outcomeOf(t, ended)
			if broken := (*frame.HeaderError)(nil); errors.As(leave.want, &broken) {
				if !errors.As(err, &broken) {
					t.Errorf("Forward returned %v", err)
				}
			} else if !errors.Is(err, leave.want) {
				t.Errorf("Forward returned %v, want %v", err, leave.want)
			}
			if len(s.next) > 0 {
				t.Error("another daemon was started for nobody")
			}
		})
	}
}

// TestLastWords: who pipes a few messages in and closes still gets the answers.
func TestLastWords(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	editor, ended := forwarded(t, Forwarding{Dial: s.dial})
	id := editor.send("initialize", nil)
	editor.conn.Close()
	d := s.daemon()
	d.awaitEnd()
	d.greet()
	d.die()
	editor.awaitReply(id)
	if err := outcomeOf(t, ended); err != nil {
		t.Error(err)
	}
}

// TestFramesOfAllKinds: large frames pass, too large ones are refused, malformed ones are the daemon's to answer.
func TestFramesOfAllKinds(t *testing.T) {
	t.Parallel()
	editor, d, _, _ := play(t)
	large := strings.Repeat("groß ", 4<<20)
	editor.open("file:///w/large", large, 1)
	var p openParams
	if err := json.Unmarshal(d.awaitMethod("textDocument/didOpen").Params, &p); err != nil || p.TextDocument.Text != large {
		t.Errorf("a document of %d bytes came as one of %d (%v)", len(large), len(p.TextDocument.Text), err)
	}
	go func() { // no copy of it is held here
		fmt.Fprintf(editor.out.Out, "Content-Length: %d\r\n\r\n", frame.Max+1)
		_, _ = io.CopyN(editor.out.Out, zeros{}, frame.Max+1)
		editor.notify("after", nil)
	}()
	refused := editor.await("the refusal", func(m said) bool { return m.Error != nil })
	if refused.Error.Code != codeInvalidRequest || string(refused.ID) != "null" {
		t.Errorf("an oversized frame was answered %s", refused.body)
	}
	d.awaitMethod("after")
	for _, bad := range []string{`{"jsonrpc"`, `[]`, `{"id":1,"id":2,"result":0}`, `nonsense`} {
		_ = editor.out.Write([]byte(bad))
	}
	d.await("the last malformed frame as it is", func(m said) bool { return bytes.Equal(m.body, []byte("nonsense")) })
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestFolders(t *testing.T) {
	t.Parallel()
	var f folders
	f.first([]byte(`{"params":{"workspaceFolders":[{"uri":"a","name":"A"},{"uri":"b","name":"B"}]}}`))
	for i, step := range []struct{ event, want string }{
		{`{"event":{"added":[{"uri":"c"}],"removed":[{"uri":"a"}]}}`, `{"event":{"added":[{"uri":"c","name":""}],"removed":[{"uri":"a","name":""}]}}`},
		{`{"event":{"added":[{"uri":"c"}],"removed":[{"uri":"a"}]}}`, `{"event":{"added":[{"uri":"c","name":""}],"removed":[{"uri":"a","name":""}]}}`},
		{`{"event":`, `{"event":{"added":[{"uri":"c","name":""}],"removed":[{"uri":"a","name":""}]}}`},
		{`{"event":{"added":[{"uri":"a"}]}}`, `{"event":{"added":[{"uri":"c","name":""}],"removed":[]}}`},
		{`{"event":{"removed":[{"uri":"c"},{"uri":"never"}]}}`, ``},
	} {
		f.change([]byte(step.event))
		msg, _ := scan(f.tell())
		if got := string(msg.params); got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
}
