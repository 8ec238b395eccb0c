//go:build darwin || linux

package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// held is a program below its guard.
type held struct {
	slot            *slot
	guard           *exec.Cmd
	in, out         *os.File
	control, report *os.File
	kill            func()
}

// startHeld starts a program as a command is started: below a guard, which kills all of it when it has ended, when it is
// told to, and when this process is gone.
func startHeld(p Program, path string) (*Running, error) {
	if !helperKnown.Load() {
		return nil, errNoHelper
	}
	slot, err := takeSlot(p.Held.Scratch)
	if err != nil {
		return nil, fmt.Errorf("a temporary folder for %s: %w", p.Argv[0], err)
	}
	h := &held{slot: slot}
	if err := h.start(p, path); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", p.Argv[0], err), slot.clear(), slot.free())
	}
	return &Running{In: h.in, Out: h.out, kill: h.kill, wait: h.wait}, nil
}

func (h *held) start(p Program, path string) (err error) {
	if err := os.MkdirAll(h.slot.temp, 0o700); err != nil {
		return err
	}
	env := slices.DeleteFunc(slices.Clone(p.Env), func(kv string) bool { return strings.HasPrefix(kv, "TMPDIR=") })
	env = append(env, "TMPDIR="+h.slot.temp, h.slot.mark())
	self, err := selfPath()
	if err != nil {
		return err
	}
	var theirs [2]*os.File
	defer func() {
		closeFiles(theirs[:]...)
		if err != nil {
			closeFiles(h.control, h.report)
		}
	}()
	if theirs[0], h.control, err = os.Pipe(); err != nil {
		return err
	}
	if h.report, theirs[1], err = os.Pipe(); err != nil {
		return err
	}
	h.guard = &exec.Cmd{
		Path: self, Args: []string{guardName}, Dir: p.Dir, Env: env, Stderr: p.Stderr, ExtraFiles: theirs[:],
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true}, WaitDelay: drain,
	}
	if h.in, h.out, err = startPiped(h.guard); err != nil {
		return err
	}
	o := order{Program: path, Argv: p.Argv, Limits: p.Held.Limits, Sandbox: p.Held.Sandbox.of(env, nil, []string{p.Dir}, []string{h.slot.temp})}
	var once sync.Once
	h.kill = func() {
		once.Do(func() {
			h.control.Close() // at which the guard kills its program
			_ = h.report.SetReadDeadline(time.Now().Add(patience))
		})
	}
	go func() { _ = json.NewEncoder(h.control).Encode(o) }() // ends with the guard at the latest
	return nil
}

func closeFiles(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			f.Close()
		}
	}
}

// wait returns when nothing of the program is left, with why it ended.
func (h *held) wait() error {
	var r report
	if err := json.NewDecoder(h.report).Decode(&r); err != nil { // the guard was killed itself, or cannot kill
		_ = h.guard.Process.Kill()
		killMarked(h.slot.mark())
		r = report{Exit: -1}
	}
	h.kill()
	_ = h.guard.Wait()
	h.report.Close()
	_ = h.out.SetReadDeadline(time.Now().Add(drain)) // what was not found may still hold the pipe
	tidy := errors.Join(h.slot.clear(), h.slot.free())
	switch {
	case r.Problem != "":
		return errors.New(r.Problem)
	case r.Exit < 0:
		return errors.New("it was killed")
	case r.Exit > 0:
		return fmt.Errorf("exit status %d", r.Exit)
	}
	return tidy
}
