package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/catalog"
	"github.com/slop-ls/slop-ls/engine/config"
)

// budgetOf is what the configuration bounds.
func budgetOf(b config.Budget) engine.Budget {
	bounds := func(tokens, turns int, usd float64, time config.Duration) engine.Bounds {
		return engine.Bounds{Tokens: int64(tokens), Turns: int64(turns), MicroUSD: int64(catalog.Dollars(usd)), Time: duration(time)}
	}
	return engine.Budget{
		Ticket: bounds(b.TicketTokens, b.TicketTurns, b.TicketUSD, b.TicketTime),
		Track:  bounds(b.TrackTokens, b.TrackTurns, b.TrackUSD, b.TrackTime),
		Day:    bounds(b.DayTokens, b.DayTurns, b.DayUSD, b.DayTime),
	}
}

// announceBudgets tells every editor of bounds that are nearly used up, and of tracks that one has paused, until ctx
// ends.
func (h *house) announceBudgets(ctx context.Context) {
	for e, err := range h.conductor.Events(ctx, h.conductor.Snapshot().Seq()) {
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, engine.ErrStopped) {
				h.log.Warn("editors are told of no budgets any more", "err", err)
			}
			return
		}
		if line := budgetLine(e.Body); line != "" {
			h.hub.Announce(ctx, []string{line})
		}
	}
}

// budgetLine is what a person is told of an event; "" for nothing.
func budgetLine(b engine.Body) string {
	switch b := b.(type) {
	case engine.BudgetWarned:
		return string(b.Track) + ": " + b.Words()
	case engine.TrackMoved:
		if b.Over != nil {
			return fmt.Sprintf("%s is paused: %s", b.Track, b.Over.Reason())
		}
	}
	return ""
}

// overBudget notes that a bound has paused the track of this run, and waits beside until its workers stand still.
func (r *runner) overBudget(ctx context.Context, b engine.Body) {
	moved, ok := b.(engine.TrackMoved)
	if !ok || moved.Track != r.track {
		return
	}
	if r.over = moved.Over; r.over == nil || r.standing || r.paused {
		return
	}
	r.standing = true
	track := r.track
	go func() { r.still <- r.works.Quiet(ctx, track) }() // ends with the conductor at the latest
}

// stoodStill is the end of a run whose workers stand still, or nil where the track goes on: the bound was raised.
func (r *runner) stoodStill() error {
	r.standing = false
	switch {
	case r.paused:
		return &exitError{code: exitInterrupted, err: fmt.Errorf("paused: go on with `slop-ls run %s`", r.track)}
	case r.over != nil:
		return &exitError{code: exitBlocked, err: fmt.Errorf("paused by a budget: %s; then `slop-ls run %s`", r.over.Reason(), r.track)}
	}
	return nil
}
