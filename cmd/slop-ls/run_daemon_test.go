//go:build unix

package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/store"
)

// begin starts slop-ls and gives what it comes to.
func (p *daemonPlace) begin(args ...string) (cmd *exec.Cmd, ended <-chan int) {
	p.t.Helper()
	cmd = p.command(args...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	codes, over := make(chan int, 1), make(chan struct{})
	go func() {
		defer close(over)
		_ = cmd.Wait()
		codes <- cmd.ProcessState.ExitCode()
	}()
	p.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-over
		if p.t.Failed() {
			p.t.Logf("slop-ls %v said:\n%s", args, out.String())
		}
	})
	return cmd, codes
}

func wantCode(t *testing.T, ended <-chan int, want int) {
	t.Helper()
	select {
	case got := <-ended:
		if got != want {
			t.Errorf("exit status %d, want %d", got, want)
		}
	case <-time.After(lsptest.Patience):
		t.Fatal("it does not come to an end")
	}
}

// daemonIs waits until a process is the daemon.
func (p *daemonPlace) daemonIs(pid int) {
	p.t.Helper()
	eventually(p.t, "the daemon", func() bool {
		_, code := p.call("daemon", "status")
		return code == exitDone && p.status().PID == pid
	})
}

const otherTrack = "title: other\ntickets:\n  - id: U1\n    description: nothing\n"

// TestRunIsTheDaemon: where there is no daemon a run is it, for itself, for an editor and for another run. When its
// track is done it leaves, and those who were attached go on.
func TestRunIsTheDaemon(t *testing.T) {
	t.Parallel()
	p := newDaemonPlace(t, "")
	p.file("repo/.slop/tracks/other.track.yaml", otherTrack)
	first, second := p.models.hold("T1", 0), p.models.hold("U1", 0)
	run, ended := p.begin("run", "work", "--approve", "allow")
	p.daemonIs(run.Process.Pid)
	e := p.editor()
	_, otherEnded := p.begin("run", "other", "--approve", "allow")
	eventually(t, "both tracks running", func() bool { return p.status().Running == 2 })
	if out := p.want(exitDone, "doctor"); !strings.Contains(out, "✓ daemon") || !strings.Contains(out, "daemon.log") {
		t.Errorf("doctor says %s", out)
	}
	close(first)
	wantCode(t, ended, exitDone)
	e.Await(lsptest.Message("another one has taken over"))
	close(second)
	wantCode(t, otherEnded, exitDone)
	for _, track := range []string{"work", "other"} {
		if out := p.want(exitDone, "track", "show", track, "--json"); !strings.Contains(out, `"status":"done"`) {
			t.Errorf("track %s is %s", track, out)
		}
	}
}

// TestStopEndsARun: who asks the daemon to stop ends the run that it is, and the next one goes on.
func TestStopEndsARun(t *testing.T) {
	t.Parallel()
	p := newDaemonPlace(t, "")
	open := p.models.hold("T1", 0)
	run, ended := p.begin("run", "work", "--approve", "allow")
	p.daemonIs(run.Process.Pid)
	p.want(exitDone, "daemon", "stop")
	wantCode(t, ended, exitInterrupted)
	close(open)
	p.want(exitDone, "run", "work", "--approve", "allow")
}

// TestLogFollows tells what happens in the daemon while it happens, and what happens after that has gone.
func TestLogFollows(t *testing.T) {
	t.Parallel()
	p := newDaemonPlace(t, "")
	open := p.models.hold("T1", 0)
	cmd := p.command("log", "--follow", "--json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hang := time.AfterFunc(2*lsptest.Patience, func() { _ = cmd.Process.Kill() })
	defer hang.Stop()
	lines := bufio.NewScanner(out)
	told := func(typ string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), `"type":"`+typ+`"`) {
				return
			}
		}
		t.Fatalf("log --follow never tells %s", typ)
	}
	_, ended := p.begin("run", "work", "--approve", "allow")
	told("ticket_started")
	close(open)
	wantCode(t, ended, exitDone)
	told("track_done")
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("an interrupted log ends with %v", err)
	}
}

// TestRunStandsAside: a run after a crash lets the other tracks that were running wait for a run of their own.
func TestRunStandsAside(t *testing.T) {
	t.Parallel()
	p := newDaemonPlace(t, "")
	p.want(exitDone, "run", "work", "--approve", "allow")
	found, err := filepath.Glob(filepath.Join(p.dir, "state", "slop-ls", "*", "state.db"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	s, err := store.Open(found[0], store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	state, err := engine.Load(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	const other engine.TrackID = ".slop/tracks/other"
	events, err := fold(state, nil, []engine.Body{
		engine.TrackPlanned{Track: other, Tickets: []trackfile.Ticket{{ID: "U1", Description: "nothing"}}, Order: []string{"U1"}},
		engine.TrackMoved{Track: other, To: engine.TrackRunning, By: engine.ByPerson},
	})
	if err == nil {
		err = s.Append(t.Context(), events)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	p.file("repo/.slop/tracks/other.track.yaml", otherTrack)
	p.file("repo/.slop/tracks/work.track.yaml", oneTicket+"  - id: T2\n    description: nothing\n")
	p.want(exitDone, "run", "work", "--approve", "allow")
	if out := p.want(exitDone, "track", "show", "other", "--json"); !strings.Contains(out, `"status":"paused"`) {
		t.Errorf("the other track is %s", out)
	}
}
