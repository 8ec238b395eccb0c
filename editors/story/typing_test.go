package story

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The keys of a person who types while approvals arrive. They would answer a prompt: digits choose an action in Neovim's
// menu, Enter takes the first one, y and a stand for yes and Approve elsewhere. So they must reach the text.
const typed = "1 approve 2 yes a y 3 done q 1 2 3 and on, line after line"

// TestTypingInNeovim types without a pause while a ticket, started elsewhere, asks for its spawn and then for its step.
// No key is lost, nothing blocks, and nothing is approved: with the plugin, which shows a notice, and without, where the
// server is quiet.
func TestTypingInNeovim(t *testing.T) {
	t.Parallel()
	for _, version := range neovims {
		for name, config := range map[string]func(*testing.T) string{"plugin": pluginConfig, "bare": func(*testing.T) string { return bareConfig }} {
			for _, f := range []face{embedded, inTerminal} {
				t.Run(fmt.Sprintf("%s, %s, %s", version, name, f), func(t *testing.T) {
					t.Parallel()
					typeInNeovim(t, f, installed(t, version, "nvim"), config(t))
				})
			}
		}
	}
}

func typeInNeovim(t *testing.T, f face, path, config string) {
	s := newScene(t)
	s.write(s.root+"/"+trackFile, typingTrack)
	n := f.start(s, path, config)
	n.attached()
	n.keys("Go")
	want := s.typeWhileAsked(n.keys)
	n.bufferHolds(sourceName, want[len(want)-1])
	if _, blocked := n.mode(); blocked {
		t.Errorf("Neovim is blocked:%s", n.screen())
	}
	s.allTyped(n.buffer(sourceName), want)
	n.keys("<Esc>")
	n.quit()
}

// TestTypingInHelix does the same in Helix, whose menu takes Enter for its first line.
func TestTypingInHelix(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.write(s.root+"/"+trackFile, typingTrack)
	h := startHelix(t, s)
	h.keys("geo")
	h.shows(" INS ")
	want := s.typeWhileAsked(h.keys)
	h.keys("<Esc>:write<CR>")
	s.waitSaved(h.terminal, want[len(want)-1])
	s.allTyped(s.onDisk(), want)
	h.keys(":quit-all!<CR>")
	h.ended()
}

// TestTypingInEmacs does the same in Emacs with eglot, whose questions take the minibuffer, and with it every key.
func TestTypingInEmacs(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.write(s.root+"/"+trackFile, typingTrack)
	e := startEmacs(t, s)
	e.keys("<M-gt>")
	want := s.typeWhileAsked(e.keys)
	e.keys("<C-x><C-s>")
	s.waitSaved(e.terminal, want[len(want)-1])
	s.allTyped(s.onDisk(), want)
	e.keys("<C-x><C-c>")
	e.ended()
}

// typingTrack is the track whose ticket is run elsewhere meanwhile.
const typingTrack = "title: Typing\ntickets:\n  - {id: T1, description: Add up, target_file: total.py, target_symbols: [total]}\n"

// typeWhileAsked types line after line into an editor that is ready to insert them, while a ticket asks twice. It returns
// the lines. Nothing of what it types decides anything.
func (s *scene) typeWhileAsked(keys func(string)) (want []string) {
	s.t.Helper()
	line := func() {
		want = append(want, fmt.Sprintf("%s %d", typed, len(want)))
		keys(want[len(want)-1] + "<CR>")
	}
	waits := func(id string) bool { ids := s.asked(); return len(ids) == 1 && ids[0] == id }
	line()
	s.beside("slop-ls", "ticket", "run", scratch, "T1", "--approve", "ask") // somebody else does, on the command line
	typeUntil(s.t, line, func() bool { return waits("A1") })
	for range 10 {
		line()
	}
	if !waits("A1") {
		s.t.Fatalf("A1 was to wait, and there waits %v", s.asked())
	}
	s.command("slop-ls", "approve", "yes", "A1")
	typeUntil(s.t, line, func() bool { return waits("A2") })
	for range 10 {
		line()
	}
	if !waits("A2") {
		s.t.Errorf("A2 was to wait, and there waits %v", s.asked())
	}
	return want
}

// allTyped holds that the file's text ends with the lines that were typed, each whole and in its place. Editors indent them.
func (s *scene) allTyped(text string, want []string) {
	s.t.Helper()
	_, text, _ = strings.Cut(text, source)
	got := strings.Split(strings.TrimSpace(text), "\n")
	for i := range got {
		got[i] = strings.TrimSpace(got[i])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("lines (-typed +there):\n%s", diff)
	}
}

// waitSaved waits until the story's file was saved with a text.
func (s *scene) waitSaved(term *terminal, text string) {
	s.t.Helper()
	wait(s.t, "what was typed is saved: "+text, func() (string, bool) { return term.screen(), strings.Contains(s.onDisk(), text) })
}

// typeUntil types line after line until something has happened elsewhere.
func typeUntil(t *testing.T, line func(), happened func() bool) {
	t.Helper()
	wait(t, "what is waited for while typing", func() (string, bool) {
		line()
		return "it has not happened", happened()
	})
}
