package engine_test

import (
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/policy"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// The rules about paths hold for the files of a context, too: what is denied is not in it, and what always asks is asked also
// where every spawn is allowed.
func TestRulesAboutPathsHoldForTheContext(t *testing.T) {
	t.Parallel()
	p, err := policy.New(policy.Rules{Allow: []string{"spawn"}, DenyPaths: []string{"private/**", "AGENTS.md"}})
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{".env": "KEY=hunter2\n", "private/plan.md": "hunter3\n", "open.md": "open\n", "AGENTS.md": "hunter4\n"}
	start := func(context ...string) *shop {
		s := newShop(t, newDisk(), shopConfig{files: files, policy: p, model: func(engine.Request) enginetest.ProviderReply {
			return says(finishCall("done", "x"))
		}})
		tk := ticket("T1")
		tk.ContextRequirements = context
		s.do(engine.PlanTrack{Track: "a", Spec: trackfile.Track{Title: "a", Tickets: []trackfile.Ticket{tk}, Context: []string{"private/plan.md"}}})
		s.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
		return s
	}
	s := start("open.md", "./private/../private/plan.md")
	s.until("done", trackIs("a", engine.TrackDone))
	sent := s.workerRequests()[0].Messages[1].Text
	if strings.Contains(sent, "hunter") || !strings.Contains(sent, "private/plan.md") || !strings.Contains(sent, "deny_paths") || !strings.Contains(sent, "open\n") {
		t.Errorf("the worker is sent:\n%s", sent)
	}
	s = start("open.md", ".env")
	snap := s.until("asked", func(snap *engine.Snapshot) bool {
		for range snap.Pending() {
			return true
		}
		return trackIs("a", engine.TrackDone)(snap)
	})
	if tk, _ := snap.Ticket(key("T1")); tk.Status != engine.InProgress {
		t.Errorf("a secret was sent, and nobody was asked:\n%s", s.workerRequests()[0].Messages[1].Text)
	}
}
