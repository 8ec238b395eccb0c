package engine_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// A verify command that a rule denies blocks its ticket by the rule: no person has said anything.
func TestAVerifyThatARuleDeniesIsNoPersonsBlock(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{
		rules: rules{engine.VerifyCall: engine.Deny},
		model: func(engine.Request) enginetest.ProviderReply { return says(finishCall("done", "x")) },
	})
	tk := ticket("T1")
	tk.Verify = "make test"
	s.run(tk)
	snap := s.until("blocked", trackIs("a", engine.TrackBlocked))
	got, _ := snap.Ticket(key("T1"))
	if got.Block == nil || got.Block.By != "rule rule of verify" || !strings.Contains(got.Block.Reason, "verify command was not allowed") || got.RetryCount != 0 {
		t.Errorf("%+v, %d retries", got.Block, got.RetryCount)
	}
}

// What a person makes of a verify command is what runs, for each ticket that the answer holds for.
func TestAnEditedVerifyIsWhatRuns(t *testing.T) {
	t.Parallel()
	d := newDisk()
	s := newShop(t, d, shopConfig{
		rules: rules{engine.VerifyCall: engine.Ask},
		model: func(engine.Request) enginetest.ProviderReply { return says(finishCall("done", "x")) },
	})
	first, second := ticket("T1"), ticket("T2", "T1")
	s.do(engine.PlanTrack{Track: "a", Spec: trackfile.Track{Title: "a", Verify: "make everything", Tickets: []trackfile.Ticket{first, second}}})
	s.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	var asked *engine.Approval
	s.until("asked", func(snap *engine.Snapshot) bool {
		for a := range snap.Pending() {
			asked = a
			return true
		}
		return false
	})
	content, err := engine.LoadContent(t.Context(), d, asked.Hash)
	if err != nil {
		t.Fatal(err)
	}
	content.Arguments = `{"command": "make little"}`
	answer, err := engine.PrepareAnswer(t.Context(), d, asked, content, engine.AnswerApproval{Decision: engine.Approved, By: engine.ByPerson})
	if err != nil {
		t.Fatal(err)
	}
	s.do(answer)
	s.until("done", trackIs("a", engine.TrackDone))
	if diff := cmp.Diff([]string{"make little", "make little"}, s.ran); diff != "" {
		t.Error(diff)
	}
}
