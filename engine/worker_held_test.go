package engine_test

import (
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

// TestNotSandboxedIsAsked: where nothing holds commands, the line on which a person decides says so, and only there.
func TestNotSandboxedIsAsked(t *testing.T) {
	t.Parallel()
	for why, want := range map[string]string{
		"":                            "T1 runs: go test|T1 is verified by running: go vet",
		"this kernel has no Landlock": "T1 runs, not sandboxed: go test|T1 is verified by running, not sandboxed: go vet",
	} {
		s := newShop(t, newDisk(), shopConfig{
			unheld: why, rules: rules{"run_command": engine.Ask, engine.VerifyCall: engine.Ask},
			model: func(r engine.Request) enginetest.ProviderReply {
				if turnOf(r) == 0 {
					return says(call("run_command", map[string]string{"Command": "go test", "command": "go test"}))
				}
				return says(finishCall("done", "x"))
			},
		})
		tk := ticket("T1")
		tk.Verify = "go vet"
		s.run(tk)
		got, sep := "", ""
		for range 2 {
			snap := s.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
			for a := range snap.Pending() {
				got, sep = got+sep+a.Title, "|"
				s.do(engine.AnswerApproval{ID: a.ID, Decision: engine.Approved, By: engine.ByPerson})
			}
		}
		s.until("done", trackIs("a", engine.TrackDone))
		if got != want {
			t.Errorf("asked %q, want %q", got, want)
		}
	}
}
