package engine_test

import (
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

// waitsFor waits until one approval is open, another one than before, and gives it.
func (s *shop) waitsFor(before *engine.Approval) *engine.Approval {
	s.t.Helper()
	var now *engine.Approval
	s.until("it asks", func(s *engine.Snapshot) bool {
		for now = range s.Pending() {
			return before == nil || now.ID != before.ID
		}
		return false
	})
	return now
}

func (s *shop) approve(a *engine.Approval, edit func(*engine.Content)) {
	s.t.Helper()
	content, err := engine.LoadContent(s.ctx, s.disk, a.Hash)
	if err != nil {
		s.t.Fatal(err)
	}
	if edit != nil {
		edit(&content)
	}
	answer, err := engine.PrepareAnswer(s.ctx, s.disk, a, content, engine.AnswerApproval{Decision: engine.Approved, By: engine.ByPerson})
	if err != nil {
		s.t.Fatal(err)
	}
	s.do(answer)
}

// TestSpawnRestsOnItsFiles: what a person approved is not sent once a file of it has changed. It is asked again, with
// the context as it is now and the person's own words as they were.
func TestSpawnRestsOnItsFiles(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{
		files: map[string]string{"a.go": "package one\n"},
		rules: rules{"spawn": engine.Ask},
		model: func(engine.Request) enginetest.ProviderReply { return says(finishCall("done", "x")) },
	})
	tk := ticket("T1")
	tk.TargetFile = "a.go"
	s.run(tk)
	first := s.waitsFor(nil)
	s.files.Put("a.go", "package two\n")
	s.approve(first, func(c *engine.Content) { c.Prompt += "\nAnd be quick.\n" })
	again := s.waitsFor(first)
	if !strings.HasPrefix(again.Title, "Again, since a.go changed: Start T1 with ") {
		t.Errorf("asked again as %q", again.Title)
	}
	if len(s.provider.Requests()) != 0 {
		t.Error("a model was called with what had changed")
	}
	s.files.Put("a.go", "package three\n")
	s.approve(again, nil)
	third := s.waitsFor(again)
	if n := strings.Count(third.Title, "Again"); n != 1 {
		t.Errorf("asked once more as %q", third.Title)
	}
	s.approve(third, nil)
	s.until("done", trackIs("a", engine.TrackDone))
	sent := s.workerRequests()[0].Messages[1].Text
	if !strings.Contains(sent, "And be quick.") || !strings.Contains(sent, "package three") || strings.Contains(sent, "package one") {
		t.Errorf("sent: %s", sent)
	}
}

// TestStepRestsOnItsFiles: the same of a call that changes a file, and of a finished edit.
func TestStepRestsOnItsFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, kind string }{{"step", "write_file"}, {"edit", "edit"}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, newDisk(), shopConfig{
				files: map[string]string{"a.go": "one\n2\n3\n4\n5\n"},
				rules: rules{c.kind: engine.Ask},
				model: func(r engine.Request) enginetest.ProviderReply {
					if turnOf(r) == 0 {
						return says(call("write_file", map[string]string{"Path": "a.go", "Content": "one\n2\n3\n4\nfive\n"}))
					}
					return says(finishCall("done", "x"))
				},
			})
			s.run(ticket("T1"))
			first := s.waitsFor(nil)
			s.files.Put("a.go", "ONE\n2\n3\n4\n5\n")
			s.approve(first, nil)
			again := s.waitsFor(first)
			if !strings.HasPrefix(again.Title, "Again, since a.go changed: ") || again.Hash == first.Hash {
				t.Errorf("asked again as %q", again.Title)
			}
			if got := s.files.Contents()["a.go"]; got != "ONE\n2\n3\n4\n5\n" {
				t.Errorf("a.go is %q", got)
			}
			s.approve(again, nil)
			s.until("done", trackIs("a", engine.TrackDone))
		})
	}
}

// TestDenyAtConsumption: a deny rule is looked at again when an approved spawn or edit is used.
func TestDenyAtConsumption(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"spawn", "edit"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			r := rules{kind: engine.Ask}
			s := newShop(t, newDisk(), shopConfig{
				files: map[string]string{"a.go": "one\n"},
				rules: r,
				model: func(r engine.Request) enginetest.ProviderReply {
					if turnOf(r) == 0 {
						return says(call("write_file", map[string]string{"Path": "a.go", "Content": "two\n"}))
					}
					return says(finishCall("done", "x"))
				},
			})
			s.run(ticket("T1"))
			a := s.waitsFor(nil)
			r[kind] = engine.Deny // nobody reads it meanwhile: the worker waits
			s.approve(a, nil)
			snap := s.until("blocked", trackIs("a", engine.TrackBlocked))
			tk, _ := snap.Ticket(key("T1"))
			if !strings.HasSuffix(tk.Block.Reason, "was rejected by rule rule of "+kind) {
				t.Errorf("blocked by %s: %s", tk.Block.By, tk.Block.Reason)
			}
			if got := s.files.Contents()["a.go"]; got != "one\n" {
				t.Errorf("a.go is %q", got)
			}
		})
	}
}
