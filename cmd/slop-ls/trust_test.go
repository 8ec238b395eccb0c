package main

import (
	"encoding/json"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// Tracks that would start by themselves wait for a person's first own command, whoever set auto_queue.
func TestAutoQueueWaitsForTrust(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	h := newLiveHouse(t, "[mma]\nmax_workers = 20\n")
	h.trust.passes = true
	h.run(10) // of the track that was started
	h.says(h.takeSettings(ctx, json.RawMessage(`{"mma":{"auto_queue":true}}`)))
	spec := trackfile.Track{Tickets: []trackfile.Ticket{{ID: "T1", Description: "wait"}}}
	who := lender{h.conductor, h.house, nil}
	for _, cmd := range []engine.Command{engine.PlanTrack{Track: "b", Spec: spec}, engine.KillTicket{Ticket: engine.TicketKey{Track: "a", ID: "T0"}}} {
		if err := who.Do(ctx, cmd); err != nil {
			t.Fatal(err)
		}
	}
	h.run(9)
	if tk, _ := h.conductor.Snapshot().Ticket(engine.TicketKey{Track: "b", ID: "T1"}); tk.Status != engine.Todo || h.trusted() {
		t.Fatalf("what the repository brings along is %s before anybody trusts it", tk.Status)
	}
	if err := who.Do(ctx, engine.StartTrack{Track: "a", By: engine.ByPerson}); err != nil {
		t.Fatal(err)
	}
	h.run(10)
	if !h.trusted() {
		t.Error("running something is not taken as trust")
	}
}
