//go:build darwin || linux

package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// What helpers find open beside their standard streams.
const (
	inFile  = 3 // of a guard: its control pipe; of confine: its order
	outFile = 4 // where they report to
)

// guardMain runs one command and is done when every process of it is gone.
func guardMain() int {
	runtime.LockOSThread() // a child dies with the thread that started it
	syscall.CloseOnExec(inFile)
	syscall.CloseOnExec(outFile)
	control, out := os.NewFile(inFile, "control"), os.NewFile(outFile, "report")
	dec := json.NewDecoder(control)
	var o order
	if err := dec.Decode(&o); err != nil {
		return 1 // the daemon is gone before it said what to do
	}
	if err := json.NewEncoder(out).Encode(guard(o, control)); err != nil {
		return 1
	}
	return 0
}

// guard starts the command, kills it when control ends, and waits for all of it.
func guard(o order, control io.Reader) report {
	adopt()
	shell, said, err := startConfined(o)
	if err != nil {
		return report{Problem: err.Error()}
	}
	if o.Program != "" {
		leaveStreams()
	}
	b := &brood{shell: shell}
	go func() {
		_, _ = io.Copy(io.Discard, control)
		b.kill()
	}()
	r := heard(said)
	if status := b.wait(); status.Exited() {
		r.Exit = status.ExitStatus()
	} else {
		r.Exit = -1
	}
	return r
}

// startConfined starts what becomes the shell, as the leader of a process group. said gives its report.
func startConfined(o order) (pid int, said *os.File, err error) {
	self, err := selfPath()
	if err != nil {
		return 0, nil, err
	}
	orders, tell, err := os.Pipe()
	if err != nil {
		return 0, nil, err
	}
	defer orders.Close()
	said, say, err := os.Pipe()
	if err != nil {
		tell.Close()
		return 0, nil, err
	}
	defer say.Close()
	pid, err = syscall.ForkExec(self, []string{confineName}, &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: []uintptr{0, 1, 2, orders.Fd(), say.Fd()},
		Sys:   dyingWithUs(&syscall.SysProcAttr{Setpgid: true}),
	})
	if err != nil {
		tell.Close()
		said.Close()
		return 0, nil, fmt.Errorf("starting the command: %w", err)
	}
	go func() { // its end is read before the shell begins
		defer tell.Close()
		_ = json.NewEncoder(tell).Encode(o)
	}()
	return pid, said, nil
}

// heard is what confine said before it became the shell.
func heard(said *os.File) report {
	defer said.Close()
	r := report{Problem: "the command was killed before it began"}
	dec := json.NewDecoder(said)
	for {
		var next report
		if err := dec.Decode(&next); err != nil {
			return r
		}
		r = next // what comes second is why there is no shell
	}
}

// brood is a shell with all that it started.
type brood struct {
	shell int

	mu     sync.Mutex
	reaped bool // the shell's number may be another's now
}

// kill kills the shell with its group; what is elsewhere goes when that has ended.
func (b *brood) kill() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.reaped {
		_ = syscall.Kill(-b.shell, syscall.SIGKILL)
		_ = syscall.Kill(b.shell, syscall.SIGKILL)
	}
}

// wait waits for the shell, kills what it left, and waits for that.
func (b *brood) wait() syscall.WaitStatus {
	var status syscall.WaitStatus
	for ended := false; ; {
		pid, got, err := waitAny(0)
		if err != nil {
			return status
		}
		if pid == b.shell {
			status, ended = got, true
			b.mu.Lock()
			b.reaped = true
			b.mu.Unlock()
		}
		for ended && err == nil && pid > 0 { // whatever has ended by now, before the rest is looked for
			pid, _, err = waitAny(syscall.WNOHANG)
		}
		if ended && err == nil {
			killLeft(b.shell)
		}
	}
}

// waitAny reaps one child. The error says that there is none.
func waitAny(options int) (pid int, status syscall.WaitStatus, err error) {
	for {
		pid, err = syscall.Wait4(-1, &status, options, nil)
		if !errors.Is(err, syscall.EINTR) {
			return pid, status, err
		}
	}
}

// confineMain takes from itself what the command must not do and becomes the shell.
func confineMain() int {
	runtime.LockOSThread() // what is taken from a thread is taken from what it becomes
	debug.SetGCPercent(-1) // a collection would start threads, for which the command's memory may not do
	syscall.CloseOnExec(outFile)
	in, out := os.NewFile(inFile, "order"), os.NewFile(outFile, "report")
	say := json.NewEncoder(out)
	var o order
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return 126
	}
	in.Close()
	r, err := o.Sandbox.enter()
	if err == nil {
		err = o.Limits.set()
	}
	if err != nil {
		r.Problem = err.Error()
	}
	if say.Encode(r) != nil || err != nil {
		return 126
	}
	program, argv := "/bin/sh", []string{"/bin/sh", "-c", o.Line}
	if o.Program != "" {
		program, argv = o.Program, o.Argv
	}
	env := os.Environ()
	if err = o.Limits.setMemory(); err == nil {
		err = syscall.Exec(program, argv, env)
	}
	_ = say.Encode(report{Problem: "starting " + program + ": " + err.Error()})
	return 126
}

// leaveStreams lets go of the standard streams, which are the program's: its end of output must be seen as that.
func leaveStreams() {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer null.Close()
	for _, fd := range []int{0, 1, 2} {
		_ = unix.Dup2(int(null.Fd()), fd)
	}
}

// setMemory is the last of the limits to be put in force: this program itself has more address space than commands may get, and
// dies where it asks for any more from then on.
func (l Limits) setMemory() error {
	if l.Memory <= 0 {
		return nil
	}
	if err := lower(syscall.RLIMIT_AS, l.Memory); err != nil {
		return fmt.Errorf("limiting the command's memory: %w", err)
	}
	return nil
}

// set puts the limits but that of memory in force for this process and what it becomes. A core file would hold what the process
// knows.
func (l Limits) set() error {
	for _, limit := range []struct {
		name  string
		which int
		most  int64
		unset bool
	}{
		{"core", syscall.RLIMIT_CORE, 0, false},
		{"file", syscall.RLIMIT_FSIZE, l.File, l.File <= 0},
		{"processes", unix.RLIMIT_NPROC, int64(l.Processes), l.Processes <= 0},
	} {
		if limit.unset {
			continue
		}
		if err := lower(limit.which, limit.most); err != nil {
			return fmt.Errorf("limiting the command's %s: %w", limit.name, err)
		}
	}
	return nil
}

// lower lowers a limit for good and never raises it.
func lower(which int, most int64) error {
	var now syscall.Rlimit
	if err := syscall.Getrlimit(which, &now); err != nil {
		return err
	}
	limit := syscall.Rlimit{Cur: uint64(most), Max: uint64(most)}
	if now.Max < limit.Max {
		limit = syscall.Rlimit{Cur: now.Max, Max: now.Max}
	}
	return syscall.Setrlimit(which, &limit)
}
