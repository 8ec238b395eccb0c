package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// spawn builds the context, asks whether the worker may start with it, and opens the conversation with what came
// back.
func (a *attempt) spawn(ctx context.Context) error {
	q, err := a.spawnQuestion(ctx)
	if err != nil {
		return err
	}
	now := func(ctx context.Context) map[string]string {
		return a.workspaceHashes(slices.Collect(maps.Keys(a.packed.rests)))(ctx)
	}
	if err := a.affordSpawn(ctx, q.Content); err != nil {
		return err
	}
	answer, content, err := a.askFresh(ctx, q, now, a.spawnAgain)
	if err != nil {
		return err
	}
	if again := a.Policy.Rule(ctx, a.spawnAction()); again.Verdict == Deny && answer.Decision == Approved {
		answer.Decision, answer.By, answer.Reason = Rejected, Actor(byRule+again.Rule), ""
	}
	if answer.Decision != Approved {
		return &ended{Outcome{Kind: OutcomeBlocked, By: rejecter(answer), Reason: rejected("the spawn was rejected", answer)}}
	}
	if Unwritten(content.Prompt) { // a rule that allows every spawn may have let it through
		reason := "it has no instruction yet: write its description in the track's document, or give one to `slop-ls ticket retry`"
		return &ended{Outcome{Kind: OutcomeBlocked, By: ByConductor, Reason: reason}}
	}
	system, err := a.systemPrompt()
	if err != nil {
		return err
	}
	a.approved, a.messages = content, openingMessages(system, content)
	return nil
}

func (a *attempt) spawnAction() Action {
	return Action{Kind: KindSpawn, Ticket: a.job.Run.Ticket, Step: a.job.Ticket.Spec.StepMode}
}

// showing is what the policy says to a file in the context of a worker that is about to start.
func (a *attempt) showing(ctx context.Context, path string) Ruling {
	return a.Policy.Rule(ctx, Action{Kind: KindSpawn, Effect: EffectRead, Paths: []string{path}, Ticket: a.job.Run.Ticket})
}

// spawnRuling asks also where every spawn is allowed, if the context has a file about which the policy asks: one that looks like
// a secret, say.
func (a *attempt) spawnRuling(ctx context.Context, p packed) Ruling {
	ruling := a.Policy.Rule(ctx, a.spawnAction())
	for _, path := range slices.Sorted(maps.Keys(p.rests)) {
		if ruling.Verdict != Allow {
			break
		}
		if r := a.showing(ctx, path); r.Verdict == Ask {
			ruling.Verdict, ruling.Rule = r.Verdict, r.Rule
		}
	}
	return ruling
}

// spawnQuestion opens a draft on the files as they are and packs the context of it.
func (a *attempt) spawnQuestion(ctx context.Context) (Question, error) {
	a.release()
	draft, release, err := a.Bench.Draft(ctx, a.job.Run)
	if err != nil {
		a.release = func() {}
		return Question{}, fmt.Errorf("opening a draft: %w", err)
	}
	a.draft, a.release = draft, release
	count := func(text string) int { return a.Provider.Count(a.job.Model, text) }
	pack, err := packer{viewer: a.Viewer, files: draft, count: count, budget: a.Limits.ContextTokens, rule: a.showing}.pack(ctx, a.job)
	if err != nil {
		return Question{}, err
	}
	a.packed = pack
	if err := a.desk.Tell(ctx, ContextPacked{Run: a.job.Run, Before: pack.before, After: pack.after}); err != nil {
		return Question{}, err
	}
	content := Content{Prompt: ticketPrompt(a.job), Context: pack.text, Model: a.job.Model, Rests: pack.rests}
	q := Question{Kind: KindSpawn, Content: content, Ruling: a.spawnRuling(ctx, pack)}
	q.Title, q.Cut = spawnTitle(a.job, pack)
	return q, nil
}

// spawnAgain packs the context anew. What the person had edited stays as they wrote it.
func (a *attempt) spawnAgain(ctx context.Context, _ Question, approved Content) (Question, error) {
	edited := approved.Context != a.packed.text
	q, err := a.spawnQuestion(ctx)
	if err != nil {
		return q, err
	}
	q.Content.Prompt = approved.Prompt
	if edited {
		q.Content.Context = approved.Context
	}
	return q, nil
}
