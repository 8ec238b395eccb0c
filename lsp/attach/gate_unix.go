//go:build unix

package attach

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
)

// Supported says whether this system has daemons. Where it is false Dial returns errors.ErrUnsupported.
const Supported = true

// gate takes the lock that orders starters, and waits for it. The lock lives until every copy of the file is closed,
// also those in other processes. When ctx ends first a goroutine may stay until the holder is done or dead.
func (p Place) gate(ctx context.Context) (*os.File, error) {
	if err := os.MkdirAll(p.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the state folder: %w", err)
	}
	f, err := os.OpenFile(p.gatePath(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the gate of the daemon: %w", err)
	}
	if lock(f, syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		return f, nil
	}
	taken := make(chan error, 1) // room for the one result
	go func() { taken <- lock(f, syscall.LOCK_EX) }()
	select {
	case err := <-taken:
		if err != nil {
			return nil, errors.Join(fmt.Errorf("waiting for another starter: %w", err), f.Close())
		}
		return f, nil
	case <-ctx.Done():
		go func() { <-taken; f.Close() }() //nolint:errcheck // nothing was written
		return nil, fmt.Errorf("waiting for another process that starts the daemon: %w", context.Cause(ctx))
	}
}

func lock(f *os.File, how int) error {
	for {
		// Fd makes the descriptor blocking, which is what waiting in flock wants.
		err := syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// detach makes a process outlive this one and its terminal.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

func closeOnExec(f *os.File) { syscall.CloseOnExec(int(f.Fd())) }

// mine reports whether a file belongs to this user.
func mine(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}

// tryAgain reports whether the daemon's queue of connections was full for the moment.
func tryAgain(err error) bool { return errors.Is(err, syscall.EAGAIN) }

// absent reports whether an error means that nobody listens, or that who listened has gone.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
