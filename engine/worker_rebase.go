package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// rebased brings the draft onto the files as they are now, before it is verified: what is verified is what will be
// delivered. A change that others have made impossible goes back to the worker once; then the ticket is blocked.
func (a *attempt) rebased(ctx context.Context) (problem string, err error) {
	_, conflicts, err := a.draft.Rebase(ctx, a.job.Run)
	if err != nil {
		return "", fmt.Errorf("bringing the draft up to date: %w", err)
	}
	if len(conflicts) > 0 {
		return a.goBack(conflicts)
	}
	return "", a.madeAgain(ctx)
}

// clashed is rebased after a delivery that met a conflict: somebody was faster.
func (a *attempt) clashed(ctx context.Context, e *ConflictError) (problem string, err error) {
	met := DeliveryConflicted{Run: a.job.Run}
	for _, c := range e.Conflicts {
		met.Paths = append(met.Paths, c.Path)
	}
	if err := a.desk.Commit(ctx, met); err != nil {
		return "", err
	}
	_, conflicts, err := a.draft.Rebase(ctx, a.job.Run)
	if err != nil {
		return "", fmt.Errorf("bringing the draft up to date: %w", err)
	}
	if len(conflicts) == 0 { // what was in the way has gone again, or is in a place that the draft does not see
		conflicts = e.Conflicts
	}
	return a.goBack(conflicts)
}

// goBack hands conflicts to the worker, the first time.
func (a *attempt) goBack(conflicts []Conflict) (problem string, err error) {
	reason := conflictReason(&ConflictError{Conflicts: conflicts})
	if a.clashes != nil {
		return "", &ended{Outcome{Kind: OutcomeBlocked, By: ByEditConflict, Reason: reason}}
	}
	a.clashes = conflicts
	return "Nothing was delivered: " + reason + "\nThese files are now in your draft as the workspace has them, without your changes. " +
		"Read them, make your changes again so that both sides are kept, and finish again.", nil
}

// madeAgain blocks a ticket whose worker lets a change go that met a conflict: a person shall see that.
func (a *attempt) madeAgain(ctx context.Context) error {
	if a.clashes == nil {
		return nil
	}
	set, err := a.draft.Changes(ctx)
	if err != nil {
		return fmt.Errorf("collecting the draft's changes: %w", err)
	}
	changed := paths(set)
	left := slices.DeleteFunc(slices.Clone(a.clashes), func(c Conflict) bool { return slices.Contains(changed, c.Path) })
	if len(left) == 0 {
		return nil
	}
	reason := conflictReason(&ConflictError{Conflicts: left}) + "\nThe worker did not make this change again."
	return &ended{Outcome{Kind: OutcomeBlocked, By: ByEditConflict, Reason: reason}}
}

// catchUp brings the draft up to date after a person was waited for, and says what that means for the worker; "" where
// nothing has changed.
func (a *attempt) catchUp(ctx context.Context) (news string, err error) {
	if !a.behind || a.draft == nil {
		return "", nil
	}
	a.behind = false
	changed, conflicts, err := a.draft.Rebase(ctx, a.job.Run)
	if err != nil {
		return "", fmt.Errorf("bringing the draft up to date: %w", err)
	}
	if len(changed) > 0 {
		news = "\n\nWhile a person was waited for, others changed files that you have read: " + strings.Join(changed, ", ") +
			". Your own changes were kept. Read again what you rely on.\n"
	}
	if len(conflicts) > 0 {
		problem, err := a.goBack(conflicts)
		return news + "\n\n" + problem + "\n", err
	}
	return news, nil
}
