package story

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/neovim/go-client/nvim"
)

// neovims are the versions that .ci/editors installs, by their folders.
var neovims = []string{"neovim-stable", "neovim-next"}

// neovim is a running Neovim: a person's keys go in, and the test looks into it from behind.
type neovim struct {
	t     *testing.T
	v     *nvim.Nvim
	term  *terminal // nil where it is embedded
	drawn *screen   // nil where it is in a terminal
}

// face is how a Neovim is run.
type face string

const (
	embedded   face = "embedded"    // by another program, which shows its screen
	inTerminal face = "in terminal" // as people do
)

// start starts a Neovim with a configuration on the story's file.
func (f face) start(s *scene, path, config string) *neovim {
	s.t.Helper()
	init := filepath.Join(s.home, "init.lua")
	s.write(init, config)
	args := []string{"-u", init, "-i", "NONE", "-n", sourceName}
	if f == embedded {
		return embed(s, path, args)
	}
	socket := filepath.Join(s.t.TempDir(), "nvim")
	n := &neovim{t: s.t}
	n.term = startTerminal(s.t, s, path, append([]string{"--listen", socket}, args...)...)
	wait(s.t, "Neovim listens", func() (string, bool) {
		v, err := nvim.Dial(socket, nvim.DialLogf(s.t.Logf))
		n.v = v
		return fmt.Sprint(err) + n.screen(), err == nil
	})
	s.t.Cleanup(func() { _ = n.v.Close() })
	n.term.escaped = func() {
		wait(n.t, "<Esc> was taken", func() (string, bool) {
			mode, blocked := n.mode()
			return "mode " + mode + n.screen(), mode == "n" || blocked
		})
	}
	return n
}

func embed(s *scene, path string, args []string) *neovim {
	s.t.Helper()
	v, err := nvim.NewChildProcess(
		nvim.ChildProcessCommand(path), nvim.ChildProcessArgs(append([]string{"--embed"}, args...)...),
		nvim.ChildProcessEnv(s.env), nvim.ChildProcessDir(s.root), nvim.ChildProcessLogf(s.t.Logf))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = v.Close() })
	drawn := &screen{}
	if err := v.RegisterHandler("redraw", drawn.redraw); err != nil {
		s.t.Fatal(err)
	}
	if err := v.AttachUI(columns, rows, map[string]any{"rgb": true, "ext_linegrid": true}); err != nil {
		s.t.Fatal(err)
	}
	return &neovim{t: s.t, v: v, drawn: drawn}
}

// keys presses keys, as a person does.
func (n *neovim) keys(keys string) {
	n.t.Helper()
	if n.term != nil {
		n.term.keys(keys)
		return
	}
	if written, err := n.v.Input(strings.ReplaceAll(keys, "\n", "<CR>")); err != nil || written == 0 {
		n.t.Fatalf("typing %q: %d bytes, %v", keys, written, err)
	}
}

// screen is what a person sees of it.
func (n *neovim) screen() string {
	if n.term == nil {
		return "\n" + n.drawn.text()
	}
	return "\n" + n.term.screen()
}

// shows waits until a person sees a text.
func (n *neovim) shows(text string) {
	n.t.Helper()
	wait(n.t, "the screen shows "+text, func() (string, bool) { screen := n.screen(); return screen, strings.Contains(screen, text) })
}

// mode is Neovim's mode, and whether it waits for an answer of the person and does nothing else.
func (n *neovim) mode() (mode string, blocked bool) {
	n.t.Helper()
	m, err := n.v.Mode()
	if err != nil {
		n.t.Fatal(err)
	}
	return m.Mode, m.Blocking
}

// prompted waits until a menu or a question takes the keys.
func (n *neovim) prompted() {
	n.t.Helper()
	wait(n.t, "a menu is open", func() (string, bool) {
		mode, blocked := n.mode()
		return fmt.Sprintf("mode %s, blocked %v", mode, blocked), mode == "c" || blocked
	})
}

// lua asks Neovim for a value. It must not be blocked.
func lua[T any](n *neovim, code string, args ...any) T {
	n.t.Helper()
	var result T
	done := make(chan error, 1)
	go func() { done <- n.v.ExecLua(code, &result, args...) }()
	select {
	case err := <-done:
		if err != nil {
			n.t.Fatalf("%s: %v", code, err)
		}
	case <-time.After(patience):
		mode, blocked := n.mode()
		n.t.Fatalf("Neovim does not answer: mode %s, blocked %v\n%s%s", mode, blocked, code, n.screen())
	}
	return result
}

// holds waits until a Lua expression is true.
func (n *neovim) holds(what, expression string, args ...any) {
	n.t.Helper()
	wait(n.t, what, func() (string, bool) {
		if mode, blocked := n.mode(); blocked {
			return "Neovim is blocked in mode " + mode, false
		}
		ok := lua[bool](n, "return ("+expression+") and true or false", args...)
		if ok {
			return "", true
		}
		return lua[string](n, `local out = { vim.api.nvim_exec2("messages", { output = true }).output }
for _, w in ipairs(vim.api.nvim_list_wins()) do
  local b = vim.api.nvim_win_get_buf(w)
  out[#out + 1] = "--- " .. vim.api.nvim_buf_get_name(b)
  vim.list_extend(out, vim.api.nvim_buf_get_lines(b, 0, 60, false))
end
return table.concat(out, "\n")`), false
	})
}

// buffer is the text of the buffer of a file, or of the one whose name ends so.
func (n *neovim) buffer(name string) string {
	n.t.Helper()
	return lua[string](n, `for _, b in ipairs(vim.api.nvim_list_bufs()) do
  if vim.endswith(vim.api.nvim_buf_get_name(b), ...) then
    return table.concat(vim.api.nvim_buf_get_lines(b, 0, -1, false), "\n") .. "\n"
  end
end
return ""`, name)
}

// bufferHolds waits until a buffer holds a text.
func (n *neovim) bufferHolds(name, text string) {
	n.t.Helper()
	wait(n.t, name+" holds "+text, func() (string, bool) {
		got := n.buffer(name)
		return got, strings.Contains(got, text)
	})
}

// quit closes Neovim as a person does who wants to leave at once.
func (n *neovim) quit() {
	n.t.Helper()
	n.keys("<Esc>:qa!<CR>")
	if n.term != nil {
		n.term.ended()
		return
	}
	wait(n.t, "Neovim has ended", func() (string, bool) {
		_, err := n.v.Mode()
		return "it answers", err != nil
	})
}

// attached waits until the server serves the current buffer.
func (n *neovim) attached() {
	n.t.Helper()
	n.holds("the server is attached", `#vim.lsp.get_clients({ name = "slop-ls", bufnr = 0 }) > 0 and vim.lsp.get_clients({ name = "slop-ls" })[1].initialized`)
}
