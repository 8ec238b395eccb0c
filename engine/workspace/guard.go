package workspace

import (
	"errors"
	"path/filepath"
	"sync/atomic"
)

// A command runs below two processes that are this program, started again under other names:
//
//	daemon ── guard ── confine ⇒ sh ── whatever the line starts
//
// The guard is outside of the sandbox and kills everything below it when the shell has ended, when it is told to, and
// when the daemon is gone, however that went: it then reads the end of a pipe whose other end nobody else has. Confine
// takes away what the command must not do, and becomes the shell.
const (
	guardName   = "slop-ls-guard"
	confineName = "slop-ls-confine"
)

// helperKnown says that this program's main calls Helper: only then can it be started again as one.
var helperKnown atomic.Bool

// errNoHelper is what commands get in a program that would run its own main in the guard's place.
var errNoHelper = errors.New("this program cannot run commands: its main must call workspace.Helper first")

// Helper is to be called first in main, with os.Args, by every program that runs commands on a Workbench. Where the
// program was started as a helper of itself it returns what that has to do, whose result is the exit status, and
// main must do nothing else; else it returns nil.
func Helper(args []string) func() int {
	helperKnown.Store(true)
	if len(args) == 0 {
		return nil
	}
	switch filepath.Base(args[0]) {
	case guardName:
		return guardMain
	case confineName:
		return confineMain
	}
	return nil
}

// order is what a guard is told to run, as JSON on its control pipe.
type order struct {
	Line    string   `json:"line,omitempty"`
	Program string   `json:"program,omitempty"` // in place of a line: the system's path of a program,
	Argv    []string `json:"argv,omitempty"`    // and its arguments, the first of them its name
	Sandbox sandbox  `json:"sandbox"`
	Limits  Limits   `json:"limits"`
}

// Limits of what a command may take, each for each of its processes; 0: no limit but the system's own.
type Limits struct {
	Memory    int64 `json:"memory,omitempty"`    // bytes of address space
	File      int64 `json:"file,omitempty"`      // bytes of one file
	Processes int   `json:"processes,omitempty"` // of this person, on the whole machine
}

// report is what a guard says when nothing of its command is left.
type report struct {
	Exit     int    `json:"exit"`               // -1 for a signal
	Problem  string `json:"problem,omitempty"`  // why the shell could not be started
	Unheld   string `json:"unheld,omitempty"`   // why no sandbox held it; "" where one did
	Landlock int    `json:"landlock,omitempty"` // the version by which it was held
}
