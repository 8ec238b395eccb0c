//go:build unix

package workspace

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// processGroup is a process group for a program of the person's own. It has a leader of ours, which does nothing but to
// kill the group when this program dies, however it dies: it then reads the end of a pipe whose other end nobody else
// has. While the leader is not waited for, the group's number cannot become that of another one.
type processGroup struct {
	leader *exec.Cmd
	alive  *os.File // closed by the system when this program is gone
}

func startGroup() (*processGroup, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	leader := exec.Command("/bin/sh", "-c", "read -r _; kill -KILL 0") //nolint:noctx // it outlives every context: it is what kills
	leader.Dir = "/"
	leader.Env = []string{}
	leader.Stdin = r
	leader.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := leader.Start(); err != nil {
		w.Close()
		return nil, fmt.Errorf("starting a process group: %w", err)
	}
	return &processGroup{leader: leader, alive: w}, nil
}

func (g *processGroup) id() int { return g.leader.Process.Pid }

// close kills the group and frees its number.
func (g *processGroup) close() {
	g.kill()
	_ = g.leader.Wait() // killed, as it should be
	g.alive.Close()
}

// kill kills every process of the group, and may be called again until close.
func (g *processGroup) kill() {
	_ = syscall.Kill(-g.id(), syscall.SIGKILL)
}
