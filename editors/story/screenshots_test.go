package story

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// screenshotsVariable names the folder into which the pictures of the plugin's views go.
const screenshotsVariable = "SLOP_LS_SCREENSHOTS"

// maxPicture bounds a picture, in bytes: they are kept with the sources.
const maxPicture = 60_000

// sumsTrack is a track in whose middle the pictures are taken.
const sumsTrack = `title: Sums that add up
goal: The total is right, and says what it is a total of.
tickets:
  - id: T1
    description: Add the amounts up
    target_file: total.py
    target_symbols: [total]
  - id: T2
    description: Greet politely in the evening, too
    target_file: total.py
    target_symbols: [greet]
    depends_on: [T1]
  - id: T3
    description: Print the total with a greeting
    target_file: total.py
    depends_on: [T1, T2]
`

// TestNeovimScreenshots takes pictures of the plugin's views in a terminal, for docs/screenshots.
func TestNeovimScreenshots(t *testing.T) {
	folder := os.Getenv(screenshotsVariable)
	if folder == "" {
		t.Skipf("%s is not set: `make screenshots` sets it", screenshotsVariable)
	}
	s := newScene(t)
	s.write(filepath.Join(s.root, trackFile), sumsTrack)
	s.command("git", "add", ".")
	s.command("git", "commit", "-qm", "a track")
	path := installed(t, "neovim-next", "nvim")
	parsers := filepath.Join(filepath.Dir(path), "usr", "lib", "nvim") // where Debian has them, below the folder it was unpacked to
	n := inTerminal.start(s, path, pluginConfig(t)+fmt.Sprintf(pictureConfig, parsers))
	n.attached()
	n.term.high(26)
	shoot := func(view, shows string) {
		t.Helper()
		n.term.shows(shows)
		picture := drawn(cells(n.term.captured(s)))
		if len(picture) > maxPicture {
			t.Errorf("the picture of %s has %d bytes, more than %d", view, len(picture), maxPicture)
		}
		s.write(filepath.Join(folder, "neovim-"+view+".svg"), picture)
	}
	takePictures(s, n, shoot)
	n.quit()
}

// pictureConfig is how Neovim looks in the pictures: as it comes, with lenses and hints as dark as comments.
const pictureConfig = `
vim.opt.runtimepath:append(%q)
vim.o.termguicolors = true
for _, name in ipairs({ "LspCodeLens", "LspCodeLensSeparator", "LspInlayHint" }) do
  vim.api.nvim_set_hl(0, name, { link = "Comment" })
end
`

// high makes the terminal so many rows high.
func (term *terminal) high(rows int) {
	term.t.Helper()
	term.run(nil, "resize-window", "-x", strconv.Itoa(columns), "-y", strconv.Itoa(rows))
}

func takePictures(s *scene, n *neovim, shoot func(view, shows string)) {
	n.keys(":Slop run scratch<CR>")
	asked := s.waitAsked()
	n.holds("the notice says what waits", `#require("slop.state").of(vim.lsp.get_clients({ name = "slop-ls" })[1].id).asked == 1`)
	n.shows("Approve A1")
	n.keys(":Slop approvals<CR>")
	n.prompted()
	shoot("approval", "Type number")
	n.keys("1<CR>")
	n.holds("the review is open", `vim.endswith(vim.api.nvim_buf_get_name(0), ...)`, asked+".md")
	shoot("review", "Approve as edited")

	release := s.model.holdReplies()
	defer release()
	n.keys(":Slop approve<CR>")
	n.keys(":edit " + trackFile + "<CR>")
	n.attached()
	n.term.shows("Kill T1 (thinking")
	n.keys(":Slop watch T1<CR>")
	n.bufferHolds("/T1", firstWords)
	shoot("stream", firstWords)
	release()
	s.waitTicket("T1", "in_progress", "awaiting-step")

	n.keys(":close<CR>")
	shoot("track", "Approve")
	n.keys(":Slop<CR>")
	shoot("board", "? A2")
	n.keys("q:edit total.py<CR>:Slop approve<CR>")
	s.waitTicket("T1", "completed", "")
	n.keys(":Slop compare T1<CR>")
	shoot("diff", "total.py · after")
	n.keys(":tabclose<CR>:Slop transcript T1<CR>")
	n.holds("the transcript is open", `vim.api.nvim_buf_get_name(0):find("T1", 1, true)`)
	n.keys(":only<CR>/overwritten<CR>kkzt:nohlsearch<CR>")
	shoot("transcript", firstWords)
	n.term.high(rows)
	n.keys(":checkhealth slop<CR>")
	shoot("health", "Clients")
}

// captured is what the terminal shows with its colours. The scene's folder is called as a person's, in as many characters.
func (term *terminal) captured(s *scene) string {
	term.t.Helper()
	out, err := exec.Command("tmux", "-S", term.socket, "capture-pane", "-e", "-N", "-p").Output()
	if err != nil {
		term.t.Fatal(err)
	}
	own := filepath.Dir(s.root)
	const persons = "~/projects/adding-up"
	named := persons[:min(len(own), len(persons))]
	return strings.NewReplacer(own+"/home/", named+"/.xdg/", own, named).Replace(string(out))
}
