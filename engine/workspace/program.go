package workspace

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Program is a program of the person's own that is started and talked to over its standard input and output.
type Program struct {
	Argv   []string // the program as PATH of Env finds it, or its whole path; then its arguments
	Dir    string
	Env    []string
	Stderr io.Writer // nil: what it writes there is dropped
	Held   *Held     // how it is held; nil: by nothing but its process group
}

// Held is how a program is held: below a guard, in a sandbox, and with a temporary folder of its own, as a worker's commands
// are. It sees Program.Dir, and writes to none of it unless Sandbox.Caches names that.
type Held struct {
	Sandbox Sandbox
	Scratch string // as Options.Scratch
	Limits  Limits
}

// Running is a program that was started. Its methods are safe for concurrent use.
type Running struct {
	In   io.WriteCloser // the program's standard input
	Out  io.ReadCloser  // and its output
	kill func()
	wait func() error
}

// Kill kills the program and all that it started, and may be called again.
func (r *Running) Kill() { r.kill() }

// Wait returns when the program has ended and all that it started is killed. It is called once.
func (r *Running) Wait() error { return r.wait() }

// ProgramEnvironment is what a program of the person's own sees of the environment: what a worker's commands see, and
// the variables that are named in also. None of secrets is in it, whoever names it.
func ProgramEnvironment(environ, secrets, also []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(secrets, name) || !keeps(name) && name != "TMPDIR" && !slices.Contains(also, name)
	})
}

// find is the system's path of the program. A relative one is refused, since it could name a file of the workspace, and
// so are relative folders in PATH.
func (p Program) find() (string, error) {
	if len(p.Argv) == 0 || p.Argv[0] == "" {
		return "", errors.New("no program is named")
	}
	name := p.Argv[0]
	if filepath.IsAbs(name) {
		return exec.LookPath(name)
	}
	if filepath.Base(name) != name {
		return "", fmt.Errorf("the program %q: write its whole path, or its name alone where it is in PATH", name)
	}
	for _, kv := range p.Env {
		list, ok := strings.CutPrefix(kv, "PATH=")
		if !ok {
			continue
		}
		for _, dir := range filepath.SplitList(list) {
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil && filepath.IsAbs(path) {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("there is no program %q in PATH: install it, or write its whole path", name)
}
