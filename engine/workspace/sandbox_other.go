//go:build !linux

package workspace

import (
	"errors"
	"runtime"
)

// Landlock is the version of Landlock that the kernel has, 0 for none.
func Landlock() int { return 0 }

// unheld is why commands cannot be held, "" where they can.
func unheld(mode SandboxMode) string {
	if mode == SandboxOff {
		return "switched off by commands.sandbox"
	}
	return "there is no sandbox for " + runtime.GOOS
}

// enter cannot close anything here.
func (s sandbox) enter() (report, error) {
	if s.Mode == SandboxRequire {
		return report{}, errors.New(unheld(s.Mode) + ", and commands.sandbox requires one")
	}
	return report{Unheld: unheld(s.Mode)}, nil
}
