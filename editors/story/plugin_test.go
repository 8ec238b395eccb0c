package story

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestNeovimPlugin plays the story with our plugin, which is on the runtime path and not configured.
func TestNeovimPlugin(t *testing.T) {
	t.Parallel()
	for _, version := range neovims {
		for _, f := range []face{embedded, inTerminal} {
			t.Run(fmt.Sprintf("%s, %s", version, f), func(t *testing.T) {
				t.Parallel()
				playWithPlugin(t, f, installed(t, version, "nvim"))
			})
		}
	}
}

// pluginConfig is all that a person with the plugin has in their configuration.
func pluginConfig(t *testing.T) string {
	t.Helper()
	plugin, err := filepath.Abs("../neovim")
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("vim.opt.runtimepath:prepend(%q)\n", plugin)
}

func playWithPlugin(t *testing.T, f face, path string) {
	s := newScene(t)
	n := f.start(s, path, pluginConfig(t))
	n.attached()

	n.keys("/def total<CR>")
	n.keys(":Slop here add the amounts up<CR>")
	asked := s.waitAsked()
	n.holds("the notice says what waits", `#require("slop.state").of(vim.lsp.get_clients({ name = "slop-ls" })[1].id).asked == 1`)
	n.reviewByPlugin(asked)
	n.keys("/^add the amounts up<CR>A and keep it short<Esc>")
	release := s.model.holdReplies()
	defer release()
	n.keys(":Slop approve<CR>")
	s.model.heard(t, "add the amounts up and keep it short")

	n.holds("the review has given way", `vim.endswith(vim.api.nvim_buf_get_name(0), ...)`, sourceName)

	n.keys(":Slop watch T1<CR>")
	n.bufferHolds("/T1", firstWords)
	if text := n.buffer("/T1"); strings.Contains(text, lastWords) {
		t.Fatalf("the stream is not held, so it was not watched:\n%s", text)
	}
	release()
	n.bufferHolds("/T1", lastWords)
	s.waitTicket("T1", "in_progress", "awaiting-step")

	n.quit()
	s.waitTicket("T1", "in_progress", "awaiting-step")

	n = f.start(s, path, pluginConfig(t))
	n.attached()
	n.holds("what waited still waits", `require("slop").waiting() == 1`)
	n.shows("T1: awaiting-step") // a hint at the symbol
	n.keys(":Slop approve<CR>")
	n.bufferHolds(sourceName, after)
	s.waitTicket("T1", "completed", "")
	wait(t, "the hint is gone with the ticket", func() (string, bool) { screen := n.screen(); return screen, !strings.Contains(screen, "T1:") })

	n.keys(":Slop compare T1<CR>")
	n.holds("both sides stand in diff mode", `#vim.api.nvim_tabpage_list_wins(0) == 2 and vim.wo.diff and
		table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n"):find(..., 1, true)`, after)
	n.keys(":tabclose<CR>")

	n.keys(":Slop undo T1<CR>")
	n.bufferHolds(sourceName, before)
	s.waitTicket("T1", "todo", "")
	if got := n.buffer(sourceName); got != source {
		t.Errorf("after the undo the buffer holds\n%s", got)
	}
	n.quit()
}

// reviewByPlugin opens the Review… document of an approval from the menu, and waits until the cursor is in it.
func (n *neovim) reviewByPlugin(id string) {
	n.t.Helper()
	n.keys(":Slop approvals<CR>")
	n.prompted()
	n.keys("1<CR>")
	n.holds("the review is open", `vim.endswith(vim.api.nvim_buf_get_name(0), ...)`, id+".md")
}
