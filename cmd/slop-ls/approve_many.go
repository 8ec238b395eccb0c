package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"

	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
)

// approvalID is how an approval is named on the command line.
var approvalID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^A[0-9]+$`) })

// splitIDs takes the approvals that an argument list begins with from the words that follow them.
func splitIDs(args []string) (ids, words []string) {
	n := 0
	for n < len(args) && approvalID().MatchString(args[n]) {
		n++
	}
	return args[:n], args[n:]
}

// yesOptions are the flags of `approve yes`.
type yesOptions struct {
	all    bool
	always string
}

func approveYesCommand(a *app) *cobra.Command {
	var o yesOptions
	cmd := &cobra.Command{
		Use:   "yes ID... [ANSWER...] | yes --all [TRACK]",
		Short: "Approve; a question takes its answer, or the number of one of its options",
		Long: "Approve one approval, or several in one go. A question takes its answer, or the number of one of its options.\n\n" +
			"--always approves for good, within the ticket, its track or the workspace: exactly this tool and command, these\n" +
			"paths or these arguments. `approve rules` lists what was approved so, `approve forget` takes it back.",
		Args: func(cmd *cobra.Command, args []string) error {
			if o.all && len(args) > 1 || !o.all && len(args) == 0 {
				return usageError("usage: " + cmd.UseLine())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.approveYes(cmd.Context(), args, o) },
	}
	cmd.Flags().BoolVar(&o.all, "all", false, "approve all that waits, or all of a track; questions and what is cut in the list are left")
	cmd.Flags().StringVar(&o.always, "always", "", "approve for good within: `ticket|track|workspace`")
	_ = cmd.RegisterFlagCompletionFunc("always", cobra.FixedCompletions([]string{"ticket", "track", "workspace"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func approveNoCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "no ID... [REASON...]",
		Short: "Reject, with a reason that the worker is told",
		Args:  arguments(1, 1000),
		RunE: func(cmd *cobra.Command, args []string) error {
			ids, words := splitIDs(args)
			if len(ids) < 2 {
				return a.approveAnswer(cmd.Context(), args[0], engine.AnswerApproval{Decision: engine.Rejected, Reason: shellWords(args[1:])})
			}
			return a.answerSeveral(cmd.Context(), ids, engine.AnswerApproval{Decision: engine.Rejected, Reason: shellWords(words)})
		},
	}
}

func (a *app) approveYes(ctx context.Context, args []string, o yesOptions) error {
	switch o.always {
	case "", "ticket", "track", "workspace":
	default:
		return usageError("--always is ticket, track or workspace, not " + o.always)
	}
	answer := engine.AnswerApproval{Decision: engine.Approved, Remember: engine.Scope(o.always)}
	if o.all {
		return a.approveAll(ctx, args, answer)
	}
	if ids, words := splitIDs(args); len(ids) > 1 && len(words) == 0 {
		return a.answerSeveral(ctx, ids, answer)
	}
	answer.Reason = shellWords(args[1:])
	return a.approveAnswer(ctx, args[0], answer)
}

// answerSeveral answers approvals in one transaction, or none of them.
func (a *app) answerSeveral(ctx context.Context, ids []string, answer engine.AnswerApproval) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	answer.By = byTerminal
	atOnce, err := change(ctx, root, a.lends(root), func(snap *engine.Snapshot, blobs engine.Blobs) ([]engine.Command, error) {
		var all engine.AnswerApprovals
		for _, id := range ids {
			approval, content, err := findApproval(ctx, snap, blobs, id)
			if err != nil {
				return nil, err
			}
			one, err := engine.PrepareAnswer(ctx, blobs, approval, content, answer)
			if err != nil {
				return nil, err
			}
			all.Answers = append(all.Answers, one)
		}
		return []engine.Command{all}, nil
	})
	if err != nil {
		return fmt.Errorf("none of the %d was answered: %w", len(ids), err)
	}
	return a.answeredAll(ids, answer.Decision, atOnce)
}

func (a *app) answeredAll(ids []string, decision engine.Decision, atOnce bool) error {
	for _, id := range ids {
		if err := a.answered(id, "", decision, atOnce); err != nil {
			return err
		}
	}
	return nil
}

// approveAll approves all that waits, or all of a track: what one line of the list shows whole, or a spawn. What
// somebody else decides meanwhile is left out.
func (a *app) approveAll(ctx context.Context, names []string, answer engine.AnswerApproval) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	track := engine.TrackID("")
	if len(names) > 0 {
		if track, _, err = trackNamed(ctx, root, names[0]); err != nil {
			return err
		}
	}
	answer.By = byTerminal
	var done, left []string
	var atOnce bool
	for range maxElections {
		done, left = nil, nil
		atOnce, err = change(ctx, root, a.lends(root), func(snap *engine.Snapshot, blobs engine.Blobs) ([]engine.Command, error) {
			answers, omitted, err := answersOf(ctx, snap, blobs, track, answer)
			for _, one := range answers {
				done = append(done, string(one.ID))
			}
			if left = omitted; len(done) == 0 {
				return nil, err
			}
			return []engine.Command{engine.AnswerApprovals{Answers: answers}}, err
		})
		if decided := (*engine.DecidedError)(nil); !errors.As(err, &decided) {
			break
		}
	}
	if err != nil {
		return err
	}
	for _, why := range left {
		fmt.Fprintln(a.err, "slop-ls: "+why)
	}
	if len(done) == 0 && !a.json {
		fmt.Fprintln(a.out, "Nothing was there to approve.")
	}
	return a.answeredAll(done, engine.Approved, atOnce)
}

// answersOf prepares the answer to each approval of a track, or of all, that can be given on the strength of its line;
// left says of the others why they wait on.
func answersOf(
	ctx context.Context, snap *engine.Snapshot, blobs engine.Blobs, track engine.TrackID, answer engine.AnswerApproval,
) (answers []engine.AnswerApproval, left []string, err error) {
	for approval := range snap.Pending() {
		if track != "" && approval.Run.Ticket.Track != track {
			continue
		}
		if approval.Kind != engine.KindSpawn && approval.Cut {
			left = append(left, fmt.Sprintf("%s waits on: the list shows only a part of it; see `slop-ls approve show %s`", approval.ID, approval.ID))
			continue
		}
		_, content, err := findApproval(ctx, snap, blobs, string(approval.ID))
		if err != nil {
			return nil, nil, err
		}
		one, err := engine.PrepareAnswer(ctx, blobs, approval, content, answer)
		if incomplete := (*engine.IncompleteError)(nil); errors.As(err, &incomplete) {
			left = append(left, err.Error())
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		answers = append(answers, one)
	}
	return answers, left, nil
}

func (a *app) approveRules(ctx context.Context) error {
	_, snap, err := a.stored(ctx)
	if err != nil {
		return err
	}
	if !a.json {
		fmt.Fprint(a.out, page.RememberedList(snap.Remembered()))
		return nil
	}
	for r := range snap.Remembered() {
		if err := a.printJSON(r); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) approveForget(ctx context.Context, id string) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	_, err = change(ctx, root, a.lends(root), func(*engine.Snapshot, engine.Blobs) ([]engine.Command, error) {
		return []engine.Command{engine.ForgetAnswer{ID: engine.ApprovalID(id), By: byTerminal}}, nil
	})
	if errors.Is(err, engine.ErrNoApproval) {
		return fmt.Errorf("%s is not among what was approved for good: see `slop-ls approve rules`", id)
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]string{"id": id, "done": "forgotten"})
	}
	fmt.Fprintf(a.out, "%s forgotten: the same is asked again\n", id)
	return nil
}
