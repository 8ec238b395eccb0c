//go:build linux

package main

import (
	"encoding/json"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// eventsOf are the lines that an editor was told as slop/events.
func eventsOf(e *lsptest.Env) (lines []string) {
	for _, params := range e.Seen().Custom[wire.EventsMethod] {
		lines = append(lines, string(params))
	}
	return lines
}

// count is how many lines are of a type.
func count(lines []string, kind string) (n int) {
	for _, line := range lines {
		if strings.Contains(line, `"type":"`+kind+`"`) {
			n++
		}
	}
	return n
}

// TestEventsOutliveTheDaemon: an editor that follows events gets each one once, in order, though the daemon that tells
// them is killed twice; whether it asked for them in initialize or later.
func TestEventsOutliveTheDaemon(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]any{"in initialize": 0, "by subscribing": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newDaemonPlace(t, "")
			e := p.editor(lsptest.WithConfig(func(cfg *client.Config) {
				cfg.Experimental = map[string]any{"slop": map[string]any{"events": from}}
			}))
			p.want(exitDone, "run", "work", "--approve", "allow")
			if from == true {
				eventually(t, "the end of the first run", func() bool { return count(eventsOf(e), "track_done") == 1 })
				e.Forget(wire.EventsMethod)
				if err := e.Call(t.Context(), wire.SubscribeMethod, json.RawMessage(`{"after":0}`), nil); err != nil {
					t.Fatal(err)
				}
			}
			for round := 1; round <= 3; round++ {
				eventually(t, "the end of a run", func() bool { return count(eventsOf(e), "track_done") == round })
				if round == 3 {
					break
				}
				if err := syscall.Kill(p.status().PID, syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				eventually(t, "another daemon", func() bool {
					return len(slices.DeleteFunc(e.Seen().Messages, func(m protocol.ShowMessageParams) bool { return !strings.Contains(m.Message, "taken over") })) == round
				})
				p.want(exitDone, "ticket", "retry", "work", "T1")
				p.want(exitDone, "run", "work", "--approve", "allow")
			}
			told := strings.TrimSpace(p.want(exitDone, "log", "--json"))
			eventually(t, "the last event", func() bool { return len(eventsOf(e)) >= len(strings.Split(told, "\n")) })
			if diff := cmp.Diff(strings.Split(told, "\n"), eventsOf(e)); diff != "" {
				t.Errorf("the log, and what the editor was told (-log +editor):\n%s", diff)
			}
		})
	}
}
