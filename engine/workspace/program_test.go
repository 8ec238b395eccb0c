//go:build unix

package workspace_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine/workspace"
)

// TestStartProgram: a program is talked to over its pipes, and killed with what it started.
func TestStartProgram(t *testing.T) {
	t.Parallel()
	p, err := workspace.StartProgram(workspace.Program{
		Argv: []string{"sh", "-c", `sleep 1000 & echo $!; cat`}, Dir: t.TempDir(), Env: os.Environ(),
	})
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(p.Out)
	line, err := out.ReadString('\n')
	child, bad := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || bad != nil {
		t.Fatalf("the child is %q, %v", line, err)
	}
	if _, err := io.WriteString(p.In, "hello\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := out.ReadString('\n'); line != "hello\n" || err != nil {
		t.Errorf("it said %q, %v", line, err)
	}
	p.Kill()
	p.Kill()
	if err := p.Wait(); err == nil {
		t.Error("a killed program ended well")
	}
	for deadline := time.Now().Add(10 * time.Second); !errors.Is(syscall.Kill(child, 0), syscall.ESRCH); {
		if state, _ := os.ReadFile("/proc/" + strconv.Itoa(child) + "/stat"); strings.Contains(string(state), ") Z ") {
			break // dead, and not yet waited for by init
		}
		if time.Now().After(deadline) {
			t.Fatal("the program's child lives on")
		}
		time.Sleep(time.Millisecond)
	}
	if _, err := io.ReadAll(p.Out); err != nil {
		t.Errorf("the rest of its output: %v", err)
	}
}

func TestStartProgramRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "evil"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, p := range []workspace.Program{
		{Argv: nil},
		{Argv: []string{""}},
		{Argv: []string{"./evil"}},
		{Argv: []string{"evil"}, Env: []string{"PATH=.:"}},
		{Argv: []string{"no-such-program-anywhere"}, Env: os.Environ()},
		{Argv: []string{"/nowhere/x"}},
	} {
		p.Dir = dir
		if r, err := workspace.StartProgram(p); err == nil {
			r.Kill()
			t.Errorf("%q was started", p.Argv)
		}
	}
}

func TestProgramEnvironment(t *testing.T) {
	t.Parallel()
	environ := []string{"PATH=/bin", "HOME=/h", "OPENAI_API_KEY=k", "DOCS_TOKEN=t", "OTHER=o", "TMPDIR=/x"}
	got := workspace.ProgramEnvironment(environ, []string{"OPENAI_API_KEY"}, []string{"DOCS_TOKEN", "OPENAI_API_KEY"})
	if want := []string{"PATH=/bin", "HOME=/h", "DOCS_TOKEN=t", "TMPDIR=/x"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
