//go:build !linux

package workspace

import (
	"errors"
	"runtime"
)

// Landlock is the version of Landlock that the kernel has, 0 for none.
func Landlock() int { return 0 }

// Unheld is why commands are not held in a mode, "" where they are.
func Unheld(mode SandboxMode) string {
	if mode == SandboxOff {
		return "switched off by commands.sandbox"
	}
	return "there is no sandbox for " + runtime.GOOS
}

// enter cannot close anything here.
func (s sandbox) enter() (report, error) {
	if s.Mode == SandboxRequire {
		return report{}, errors.New(Unheld(s.Mode) + ", and commands.sandbox requires one")
	}
	return report{Unheld: Unheld(s.Mode)}, nil
}
