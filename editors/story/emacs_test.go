package story

import (
	"path/filepath"
	"strings"
	"testing"
)

// emacsInit is Emacs's configuration, as docs/editors.md has it.
const emacsInit = `
(require 'eglot)
(define-derived-mode slop-mode text-mode "Slop" "Tracks, and what slop-ls has to be read.")
(add-to-list 'auto-mode-alist '("\\.track\\.ya?ml\\'" . slop-mode))
(add-to-list 'auto-mode-alist '("/slop-ls/.*\\.md\\'" . slop-mode))
(add-to-list 'eglot-server-programs '((python-mode slop-mode) . ("slop-ls")))
(add-hook 'python-mode-hook 'eglot-ensure)
(add-hook 'slop-mode-hook 'eglot-ensure)
(global-auto-revert-mode 1)
`

// quietInit leaves out of Emacs what would disturb a test: questions that have nothing to do with the server.
const quietInit = `
(setq inhibit-startup-screen t make-backup-files nil create-lockfiles nil confirm-kill-processes nil use-short-answers t
      auto-save-default nil)
`

// TestEmacs plays the story in Emacs with eglot, both as they come.
func TestEmacs(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	start := func() *emacs { return startEmacs(t, s) }
	e := start()

	e.keys("<C-s>def total<CR>")
	e.act("Run ticket on this symbol")
	e.shows("A1.md")
	e.shows("‹Write here what to do")
	e.keys("<M-x>re-search-forward<CR>^‹Write<CR><C-a><C-k>add the amounts up")
	release := s.model.holdReplies()
	defer release()
	e.act("Approve as edited")
	s.model.heard(t, "add the amounts up")
	e.visit(sourceName)
	e.keys("<M-gt>" + mine + "<CR><C-x><C-s>") // who types is not asked
	s.waitSaved(e.terminal, mine)

	e.openTrack()
	e.act("Open the transcript of T1")
	e.shows(firstWords)
	e.keys("<C-x>1")
	if screen := e.screen(); strings.Contains(screen, lastWords) {
		t.Fatalf("the stream is not held, so it was not watched:\n%s", screen)
	}
	release()
	e.shows(lastWords)
	s.waitTicket("T1", "in_progress", "awaiting-step")
	e.leave()
	s.waitTicket("T1", "in_progress", "awaiting-step")

	e = start()
	e.shows("awaiting-step") // a hint at the symbol says so
	e.keys("<M-x>find-file<CR><C-a><C-k>" + e.root + "/" + trackFile + "<CR>")
	e.shows("Choose an option")     // who comes to the track is asked what waits there
	e.keys("<C-a><C-k>Approve<CR>") // the first one is written there already
	s.waitTicket("T1", "completed", "")
	e.visit(sourceName)
	e.shows(after)

	e.openTrack()
	e.act("Undo T1")
	s.waitTicket("T1", "todo", "")
	e.leave()
	if got := s.onDisk(); got != source+mine+"\n" {
		t.Errorf("after the undo the file holds\n%s", got)
	}
}

// emacs is a running Emacs.
type emacs struct {
	*terminal
	root string
}

// startEmacs starts Emacs on the story's file, with the configuration of docs/editors.md.
func startEmacs(t *testing.T, s *scene) *emacs {
	t.Helper()
	path := installed(t, "emacs", "emacs")
	init := filepath.Join(s.home, "init.el")
	s.write(init, emacsInit+quietInit)
	e := &emacs{startTerminal(t, s, path, "-nw", "-Q", "-l", init, sourceName), s.root}
	e.shows("[eglot:repo]")
	return e
}

// act chooses a code action at the cursor, by its title.
func (e *emacs) act(title string) {
	e.t.Helper()
	const command = "<M-x>eglot-code-actions<CR>"
	e.keys(command)
	looked := 0
	wait(e.t, "the menu is open", func() (string, bool) {
		screen := e.screen()
		if looked++; looked%100 == 0 { // it was not served yet, and said so for a moment
			e.keys(command)
		}
		return screen, strings.Contains(screen, "Pick an action")
	})
	e.keys(title + "<CR>")
}

func (e *emacs) visit(path string) {
	e.t.Helper()
	e.keys("<M-x>find-file<CR><C-a><C-k>" + e.root + "/" + path + "<CR>")
	e.shows(filepath.Base(path) + " ")
}

func (e *emacs) openTrack() {
	e.t.Helper()
	e.visit(trackFile)
	e.keys("<M-lt><C-s>id: T1<CR>")
}

// leave saves all and ends Emacs.
func (e *emacs) leave() {
	e.t.Helper()
	e.keys("<C-x>s!<C-x><C-c>")
	e.ended()
}
