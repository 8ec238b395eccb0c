//go:build unix

package attach

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/lsp/wire"
)

// inProcess runs a daemon in this process and returns its workspace once it listens, and what Run returns.
func inProcess(ctx context.Context, t testing.TB, p Place, grace time.Duration) (*fakeWorkspace, <-chan error) {
	t.Helper()
	opened := make(chan *fakeWorkspace, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, Options{
			Place: p, Root: p.Dir, Build: "a", Grace: grace,
			Open: func(ctx context.Context) (Workspace, error) {
				ws, err := openFake(ctx, p.Dir)
				opened <- ws
				return ws, err
			},
		})
	}()
	ws := <-opened
	gate, err := p.gate(context.Background()) // it is open once the daemon listens
	if err != nil {
		t.Fatal(err)
	}
	gate.Close()
	return ws, ended
}

func TestWorkKeepsTheDaemon(t *testing.T) {
	t.Parallel()
	p := Place{Dir: t.TempDir()}
	ws, ended := inProcess(t.Context(), t, p, 300*time.Millisecond)
	ws.set(1)
	select {
	case err := <-ended:
		t.Fatalf("the daemon ended while a ticket ran: %v", err)
	case <-time.After(600 * time.Millisecond):
	}
	r, err := p.Status(t.Context(), Hello{})
	if err != nil || r.Running != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	refused := (*RefusedError)(nil)
	_, err = p.Connect(t.Context(), Hello{Build: "b", Root: p.Dir, Kind: Editor})
	if !errors.As(err, &refused) || refused.Reply.Code != Busy {
		t.Fatalf("another build while a ticket runs: %v", err)
	}
	ws.set(0)
	if err := outcomeOf(t, ended); err != nil {
		t.Fatal(err)
	}
}

// TestEndAndAttachAtOnce: a session that was admitted keeps the daemon, and one that asks after the end began is sent
// away to wait for the next daemon, whichever of the two comes first by a hair.
func TestEndAndAttachAtOnce(t *testing.T) {
	t.Parallel()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	ctx, end := context.WithCancelCause(t.Context())
	d := &daemon{opts: Options{Root: "/w", Build: "a"}, ws: &fakeWorkspace{}, ln: ln, end: end}
	editor := Hello{Wire: wire.Version, Build: "a", Root: "/w", Kind: Editor}
	if r := d.judge(editor); !r.OK || r.Sessions != 1 {
		t.Fatalf("the first session: %+v", r)
	}
	if d.leaveIdle() || ctx.Err() != nil {
		t.Fatal("it ended under a session")
	}
	d.sessions = 0
	if !d.leaveIdle() || !errors.Is(context.Cause(ctx), errIdle) {
		t.Fatal("it did not end")
	}
	if r := d.judge(editor); r.OK || r.Code != Leaving || r.Sessions != 0 {
		t.Fatalf("a session after the end: %+v", r)
	}
}

// TestCauseOfTheEnd: an engine that fails ends the daemon with its error; a cancelled one ends it without.
func TestCauseOfTheEnd(t *testing.T) {
	t.Parallel()
	broken := errors.New("the journal cannot be written")
	for _, cause := range []error{nil, broken} {
		ctx, cancel := context.WithCancelCause(t.Context())
		p := Place{Dir: t.TempDir()}
		_, ended := inProcess(ctx, t, p, -1)
		c, err := p.Connect(ctx, Hello{Build: "a", Root: p.Dir, Kind: CLI})
		if err != nil {
			t.Fatal(err)
		}
		cancel(cause)
		if err := outcomeOf(t, ended); !errors.Is(err, cause) {
			t.Errorf("Run returned %v for %v", err, cause)
		}
		c.Close()
	}
}

