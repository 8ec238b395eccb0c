package engine_test

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

// deaf is a model and a tool that do not look at their context: what the worker's own checks are for.
type deaf struct {
	during func(call string) // runs in the middle of each model call ("generate") and tool call
	calls  []engine.ToolCall
	asked  atomic.Int32 // how often the policy was asked about a call: what a call begins with
	ran    atomic.Int32
}

func (d *deaf) Rule(_ context.Context, a engine.Action) engine.Ruling {
	if a.Kind == engine.KindSpawn && d.calls == nil {
		return engine.Ruling{Verdict: engine.Ask}
	}
	if a.Kind == engine.KindStep {
		d.asked.Add(1)
	}
	return engine.Ruling{Verdict: engine.Allow}
}

func (d *deaf) Generate(context.Context, engine.Request, func(engine.Delta)) (engine.Reply, error) {
	d.during("generate")
	return engine.Reply{Message: engine.Message{Calls: d.calls}}, nil
}
func (d *deaf) Count(string, string) int { return 0 }

func (d *deaf) Spec() engine.ToolSpec {
	return engine.ToolSpec{Name: "dig", Effect: engine.EffectEdit, Schema: json.RawMessage(`{"type":"object"}`)}
}

func (d *deaf) Call(ctx context.Context, draft engine.Draft, _ json.RawMessage) (engine.ToolResult, error) {
	d.ran.Add(1)
	err := draft.Write(context.WithoutCancel(ctx), "hole", []byte("deep"))
	d.during("dig")
	return engine.ToolResult{Text: "dug"}, err
}

// TestAbortIsLookedAt kills a ticket at each of the points at which the worker must see it by itself: before any work,
// after the model's reply, and between two tool calls. Nothing is delivered either way.
func TestAbortIsLookedAt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		killIn string
		digs   int32 // how often the tool runs all the same
	}{
		"after the reply":    {"generate", 0},
		"between tool calls": {"dig", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &deaf{calls: []engine.ToolCall{call("dig", 1), call("dig", 2), finishCall("done", "x")}}
			files, h := deafShop(t, d)
			d.during = func(at string) {
				if at == c.killIn {
					_ = h.Do(t.Context(), engine.KillTicket{Ticket: key("T1"), By: engine.ByPerson})
				}
			}
			h.do(plan("a", ticket("T1")))
			h.do(engine.RunTicket{Ticket: key("T1"), By: engine.ByPerson})
			h.until("killed", ticketIs("T1", engine.Killed))
			h.stop() // waits for the worker
			if asked, ran := d.asked.Load(), d.ran.Load(); asked != c.digs || ran != c.digs || len(files.Contents()) != 0 {
				t.Errorf("%d calls were begun and %d ran; the workspace: %v", asked, ran, files.Contents())
			}
		})
	}
	t.Run("before any work", func(t *testing.T) {
		t.Parallel()
		d := &deaf{during: func(string) { t.Error("a model was called") }}
		_, h := deafShop(t, d)
		h.do(plan("a", ticket("T1"), ticket("T2")))
		h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
		h.until("both ask", func(s *engine.Snapshot) bool { return pendingCount(s) == 2 })
		h.do(engine.KillTicket{Ticket: key("T1"), By: engine.ByPerson})
		h.do(engine.KillTicket{Ticket: key("T2"), By: engine.ByPerson})
		snap := h.until("nothing can run", trackIs("a", engine.TrackBlocked))
		if n := pendingCount(snap); n != 0 {
			t.Errorf("%d questions of killed tickets are open", n)
		}
		h.stop()
	})
}

func deafShop(t *testing.T, d *deaf) (*enginetest.Files, *house) {
	t.Helper()
	files, store := enginetest.NewFiles(nil), newDisk()
	return files, open(t, store, settings(2), engine.NewWorker(engine.WorkerConfig{
		Provider: d, Tools: []engine.Tool{d}, Policy: d, Viewer: plainViewer{},
		Bench: &enginetest.Workbench{Files: files}, Applier: files, Blobs: store,
	}))
}
