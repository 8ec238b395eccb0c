//go:build failpoints

package main

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// failpoint kills the process at the Nth pass of the point that SLOP_LS_FAILPOINT=POINT:N names, as a power cut would:
// nothing is flushed, closed or deferred.
func failpoint() func(point string) {
	name, count, _ := strings.Cut(os.Getenv("SLOP_LS_FAILPOINT"), ":")
	n, err := strconv.ParseInt(count, 10, 64)
	if name == "" || err != nil {
		return nil
	}
	var left atomic.Int64
	left.Store(n)
	return func(point string) {
		if point == name && left.Add(-1) == 0 {
			self, err := os.FindProcess(os.Getpid())
			if err != nil {
				panic(err)
			}
			_ = self.Signal(syscall.SIGKILL)
			select {} // the kernel ends this
		}
	}
}
