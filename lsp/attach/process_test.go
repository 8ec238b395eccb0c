//go:build unix

package attach

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/lsp/wire"
)

// site is a workspace whose daemons are processes of the test binary.
type site struct {
	t    *testing.T
	dir  string
	env  []string
	root string
}

func newSite(t *testing.T, env ...string) *site {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, dir: dir, env: env, root: dir}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if _, err := s.place().Stop(ctx, s.hello("")); err != nil && !errors.Is(err, ErrNoDaemon) {
			t.Errorf("stopping the daemon: %v", err)
		}
	})
	return s
}

func (s *site) place() Place { return Place{Dir: s.dir} }

func (s *site) hello(build string) Hello {
	return Hello{Version: "v-" + build, Build: build, Root: s.root, Kind: Editor, Env: map[string]string{"PATH": "/here"}}
}

func (s *site) dialer(build string) *Dialer {
	env := append(os.Environ(), "ATTACH_TEST_DAEMON="+s.dir, "ATTACH_TEST_BUILD="+build)
	return &Dialer{
		Place: s.place(), Root: s.dir, Command: []string{os.Args[0]}, Env: append(env, s.env...), Hello: s.hello(build),
	}
}

func (s *site) dial(build string) *Conn {
	s.t.Helper()
	c, err := s.dialer(build).Dial(s.t.Context())
	if err != nil {
		s.t.Fatalf("%v\n%s", err, s.log())
	}
	return c
}

func (s *site) log() string {
	raw, _ := os.ReadFile(s.place().LogPath())
	return string(raw)
}

func (s *site) status() Reply {
	s.t.Helper()
	r, err := s.place().Status(s.t.Context(), s.hello(""))
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func (s *site) forwarding() Forwarding {
	d := s.dialer("a")
	return Forwarding{
		Dial:     func(ctx context.Context) (io.ReadWriteCloser, error) { return d.Dial(ctx) },
		Restarts: 1 << 20,
	}
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Error(err)
	}
}

// TestDaemonDiesWhileEditing kills daemons while documents are edited: what the next one sees is what a plain model
// says, and every request is answered once.
func TestDaemonDiesWhileEditing(t *testing.T) {
	t.Parallel()
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	s := newSite(t)
	editor, _ := forwarded(t, s.forwarding())
	editor.initialize()
	rng := rand.New(rand.NewPCG(1, 2))
	m := model{}
	for i := range 4 {
		uri := fmt.Sprintf("file:///w/%d.txt", i)
		m[uri] = docNow{Version: 1, Text: "eins\nzwei 🙂\ndrei\n"}
		editor.open(uri, m[uri].Text, 1)
	}
	for round := range rounds {
		pid := s.status().PID
		edits := 20 + rng.IntN(60)
		fatal := rng.IntN(edits)
		for i := range edits {
			if i == fatal {
				go kill(t, pid)
			}
			randomEdit(editor, m, rng)
		}
		v := editor.view()
		if diff := cmp.Diff(m.views(), v.Docs); diff != "" {
			t.Fatalf("round %d: the daemon sees something else (-model +daemon):\n%s", round, diff)
		}
		waitGone(t, pid)
		if v = editor.view(); v.PID == pid {
			t.Fatalf("round %d: process %d answers after it was killed", round, pid)
		}
		if diff := cmp.Diff(m.views(), v.Docs); diff != "" {
			t.Fatalf("round %d: after the death (-model +daemon):\n%s", round, diff)
		}
	}
}

func waitGone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(patience); syscall.Kill(pid, 0) == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d lives", pid)
		}
	}
}

// randomEdit changes, saves, or closes and opens one document, in the editor and in the model.
func randomEdit(editor *peer, m model, rng *rand.Rand) {
	uri := fmt.Sprintf("file:///w/%d.txt", rng.IntN(4))
	d := m[uri]
	switch n := rng.IntN(20); {
	case n == 0:
		editor.notify("textDocument/didClose", doc(uri))
		d = docNow{Version: 1, Text: "neu\n"}
		m[uri] = d
		editor.open(uri, d.Text, 1)
	case n == 1:
		d.Saved = d.Text
		m[uri] = d
		editor.notify("textDocument/didSave", doc(uri))
	case n == 2:
		whole := plainChange{Text: fmt.Sprintf("ganz %d\nneu é\n", rng.IntN(1000))}
		m.change(uri, d.Version+1, []plainChange{whole})
		editor.edit(uri, d.Version+1, whole)
	default:
		changes := []plainChange{{Range: randomRange(d.Text, rng), Text: []string{"x", "ß\n", "🙂", ""}[rng.IntN(4)]}}
		m.change(uri, d.Version+1, changes)
		editor.edit(uri, d.Version+1, changes...)
	}
}

func randomRange(text string, rng *rand.Rand) *plainRange {
	lines := strings.Split(text, "\n")
	line := rng.IntN(len(lines))
	var stops []int // columns between characters, in UTF-16
	at := 0
	for _, r := range lines[line] {
		stops = append(stops, at)
		at++
		if r > 0xffff {
			at++
		}
	}
	stops = append(stops, at)
	a, b := rng.IntN(len(stops)), rng.IntN(len(stops))
	return &plainRange{
		Start: plainPosition{line, stops[min(a, b)]}, End: plainPosition{line, stops[min(max(a, b), min(a, b)+2)]},
	}
}

