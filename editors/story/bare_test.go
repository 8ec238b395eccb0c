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
    vim.lsp.start({ name = "slop-ls", cmd = { "slop-ls" }, root_dir = vim.fs.root(ev.buf, ".git") or vim.fn.getcwd() })
  end,
})
`

// mine is what the person types into the file meanwhile.
const mine = "# typed while it streamed"

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
	n.keys("/^‹Write<CR>ccadd the amounts up<Esc>")
	release := s.model.holdReplies()
	defer release()
	n.act("Approve as edited")
	s.model.heard(t, "add the amounts up")
	n.keys(":edit " + sourceName + "<CR>")
	n.keys("Go" + mine + "<Esc>") // who types is not asked
	n.bufferHolds(sourceName, mine)

	n.openTrack()
	n.act("Open the transcript of T1")
	n.holds("the transcript is open", `vim.api.nvim_buf_get_name(0):find("transcript", 1, true)`)
	n.reloadUntil(firstWords)
	if text := n.buffer(".md"); strings.Contains(text, lastWords) {
		t.Fatalf("the stream is not held, so it was not watched:\n%s", text)
	}
	release()
	n.reloadUntil(lastWords)
	s.waitTicket("T1", "in_progress", "awaiting-step")

	n.keys("<Esc>:wall<CR>")
	n.quit()
	s.waitTicket("T1", "in_progress", "awaiting-step")

	n = f.start(s, path, bareConfig)
	n.attached()
	n.keys(":lua vim.lsp.buf.hover()<CR>")
	n.keys(":edit " + trackFile + "<CR>")
	n.choose("Approve") // who comes to the track is asked what waits there
	n.bufferHolds(sourceName, after)
	s.waitTicket("T1", "completed", "")
	n.holds("the end of the track is told", `vim.api.nvim_exec2("messages", { output = true }).output:find("Scratch is done", 1, true)`)

	n.openTrack()
	n.act("Undo T1")
	n.bufferHolds(sourceName, before)
	s.waitTicket("T1", "todo", "")
	if got := n.buffer(sourceName); got != source+mine+"\n" {
		t.Errorf("after the undo the buffer holds\n%s", got)
	}
	n.quit()
}

// openTrack opens the track's document at its ticket.
func (n *neovim) openTrack() {
	n.t.Helper()
	n.keys(":edit " + trackFile + "<CR>")
	n.attached()
	n.keys("gg/id: T1<CR>")
}

// reloadUntil looks at the current file again and again, as a person does, until it holds a text.
func (n *neovim) reloadUntil(text string) {
	n.t.Helper()
	name := lua[string](n, `return vim.api.nvim_buf_get_name(0)`)
	wait(n.t, name+" holds "+text, func() (string, bool) {
		n.keys(":edit<CR>")
		got := n.buffer(name)
		return got, strings.Contains(got, text)
	})
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
	line := regexp.MustCompile(`(?m)^ *(\d+)[:.] ` + regexp.QuoteMeta(title))
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
		if strings.HasPrefix(mode, "r") { // a message came while Neovim's own menu was open: it asks for a key after it
			n.keys("<CR>")
		}
		return fmt.Sprintf("mode %s, blocked %v%s", mode, blocked, n.screen()), !blocked && !strings.HasPrefix(mode, "c")
	})
}
