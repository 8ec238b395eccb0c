package page

import (
	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// Status is the whole state as programs see it: `track show --json`, slop.status and slop/state.
func Status(s *engine.Snapshot) wire.Status {
	out := wire.Status{Seq: s.Seq(), Tracks: []wire.Track{}}
	for t := range s.Tracks() {
		out.Tracks = append(out.Tracks, TrackStatus(s, t))
	}
	return out
}

// TrackStatus is one track of Status.
func TrackStatus(s *engine.Snapshot, t *engine.Track) wire.Track {
	out := wire.Track{ID: string(t.ID), Status: string(t.Status), Reason: t.Reason, Tickets: []wire.Ticket{}}
	for ticket := range t.Tickets() {
		out.Tickets = append(out.Tickets, TicketStatus(s, ticket))
	}
	return out
}

// TicketStatus is one ticket of Status.
func TicketStatus(s *engine.Snapshot, t *engine.Ticket) wire.Ticket {
	waits := []string{}
	for _, w := range s.WaitsFor(t.Key) {
		waits = append(waits, w.Ticket.ID)
	}
	return wire.Ticket{
		ID: t.Key.ID, Status: string(t.Status), Phase: string(t.Phase()), Reason: reason(t), WaitsFor: waits,
		RetryCount: t.RetryCount, Attempt: t.Attempt, Stale: t.Stale, Orphaned: t.Orphaned,
		Usage: usage(t.Usage),
	}
}

func usage(u engine.Usage) wire.Usage {
	out := wire.Usage{Input: u.Input, CachedInput: u.CachedInput, Output: u.Output, Reasoning: u.Reasoning}
	if out.Cost.Unknown = u.Cost.Unknown; !u.Cost.Unknown {
		out.Cost.USD = float64(u.Cost.MicroUSD) / 1e6
	}
	return out
}

// reason is why a ticket does not go on by itself, without the tickets that it waits for.
func reason(t *engine.Ticket) string {
	switch {
	case t.Block != nil && t.Block.Reason != "":
		return string(t.Block.By) + ": " + t.Block.Reason
	case t.Block != nil:
		return string(t.Block.By)
	case t.Denied:
		return "an approval was denied for want of a person"
	default:
		return ""
	}
}