// TestStartersRace lets many starters loose on the socket and the address of a daemon that was killed.
func TestStartersRace(t *testing.T) {
	t.Parallel()
	const starters = 24
	rounds := 3
	if os.Getenv("ATTACH_TEST_LONG") != "" {
		rounds = 20
	}
	s := newSite(t)
	for round := range rounds {
		c := s.dial("a")
		before := c.Reply.PID
		kill(t, before)
		c.Close()
		pids := make([]int, starters)
		editors := make([]*peer, starters)
		var all sync.WaitGroup
		for i := range starters {
			editors[i], _ = forwarded(t, s.forwarding())
			all.Go(func() {
				id := editors[i].send("initialize", map[string]any{})
				editors[i].awaitReply(id)
				pids[i] = editors[i].view().PID
			})
		}
		all.Wait()
		for _, pid := range pids {
			if pid != pids[0] || pid == before {
				t.Fatalf("round %d: sessions of several daemons: %v, after %d", round, pids, before)
			}
		}
		if got := s.status(); got.Sessions != starters || got.PID != pids[0] {
			t.Fatalf("round %d: %d sessions of process %d, want %d of %d", round, got.Sessions, got.PID, starters, pids[0])
		}
		for _, e := range editors {
			e.conn.Close()
			e.awaitEnd()
		}
		kill(t, pids[0])
		waitGone(t, pids[0])
	}
}

// TestGateGoesOverToTheDaemon gives up on a start in its middle. The started daemon holds the gate on, so that nobody
// starts a second one meanwhile, and who comes next finds it.
func TestGateGoesOverToTheDaemon(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	held, err := openFake(t.Context(), s.dir) // the daemon waits for this lock while it holds the gate
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := s.dialer("a").Dial(ctx)
		first <- err
	}()
	await(t, "the daemon's start", func() bool {
		_, err := os.Stat(filepath.Join(s.dir, "opening"))
		return err == nil
	})
	cancel()
	if err := outcomeOf(t, first); !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled start: %v", err)
	}
	if f, err := os.Open(s.place().gatePath()); err != nil || lock(f, syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		t.Fatalf("the gate is open while a daemon starts (%v)", err)
	} else {
		f.Close()
	}
	go func() {
		time.Sleep(20 * time.Millisecond) // the next one is at the gate, or comes later: both must work
		held.Close()
	}()
	d := s.dialer("crash") // a daemon of its own would crash
	d.Hello.AnyBuild = true
	c, err := d.Dial(t.Context())
	if err != nil {
		t.Fatalf("%v\n%s", err, s.log())
	}
	c.Close()
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come", what)
		}
	}
}

func TestStartErrors(t *testing.T) {
	t.Parallel()
	t.Run("lock is held", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, "ATTACH_TEST_IMPATIENT=1")
		held, err := openFake(t.Context(), s.dir)
		if err != nil {
			t.Fatal(err)
		}
		defer held.Close()
		_, err = s.dialer("a").Dial(t.Context())
		if failed := (*StartError)(nil); !errors.As(err, &failed) || failed.Reason != errHeld.Error() {
			t.Fatalf("got %v, want the daemon's own words", err)
		}
	})
	t.Run("daemon crashes", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		_, err := s.dialer("crash").Dial(t.Context())
		if err == nil || !strings.Contains(err.Error(), s.place().LogPath()) {
			t.Fatalf("got %v, want one that names the log", err)
		}
		if gate, err := s.place().gate(t.Context()); err != nil {
			t.Fatal(err)
		} else {
			gate.Close()
		}
	})
	t.Run("no such program", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		d := s.dialer("a")
		d.Command = []string{filepath.Join(s.dir, "nothing")}
		if _, err := d.Dial(t.Context()); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("got %v", err)
		}
	})
}

// TestIdleExit: a daemon without a session and without work goes, with either it stays.
func TestIdleExit(t *testing.T) {
	t.Parallel()
	s := newSite(t, "ATTACH_TEST_GRACE=30ms")
	c := s.dial("a")
	pid := c.Reply.PID
	select {
	case <-time.After(150 * time.Millisecond):
	case <-t.Context().Done():
	}
	if got := s.status(); got.PID != pid || got.Sessions != 1 {
		t.Fatalf("with a session: %+v", got)
	}
	c.Close()
	waitGone(t, pid)
	for _, path := range []string{c.Reply.Socket, s.place().addressPath()} {
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left behind: %v", path, err)
		}
	}
	if _, err := s.place().Status(t.Context(), s.hello("")); !errors.Is(err, ErrNoDaemon) {
		t.Fatalf("status of no daemon: %v", err)
	}
}