// TestStaleSocket: what a dead daemon left, and what only looks so, is nobody's daemon.
func TestStaleSocket(t *testing.T) {
	t.Parallel()
	p := Place{Dir: t.TempDir()}
	for _, left := range []string{"", "nonsense", `{"socket":"relative"}`, `{"socket":"` + p.Dir + `/daemon.sock"}`} {
		if err := os.WriteFile(p.addressPath(), []byte(left), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Connect(t.Context(), Hello{}); !errors.Is(err, ErrNoDaemon) {
			t.Errorf("after %q: %v", left, err)
		}
	}
	if err := os.WriteFile(filepath.Join(p.Dir, "daemon.sock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, ended := inProcess(ctx, t, p, -1)
	if _, err := p.Status(t.Context(), Hello{}); err != nil {
		t.Error(err)
	}
	cancel()
	if err := outcomeOf(t, ended); err != nil {
		t.Error(err)
	}
}

func TestSocketPath(t *testing.T) {
	t.Parallel()
	short := t.TempDir()
	deep := filepath.Join(short, strings.Repeat("deep/", 40))
	foreign := filepath.Join(short, "link")
	if err := errors.Join(os.MkdirAll(filepath.Join(short, "target"), 0o755), os.MkdirAll(foreign, 0o755)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(short, "target"), filepath.Join(foreign, "slop-ls")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		place Place
		under string
	}{
		"runtime":           {Place{Dir: deep, Runtime: short}, short},
		"state":             {Place{Dir: short}, short},
		"runtime is a link": {Place{Dir: short, Runtime: foreign}, short},
		"state is too deep": {Place{Dir: deep}, os.TempDir()},
		"relative runtime":  {Place{Dir: short, Runtime: "run"}, short},
	} {
		path, err := c.place.socket()
		if err != nil || !strings.HasPrefix(path, c.under) || strings.HasPrefix(path, foreign) || len(path) > maxSocketPath {
			t.Errorf("%s: %q (%v)", name, path, err)
			continue
		}
		if info, err := os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: the folder is %v (%v)", name, info.Mode(), err)
		}
	}
	if a, b := mustSocket(t, Place{Dir: deep, Runtime: short}), mustSocket(t, Place{Dir: deep + "2", Runtime: short}); a == b {
		t.Error("two workspaces have one socket")
	}
}

func mustSocket(t *testing.T, p Place) string {
	t.Helper()
	path, err := p.socket()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestGateWaits: who waits at the gate gives up with its context, and the gate is whole afterwards.
func TestGateWaits(t *testing.T) {
	t.Parallel()
	p := Place{Dir: t.TempDir()}
	held, err := p.gate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := p.gate(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a taken gate: %v", err)
	}
	held.Close()
	again, err := p.gate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

// TestThousandSessions leaves no goroutine and no file descriptor behind. It runs alone.
func TestThousandSessions(t *testing.T) {
	p := Place{Dir: t.TempDir()}
	ctx, cancel := context.WithCancel(t.Context())
	_, ended := inProcess(ctx, t, p, -1)
	session := func() {
		inR, inW := io.Pipe()
		outR, outW := io.Pipe()
		done := make(chan error, 1)
		go func() {
			done <- Forward(ctx, inR, outW, Forwarding{Dial: func(ctx context.Context) (io.ReadWriteCloser, error) {
				return p.Connect(ctx, Hello{Build: "a", Root: p.Dir, Kind: Editor})
			}})
			outW.Close()
		}()
		e := newPeer(t, outR, inW)
		e.initialize()
		e.open("file:///w/a", "text", 1)
		if got := e.view().Docs["file:///w/a"].Text; got != "text" {
			t.Errorf("the daemon sees %q", got)
		}
		inW.Close()
		e.awaitEnd()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	batch := func(n int) {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range n / 8 {
					session()
				}
			})
		}
		all.Wait()
	}
	batch(16)
	await(t, "the sessions' end", func() bool { r, err := p.Status(t.Context(), Hello{}); return err == nil && r.Sessions == 0 })
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	batch(1000)
	await(t, "the end of every goroutine and descriptor", func() bool {
		runtime.GC()
		return runtime.NumGoroutine() <= goroutines && descriptors(t) <= files
	})
	cancel()
	if err := outcomeOf(t, ended); err != nil {
		t.Fatal(err)
	}
}

// descriptors counts the open files of this process, where the system shows them.
func descriptors(t *testing.T) int {
	for _, dir := range []string{"/proc/self/fd", "/dev/fd"} {
		if list, err := os.ReadDir(dir); err == nil {
			return len(list)
		}
	}
	t.Fatal(fmt.Errorf("the system does not show open files"))
	return 0
}
