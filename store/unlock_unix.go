//go:build unix && !android && !aix && !solaris

package store

import (
	"os"
	"syscall"
)

// unlock gives up the lock of a file whose mapping bbolt left behind when it panicked: the mapping keeps the file
// open, and so the lock, beyond closing it.
func unlock(file *os.File) { _ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN) }
