package story

import (
	"path/filepath"
	"strings"
	"testing"
)

// helixLanguages is Helix's configuration, as docs/editors.md has it.
const helixLanguages = `
[language-server.slop-ls]
command = "slop-ls"

[[language]]
name = "python"
language-servers = ["slop-ls"]

[[language]]
name = "yaml"
language-servers = ["slop-ls"]

[[language]]
name = "markdown"
language-servers = ["slop-ls"]
`

// TestHelix plays the story in Helix, which has no lenses and no plugins: all goes by code actions and documents.
func TestHelix(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	start := func() *helix { return startHelix(t, s) }
	h := start()

	h.keys("/def total<CR>")
	h.act("Run ticket on this symbol", "Run ticket on this symbol")
	h.shows("‹Write here what to do")
	h.keys("/^‹Write[^›]*›<CR>cadd the amounts up<Esc>")
	release := s.model.holdReplies()
	defer release()
	h.act("Approve as edited", "Approve as edited")
	s.model.heard(t, "add the amounts up")
	h.keys(":open " + sourceName + "<CR>")
	h.shows("def total")
	h.keys("geo" + mine + "<Esc>") // who types is not asked
	h.shows(mine)

	h.openTrack()
	h.act("Kill T1", "Open the transcript of T1")
	h.reloadUntil(firstWords)
	if screen := h.screen(); strings.Contains(screen, lastWords) {
		t.Fatalf("the stream is not held, so it was not watched:\n%s", screen)
	}
	release()
	h.reloadUntil(lastWords)
	s.waitTicket("T1", "in_progress", "awaiting-step")

	h.keys(":write-all<CR>:quit-all!<CR>")
	h.ended()
	s.waitTicket("T1", "in_progress", "awaiting-step")

	h = start()
	h.openTrack()
	h.act("Review", "Approve A2")
	s.waitTicket("T1", "completed", "")
	h.keys(":open " + sourceName + "<CR>")
	h.shows(after)

	h.openTrack()
	h.act("Undo T1", "Undo T1")
	s.waitTicket("T1", "todo", "")
	h.keys(":open " + sourceName + "<CR>")
	h.shows(before)
	h.keys(":write-all<CR>:quit-all!<CR>")
	h.ended()
	if got := s.onDisk(); got != source+"    "+mine+"\n" { // Helix indents a new line as the one above
		t.Errorf("after the undo the file holds\n%s", got)
	}
}

// helix is a running Helix.
type helix struct{ *terminal }

// startHelix starts Helix on the story's file, with the configuration of docs/editors.md.
func startHelix(t *testing.T, s *scene) *helix {
	t.Helper()
	path := installed(t, "helix", "hx")
	s.write(filepath.Join(s.home, "config", "helix", "languages.toml"), helixLanguages)
	h := &helix{startTerminal(t, s, path, sourceName)}
	h.escaped = func() { h.shows(" NOR ") }
	h.shows("def total")
	return h
}

// act chooses a code action at the cursor: a menu opens whose first line begins so, and the line of the title is taken.
func (h *helix) act(first, title string) {
	h.t.Helper()
	h.keys("<Space>a")
	wait(h.t, "the menu offers "+title, func() (string, bool) {
		screen := h.screen()
		// The server is not there yet, or is, and Helix, which asks it before it has told of the document, has not.
		if strings.Contains(screen, "No configured language server") || strings.Contains(screen, "No code actions available") {
			h.keys("<Space>a")
		}
		return screen, strings.Contains(screen, title)
	})
	lines := strings.Split(h.screen(), "\n")
	from, to := lineOf(lines, first), lineOf(lines, title)
	h.keys(strings.Repeat("<Down>", to-from) + "<CR>")
	wait(h.t, "the menu is closed", func() (string, bool) {
		screen := h.screen()
		return screen, !strings.Contains(screen, title)
	})
}

func lineOf(lines []string, part string) int {
	for i, l := range lines {
		if strings.Contains(l, part) {
			return i
		}
	}
	return -1
}

func (h *helix) openTrack() {
	h.t.Helper()
	h.keys(":open " + trackFile + "<CR>")
	h.shows("id: T1")
	h.keys("gg/id: T1<CR>")
}

// reloadUntil looks at the current file again and again, as a person does, until the screen shows a text.
func (h *helix) reloadUntil(text string) {
	h.t.Helper()
	wait(h.t, "the screen shows "+text, func() (string, bool) {
		h.keys(":reload<CR>")
		screen := h.screen()
		return screen, strings.Contains(strings.Join(strings.Fields(screen), " "), text)
	})
}
