package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// program is slop-ls with failpoints and without -race, built once for the tests that start it again and again.
var program func() (path string, err error)

// withProgram runs the tests and removes what was built for them.
type withProgram struct{ *testing.M }

func (m withProgram) Run() int {
	dir, err := os.MkdirTemp("", "slop-ls-program-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	program = sync.OnceValues(func() (string, error) {
		path := filepath.Join(dir, "slop-ls")
		output, err := exec.Command("go", "build", "-tags", "failpoints", "-o", path, ".").CombinedOutput()
		if err != nil {
			err = fmt.Errorf("building slop-ls: %w: %s", err, output)
		}
		return path, err
	})
	return m.M.Run()
}

// builtProgram is the path of the program.
func builtProgram(t *testing.T) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
