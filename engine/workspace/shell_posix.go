//go:build darwin || linux

package workspace

import (
	"context"
	"encoding/json"
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

// run runs the line under a guard and returns when every process of it is gone: at the shell's end, at the timeout, or
// when ctx is cancelled, whose cause is then the error.
func (s shell) run(ctx context.Context, cmd engine.ShellCommand) (engine.CommandResult, error) {
	if !helperKnown.Load() {
		return engine.CommandResult{}, errNoHelper
	}
	limited, cancel := context.WithTimeoutCause(ctx, cmd.Timeout, errTimeout)
	defer cancel()
	begun := time.Now()
	out := newCapture(s.maxOutput)
	r, err := s.guarded(limited, order{Line: cmd.Line, Sandbox: s.sandbox, Limits: s.limits}, out)
	res := engine.CommandResult{Line: cmd.Line, ExitCode: r.Exit, Output: out.String(), Took: time.Since(begun), Unheld: r.Unheld}
	switch {
	case ctx.Err() != nil:
		res.ExitCode = -1
		return res, context.Cause(ctx)
	case errors.Is(context.Cause(limited), errTimeout):
		res.ExitCode, res.TimedOut = -1, true
	case err != nil:
		return res, err
	case r.Problem != "":
		return res, errors.New(r.Problem)
	}
	return res, nil
}

// patience is how long a guard may take to kill what it guards.
const patience = 5 * time.Second

// guarded starts a guard, reads what its command prints to the end, and gives its report.
func (s shell) guarded(ctx context.Context, o order, out *capture) (report, error) {
	g, err := s.startGuard()
	if err != nil {
		return report{}, fmt.Errorf("starting the command: %w", err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		s.copyOutput(g.output, out)
	}()
	told := make(chan error, 1)
	go func() { told <- json.NewEncoder(g.control).Encode(o) }()
	stop := context.AfterFunc(ctx, func() {
		g.control.Close() // at which the guard kills its command
		_ = g.report.SetReadDeadline(time.Now().Add(patience))
	})
	var r report
	err = json.NewDecoder(g.report).Decode(&r)
	stop()
	if err != nil { // killed itself, or it cannot kill
		_ = g.guard.Process.Kill()
		killMarked(s.mark)
		r = report{Exit: -1}
	}
	g.control.Close()
	<-told
	_ = g.guard.Wait()
	g.report.Close()
	_ = g.output.SetReadDeadline(time.Now().Add(drain))
	<-read
	g.output.Close()
	return r, nil
}

// guardian is a running guard with this program's ends of its pipes.
type guardian struct {
	guard                   *exec.Cmd
	control, report, output *os.File
}

func (s shell) startGuard() (g guardian, err error) {
	self, err := selfPath()
	if err != nil {
		return g, err
	}
	var theirs [3]*os.File
	defer func() {
		for _, f := range theirs {
			if f != nil {
				f.Close()
			}
		}
		if err != nil {
			g.close()
		}
	}()
	if theirs[0], g.control, err = os.Pipe(); err != nil {
		return g, err
	}
	if g.report, theirs[1], err = os.Pipe(); err != nil {
		return g, err
	}
	if g.output, theirs[2], err = os.Pipe(); err != nil {
		return g, err
	}
	g.guard = &exec.Cmd{
		Path: self, Args: []string{guardName}, Dir: s.dir, Env: s.env, Stdout: theirs[2], Stderr: theirs[2],
		ExtraFiles:  []*os.File{theirs[0], theirs[1]},
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true}, // what a terminal sends to our group is not for it
	}
	return g, g.guard.Start()
}

func (g guardian) close() {
	for _, f := range []*os.File{g.control, g.report, g.output} {
		if f != nil {
			f.Close()
		}
	}
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
