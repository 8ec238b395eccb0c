//go:build unix

package main

import (
	"slices"
	"strings"
	"testing"
)

// TestTicketCommandsLendTheirKey: `ticket retry` and `ticket run` lend a daemon that has no key the one of their environment,
// as `run` does, and a command that has none takes nothing away.
func TestTicketCommandsLendTheirKey(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"retry", "run"} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			p := newDaemonPlace(t, "SLOP_TEST_KEY")
			p.editor() // the daemon stays, and has no key
			bare := p.env
			keyed := append(slices.Clone(bare), "SLOP_TEST_KEY=lent")
			if verb == "run" {
				p.env = keyed
				p.want(exitDone, "ticket", "run", "work", "T1", "--approve", "allow")
			} else {
				p.want(exitBlocked, "run", "work", "--approve", "allow")
				p.want(exitDone, "ticket", "block", "work", "T1")
				p.env = keyed
				p.want(exitDone, "ticket", "retry", "work", "T1")
				p.env = bare
				eventually(t, "its spawn", func() bool { return strings.Contains(p.want(exitDone, "approve", "list"), "T1") })
				p.want(exitDone, "approve", "yes", "A1")
				eventually(t, "its end", func() bool {
					return strings.Contains(p.want(exitDone, "track", "show", "work", "--json"), `"status":"completed"`)
				})
			}
			for _, r := range p.models.server.Records() {
				if !r.Authorized {
					t.Error("a request went without a key")
				}
			}
		})
	}
}
