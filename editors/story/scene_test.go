package story

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/lsp/wire"
)

// scene is a repository with a function to be mended, models to do it, and a person's environment.
type scene struct {
	t     *testing.T
	root  string // the repository
	home  string
	env   []string
	model *model
}

// The file that the story is about, before and after.
const (
	sourceName = "total.py"
	before     = "result = amount"
	after      = "result += amount"
	source     = `"""Adding up."""


def total(amounts):
    """The sum of the amounts."""
    result = 0
    for amount in amounts:
        result = amount
    return result


def greet(name):
    """Be polite."""
    return "Hello, " + name
`
)

// scratch is the track of tickets that are run on a symbol.
const scratch = ".slop/tracks/scratch"

// newScene makes a scene of its own. Its folder has a short name, since sockets lie in it.
func newScene(t *testing.T) *scene {
	t.Helper()
	dir, err := os.MkdirTemp("", "story-") //nolint:usetesting // t.TempDir() has a long name
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &scene{t: t, root: filepath.Join(dir, "repo"), home: filepath.Join(dir, "home")}
	s.model = startModel(t)
	s.write(filepath.Join(s.home, "config", "slop-ls", "config.toml"), s.model.config())
	s.write(filepath.Join(s.home, ".gitconfig"), "[user]\nname = P\nemail = p@example.org\n[init]\ndefaultBranch = main\n")
	s.write(filepath.Join(s.root, sourceName), source)
	s.env = append(withoutOwn(os.Environ()),
		"HOME="+s.home, "XDG_CONFIG_HOME="+s.home+"/config", "XDG_STATE_HOME="+s.home+"/state", "XDG_RUNTIME_DIR="+s.home+"/run",
		"XDG_DATA_HOME="+s.home+"/data", "XDG_CACHE_HOME="+s.home+"/cache", "PATH="+program+":"+os.Getenv("PATH"),
		"TERM=xterm-256color", "LANG=C.UTF-8", "SHELL=/bin/sh")
	s.write(filepath.Join(s.home, "run", ".keep"), "")
	if err := os.Chmod(filepath.Join(s.home, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"commit", "-qm", "start"}} {
		s.command("git", args...)
	}
	t.Cleanup(s.stopDaemon)
	return s
}

// withoutOwn is an environment without what these tests set, and without what an editor or a terminal would take from
// the one that they run in.
func withoutOwn(environ []string) []string {
	var out []string
	for _, v := range environ {
		name, _, _ := strings.Cut(v, "=")
		switch {
		case strings.HasPrefix(name, "XDG_"), strings.HasPrefix(name, "TMUX"), strings.HasPrefix(name, "VIM"), strings.HasPrefix(name, "NVIM"):
		case name == "HOME", name == "PATH", name == "TERM", name == "LANG", name == "SHELL", name == "COLORTERM", name == "DISPLAY":
		default:
			out = append(out, v)
		}
	}
	return out
}

func (s *scene) write(path, text string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// command runs a program in the repository and wants it to do its work.
func (s *scene) command(name string, args ...string) string {
	s.t.Helper()
	out, err := s.try(name, args...)
	if err != nil {
		s.t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
	return out
}

func (s *scene) try(name string, args ...string) (string, error) {
	out, err := s.program(name, args...).Output()
	return string(out), err
}

// beside runs a program in the repository until the test ends.
func (s *scene) beside(name string, args ...string) {
	s.t.Helper()
	cmd := s.program(name, args...)
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

func (s *scene) program(name string, args ...string) *exec.Cmd {
	if name == "slop-ls" {
		name = filepath.Join(program, name)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = s.root, s.env
	return cmd
}

// stopDaemon ends the daemon, whatever it does.
func (s *scene) stopDaemon() {
	if out, err := s.try("slop-ls", "daemon", "stop"); err != nil {
		s.t.Logf("daemon stop: %v: %s", err, out)
	}
}

// ticket is how the store has a ticket of the scratch track; nil where it has none.
func (s *scene) ticket(id string) *wire.Ticket {
	out, err := s.try("slop-ls", "track", "show", scratch, "--json")
	var track wire.Track
	if err != nil || json.Unmarshal([]byte(out), &track) != nil {
		return nil // there is no such track yet
	}
	for _, t := range track.Tickets {
		if t.ID == id {
			return &t
		}
	}
	return nil
}

// waitTicket waits until the store has a ticket with a status and, where it is not "", a phase.
func (s *scene) waitTicket(id, status, phase string) {
	s.t.Helper()
	wait(s.t, fmt.Sprintf("%s is %s %s", id, status, phase), func() (string, bool) {
		t := s.ticket(id)
		if t == nil {
			return "there is no such ticket", false
		}
		return fmt.Sprintf("it is %s %s %s", t.Status, t.Phase, t.Reason), t.Status == status && (phase == "" || t.Phase == phase)
	})
}

// asked are the ids of the approvals that wait.
func (s *scene) asked() []string {
	out, err := s.try("slop-ls", "approve", "list", "--json")
	if err != nil {
		return nil
	}
	var ids []string
	for line := range strings.Lines(out) {
		var a wire.Approval
		if json.Unmarshal([]byte(line), &a) == nil && a.ID != "" {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// waitAsked waits until exactly one approval waits, and says which.
func (s *scene) waitAsked() string {
	s.t.Helper()
	var id string
	wait(s.t, "one approval waits", func() (string, bool) {
		ids := s.asked()
		if len(ids) == 1 {
			id = ids[0]
		}
		return fmt.Sprint(ids), len(ids) == 1
	})
	return id
}

// onDisk is the story's file as the disk has it.
func (s *scene) onDisk() string {
	s.t.Helper()
	data, err := os.ReadFile(filepath.Join(s.root, sourceName))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(data)
}

// patience bounds every wait. It is spent only by a test that fails.
const patience = 60 * time.Second

// wait waits for a condition; where it never holds, the test fails with how things stood last.
func wait(t *testing.T, what string, met func() (stand string, ok bool)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		stand, ok := met()
		if ok {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not met: %s\nlast: %s", what, stand)
		}
	}
}
