//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// crashRun is one process of slop-ls. It leads a session of its own, so that whatever it starts can be found by that.
type crashRun struct {
	cmd   *exec.Cmd
	out   string // the file that has its standard output
	errs  string // and its standard error
	ended chan error
}

// start runs slop-ls in the place. Its output goes to files: no goroutine of ours keeps a killed process's pipe.
func (p *crashPlace) start(failpoint string, args ...string) (*crashRun, error) {
	p.runs++
	r := &crashRun{
		out:   filepath.Join(p.dir, fmt.Sprintf("out-%d", p.runs)),
		errs:  filepath.Join(p.dir, fmt.Sprintf("err-%d", p.runs)),
		ended: make(chan error, 1),
	}
	out, err := os.Create(r.out)
	if err != nil {
		return nil, err
	}
	defer out.Close() //nolint:errcheck // the process writes to its own
	errs, err := os.Create(r.errs)
	if err != nil {
		return nil, err
	}
	defer errs.Close() //nolint:errcheck // likewise
	r.cmd = exec.Command(p.scene.binary, args...)
	r.cmd.Dir, r.cmd.Stdout, r.cmd.Stderr = p.repo, out, errs
	r.cmd.Env = append(p.environ(), "SLOP_LS_FAILPOINT="+failpoint)
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	p.sessions = append(p.sessions, r.cmd.Process.Pid)
	go func() { r.ended <- r.cmd.Wait() }()
	return r, nil
}

// environ is the person's environment with a home of its own. What git and go need of it stays.
func (p *crashPlace) environ() []string {
	home := filepath.Join(p.dir, "home")
	env := os.Environ()
	return append(env, "HOME="+home, "XDG_STATE_HOME="+p.state, "XDG_CONFIG_HOME="+filepath.Join(home, "config"),
		"XDG_RUNTIME_DIR="+filepath.Join(p.dir, "run"),
		"GIT_CEILING_DIRECTORIES="+p.dir, "GIT_CONFIG_NOSYSTEM=1")
}

// crashPatience is far more than any run needs, on any machine.
const crashPatience = 2 * time.Minute

// wait is how the process ended. One that does not end is killed, which is an error.
func (r *crashRun) wait() error {
	timer := time.NewTimer(crashPatience)
	defer timer.Stop()
	select {
	case err := <-r.ended:
		return err
	case <-timer.C:
		_ = r.cmd.Process.Kill()
		<-r.ended
		return errors.New("it did not come to an end")
	}
}

// done runs slop-ls to its end and wants exit status 0. It returns what was printed.
func (p *crashPlace) done(args ...string) (string, error) {
	r, err := p.start("", args...)
	if err != nil {
		return "", err
	}
	err = r.wait()
	out, _ := os.ReadFile(r.out)
	if err != nil {
		errs, _ := os.ReadFile(r.errs)
		return string(out), fmt.Errorf("slop-ls %s: %w\n%s%s", strings.Join(args, " "), err, errs, tail(out, 4000))
	}
	return string(out), nil
}

func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }

// killed reports whether a process died of SIGKILL.
func killed(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// errMissed says that a run was over before it could be killed.
var errMissed = errors.New("the run was over before the kill")

// crashKill is one way of dying.
type crashKill struct {
	name      string
	failpoint string        // POINT:N of the process itself, or
	after     time.Duration // so long after its start, or
	path      string        // when this file of the repository
	holds     string        // holds this
	args      []string      // nil: run the track
}

var crashRunArgs = []string{"run", "crash", "--json", "--approve", "allow"}

// kill runs slop-ls and lets it die. Only the process itself is killed, by its pid.
func (p *crashPlace) kill(k crashKill) error {
	args := k.args
	if args == nil {
		args = crashRunArgs
	}
	r, err := p.start(k.failpoint, args...)
	if err != nil {
		return err
	}
	if err := r.strike(p, k); err != nil {
		return err
	}
	switch err := r.wait(); {
	case killed(err):
		return nil
	case err == nil:
		return errMissed
	default:
		errs, _ := os.ReadFile(r.errs)
		return fmt.Errorf("before the kill: %w\n%s", err, errs)
	}
}

func (r *crashRun) strike(p *crashPlace, k crashKill) error {
	switch {
	case k.failpoint != "":
		return nil // it does that itself
	case k.path != "":
		return r.strikeWhen(filepath.Join(p.repo, k.path), []byte(k.holds))
	}
	ctx, cancel := context.WithTimeout(context.Background(), k.after)
	defer cancel()
	select {
	case err := <-r.ended:
		r.ended <- err
	case <-ctx.Done():
		_ = r.cmd.Process.Kill()
	}
	return nil
}

// strikeWhen kills in the moment in which a file shows what was delivered to it, which is before anybody could have
// noted that it arrived. Nothing tells of that moment, so that it looks again and again.
func (r *crashRun) strikeWhen(path string, holds []byte) error {
	for begun := time.Now(); time.Since(begun) < crashPatience; {
		if data, err := os.ReadFile(path); err == nil && bytes.Contains(data, holds) {
			_ = r.cmd.Process.Kill()
			return nil
		}
		select {
		case err := <-r.ended:
			r.ended <- err
			return nil
		case <-time.After(50 * time.Microsecond):
		}
	}
	_ = r.cmd.Process.Kill()
	return fmt.Errorf("%s never came to hold %q", path, holds)
}
