package engine_test

import (
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

// A worker whose call a person has edited is told what ran in its place: it would go on from what it had asked for.
func TestAWorkerIsToldOfItsEditedCall(t *testing.T) {
	t.Parallel()
	for edited, told := range map[string]bool{`{"Path":"f","Content":"theirs\n"}`: true, `{ "Path": "f", "Content": "mine\n" }`: false} {
		d := newDisk()
		s := newShop(t, d, shopConfig{
			rules: rules{"write_file": engine.Ask},
			model: func(r engine.Request) enginetest.ProviderReply {
				if turnOf(r) == 0 {
					return says(engine.ToolCall{Name: "write_file", Arguments: `{"Path":"f","Content":"mine\n"}`})
				}
				if got := lastText(r); strings.Contains(got, "changed this call") != told || told && !strings.Contains(got, edited) {
					t.Errorf("after %s it reads %q", edited, got)
				}
				return says(finishCall("done", "x"))
			},
		})
		s.run(ticket("T1"))
		var asked *engine.Approval
		s.until("asked", func(snap *engine.Snapshot) bool {
			for a := range snap.Pending() {
				asked = a
			}
			return asked != nil
		})
		content, err := engine.LoadContent(t.Context(), d, asked.Hash)
		if err != nil {
			t.Fatal(err)
		}
		content.Arguments = edited
		answer, err := engine.PrepareAnswer(t.Context(), d, asked, content, engine.AnswerApproval{Decision: engine.Approved, By: engine.ByPerson})
		if err != nil {
			t.Fatal(err)
		}
		s.do(answer)
		s.until("done", trackIs("a", engine.TrackDone))
	}
}
