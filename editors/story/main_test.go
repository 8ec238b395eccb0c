package story

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// editorsVariable names the folder with the editors, as .ci/editors installs them: a folder for each, with its program.
const editorsVariable = "SLOP_LS_EDITORS"

// program is the folder of slop-ls as it was built for these tests; "" where there are no editors to test it with.
var program string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if os.Getenv(editorsVariable) == "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "slop-ls-story-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	program = dir
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "slop-ls"), "github.com/slop-ls/slop-ls/cmd/slop-ls")
	if output, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building slop-ls: %v: %s\n", err, output)
		return 1
	}
	return m.Run()
}

// installed is the program of an editor. Where it could not be installed the test says so, and is skipped.
func installed(t *testing.T, editor, name string) string {
	t.Helper()
	dir := os.Getenv(editorsVariable)
	if dir == "" {
		t.Skipf("%s is not set: `make editors` installs the editors and runs this", editorsVariable)
	}
	if why, err := os.ReadFile(filepath.Join(dir, editor, "missing")); err == nil {
		t.Skipf("NOT TESTED: %s cannot be had here: %s", editor, why)
	}
	path := filepath.Join(dir, editor, name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is not where .ci/editors installs it: %v", editor, err)
	}
	return path
}
