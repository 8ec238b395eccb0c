package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine/text"
)

// finishStatuses are what a worker may end with. The word of the ticket's own status is taken, and so is none: models
// leave out what seems to go without saying.
var finishStatuses = []string{"done", "blocked", "completed", ""}

// finish handles the worker's own word that it is done or blocked.
func (a *attempt) finish(ctx context.Context, call ToolCall) (outcome Outcome, over bool, err error) {
	var args finishArgs
	decodeErr := json.Unmarshal([]byte(call.Arguments), &args)
	problem := ""
	switch {
	case decodeErr != nil || !slices.Contains(finishStatuses, args.Status):
		problem = `error: finish takes {"status": "done" or "blocked", "summary": "…"}`
	case args.Status == "blocked":
		return Outcome{Kind: OutcomeFailed, By: ByWorker, Reason: args.Summary}, true, nil
	default:
		outcome, problem, err = a.complete(ctx, args.Summary)
	}
	if problem == "" || err != nil {
		return outcome, true, err
	}
	a.messages = append(a.messages, Message{Role: RoleTool, CallID: call.ID, Name: call.Name, Text: problem})
	return Outcome{}, false, a.repeats(call, problem)
}

// complete verifies and delivers. A problem is for the worker to mend within its limits.
func (a *attempt) complete(ctx context.Context, summary string) (outcome Outcome, problem string, err error) {
	if problem, err = a.rebased(ctx); problem != "" || err != nil {
		return Outcome{}, problem, err
	}
	if problem, err = a.verify(ctx); problem != "" || err != nil {
		return Outcome{}, problem, err
	}
	delivered, err := a.deliver(ctx, summary)
	leftover := (*LeftoverError)(nil)
	if conflict := (*ConflictError)(nil); errors.As(err, &conflict) && !errors.As(err, &leftover) {
		problem, err = a.clashed(ctx, conflict)
		return Outcome{}, problem, err
	}
	if err != nil {
		return Outcome{}, "", err
	}
	return Outcome{Kind: OutcomeDone, By: ByWorker, Summary: summary, Delivered: delivered}, "", nil
}

// verify runs the ticket's or the track's command. A person is asked once a text, for the whole track.
func (a *attempt) verify(ctx context.Context) (problem string, err error) {
	line := verifyLine(a.job)
	if line == "" {
		return "", nil
	}
	if line, err = a.permitVerify(ctx, line); err != nil {
		return "", err
	}
	a.calls++
	if err := a.desk.Commit(ctx, ToolCalled{Run: a.job.Run, Call: a.calls, Name: VerifyCall, Summary: oneLine(line)}); err != nil {
		return "", err
	}
	result, err := a.Bench.Run(ctx, a.draft, ShellCommand{Line: line}, nil)
	if err != nil {
		return "", fmt.Errorf("verifying: %w", err)
	}
	if !result.OK() {
		problem = fmt.Sprintf("The verify command %q failed with exit status %d%s. Mend the cause, then finish again.\n%s%s",
			line, result.ExitCode, timedOut(result), fenced(a.draft.Shelf().Fit(result.Output)), a.analyse(ctx, result))
	}
	returned := ToolReturned{Run: a.job.Run, Call: a.calls, Name: VerifyCall, OK: result.OK(), Summary: fmt.Sprintf("exit status %d", result.ExitCode)}
	return problem, a.desk.Tell(ctx, returned)
}

// permitVerify gives the command as it may run: as it was asked, or as a person has edited it. One that may not run leaves
// nothing that the worker could do.
func (a *attempt) permitVerify(ctx context.Context, line string) (allowed string, err error) {
	action, err := a.verifyAction(line)
	if err != nil {
		return "", err
	}
	q := Question{
		Kind: KindCommand, Scope: ScopeTrack,
		Content: Content{Tool: VerifyCall, Arguments: string(action.Arguments)}, Ruling: a.Policy.Rule(ctx, action),
	}
	q.Title, q.Cut = titleLine(a.verifyWhom() + line)
	answer, content, err := a.ask(ctx, q)
	if err != nil {
		return "", err
	}
	if content.Arguments != q.Content.Arguments {
		if action, err = a.editedVerify(content.Arguments); err != nil {
			return "", err
		}
	}
	if again := a.Policy.Rule(ctx, action); again.Verdict == Deny && answer.Decision == Approved {
		answer.Decision, answer.By, answer.Reason = Rejected, Actor(byRule+again.Rule), ""
	}
	if answer.Decision != Approved {
		return "", &ended{Outcome{Kind: OutcomeBlocked, By: rejecter(answer), Reason: rejected("the verify command was not allowed", answer)}}
	}
	return action.Command, a.gate(ctx)
}

// editedVerify is what a person has made of a verify command.
func (a *attempt) editedVerify(arguments string) (Action, error) {
	var args struct {
		Command string `json:"command"`
	}
	if err := json.Unmarshal([]byte(arguments), &args); err != nil || strings.TrimSpace(args.Command) == "" {
		reason := `the verify command as it was edited cannot be read: retry the ticket, and write {"command": "…"}`
		return Action{}, &ended{Outcome{Kind: OutcomeBlocked, By: ByPerson, Reason: reason}}
	}
	return a.verifyAction(args.Command)
}

// verifyAction describes a verify command to the policy.
func (a *attempt) verifyAction(line string) (Action, error) {
	args, err := json.Marshal(map[string]string{"command": line})
	if err != nil {
		return Action{}, fmt.Errorf("describing the verify command: %w", err)
	}
	return Action{Kind: KindCommand, Tool: VerifyCall, Effect: EffectRun, Arguments: args, Command: line, Ticket: a.job.Run.Ticket}, nil
}

