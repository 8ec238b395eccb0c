package story

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// TestNeovimBare plays the story with what Neovim brings along, and no plugin.
func TestNeovimBare(t *testing.T) {
	t.Parallel()
	for _, version := range neovims {
		for _, f := range []face{embedded, inTerminal} {
			t.Run(fmt.Sprintf("%s, %s", version, f), func(t *testing.T) {
				t.Parallel()
				playBare(t, f, installed(t, version, "nvim"))
			})
		}
	}
}

// bareConfig starts the server where docs/editors.md says, and nothing else.
const bareConfig = `
vim.api.nvim_create_autocmd("FileType", {
  pattern = { "python", "yaml", "markdown" },
  callback = function(ev)
    vim.lsp.start({ name = "slop-ls", cmd = { "slop-ls" }, root_dir = vim.fs.root(ev.buf, ".git") })
  end,
})
`

const trackFile = scratch + ".track.yaml"

func playBare(t *testing.T, f face, path string) {
	s := newScene(t)
	n := f.start(s, path, bareConfig)
	n.attached()

	n.keys("/def total<CR>")
	n.act("Run ticket on this symbol")
	asked := s.waitAsked()
	n.holds("the review opens by itself", `vim.endswith(vim.api.nvim_buf_get_name(0), ...)`, asked+".md")
	n.attached()
	n.keys("/^What<CR>")
	t.Log(n.buffer(".md"))
	t.Log(n.screen())
}

// act chooses a code action at the cursor.
func (n *neovim) act(title string) {
	n.t.Helper()
	n.keys(":lua vim.lsp.buf.code_action()<CR>")
	n.choose(title)
}

// choose takes a line of a menu by its number, as the menu asks for it.
func (n *neovim) choose(title string) {
	n.t.Helper()
	n.prompted()
	line := regexp.MustCompile(`(?m)^ *(\d+): ` + regexp.QuoteMeta(title))
	var number string
	wait(n.t, "the menu offers "+title, func() (string, bool) {
		shown := n.screen()
		if m := line.FindStringSubmatch(shown); m != nil {
			number = m[1]
		}
		return shown, number != ""
	})
	n.keys(number + "<CR>")
	wait(n.t, "the menu is closed", func() (string, bool) {
		mode, blocked := n.mode()
		return fmt.Sprintf("mode %s, blocked %v%s", mode, blocked, n.screen()), !blocked && !strings.HasPrefix(mode, "c")
	})
}
