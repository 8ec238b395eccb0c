//go:build failpoints

package main

import (
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// failpoint kills the process at the Nth pass of the point that SLOP_LS_FAILPOINT=POINT:N names, as a power cut would:
// nothing is flushed, closed or deferred. POINT:N:stop stops it there instead, until it is continued, so that somebody
// else can be killed in that moment.
func failpoint() func(point string) {
	name, rest, _ := strings.Cut(os.Getenv("SLOP_LS_FAILPOINT"), ":")
	count, how, _ := strings.Cut(rest, ":")
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
			if how == "stop" {
				goesOn := make(chan os.Signal, 1)
				signal.Notify(goesOn, syscall.SIGCONT)
				_ = self.Signal(syscall.SIGSTOP)
				<-goesOn
				signal.Stop(goesOn)
				return
			}
			_ = self.Signal(syscall.SIGKILL)
			select {} // the kernel ends this
		}
	}
}
