package story

import (
	"fmt"
	"strings"
	"testing"
)

// The keys of a person who types while approvals arrive. They would answer a prompt: digits choose an action in Neovim's
// menu, Enter takes the first one, y and a stand for yes and Approve elsewhere. So they must reach the text.
const typed = "# 1 approve 2 yes a y 3 done q 1 2 3 and on, line after line"

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
					typeWhileAsked(t, f, installed(t, version, "nvim"), config(t))
				})
			}
		}
	}
}

func typeWhileAsked(t *testing.T, f face, path, config string) {
	s := newScene(t)
	s.write(s.root+"/"+trackFile, "title: Typing\ntickets:\n  - {id: T1, description: Add up, target_file: total.py, target_symbols: [total]}\n")
	n := f.start(s, path, config)
	n.attached()
	n.keys("Go")
	var want []string
	line := func() {
		want = append(want, fmt.Sprintf("%s %d", typed, len(want)))
		n.keys(want[len(want)-1] + "<CR>")
	}
	line()
	s.beside("slop-ls", "ticket", "run", scratch, "T1", "--approve", "ask") // somebody else does, on the command line
	typeUntil(t, line, func() bool { return len(s.asked()) == 1 })
	for range 10 {
		line()
	}
	if ids := s.asked(); len(ids) != 1 || ids[0] != "A1" {
		t.Fatalf("A1 was to wait, and there waits %v", ids)
	}
	s.command("slop-ls", "approve", "yes", "A1")
	typeUntil(t, line, func() bool { ids := s.asked(); return len(ids) == 1 && ids[0] == "A2" })
	for range 10 {
		line()
	}
	n.bufferHolds(sourceName, want[len(want)-1])
	if _, blocked := n.mode(); blocked {
		t.Errorf("Neovim is blocked:%s", n.screen())
	}
	if got := s.asked(); len(got) != 1 || got[0] != "A2" {
		t.Errorf("A2 was to wait, and there waits %v", got)
	}
	text := n.buffer(sourceName)
	_, text, _ = strings.Cut(text, source)
	for i, l := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if i >= len(want) || strings.TrimSpace(l) != want[i] {
			t.Fatalf("of %d lines number %d came as %q", len(want), i, l)
		}
	}
	if lines := strings.Count(strings.TrimRight(text, "\n"), "\n") + 1; lines != len(want) {
		t.Errorf("%d lines were typed, %d came", len(want), lines)
	}
	n.keys("<Esc>")
	n.quit()
}

// typeUntil types line after line until something has happened elsewhere.
func typeUntil(t *testing.T, line func(), happened func() bool) {
	t.Helper()
	wait(t, "what is waited for while typing", func() (string, bool) {
		line()
		return "it has not happened", happened()
	})
}
