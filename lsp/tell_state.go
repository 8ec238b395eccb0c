package lsp

import (
	"context"
	"slices"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// tellEvery bounds how often one thing is told to one client.
const tellEvery = 100 * time.Millisecond

// stating sends slop/state to a client that asked for it, until ctx ends: the whole state, then what changed. It reads
// the newest snapshot when the client has taken the state before, so that a slow one skips states.
func (s *Session) stating(ctx context.Context) {
	if !s.traits().State {
		return
	}
	var told overview
	for {
		found, others := s.hub.drafted(ctx)
		now := overview{s.engine.Snapshot(), found}
		if now.differs(told) {
			if err := s.send(ctx, wire.StateMethod, now.after(told)); err != nil {
				return
			}
			told = now
		}
		if rest(ctx, tellEvery) != nil || s.next(ctx, told.snap.Seq(), others) != nil {
			return
		}
	}
}

// send notifies the client of a payload of package wire. It returns when the transport has taken it.
func (s *Session) send(ctx context.Context, method string, payload any) error {
	raw, err := jsonOf(payload)
	if err == nil {
		err = s.conn.Notify(ctx, method, raw)
	}
	if err != nil && ctx.Err() == nil {
		s.log.Debug("a notification was not sent", "method", method, "err", err)
	}
	return err
}

// rest returns after d, or with ctx's cause when that ends first.
func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// stateAfter is what a client has to be told that knows the state before; nil: it knows nothing.
func stateAfter(before, now *engine.Snapshot) wire.State {
	out := wire.State{
		Version: wire.Version, Seq: now.Seq(), Whole: before == nil,
		Tracks: []wire.TrackChange{}, Gone: []string{}, Asked: []wire.Approval{}, Settled: []string{},
	}
	if before == nil {
		before = engine.NewState().Freeze()
	}
	out.Since = before.Seq()
	for tr := range now.Tracks() {
		if old, known := before.Track(tr.ID); !known {
			out.Tracks = append(out.Tracks, wire.TrackChange{Track: TrackStatus(now, tr)})
		} else if old != tr {
			out.Tracks = append(out.Tracks, trackChange(before, now, old, tr))
		}
	}
	for old := range before.Tracks() {
		if _, known := now.Track(old.ID); !known {
			out.Gone = append(out.Gone, string(old.ID))
		}
	}
	tellApprovals(&out, before, now)
	return out
}

// trackChange is what changed in a track. A snapshot shares what did not change with the one before, so that tickets
// are compared by their address. What a ticket waits for may change without it, but only when another one moves.
func trackChange(before, now *engine.Snapshot, old, tr *engine.Track) wire.TrackChange {
	out := wire.TrackChange{Track: wire.Track{ID: string(tr.ID), Status: string(tr.Status), Reason: tr.Reason, Tickets: []wire.Ticket{}}}
	had, has := slices.Collect(old.Tickets()), slices.Collect(tr.Tickets())
	if !slices.EqualFunc(had, has, func(a, b *engine.Ticket) bool { return a.Key.ID == b.Key.ID }) {
		for _, t := range has {
			out.Order = append(out.Order, t.Key.ID)
		}
	}
	moved := out.Order != nil || !slices.EqualFunc(had, has, sameForOthers)
	was, is := before.Waits(tr.ID), now.Waits(tr.ID)
	for i, t := range has {
		var earlier *engine.Ticket
		if out.Order == nil {
			earlier = had[i]
		} else {
			earlier, _ = old.Ticket(t.Key.ID)
		}
		if earlier != t || moved && !sameWaits(was.For(earlier), is.For(t)) {
			out.Tickets = append(out.Tickets, ticketStatus(is, t))
		}
	}
	return out
}

// sameForOthers says whether a ticket is still the same to those that wait for it.
func sameForOthers(a, b *engine.Ticket) bool {
	return a == b || a.Status == b.Status && len(a.Lease) == len(b.Lease) && slices.Equal(a.Spec.DependsOn, b.Spec.DependsOn)
}

func sameWaits(a, b []engine.Wait) bool {
	return slices.EqualFunc(a, b, func(a, b engine.Wait) bool { return a.Ticket == b.Ticket })
}

// tellApprovals adds what is asked and what no longer is.
func tellApprovals(out *wire.State, before, now *engine.Snapshot) {
	for a := range now.Pending() {
		if old, known := before.Approval(a.ID); !known || !old.Pending() {
			out.Asked = append(out.Asked, ApprovalStatus(a))
		}
	}
	for a := range before.Pending() {
		if !isPending(now, a.ID) {
			out.Settled = append(out.Settled, string(a.ID))
		}
	}
}