// verifyWhom begins the line on which a person decides about a verify command: whether it is the track's own matters,
// because one answer holds for all its tickets.
func (a *attempt) verifyWhom() string {
	if a.job.Ticket.Spec.Verify != "" {
		return a.job.Run.Ticket.ID + " is verified by running" + a.held() + ": "
	}
	return "Every ticket of this track is verified by running" + a.held() + ": "
}

// deliver hands the draft's changes over. That it began is durable before the first byte leaves: after a crash the
// delivery is finished, not redone.
func (a *attempt) deliver(ctx context.Context, summary string) (*Delivered, error) {
	set, err := a.draft.Changes(ctx)
	if err != nil {
		return nil, fmt.Errorf("collecting the draft's changes: %w", err)
	}
	if set.Empty() {
		return nil, nil
	}
	set.Label = oneLine(a.job.Run.Ticket.ID + ": " + a.task())
	if set.Asked, err = a.permitEdit(ctx, set); err != nil {
		return nil, err
	}
	data := set.Encode()
	blob := "changes/" + ContentHash(data)
	if err := a.Blobs.PutBlob(ctx, blob, data); err != nil {
		return nil, fmt.Errorf("storing the draft's changes: %w", err)
	}
	d := Delivery{Blob: blob, Paths: paths(set), Summary: summary}
	if err := a.desk.Commit(ctx, DeliveryStarted{Run: a.job.Run, Delivery: d}); err != nil {
		return nil, err
	}
	return a.hand(ctx, set)
}

func (a *attempt) hand(ctx context.Context, set ChangeSet) (*Delivered, error) {
	delivered, err := a.Applier.Deliver(ctx, a.job.Run, set)
	if err != nil {
		return nil, fmt.Errorf("delivering: %w", err)
	}
	return &delivered, nil
}

// finishDelivery takes up a delivery that a crash interrupted. Delivering what is there already changes nothing.
func (a *attempt) finishDelivery(ctx context.Context) (Outcome, error) {
	d := a.job.Ticket.Delivery
	data, err := a.Blobs.Blob(ctx, d.Blob)
	if err != nil {
		return Outcome{}, fmt.Errorf("reading the changes of an interrupted delivery: %w", err)
	}
	set, err := DecodeChangeSet(data)
	if err != nil {
		return Outcome{}, err
	}
	delivered, err := a.hand(ctx, set)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Kind: OutcomeDone, By: ByWorker, Summary: d.Summary, Delivered: delivered}, nil
}

// permitEdit asks about a finished change only where a rule says so. asked says whether a person was asked.
func (a *attempt) permitEdit(ctx context.Context, set ChangeSet) (asked bool, err error) {
	action := Action{Kind: KindEdit, Effect: EffectEdit, Paths: paths(set), Ticket: a.job.Run.Ticket}
	ruling := a.Policy.Rule(ctx, action)
	if ruling.Verdict == Allow {
		return false, nil
	}
	now := a.workspaceHashes(action.Paths)
	q := Question{Kind: KindEdit, Ruling: ruling, Content: Content{Diff: Diff(set), Changes: carried(set), Rests: now(ctx)}}
	q.Title, q.Cut = titleLine(fmt.Sprintf("Take the edit of %s: %s", a.job.Run.Ticket.ID, strings.Join(action.Paths, ", ")))
	answer, _, err := a.askFresh(ctx, q, now, sameAgain(now))
	if err != nil {
		return false, err
	}
	if again := a.Policy.Rule(ctx, action); again.Verdict == Deny && answer.Decision == Approved {
		answer.Decision, answer.By, answer.Reason = Rejected, Actor(byRule+again.Rule), ""
	}
	if answer.Decision != Approved {
		return false, &ended{Outcome{Kind: OutcomeBlocked, By: rejecter(answer), Reason: rejected("its edit was rejected", answer)}}
	}
	return ruling.Verdict == Ask, a.gate(ctx)
}

func paths(set ChangeSet) []string {
	out := make([]string, len(set.Files))
	for i, f := range set.Files {
		out[i] = f.Path
	}
	return out
}

// Diff is a change set as a unified diff.
func Diff(set ChangeSet) string {
	var b strings.Builder
	for _, f := range set.Files {
		from, to := "a/"+f.Path, "b/"+f.Path
		switch f.Op {
		case OpCreate:
			from = "/dev/null"
		case OpDelete:
			to = "/dev/null"
		case OpRename:
			from = "a/" + f.From
		case OpModify:
		}
		b.WriteString(text.Unified(from, to, f.Base, f.After, 3))
	}
	return b.String()
}

// leftoverOutcome: a worker that began anew would meet its own change, so a person has to see to it.
func leftoverOutcome(e *LeftoverError) Outcome {
	reason := e.Err.Error()
	if conflict := (*ConflictError)(nil); errors.As(e.Err, &conflict) {
		reason = conflictReason(conflict)
	}
	return Outcome{Kind: OutcomeBlocked, By: ByEditConflict, Reason: "Half of it was delivered: " + e.left() + ".\n" + reason}
}

func conflictReason(e *ConflictError) string {
	var b strings.Builder
	b.WriteString("the workspace changed the same lines meanwhile\n")
	for _, c := range e.Conflicts {
		fmt.Fprintf(&b, "%s:\n%s\n", c.Path, text.CutMiddle(c.Text, 4096))
	}
	return strings.TrimSpace(b.String())
}
