//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// starter is one of many editors that start at the same moment.
type starter struct {
	cmd *exec.Cmd
	in  io.Closer
	*client.Client
}

// starter starts an editor's language server and gives it once it works.
func (p *daemonPlace) starter(ctx context.Context) (*starter, error) {
	s := &starter{cmd: p.command("--stdio")}
	in, err := s.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	s.in = in
	s.Client = client.Start(context.WithoutCancel(ctx), struct {
		io.Reader
		io.WriteCloser
	}{out, in}, client.Config{Root: p.repo, Name: "starter"})
	if _, err := s.Initialize(ctx); err != nil {
		return s, err
	}
	return s, s.works(ctx)
}

func (s *starter) works(ctx context.Context) error {
	var status wire.Status
	return s.Command(ctx, wire.StatusShow, nil, &status)
}

// leave ends the session and waits for the process.
func (s *starter) leave() error {
	return errors.Join(s.in.Close(), s.Close(), s.cmd.Wait())
}

// TestStartersRace lets 24 editors start at once over the socket and the address of a daemon that was killed: they come
// to one daemon and all work, round after round. In every fourth round the daemon is killed under them, so that they
// race once more, to the one that takes over.
func TestStartersRace(t *testing.T) {
	t.Parallel()
	p := newDaemonPlace(t, "")
	p.binary = builtProgram(t)
	const starters = 24
	for round := range 20 {
		all, err := p.race(t.Context(), starters)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		pid := p.theDaemon(starters)
		if round%4 == 3 {
			p.kill(pid)
			p.takenOver(all)
			pid = p.theDaemon(starters)
		}
		for _, s := range all {
			_ = s.cmd.Process.Kill() // first, or it would start another daemon
		}
		p.kill(pid) // what it leaves is stale
		for _, s := range all {
			_ = s.leave()
		}
		p.nobody(round)
	}
}

// race starts editors at the same moment.
func (p *daemonPlace) race(ctx context.Context, n int) ([]*starter, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*lsptest.Patience)
	defer cancel()
	all := make([]*starter, n)
	var group errgroup.Group
	for i := range all {
		group.Go(func() (err error) {
			if all[i], err = p.starter(ctx); err != nil {
				return fmt.Errorf("starter %d: %w", i, err)
			}
			return nil
		})
	}
	return all, group.Wait()
}

// theDaemon wants one daemon with so many sessions, and gives its process.
func (p *daemonPlace) theDaemon(sessions int) int {
	p.t.Helper()
	line := p.status()
	daemons := 0
	for _, args := range processesOf(p.repo) {
		if strings.Contains(args, "daemon serve") {
			daemons++
		}
	}
	if daemons != 1 || line.Sessions != sessions {
		p.t.Fatalf("%d daemons, and the one that answers has %d sessions; want 1 and %d", daemons, line.Sessions, sessions)
	}
	return line.PID
}

func (p *daemonPlace) kill(pid int) {
	p.t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		p.t.Fatal(err)
	}
}

// takenOver waits until each editor works again: a command that was on its way to the dead daemon is refused.
func (p *daemonPlace) takenOver(all []*starter) {
	p.t.Helper()
	for _, s := range all {
		eventually(p.t, "an editor with another daemon", func() bool { return s.works(p.t.Context()) == nil })
	}
	eventually(p.t, "all sessions in it", func() bool { return p.status().Sessions == len(all) })
}

// nobody waits until no process of the workspace is left.
func (p *daemonPlace) nobody(round int) {
	p.t.Helper()
	for begun := time.Now(); len(processesOf(p.repo)) > 0; time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > lsptest.Patience {
			p.t.Fatalf("round %d: processes are left: %v", round, processesOf(p.repo))
		}
	}
}

// TestThousandSessions wants as many goroutines and file descriptors after 1,000 sessions as before them, in a process
// that is the daemon and every forwarder.
func TestThousandSessions(t *testing.T) {
	t.Parallel()
	p := newDaemonPlace(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "slop-ls-sessions", p.repo, "1000")
	cmd.Dir, cmd.Env = p.repo, p.env
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, output)
	}
}
