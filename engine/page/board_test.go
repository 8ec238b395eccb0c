package page_test

import (
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// folded is the state after events.
func folded(t *testing.T, bodies ...engine.Body) *engine.Snapshot {
	t.Helper()
	state := engine.NewState()
	for i, b := range bodies {
		e := engine.Event{Seq: uint64(i + 1), At: asked.Add(time.Duration(i) * time.Second), Body: b}
		if err := state.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return state.Freeze()
}

func parserTrack(t *testing.T) (*engine.Snapshot, *engine.Track) {
	t.Helper()
	const id = engine.TrackID(".slop/tracks/parser")
	key := func(ticket string) engine.TicketKey { return engine.TicketKey{Track: id, ID: ticket} }
	run := func(ticket string, n int) engine.Run { return engine.Run{Ticket: key(ticket), Attempt: n} }
	s := folded(t,
		engine.TrackPlanned{
			Track: id, Title: "Clear *errors*", Order: []string{"T1", "T2", "T3", "T4"},
			Tickets: []trackfile.Ticket{
				{ID: "T1", Description: "Give Lexer positions | now"},
				{ID: "T2", Description: "Use \u202e them", DependsOn: []string{"T1"}},
				{ID: "T3", Description: "Use them, too", DependsOn: []string{"T1"}},
				{ID: "T4", Description: "Report", DependsOn: []string{"T2", "T3"}},
			},
		},
		engine.TrackMoved{Track: id, To: engine.TrackRunning, By: engine.ByPerson},
		engine.TicketStarted{Run: run("T1", 1), Model: "small"},
		engine.ApprovalRequested{Approval: engine.Approval{ID: "A1", Kind: engine.KindSpawn, Run: run("T1", 1), Title: "Start T1"}},
		engine.ApprovalDecided{ID: "A1", Answer: engine.Answer{Decision: engine.Approved, By: engine.ByPerson}},
		engine.ApprovalConsumed{ID: "A1", Run: run("T1", 1)},
		engine.UsageRecorded{Run: run("T1", 1), Tier: engine.TierWorker, Model: "small", Usage: engine.Usage{Input: 1200, CachedInput: 200, Output: 80, Cost: engine.Cost{Unknown: true}}},
		engine.UsageRecorded{Run: run("T1", 1), Tier: engine.TierQA, Model: "small", Usage: engine.Usage{Input: 300, Output: 20, Cost: engine.Cost{MicroUSD: 1500}}},
		engine.TicketCompleted{Ticket: key("T1"), Summary: "done"},
		engine.TicketStarted{Run: run("T2", 1), Model: "small"},
		engine.UsageRecorded{Run: run("T2", 1), Tier: engine.TierWorker, Model: "small", Usage: engine.Usage{Input: 100, Output: 5, Reasoning: 2, Cost: engine.Cost{MicroUSD: 1500}}},
		engine.TicketBlocked{Ticket: key("T2"), By: engine.ByWorker, Reason: "no such file\n\u202eelif"},
		engine.TicketStarted{Run: run("T3", 1), Model: "small"},
		engine.ApprovalRequested{Approval: engine.Approval{ID: "A2", Kind: engine.KindSpawn, Run: run("T3", 1), Title: "Start T3"}},
	)
	track, ok := s.Track(id)
	if !ok {
		t.Fatal("the track is missing")
	}
	return s, track
}

func TestBoardGolden(t *testing.T) {
	t.Parallel()
	s, track := parserTrack(t)
	golden(t, "board", page.Board(s, track))
	golden(t, "board_document", page.BoardDocument(s, track))
}
