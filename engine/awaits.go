package engine

import (
	"context"
	"fmt"
)

// A ticket whose provider has no key has not failed: it goes back to todo and waits, with the reason, until KeysArrived
// or until a person runs it again. A restart does not change that.

// KeysArrived says that somebody has brought keys: tickets that wait for one are offered again.
type KeysArrived struct{}

func (KeysArrived) command() {}

// AwaitedArrived lets the tickets of a track go on that waited for what nobody but a person's surroundings can give.
type AwaitedArrived struct {
	Track TrackID `json:"track"`
}

func (AwaitedArrived) body() {}

// Kind implements Body.
func (AwaitedArrived) Kind() string { return "awaited_arrived" }

// readier is a Provider that can tell before a call that it would have no key for it, by a *ProviderError.
type readier interface {
	Ready(ctx context.Context, tier Tier, model string) error
}

// ready looks for the key before a person is asked about a spawn that could not go on.
func (a *attempt) ready(ctx context.Context) error {
	if p, tells := a.Provider.(readier); tells {
		return p.Ready(ctx, TierWorker, a.job.Model)
	}
	return nil
}

// waitsForKey is the outcome of an attempt that found no key.
func waitsForKey(e *ProviderError) Outcome {
	reason := "no key"
	if e.Err != nil {
		reason += ": " + e.Err.Error()
	}
	return Outcome{Kind: OutcomeAwaits, By: ByProvider, Reason: reason}
}

// awaits is what a ticket notes of such an outcome: "provider: no key: …".
func awaits(b TicketRetried) string { return string(b.By) + ": " + b.Reason }

func (s *State) decideKeysArrived() []Body {
	var bodies []Body
	for tr := range s.now.Tracks() {
		if !tr.awaiting() {
			continue
		}
		bodies = append(bodies, AwaitedArrived{tr.ID})
		bodies = append(bodies, s.revive(tr, ByProvider)...)
	}
	return bodies
}

// awaiting reports whether a ticket of the track waits for what AwaitedArrived brings.
func (t *Track) awaiting() bool {
	for tk := range t.Tickets() {
		if tk.Awaits != "" {
			return true
		}
	}
	return false
}

func (s *State) applyArrived(b AwaitedArrived) error {
	tr, err := s.track(b.Track)
	if err != nil {
		return fmt.Errorf("what a track waited for: %w", err)
	}
	s.arrive(tr)
	s.index[b.Track].reconsider(s, tr)
	s.touch(b.Track)
	return nil
}

func (s *State) arrive(tr *Track) {
	s.eachTicket(tr, func(t *Ticket) bool { return t.Awaits != "" }, func(t *Ticket) { t.Awaits = "" })
}
