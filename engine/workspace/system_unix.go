//go:build unix

package workspace

import (
	"io/fs"
	"os"
	"syscall"
)

// openNonblock keeps an open from waiting for the other end of a named pipe.
const openNonblock = syscall.O_NONBLOCK

// syncFolder makes the names in an open folder durable.
func syncFolder(dir *os.File) error { return dir.Sync() }

// inode tells a file from another that has taken its name, where the system knows.
func inode(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Ino)
	}
	return 0
}
