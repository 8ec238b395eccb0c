package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	holderSuffix = ".pid"  // who holds the lock; only a hint, the lock is bbolt's
	newSuffix    = ".new-" // a store that is being made
)

// writeHolder leaves word of who holds the lock. It is called with the lock held and may go wrong without harm.
func writeHolder(path string, opts Options) {
	text := fmt.Sprintf("%d %s\n", os.Getpid(), opts.Now().UTC().Format(time.RFC3339))
	if err := os.WriteFile(path+holderSuffix, []byte(text), fileMode); err != nil {
		opts.Logger.Warn("store: cannot leave word of who has it open", "err", err)
	}
}

// removeHolder is called with the lock still held, so that it removes nobody else's word.
func removeHolder(path string) { _ = os.Remove(path + holderSuffix) }

// readHolder says who holds the lock, or nothing where that is not known or the process is gone.
func readHolder(path string) Holder {
	text, err := os.ReadFile(path + holderSuffix)
	if err != nil {
		return Holder{}
	}
	var pid int
	var since string
	if n, _ := fmt.Sscan(string(text), &pid, &since); n != 2 || pid <= 0 || !alive(pid) {
		return Holder{}
	}
	at, err := time.Parse(time.RFC3339, since)
	if err != nil {
		return Holder{}
	}
	return Holder{PID: pid, Since: at}
}

func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer func() { _ = p.Release() }()
	if runtime.GOOS == "windows" {
		return true // FindProcess has looked
	}
	err = p.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, os.ErrPermission)
}

// removeLeftovers removes half-made copies of processes that were killed. The lock is held; who is just making one
// under such a name finds the store made when it comes to linking it.
func removeLeftovers(path string) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return
	}
	base := filepath.Base(path)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), base+newSuffix) || e.Name() == base+backupTemp {
			_ = os.Remove(filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
}
