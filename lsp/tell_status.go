package lsp

import (
	"strings"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/text"
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
	w := s.Waits(t.ID)
	for ticket := range t.Tickets() {
		out.Tickets = append(out.Tickets, ticketStatus(w, ticket))
	}
	return out
}

// TicketStatus is one ticket of Status.
func TicketStatus(s *engine.Snapshot, t *engine.Ticket) wire.Ticket {
	return ticketStatus(s.Waits(t.Key.Track), t)
}

func ticketStatus(all *engine.Waits, t *engine.Ticket) wire.Ticket {
	waits := []string{}
	for _, w := range all.For(t) {
		id := w.Ticket.ID
		if w.Ticket.Track != t.Key.Track {
			id = w.Ticket.String()
		}
		waits = append(waits, id)
	}
	return wire.Ticket{
		ID: t.Key.ID, Title: ticketTitle(t), DependsOn: t.Spec.DependsOn, Status: string(t.Status), Phase: string(t.Phase()), Reason: page.Reason(t), WaitsFor: waits,
		RetryCount: t.RetryCount, Attempt: t.Attempt, Stale: t.Stale, Orphaned: t.Orphaned,
		Usage: usage(t.Usage),
	}
}

// ticketTitle is the first line of what a ticket is to do.
func ticketTitle(t *engine.Ticket) string {
	const runes = 120
	first, _, _ := strings.Cut(strings.TrimSpace(t.Task()), "\n")
	line, _ := text.VisibleLine(first, runes)
	return line
}

func usage(u engine.Usage) wire.Usage {
	out := wire.Usage{Input: u.Input, CachedInput: u.CachedInput, Output: u.Output, Reasoning: u.Reasoning}
	if out.Cost.Unknown = u.Cost.Unknown; !u.Cost.Unknown {
		out.Cost.USD = float64(u.Cost.MicroUSD) / 1e6
	}
	return out
}

// ApprovalStatus is an approval as programs see it: `approve list --json` and slop.approval.list.
func ApprovalStatus(a *engine.Approval) wire.Approval {
	title, _ := page.Title(a)
	return wire.Approval{
		ID: string(a.ID), Kind: string(a.Kind), Track: string(a.Run.Ticket.Track), Ticket: a.Run.Ticket.ID,
		Title: title, Since: a.Requested.UTC().Format(time.RFC3339),
	}
}