func TestOtherBuild(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	old := s.dial("old")
	_, err := s.dialer("new").Dial(t.Context())
	refused := (*RefusedError)(nil)
	if !errors.As(err, &refused) || refused.Reply.Code != Busy || !strings.Contains(err.Error(), "daemon stop") {
		t.Fatalf("a busy daemon of another build: %v", err)
	}
	old.Close()
	await(t, "the session's end", func() bool { return s.status().Sessions == 0 })
	c := s.dial("new")
	if c.Reply.Build != "new" || c.Reply.PID == old.Reply.PID {
		t.Fatalf("attached to %+v, want a daemon of the new build", c.Reply)
	}
	waitGone(t, old.Reply.PID)
	c.Close()
}

// TestProgramReplacedOnDisk: what is started is another build than who starts it, and serves all the same.
func TestProgramReplacedOnDisk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.dialer("on disk")
	d.Hello.Build = "in memory"
	c, err := d.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	d.Hello.Root = "/elsewhere"
	refused := (*RefusedError)(nil)
	if _, err := d.Dial(t.Context()); !errors.As(err, &refused) || refused.Reply.Code != Refused {
		t.Fatalf("another root: %v", err)
	}
}

func TestStopAndStatus(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.dial("a")
	defer c.Close()
	want := Reply{
		OK: true, Code: Welcome, PID: c.Reply.PID, Version: "v-a", Build: "a", Wire: wire.Version, Root: s.root,
		Socket: c.Reply.Socket, Sessions: 1,
	}
	if diff := cmp.Diff(want, s.status()); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(c.Reply.Socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket is not the user's alone: %v %v", info.Mode(), err)
	}
	if info, err := os.Stat(filepath.Dir(c.Reply.Socket)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's folder is not the user's alone: %v %v", info.Mode(), err)
	}
	if _, err := s.place().Stop(t.Context(), s.hello("other build")); err != nil {
		t.Fatal(err)
	}
	ws, err := openFake(t.Context(), s.dir)
	if err != nil {
		t.Fatalf("after stop the lock is not free: %v", err)
	}
	ws.Close()
	if _, err := io.ReadAll(c); err != nil && !absent(err) {
		t.Errorf("the session did not end: %v", err)
	}
}

// TestHelloKeepsSecrets: the environment is told to the session and not to the log.
func TestHelloKeepsSecrets(t *testing.T) {
	t.Parallel()
	h := Hello{Kind: Editor, Env: map[string]string{"KEY": "s3cret"}}
	if shown := fmt.Sprint(h.LogValue()); strings.Contains(shown, "s3cret") || !strings.Contains(shown, "editor") {
		t.Errorf("logged as %s", shown)
	}
	s := newSite(t)
	editor, _ := forwarded(t, s.forwarding())
	editor.initialize()
	if v := editor.view(); v.Env["PATH"] != "/here" {
		t.Errorf("the session got %v", v.Env)
	}
}

// TestBadHellos: what is no hello gets an answer and ends; nobody else notices.
func TestBadHellos(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.dial("a")
	defer c.Close()
	raw := func() net.Conn {
		conn, err := net.Dial("unix", c.Reply.Socket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	slow := raw()
	if _, err := slow.Write([]byte(`{"kind":`)); err != nil {
		t.Fatal(err)
	}
	asked := time.Now()
	for name, hello := range map[string]string{
		"garbage":      "GET / HTTP/1.1\r\n\r\n",
		"no JSON":      "{\n",
		"wrong type":   `{"kind": 5}` + "\n",
		"no kind":      "{}\n",
		"unknown kind": `{"kind": "friend"}` + "\n",
		"endless":      strings.Repeat("x", 2*maxHello),
		"wrong root":   `{"kind": "editor", "wire": 1, "build": "a", "root": "/"}` + "\n",
		"frame":        "Content-Length: 2\r\n\r\n{}",
	} {
		conn := raw()
		if _, err := conn.Write([]byte(hello)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var r Reply
		answer, _ := io.ReadAll(conn)
		if err := json.Unmarshal(answer, &r); err != nil || r.OK || r.Code != Refused || r.Reason == "" {
			t.Errorf("%s: answered %q (%v)", name, answer, err)
		}
	}
	if took := time.Since(asked); took > helloTimeout {
		t.Errorf("a slow client held up the others for %v", took)
	}
	answer, err := io.ReadAll(slow)
	var r Reply
	if took := time.Since(asked); err != nil || json.Unmarshal(answer, &r) != nil || r.Code != Refused || took > 3*helloTimeout {
		t.Errorf("a hello that never ends was cut after %v with %q (%v)", took, answer, err)
	}
	if got := s.status(); got.Sessions != 1 {
		t.Errorf("%d sessions", got.Sessions)
	}
}

// TestDaemonThatHangs: a daemon that does not answer is named, within the time of a hello.
func TestDaemonThatHangs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.dial("a")
	defer c.Close()
	if err := syscall.Kill(c.Reply.PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(c.Reply.PID, syscall.SIGCONT) })
	var err error
	await(t, "the daemon's standstill", func() bool { // a signal takes its time
		var other *Conn
		if other, err = s.dialer("a").Dial(t.Context()); err == nil {
			other.Close()
		}
		return err != nil
	})
	if !strings.Contains(err.Error(), fmt.Sprintf("process %d", c.Reply.PID)) {
		t.Fatalf("got %v", err)
	}
}
