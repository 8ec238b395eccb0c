//go:build !unix || android || aix || solaris

package store

import "os"

// unlock has nothing to do: here closing a file gives up its lock.
func unlock(*os.File) {}
