//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// daemonPlace is a workspace with a person's folders of its own, whose daemon ends with the test.
type daemonPlace struct {
	t         *testing.T
	dir, repo string
	env       []string
	binary    string
	models    *modelPuppet
}

const oneTicket = "title: work\ntickets:\n  - id: T1\n    description: nothing\n"

// newDaemonPlace makes one whose models say that they are done. key is the variable that must hold a key, or empty.
func newDaemonPlace(t *testing.T, key string) *daemonPlace {
	t.Helper()
	models := startModelPuppet(t)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := &daemonPlace{t: t, dir: dir, repo: filepath.Join(dir, "repo"), binary: "slop-ls", models: models}
	config := modelConfig(models.server.URL())
	if key != "" {
		config += "api_key_env = \"" + key + "\"\n"
	}
	for name, text := range map[string]string{
		"repo/.slop/tracks/work.track.yaml": oneTicket, "config/slop-ls/config.toml": config, "run/mark": "",
	} {
		p.file(name, text)
	}
	p.env = append(os.Environ(), "HOME="+dir, "GIT_CEILING_DIRECTORIES="+dir, "XDG_STATE_HOME="+filepath.Join(dir, "state"),
		"XDG_CONFIG_HOME="+filepath.Join(dir, "config"), "XDG_RUNTIME_DIR="+filepath.Join(dir, "run"))
	t.Cleanup(func() {
		if out, code := p.call("daemon", "stop"); code != exitDone {
			t.Errorf("stopping the daemon: exit status %d: %s", code, out)
		}
		for begun := time.Now(); len(processesOf(p.repo)) > 0; time.Sleep(5 * time.Millisecond) { // they free the lock before they end
			if time.Since(begun) > lsptest.Patience {
				t.Fatalf("processes are left: %v", processesOf(p.repo))
			}
		}
	})
	return p
}

// processesOf gives the processes that name a workspace, where the system shows them.
func processesOf(repo string) map[int]string {
	left := map[int]string{}
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range lines {
		line, _ := os.ReadFile(name)
		if args := strings.Split(string(line), "\x00"); slices.Contains(args, repo) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			left[pid] = strings.Join(args, " ")
		}
	}
	return left
}

// file writes a file of the place.
func (p *daemonPlace) file(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.dir, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		p.t.Fatal(err)
	}
}

// command is slop-ls in the workspace.
func (p *daemonPlace) command(args ...string) *exec.Cmd {
	cmd := exec.Command(p.binary, append(args, "--root", p.repo)...)
	cmd.Dir, cmd.Env = p.repo, p.env
	return cmd
}

