//go:build unix

package workspace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/slop-ls/slop-ls/engine"
)

// errTimeout is the cause of a context that ran out of the command's own time.
var errTimeout = errors.New("the command's time is up")

// run starts the line in a process group of its own and returns when every process of the group is killed: at the
// shell's end, at the timeout, or when ctx is cancelled, whose cause is then the error. A process that makes itself a
// group or session of its own is out of reach.
func (s shell) run(ctx context.Context, cmd engine.ShellCommand) (engine.CommandResult, error) {
	group, err := startGroup()
	if err != nil {
		return engine.CommandResult{}, err
	}
	defer group.close()
	limited, cancel := context.WithTimeoutCause(ctx, cmd.Timeout, errTimeout)
	defer cancel()
	begun := time.Now()
	out := newCapture(s.maxOutput)
	err = s.wait(limited, group, cmd.Line, out)
	res := engine.CommandResult{Line: cmd.Line, Output: out.String(), Took: time.Since(begun)}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		res.ExitCode = -1
		return res, context.Cause(ctx)
	case err == nil:
	case errors.Is(context.Cause(limited), errTimeout):
		res.ExitCode, res.TimedOut = -1, true
	case errors.As(err, &exit):
		res.ExitCode = exit.ExitCode() // -1 for a signal
	default:
		return res, err
	}
	return res, nil
}

// wait runs the shell and reads its output to the end.
func (s shell) wait(ctx context.Context, group *processGroup, line string, out *capture) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	sh := exec.CommandContext(ctx, "/bin/sh", "-c", line)
	sh.Dir, sh.Env, sh.Stdout, sh.Stderr = s.dir, s.env, w, w
	sh.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: group.id()}
	sh.Cancel = func() error { group.kill(); return nil }
	err = sh.Start()
	w.Close()
	if err != nil {
		return err
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		s.copyOutput(r, out)
	}()
	err = sh.Wait()
	group.kill() // what the shell left in the background
	_ = r.SetReadDeadline(time.Now().Add(drain))
	<-read
	return err
}

func (s shell) copyOutput(r *os.File, out *capture) {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			_, _ = out.Write(buf[:n])
			if s.output != nil {
				s.output(buf[:n])
			}
		}
		if err != nil {
			return
		}
	}
}

// processGroup is a process group with a leader of ours, which does nothing but to kill the group when this program
// dies, however it dies: it then reads the end of a pipe whose other end nobody else has. While the leader is not
// waited for, the group's number cannot become that of another one.
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
	leader := exec.Command("/bin/sh", "-c", "read -r _; kill -KILL 0") //nolint:noctx // it outlives the context of a command: close ends it
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
