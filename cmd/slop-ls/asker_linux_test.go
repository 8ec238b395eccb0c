package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/scripted"
)

// TestRunAsksOnATerminal runs a track on a real pseudo-terminal: each answer is typed when it is asked for, what is no
// clear yes asks again, and an editor has the terminal for itself.
func TestRunAsksOnATerminal(t *testing.T) {
	t.Parallel()
	const hidden = "nothing \u202e here"
	for _, test := range []struct {
		name    string
		about   string // the ticket's description
		typed   []string
		status  int
		shows   []string
		written bool
	}{
		{"yes after all", hidden, []string{"maybe", "", "yes please", "v", "y"}, exitDone, []string{"nothing ⟨U+202E⟩ here", "approved by person (terminal)"}, true},
		{"no, with a reason", hidden, []string{"n too vague"}, exitFailed, []string{"rejected by person (terminal): too vague", "an approval was refused"}, false},
		{"edited", hidden, []string{"e"}, exitDone, []string{"approved, edited by person (terminal)"}, true},
		{"an instruction to be written", engine.ToBeWritten("F"), []string{"y", "e"}, exitDone, []string{"it has no instruction yet: e opens", "approved, edited by person (terminal)"}, true},
		{"the terminal goes away", hidden, []string{"\x04"}, exitDenied, []string{"nobody was there to approve"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			output, status := runOnTerminal(t, root, test.about, test.typed)
			if status != test.status {
				t.Errorf("exit status %d, want %d", status, test.status)
			}
			for _, want := range test.shows {
				if !strings.Contains(output, want) {
					t.Errorf("nothing says %q", want)
				}
			}
			if _, err := os.Stat(filepath.Join(root, "hello.txt")); (err == nil) != test.written {
				t.Errorf("hello.txt: %v, want it written: %v", err, test.written)
			}
			if t.Failed() {
				t.Log(output)
			}
		})
	}
}

// runOnTerminal runs a track of one ticket on a terminal and types a line at each prompt.
func runOnTerminal(t *testing.T, root, description string, typed []string) (output string, status int) {
	t.Helper()
	server, err := scripted.Start(scripted.Script{Rules: []scripted.Rule{
		{Turn: scripted.At(0), Reply: calls("", "write_file", map[string]any{"path": "hello.txt", "content": "hello\n"})},
		{Reply: says("It is there.")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	write(t, filepath.Join(root, ".slop", "tracks", "work.track.yaml"),
		"title: work\ntickets:\n  - id: T1\n    description: "+strconv.Quote(description)+"\n")
	own := t.TempDir()
	write(t, filepath.Join(own, "config.toml"), modelConfig(server.URL()))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	master, slave := openTerminal(t)
	cmd := exec.CommandContext(t.Context(), self, "run", "work", "--root", root, "--config", filepath.Join(own, "config.toml"))
	cmd.Args[0] = "slop-ls" // testscript's Main runs what it is called as
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+own, "EDITOR=sed -i 's/nothing/something/; s/^‹.*›/something/'")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := slave.Close(); err != nil {
		t.Fatal(err)
	}
	output = converse(t, master, typed)
	_ = cmd.Wait()
	return output, cmd.ProcessState.ExitCode()
}

// converse types the next line whenever a prompt is shown, and reads until the program has gone.
func converse(t *testing.T, master *os.File, typed []string) string {
	t.Helper()
	var all bytes.Buffer
	seen := 0
	chunk := make([]byte, 4096)
	for {
		n, err := master.Read(chunk)
		all.Write(chunk[:n])
		if err != nil {
			return all.String() // EIO: the other side is closed
		}
		if len(typed) > 0 && bytes.HasSuffix(all.Bytes()[seen:], []byte(" > ")) {
			seen = all.Len()
			if _, err := fmt.Fprint(master, typed[0]+"\n"); err != nil {
				t.Fatal(err)
			}
			typed = typed[1:]
		}
	}
}

func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { _ = master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
