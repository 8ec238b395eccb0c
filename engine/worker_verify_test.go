package engine_test

import (
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
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
