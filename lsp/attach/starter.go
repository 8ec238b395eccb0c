package attach

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// starterVariable tells a process that it was started by Dial, and with which files.
const starterVariable = "SLOP_LS_STARTER"

// The descriptors of a started daemon: the order of ExtraFiles.
const (
	gateFD   = 3
	reportFD = 4
)

// Starter is the process that started this one and waits for it to listen. A nil Starter is nobody.
type Starter struct{ gate, report *os.File }

// report is the one line that a started daemon tells its starter.
type report struct {
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
}

// Inherit is the Starter of this process, or nil where a person started it. It must be called once, before the process
// starts another one: until then that one would inherit the gate and keep everybody out.
func Inherit() (*Starter, error) {
	if os.Getenv(starterVariable) == "" {
		return nil, nil
	}
	if err := os.Unsetenv(starterVariable); err != nil {
		return nil, fmt.Errorf("taking over from the starter: %w", err)
	}
	s := &Starter{gate: os.NewFile(gateFD, "gate"), report: os.NewFile(reportFD, "report")}
	for _, f := range []*os.File{s.gate, s.report} {
		if f == nil {
			return nil, fmt.Errorf("taking over from the starter: unset %s, it is not for people", starterVariable)
		}
		if _, err := f.Stat(); err != nil {
			return nil, fmt.Errorf("taking over from the starter: unset %s, it is not for people: %w", starterVariable, err)
		}
		closeOnExec(f)
	}
	return s, nil
}

// pass gives the gate that orders starters: the starter's own, else one that is waited for.
func (s *Starter) pass(ctx context.Context, p Place) (*os.File, error) {
	if s != nil {
		return s.gate, nil
	}
	return p.gate(ctx)
}

// Tell reports to the starter how the start went, once; what is told later is ignored. Run calls it; a process that
// fails before that calls it with its error, so that the person reads it in the editor.
func (s *Starter) Tell(err error) {
	if s == nil {
		return
	}
	r := report{OK: err == nil}
	if err != nil {
		r.Error = err.Error()
	}
	_ = errors.Join(writeLine(s.report, r), s.report.Close()) // the starter may be dead, and the daemon lives on
}

// maxLog is the size above which a log is set aside before a new daemon writes to it.
const maxLog = 4 << 20

// start runs the daemon in the background and waits until it listens. The gate goes over to it.
func (d *Dialer) start(ctx context.Context, gate *os.File) error {
	logFile, err := d.openLog()
	if err != nil {
		return errors.Join(err, gate.Close())
	}
	ours, theirs, err := os.Pipe()
	if err != nil {
		return errors.Join(fmt.Errorf("starting the daemon: %w", err), gate.Close(), logFile.Close())
	}
	defer ours.Close()                                  //nolint:errcheck // it was only read
	cmd := exec.Command(d.Command[0], d.Command[1:]...) //nolint:gosec,noctx // it is this program, and outlives ctx
	cmd.Dir, cmd.Stdout, cmd.Stderr = d.Root, logFile, logFile
	cmd.ExtraFiles = []*os.File{gate, theirs}
	cmd.Env = append(d.environ(), starterVariable+"=1")
	detach(cmd)
	err = cmd.Start()
	err = errors.Join(err, theirs.Close(), logFile.Close(), gate.Close())
	if err != nil {
		return fmt.Errorf("starting the daemon: %w", err)
	}
	go cmd.Wait() //nolint:errcheck // it only keeps the daemon from staying a zombie; it ends with the daemon
	return d.await(ctx, ours)
}

func (d *Dialer) environ() []string {
	if d.Env != nil {
		return d.Env[:len(d.Env):len(d.Env)]
	}
	return os.Environ()
}

// await reads the daemon's report.
func (d *Dialer) await(ctx context.Context, ours *os.File) error {
	unhook := context.AfterFunc(ctx, func() { ours.SetReadDeadline(time.Unix(1, 0)) }) //nolint:errcheck // a pipe has deadlines
	defer unhook()
	var r report
	err := readLine(bufio.NewReader(ours), &r)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("waiting for the daemon to start; its log is %s: %w", d.Place.LogPath(), context.Cause(ctx))
	case err != nil:
		return fmt.Errorf("the daemon ended while it started; its log is %s: %w", d.Place.LogPath(), err)
	case !r.OK:
		return &StartError{Reason: r.Error, Log: d.Place.LogPath()}
	}
	return nil
}

// StartError says that a daemon was started and could not serve.
type StartError struct {
	Reason string // as the daemon said it
	Log    string // the path of its log
}

func (e *StartError) Error() string { return "the daemon could not start: " + e.Reason }

func (d *Dialer) openLog() (*os.File, error) {
	path := d.Place.LogPath()
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		_ = os.Rename(path, path+".1") // a log that cannot be set aside only grows
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the daemon's log: %w", err)
	}
	return f, nil
}
