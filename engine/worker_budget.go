package engine

import (
	"context"
	"errors"
	"slices"
	"time"
)

// replyReserve is how many tokens of output a call is taken to need. A bound can be passed by what the calls that are
// under way say beyond that, and by what their input is counted too low: by one reply a worker, and no more.
const replyReserve = 4096

// afford gets leave for a call, and waits at the track's gate while a bound of the track or the day is in the way.
func (a *attempt) afford(ctx context.Context, req Request) error {
	need := a.estimate(req)
	for {
		err := a.desk.Reserve(ctx, need, req.Model)
		var over *BudgetError
		if !errors.As(err, &over) {
			return err
		}
		if over.Overrun.Scope == BudgetTicket {
			return &ended{Outcome{Kind: OutcomeBlocked, By: ByBudget, Reason: over.Error(), Over: &over.Overrun}}
		}
		if err := a.gate(ctx); err != nil {
			return err
		}
	}
}

// affordSpawn gets leave for the first call before a person is asked whether it may be made.
func (a *attempt) affordSpawn(ctx context.Context, c Content) error {
	opening := []Message{{Text: c.Prompt}, {Text: c.Context}}
	tools := a.worker.specs
	if a.Toolbox != nil {
		tools = append(slices.Clone(tools), a.Toolbox.Known()...)
	}
	err := a.afford(ctx, Request{Tier: TierWorker, Model: a.job.Model, Tools: tools, Messages: opening})
	a.sizes, a.toolTokens = nil, 0 // what comes back may be edited, and the tools are asked for anew
	return err
}

// estimate is what a call may come to.
func (a *attempt) estimate(req Request) Spent {
	input := int64(a.counted(req))
	usage := Usage{Input: input, Output: replyReserve, Cost: Cost{Unknown: true}}
	if a.Price != nil {
		usage.Cost = a.Price(req.Model, usage)
	}
	return spentOf(req.Tier, usage, 0)
}

// counted is how many tokens a request has. Messages of the worker's own conversation are counted once.
func (a *attempt) counted(req Request) int {
	count := func(m Message) int {
		n := a.Provider.Count(req.Model, m.Text)
		for _, c := range m.Calls {
			n += a.Provider.Count(req.Model, c.Name+c.Arguments)
		}
		return n
	}
	total := 0
	if req.Tier != TierWorker {
		for _, m := range req.Messages {
			total += count(m)
		}
		return total
	}
	if a.toolTokens == 0 {
		for _, t := range req.Tools {
			a.toolTokens += a.Provider.Count(req.Model, t.Name+t.Description+string(t.Schema))
		}
	}
	for i := len(a.sizes); i < len(req.Messages); i++ {
		a.sizes = append(a.sizes, count(req.Messages[i]))
	}
	for _, n := range a.sizes[:len(req.Messages)] {
		total += n
	}
	return total + a.toolTokens
}

// worked is how long the attempt has worked since it was asked last, without its waiting.
func (a *attempt) worked() time.Duration {
	now := time.Since(a.began) - a.waited
	since := max(now-a.told, 0)
	a.told = max(now, a.told)
	return since
}
