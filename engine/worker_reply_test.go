package engine_test

import (
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

// A reply that its provider has cut off, or that says nothing where nothing was done, is nobody's word that the work is done: its worker is told, and
// goes on.
func TestAReplyThatIsNotWholeCompletesNothing(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]enginetest.ProviderReply{
		"cut off": {Text: "Now I change the file", Finish: "length"},
		"empty":   {Text: " \n", Finish: "stop"},
		"thought": {Finish: "stop"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, newDisk(), shopConfig{model: func(r engine.Request) enginetest.ProviderReply {
				if len(r.Messages) == 2 {
					return first
				}
				if told := lastText(r); !strings.Contains(told, "finish") {
					t.Errorf("it is told %q", told)
				}
				return says(finishCall("done", "all of it"))
			}})
			s.run(ticket("T1"))
			snap := s.until("done", trackIs("a", engine.TrackDone))
			tk, _ := snap.Ticket(key("T1"))
			if tk.Summary != "all of it" || tk.RetryCount != 0 {
				t.Errorf("%q, %d retries", tk.Summary, tk.RetryCount)
			}
			requests := s.workerRequests()
			if len(requests) != 2 {
				t.Fatalf("%d calls", len(requests))
			}
			for _, m := range requests[1].Messages {
				if m.Role == engine.RoleAssistant && strings.TrimSpace(m.Text) == "" {
					t.Error("an empty message goes back, which providers refuse")
				}
			}
		})
	}
}

// A model that falls silent when its work is there has done it.
func TestSilenceAfterTheWorkIsAnEnd(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{model: func(r engine.Request) enginetest.ProviderReply {
		if turnOf(r) == 0 {
			return says(call("write_file", map[string]string{"Path": "f", "Content": "x\n"}))
		}
		return enginetest.ProviderReply{}
	}})
	s.run(ticket("T1"))
	s.until("done", trackIs("a", engine.TrackDone))
	if n := len(s.workerRequests()); n != 2 {
		t.Errorf("%d calls", n)
	}
}

// A model that never gets further than that is stopped, and one whose provider refuses the reply is tried with the next model.
func TestRepliesThatAreNeverWholeEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reply enginetest.ProviderReply
		want  string
		by    engine.Actor
	}{
		"cut off":  {enginetest.ProviderReply{Text: "x", Finish: "length"}, "cut off", engine.ByConductor},
		"empty":    {enginetest.ProviderReply{Finish: "stop"}, "empty", engine.ByConductor},
		"filtered": {enginetest.ProviderReply{Text: "I", Finish: "content_filter"}, "content_filter", engine.ByProvider},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, newDisk(), shopConfig{model: func(engine.Request) enginetest.ProviderReply { return c.reply }})
			s.run(ticket("T1"))
			snap := s.until("blocked", trackIs("a", engine.TrackBlocked))
			tk, _ := snap.Ticket(key("T1"))
			if tk.Block == nil || tk.Block.By != c.by || !strings.Contains(tk.Block.Reason, c.want) {
				t.Errorf("%+v", tk.Block)
			}
			if n := len(s.workerRequests()); n > 4 {
				t.Errorf("%d calls", n)
			}
		})
	}
}
