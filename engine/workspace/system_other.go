//go:build !unix

package workspace

import (
	"io/fs"
	"os"
)

// openNonblock has no meaning where there are no named pipes among the files.
const openNonblock = 0

// syncFolder does nothing: names are durable with the file here, and a folder cannot be synced.
func syncFolder(*os.File) error { return nil }

// inode is not known here: size, time and mode must do.
func inode(fs.FileInfo) uint64 { return 0 }
