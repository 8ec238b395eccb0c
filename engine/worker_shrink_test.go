package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// room is a model that refuses what is larger than so many bytes.
func room(bytes int, model func(engine.Request) enginetest.ProviderReply) func(engine.Request) enginetest.ProviderReply {
	return func(r engine.Request) enginetest.ProviderReply {
		n := 0
		for _, m := range r.Messages {
			n += len(m.Text)
		}
		if n > bytes {
			return enginetest.ProviderReply{Fail: engine.ProviderTooLarge}
		}
		return model(r)
	}
}

// A context that its model has no room for is packed anew, once: skeletons, and half of it at most.
func TestAContextThatDoesNotFitIsShortened(t *testing.T) {
	t.Parallel()
	files := map[string]string{"target.go": "package target\n"}
	spec := trackfile.Ticket{ID: "T1", Description: "do it", TargetFile: "target.go", TargetSymbols: []string{"target"}}
	for i := range 10 {
		name := fmt.Sprintf("f%d.go", i)
		files[name] = fmt.Sprintf("package f%d // %s\n", i, strings.Repeat("word ", 400))
		spec.ContextRequirements = append(spec.ContextRequirements, name)
	}
	var whole int
	s := newShop(t, newDisk(), shopConfig{files: files, model: func(r engine.Request) enginetest.ProviderReply {
		if n := len(r.Messages[1].Text); n > whole {
			whole = n
		}
		return room(14_000, func(engine.Request) enginetest.ProviderReply { return says(finishCall("done", "x")) })(r)
	}})
	s.run(spec)
	s.until("done", trackIs("a", engine.TrackDone))
	requests := s.workerRequests()
	if len(requests) != 2 {
		t.Fatalf("%d requests", len(requests))
	}
	opening := requests[1].Messages[1].Text
	if !strings.HasPrefix(opening, "Ticket T1") || !strings.Contains(opening, "This context was shortened") ||
		!strings.Contains(opening, "target.go (targeted: target)") || !strings.Contains(opening, "f0.go (skeleton)") || !strings.Contains(opening, "f9.go\n(left out") {
		t.Errorf("asked again with %s", opening)
	}
	if tk, _ := s.Snapshot().Ticket(key("T1")); tk.Attempt != 1 || tk.RetryCount != 0 {
		t.Errorf("attempt %d", tk.Attempt)
	}
}

// Old results of a long conversation are cut, and the newest one is left whole. A model that has no room for that either ends
// the attempt, with what to do.
func TestAConversationThatDoesNotFitIsShortened(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		room int
		done bool
	}{{30_000, true}, {9_000, false}} {
		line := strings.Repeat("x", 99) + "\n"
		s := newShop(t, newDisk(), shopConfig{
			model: room(c.room, func(r engine.Request) enginetest.ProviderReply {
				if turnOf(r) < 4 {
					return says(call("run_command", map[string]string{"command": fmt.Sprint("big ", turnOf(r))}))
				}
				return says(finishCall("done", "x"))
			}),
			shell: func(_ engine.Files, command string) engine.CommandResult {
				return engine.CommandResult{Line: command, Output: command + "\n" + strings.Repeat(line, 80)}
			},
		})
		set := settings(1)
		set.MaxRetries = 0
		s.do(engine.Configure{Settings: set})
		s.run(ticket("T1"))
		snap := s.until("over", func(snap *engine.Snapshot) bool {
			return trackIs("a", engine.TrackDone)(snap) || trackIs("a", engine.TrackBlocked)(snap)
		})
		tk, _ := snap.Ticket(key("T1"))
		if !c.done {
			if tk.Status != engine.Blocked || tk.Block.By != engine.ByProvider || !strings.Contains(tk.Block.Reason, "name fewer files in context_requirements") {
				t.Errorf("%s: %+v", tk.Status, tk.Block)
			}
			continue
		}
		if tk.Status != engine.Completed {
			t.Fatalf("%s: %+v", tk.Status, tk.Block)
		}
		requests := s.workerRequests()
		last := requests[len(requests)-1].Messages
		for i, m := range last {
			if m.Role == engine.RoleTool && (len(m.Text) > 4000) != (i == len(last)-1) {
				t.Errorf("message %d of %d has %d bytes", i, len(last), len(m.Text))
			}
		}
	}
}