// call runs slop-ls and gives all that it says. One that hangs is killed.
func (p *daemonPlace) call(args ...string) (output string, code int) {
	cmd := p.command(args...)
	ctx, cancel := context.WithTimeout(context.Background(), 2*lsptest.Patience)
	defer cancel()
	bounded := exec.CommandContext(ctx, cmd.Path, cmd.Args[1:]...)
	bounded.Dir, bounded.Env = cmd.Dir, cmd.Env
	cmd = bounded
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		p.t.Errorf("%v: %v", args, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// want runs slop-ls and wants an exit status.
func (p *daemonPlace) want(code int, args ...string) string {
	p.t.Helper()
	out, got := p.call(args...)
	if got != code {
		p.t.Fatalf("slop-ls %v: exit status %d, want %d: %s", args, got, code, out)
	}
	return out
}

func (p *daemonPlace) status() daemonLine {
	p.t.Helper()
	var line daemonLine
	if err := json.Unmarshal([]byte(p.want(exitDone, "daemon", "status", "--json")), &line); err != nil {
		p.t.Fatal(err)
	}
	return line
}

// editor attaches a fake editor by the real program.
func (p *daemonPlace) editor(options ...lsptest.Option) *lsptest.Env {
	return lsptest.Open(p.t, p.repo, lsptest.Child(func() *exec.Cmd { return p.command("--stdio") }, nil), options...)
}

func statusIn(t *testing.T, e *lsptest.Env) wire.Status {
	t.Helper()
	var s wire.Status
	if err := e.Command(t.Context(), wire.StatusShow, nil, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, met func() bool) {
	t.Helper()
	for end := time.Now().Add(lsptest.Patience); !met(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited too long for: %s", what)
		}
	}
}

func trackIs(t *testing.T, e *lsptest.Env, status string) func() bool {
	return func() bool {
		return slices.ContainsFunc(statusIn(t, e).Tracks, func(tr wire.Track) bool { return tr.Status == status })
	}
}

// TestTwoEditorsOneDaemon: what one editor starts the other sees, approves and sees done, and so does the terminal.
func TestTwoEditorsOneDaemon(t *testing.T) {
	t.Parallel()
	p := newDaemonPlace(t, "")
	p.want(exitFailed, "daemon", "status")
	if out := p.want(exitDone, "daemon", "stop"); !strings.Contains(out, "nothing to stop") {
		t.Errorf("daemon stop without one says %q", out)
	}
	if out := p.want(exitFailed, "daemon", "status", "--json"); !strings.HasPrefix(out, "null\n") {
		t.Errorf("daemon status --json without one says %q", out)
	}
	first, second := p.editor(), p.editor()
	line := p.status()
	if line.Sessions != 2 || line.Root != p.repo || line.PID == 0 || line.Socket == "" || line.Version == "" {
		t.Errorf("daemon status --json says %+v, want two sessions on %s", line, p.repo)
	}
	track := wire.TrackArgs{URI: string(first.URI(".slop/tracks/work.track.yaml"))}
	if err := first.Command(t.Context(), wire.TrackRun, track, nil); err != nil {
		t.Fatal(err)
	}
	var waiting []wire.Approval
	eventually(t, "the approval in the other editor", func() bool {
		if err := second.Command(t.Context(), wire.ApprovalList, nil, &waiting); err != nil {
			t.Fatal(err)
		}
		return len(waiting) > 0
	})
	if out := p.want(exitDone, "approve", "list"); !strings.Contains(out, waiting[0].ID) {
		t.Errorf("approve list says %q, want %s in it", out, waiting[0].ID)
	}
	if out := p.want(exitDone, "approve", "show", waiting[0].ID); !strings.Contains(out, "nothing") {
		t.Errorf("approve show says %q, want the ticket's description in it", out)
	}
	p.want(exitDone, "approve", "yes", waiting[0].ID)
	if out, code := p.call("approve", "yes", waiting[0].ID); code != exitFailed {
		t.Errorf("a second answer: exit status %d (%s), want it refused", code, out)
	}
	eventually(t, "the track's end in the other editor", trackIs(t, second, "done"))
	if diff := cmp.Diff(statusIn(t, first), statusIn(t, second)); diff != "" {
		t.Errorf("the editors see different things (-first +second):\n%s", diff)
	}
	if out := p.want(exitDone, "track", "show", "work", "--json"); !strings.Contains(out, `"status":"done"`) {
		t.Errorf("track show says %s", out)
	}
	p.want(exitDone, "ticket", "list", "work")
	if out := p.want(exitDone, "log", "--json"); !strings.Contains(out, `"track_done"`) {
		t.Errorf("log says %s", out)
	}
	if out := p.want(exitDone, "export"); !strings.Contains(out, "track_planned") {
		t.Errorf("export says %.300s", out)
	}
}

// TestEditorOutlivesDaemon kills the daemon under an editor, which goes on with another.
func TestEditorOutlivesDaemon(t *testing.T) {
	t.Parallel()
	p := newDaemonPlace(t, "")
	e := p.editor()
	p.want(exitDone, "run", "work", "--approve", "allow")
	before := p.status()
	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	e.Await(lsptest.Message("another one has taken over")) // a command sent before might be of the dead one
	if !trackIs(t, e, "done")() {
		t.Errorf("after the daemon's death the editor is told %+v, want the track done", statusIn(t, e))
	}
	if after := p.status(); after.PID == before.PID || after.Sessions != 1 {
		t.Errorf("after the kill of %d the daemon is %+v, want another one with the editor", before.PID, after)
	}
}

// TestDaemonLeavesWhenIdle: with nobody attached and nothing to do it ends by itself, and frees the store.
func TestDaemonLeavesWhenIdle(t *testing.T) {
	t.Parallel()
	p := newDaemonPlace(t, "")
	daemon := p.command("daemon", "serve", "--grace", "50ms")
	var log bytes.Buffer
	daemon.Stderr = &log
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	hang := time.AfterFunc(lsptest.Patience, func() { _ = daemon.Process.Kill() })
	defer hang.Stop()
	if err := daemon.Wait(); err != nil {
		t.Fatalf("an idle daemon ended with %v: %s", err, &log)
	}
	if out := p.want(exitFailed, "daemon", "status"); !strings.Contains(out, "no daemon runs") {
		t.Errorf("daemon status says %q", out)
	}
	p.want(exitDone, "run", "work", "--approve", "allow")
}

// TestRunLendsItsKey: a daemon that was started without a key uses the one of who runs a track, and says what is missing
// until then.
func TestRunLendsItsKey(t *testing.T) {
	t.Parallel()
	p := newDaemonPlace(t, "SLOP_TEST_KEY")
	e := p.editor()
	pid := p.status().PID
	if out := p.want(exitBlocked, "run", "work", "--approve", "allow"); !strings.Contains(out, "no key") {
		t.Errorf("run without a key says %q, want the reason", out)
	}
	shown := p.want(exitDone, "track", "show", "work", "--json")
	for _, want := range []string{`"status":"todo"`, `"reason":"provider: no key: `, `set SLOP_TEST_KEY`, `"retry_count":0`} {
		if !strings.Contains(shown, want) {
			t.Errorf("track show says %s, want %s in it", shown, want)
		}
	}
	p.env = append(p.env, "SLOP_TEST_KEY=lent")
	p.want(exitDone, "run", "work", "--approve", "allow")
	if !trackIs(t, e, "done")() || p.status().PID != pid {
		t.Errorf("the editor sees %+v of daemon %d, want the track done by daemon %d", statusIn(t, e), p.status().PID, pid)
	}
}

// TestAnEditorBringsAKey: a ticket that waits for a key goes on by itself when an editor attaches that brings it.
func TestAnEditorBringsAKey(t *testing.T) {
	t.Parallel()
	p := newDaemonPlace(t, "SLOP_TEST_KEY")
	e := p.editor()
	p.want(exitBlocked, "run", "work", "--approve", "allow")
	p.env = append(p.env, "SLOP_TEST_KEY=lent")
	p.editor()
	p.want(exitDone, "run", "work", "--approve", "allow") // it answers what is asked; the ticket has started before
	if !trackIs(t, e, "done")() {
		t.Errorf("the editor sees %+v", statusIn(t, e))
	}
}

// TestLent: keys that nobody named are not kept, a track uses those of who started it, and a key is in no command's
// environment.
func TestLent(t *testing.T) {
	t.Parallel()
	var l lent
	names := []string{"A_KEY", "B_KEY"}
	first := l.take(map[string]string{"PATH": "/first", "A_KEY": "a", "OTHER": "o"}, names)
	l.started("mine", first)
	l.take(map[string]string{"PATH": "/second", "A_KEY": "z", "B_KEY": "b"}, names)
	l.take(map[string]string{"A_KEY": ""}, names)
	want := map[engine.TrackID]map[string]string{
		"mine":   {"PATH": "/first", "A_KEY": "a", "B_KEY": "b", "OTHER": ""},
		"theirs": {"PATH": "/second", "A_KEY": "z", "B_KEY": "b", "OTHER": ""},
	}
	for track, vars := range want {
		ctx := workerContext(t, track)
		for name, want := range vars {
			if got := l.value(ctx, name); got != want {
				t.Errorf("%s of track %s is %q, want %q", name, track, got, want)
			}
		}
		if env := l.environ(ctx); !slices.Contains(env, "PATH="+vars["PATH"]) || slices.Contains(env, "A_KEY="+vars["A_KEY"]) {
			t.Errorf("the environment of commands is %v", env)
		}
	}
}

// contextWorker gives away the context with which it is called.
type contextWorker chan context.Context

func (w contextWorker) Work(ctx context.Context, _ *engine.Desk, _ engine.Job) engine.Outcome {
	w <- ctx
	return engine.Outcome{Kind: engine.OutcomeDone, By: engine.ByWorker}
}

// workerContext is a context as a worker of a track has it.
func workerContext(t *testing.T, track engine.TrackID) context.Context {
	t.Helper()
	worker := make(contextWorker, 1)
	c, err := engine.NewConductor(t.Context(), engine.Config{Journal: enginetest.NewJournal(), Blobs: enginetest.NewBlobs(), Worker: worker})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	spec := trackfile.Track{Tickets: []trackfile.Ticket{{ID: "T1", Description: "nothing"}}}
	for _, cmd := range []engine.Command{engine.PlanTrack{Track: track, Spec: spec}, engine.StartTrack{Track: track, By: engine.ByPerson}} {
		if err := c.Do(t.Context(), cmd); err != nil {
			t.Fatal(err)
		}
	}
	got := <-worker
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return got
}
