package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

// applierFunc is an engine.Applier.
type applierFunc func(set engine.ChangeSet) (engine.Delivered, error)

func (f applierFunc) Deliver(_ context.Context, _ engine.Run, set engine.ChangeSet) (engine.Delivered, error) {
	return f(set)
}

func writesAndFinishes(r engine.Request) enginetest.ProviderReply {
	return says(call("write_file", map[string]string{"path": "a.txt", "content": "new\n"}), finishCall("done", "did it"))
}

// What an editor or its person did not take waits for a person: no other model would do better.
func TestUndeliveredIsNotRetried(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err    error
		by     engine.Actor
		reason string
	}{
		"declined":    {&engine.DeclinedError{Client: "Code 1.139"}, engine.ByPerson, "its edit was discarded in the preview of Code 1.139"},
		"undelivered": {fmt.Errorf("the edit of a.txt did not arrive: %w", engine.ErrUndelivered), engine.ByEditConflict, "did not arrive"},
		"half of it": {&engine.LeftoverError{Paths: []string{"b.txt"}, Err: fmt.Errorf("delivering: %w", &engine.ConflictError{
			Conflicts: []engine.Conflict{{Path: "a.txt", Text: "both sides"}},
		})}, engine.ByEditConflict, "the change is still in b.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, newDisk(), shopConfig{
				model:   writesAndFinishes,
				applier: applierFunc(func(engine.ChangeSet) (engine.Delivered, error) { return engine.Delivered{}, tc.err }),
			})
			s.run(ticket("T1"))
			snap := s.until("blocked", ticketIs("T1", engine.Blocked))
			tk, _ := snap.Ticket(engine.TicketKey{Track: "a", ID: "T1"})
			if tk.Block.By != tc.by || !strings.Contains(tk.Block.Reason, tc.reason) || tk.RetryCount != 0 || tk.Attempt != 1 {
				t.Errorf("blocked by %s: %q, after %d retries", tk.Block.By, tk.Block.Reason, tk.RetryCount)
			}
		})
	}
}

// A part that a person took completes the ticket, with what is really there; and who delivers knows that a rule asked.
func TestPartlyDelivered(t *testing.T) {
	t.Parallel()
	part := engine.DeliveredFile{Path: "a.txt", Op: engine.OpModify, Hash: "h", Partly: true, Added: 1}
	asked := make(chan bool, 1)
	s := newShop(t, newDisk(), shopConfig{
		model: writesAndFinishes, rules: rules{string(engine.KindEdit): engine.Ask},
		applier: applierFunc(func(set engine.ChangeSet) (engine.Delivered, error) {
			asked <- set.Asked
			return engine.Delivered{Files: []engine.DeliveredFile{part}, Note: "of the 2 changes 1 was taken"}, nil
		}),
	})
	s.run(ticket("T1"))
	s.approve(s.waitsFor(nil), func(*engine.Content) {})
	snap := s.until("completed", ticketIs("T1", engine.Completed))
	tk, _ := snap.Ticket(engine.TicketKey{Track: "a", ID: "T1"})
	if len(tk.Delivered) != 1 || tk.Delivered[0] != part {
		t.Errorf("delivered %+v", tk.Delivered)
	}
	if !<-asked {
		t.Error("who delivers does not know that a rule asked for the edit")
	}
}
