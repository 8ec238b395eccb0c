package story

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// terminal is a terminal of its own with one program in it.
type terminal struct {
	t       *testing.T
	socket  string
	escaped func() // waits until <Esc> was taken: a key that follows at once would be taken as one with Alt
}

// size of every terminal, in characters.
const columns, rows = 110, 34

// startTerminal runs a program in a terminal until the test ends, or the program.
func startTerminal(t *testing.T, s *scene, program string, args ...string) *terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Fatal("tmux is missing: .ci/editors installs it")
	}
	term := &terminal{t: t, socket: filepath.Join(t.TempDir(), "tmux")}
	line := []string{"new-session", "-d", "-x", strconv.Itoa(columns), "-y", strconv.Itoa(rows), program}
	term.run(s, append(line, args...)...)
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", term.socket, "kill-server").Run() }) // it may have ended by itself
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the terminal shows\n%s", term.screen())
		}
	})
	return term
}

func (term *terminal) run(s *scene, args ...string) {
	term.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-S", term.socket, "-f", "/dev/null"}, args...)...)
	if s != nil {
		cmd.Env, cmd.Dir = s.env, s.root
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		term.t.Fatalf("tmux %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// tmuxKeys are the names of keys in tmux by those in Neovim, which these tests write.
var tmuxKeys = map[string]string{
	"CR": "Enter", "Esc": "Escape", "Space": "Space", "Down": "Down",
	"M-x": "M-x", "M-gt": "M->", "M-lt": "M-<", "C-a": "C-a", "C-c": "C-c", "C-f": "C-f", "C-g": "C-g", "C-k": "C-k", "C-s": "C-s", "C-x": "C-x",
}

// keys presses keys: those in angle brackets by their name, all others as they are.
func (term *terminal) keys(keys string) {
	term.t.Helper()
	for keys != "" {
		plain, rest, named := strings.Cut(keys, "<")
		if plain != "" {
			term.run(nil, "send-keys", "-l", plain)
		}
		if !named {
			return
		}
		name, after, _ := strings.Cut(rest, ">")
		key, ok := tmuxKeys[name]
		if !ok {
			term.t.Fatalf("tmuxKeys has no <%s>", name)
		}
		term.run(nil, "send-keys", key)
		if key == "Escape" && term.escaped != nil {
			term.escaped()
		}
		keys = after
	}
}

// screen is what the terminal shows; "" once the program has ended.
func (term *terminal) screen() string {
	out, err := exec.Command("tmux", "-S", term.socket, "capture-pane", "-p").Output()
	if err != nil {
		return ""
	}
	return string(out)
}

// shows waits until the screen shows a text.
func (term *terminal) shows(text string) {
	term.t.Helper()
	wait(term.t, "the screen shows "+text, func() (string, bool) {
		screen := term.screen()
		return "\n" + screen, strings.Contains(screen, text)
	})
}

// ended waits until the program has ended.
func (term *terminal) ended() {
	term.t.Helper()
	wait(term.t, "the editor has ended", func() (string, bool) {
		err := exec.Command("tmux", "-S", term.socket, "has-session").Run()
		return term.screen(), err != nil
	})
}
