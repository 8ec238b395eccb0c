package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/lsp"
)

func approveCommand(a *app) *cobra.Command {
	list := func(cmd *cobra.Command, _ []string) error { return a.approveList(cmd.Context()) }
	approve := &cobra.Command{
		Use:   "approve",
		Short: "List what waits for a person, and answer it",
		Args:  noCommand,
		RunE:  list,
	}
	approve.AddCommand(
		&cobra.Command{Use: "list", Short: "List what waits, the oldest first", Args: arguments(0, 0), RunE: list},
		&cobra.Command{
			Use: "show ID", Short: "Show all of what is asked", Args: arguments(1, 1),
			RunE: func(cmd *cobra.Command, args []string) error { return a.approveShow(cmd.Context(), args[0]) },
		},
		approveYesCommand(a), approveNoCommand(a),
		&cobra.Command{
			Use: "edit ID", Short: "Edit what is asked in $EDITOR, then approve it", Args: arguments(1, 1),
			RunE: func(cmd *cobra.Command, args []string) error { return a.approveEdit(cmd.Context(), args[0]) },
		},
		&cobra.Command{
			Use: "rules", Short: "List what was approved for good", Args: arguments(0, 0),
			RunE: func(cmd *cobra.Command, _ []string) error { return a.approveRules(cmd.Context()) },
		},
		&cobra.Command{
			Use: "forget ID", Short: "Take back what was approved for good", Args: arguments(1, 1),
			RunE: func(cmd *cobra.Command, args []string) error { return a.approveForget(cmd.Context(), args[0]) },
		},
	)
	return approve
}

func (a *app) approveList(ctx context.Context) error {
	_, snap, err := a.stored(ctx)
	if err != nil {
		return err
	}
	if !a.json {
		fmt.Fprint(a.out, page.Approvals(snap.Pending(), time.Now()))
		return nil
	}
	for p := range snap.Pending() {
		if err := a.printJSON(lsp.ApprovalStatus(p)); err != nil {
			return err
		}
	}
	return nil
}

// approveShow prints the whole of an approval.
func (a *app) approveShow(ctx context.Context, id string) error {
	return a.reading(ctx, func(string) error { return noApproval(id) }, func(s archive) error {
		state, err := engine.Load(ctx, s)
		if err != nil {
			return err
		}
		approval, content, err := findApproval(ctx, state.Freeze(), s, id)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(struct {
				*engine.Approval
				Content engine.Content `json:"content"`
			}{approval, content})
		}
		fmt.Fprint(a.out, page.Review(approval, content))
		return nil
	})
}

func noApproval(id string) error {
	return fmt.Errorf("there is no open approval %s: see `slop-ls approve list`", id)
}

// findApproval is an approval that waits, with what it asks.
func findApproval(ctx context.Context, snap *engine.Snapshot, blobs engine.Blobs, id string) (*engine.Approval, engine.Content, error) {
	approval, ok := snap.Approval(engine.ApprovalID(id))
	if how, known := snap.Decision(engine.ApprovalID(id)); !ok && known {
		return nil, engine.Content{}, &engine.DecidedError{ID: engine.ApprovalID(id), Answer: how}
	}
	if !ok {
		return nil, engine.Content{}, noApproval(id)
	}
	content, err := engine.LoadContent(ctx, blobs, approval.Hash)
	if err != nil {
		return nil, engine.Content{}, fmt.Errorf("reading what approval %s asks: %w", id, err)
	}
	return approval, content, nil
}

// approveAnswer decides an approval. The ticket goes on with the next run.
func (a *app) approveAnswer(ctx context.Context, id string, answer engine.AnswerApproval) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	answer.ID, answer.By = engine.ApprovalID(id), byTerminal
	var kind engine.ApprovalKind
	atOnce, err := change(ctx, root, a.lends(root), func(snap *engine.Snapshot, s engine.Blobs) ([]engine.Command, error) {
		if a, ok := snap.Approval(answer.ID); ok {
			kind = a.Kind
		}
		if answer.Decision != engine.Approved {
			return []engine.Command{answer}, nil // also where what was asked cannot be read any more
		}
		approval, content, err := findApproval(ctx, snap, s, id)
		if err != nil {
			return nil, err
		}
		answer, err := engine.PrepareAnswer(ctx, s, approval, content, answer)
		return []engine.Command{answer}, err
	})
	if errors.Is(err, engine.ErrNoApproval) {
		return noApproval(id)
	}
	if err != nil {
		return err
	}
	return a.answered(id, kind, answer.Decision, atOnce)
}

func (a *app) answered(id string, kind engine.ApprovalKind, decision engine.Decision, atOnce bool) error {
	if a.json {
		return a.printJSON(map[string]string{"id": id, "decision": string(decision)})
	}
	next := goesOn(atOnce)
	if decision == engine.Rejected && (kind == engine.KindSpawn || kind == engine.KindEdit) {
		next = "is blocked until you retry or unblock it"
	}
	fmt.Fprintf(a.out, "%s %s; its ticket %s\n", id, decision, next)
	return nil
}

// approveEdit opens the review document in the person's editor and approves what comes back.
func (a *app) approveEdit(ctx context.Context, id string) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	atOnce, err := change(ctx, root, a.lends(root), func(snap *engine.Snapshot, s engine.Blobs) ([]engine.Command, error) {
		approval, content, err := findApproval(ctx, snap, s, id)
		if err != nil {
			return nil, err
		}
		answer, err := a.edited(ctx, s, approval, content)
		if err != nil {
			return nil, err
		}
		return []engine.Command{answer}, nil
	})
	if err != nil {
		return err
	}
	return a.answered(id, "", engine.Approved, atOnce)
}

// edited lets a person edit a review document, and is the approval of what came back.
func (a *app) edited(ctx context.Context, blobs engine.Blobs, approval *engine.Approval, content engine.Content) (engine.AnswerApproval, error) {
	document, err := a.edit(ctx, string(approval.ID)+".md", page.Review(approval, content))
	if err != nil {
		return engine.AnswerApproval{}, err
	}
	reviewed, err := page.ParseReview(approval, content, document)
	if err != nil {
		return engine.AnswerApproval{}, err
	}
	answer := engine.AnswerApproval{
		Decision: engine.Approved, By: byTerminal, Reason: reviewed.Reason, Remember: reviewed.Remember, Whole: true,
	}
	return engine.PrepareAnswer(ctx, blobs, approval, reviewed.Content, answer)
}

// edit opens text in $VISUAL or $EDITOR and gives back what was saved. An editor that fails has approved nothing.
func (a *app) edit(ctx context.Context, name, text string) (edited string, err error) {
	editor := os.Getenv("VISUAL")
	if editor == "" {
		editor = os.Getenv("EDITOR")
	}
	if editor == "" {
		return "", errors.New("no editor: set EDITOR, or answer with `slop-ls approve yes` or `no`")
	}
	dir, err := os.MkdirTemp("", "slop-ls-")
	if err != nil {
		return "", fmt.Errorf("making a file to edit: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("making a file to edit: %w", err)
	}
	cmd := exec.CommandContext(ctx, "sh", "-c", editor+` "$1"`, "sh", file)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.in, a.err, a.err
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("the editor ended badly, so nothing was approved: %s: %w", editor, err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("reading what you edited: %w", err)
	}
	return string(data), nil
}
