package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text/patch"
	"github.com/slop-ls/slop-ls/engine/workspace"
)

func applyCommand(a *app) *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Apply a model's edits from standard input: all of them, or none",
		Long: "apply reads SEARCH/REPLACE blocks, a unified diff or an apply_patch envelope from standard input, whichever it is,\n" +
			"and changes files below the root. What a model gets nearly right (indentation, quotes, line numbers, counts) is\n" +
			"found where it fits in one place; what fits nowhere, or twice, is refused, and then no file is touched.\n\n" +
			"Exit status: 0 all parts are applied, 1 a part is refused and nothing was changed, 2 usage.",
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.apply(cmd.Context(), dry) },
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would happen, and change nothing")
	return cmd
}

// maxPatch bounds in bytes what is read from standard input.
const maxPatch = 64 << 20

func (a *app) apply(ctx context.Context, dry bool) (err error) {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	disk, err := workspace.Open(root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, disk.Close()) }()
	if terminal(a.in) {
		fmt.Fprintln(a.err, "reading a patch from the terminal; end it with Ctrl-D")
	}
	input, err := io.ReadAll(io.LimitReader(a.in, maxPatch+1))
	if err != nil {
		return fmt.Errorf("reading the patch: %w", err)
	}
	if len(input) > maxPatch {
		return fmt.Errorf("the patch is larger than %d MiB: give it in parts", maxPatch>>20)
	}
	format, parts, err := patch.Parse(string(input))
	if err != nil {
		return a.unread(format, err)
	}
	intents, err := a.settle(ctx, disk, dry)
	if err != nil {
		return err
	}
	changes, outcomes, ok := patch.Apply(parts, reader(ctx, disk))
	if ok && !dry {
		if err := deliver(ctx, disk, intents, changes); err != nil {
			return err
		}
	}
	return a.tellApplied(format, outcomes, verdict{ok: ok, dry: dry})
}

// settle brings what a killed apply has left to its end, so that this one does not rest on half of it. intents is the
// folder in which this one keeps what it is about to do.
func (a *app) settle(ctx context.Context, disk *workspace.Workspace, dry bool) (intents string, err error) {
	if intents, err = intentsOf(disk.Path()); err != nil {
		return "", err
	}
	disk.OnPoint(failpoint())
	if dry {
		if workspace.Unfinished(intents) {
			fmt.Fprintln(a.err, "slop-ls: another apply is under way, or was killed; then the next one finishes it")
		}
		return intents, nil
	}
	finished, err := disk.FinishDeliveries(ctx, intents)
	for _, f := range finished {
		fmt.Fprintf(a.err, "slop-ls: %s\n", finishedLine(f))
	}
	return intents, err
}

// intentsFolder is in the workspace's folder of state.
const intentsFolder = "apply"

// intentsOf is the folder in which a workspace's applies keep what they are about to do.
func intentsOf(root string) (string, error) {
	path, err := storePath(root)
	if err != nil {
		return "", err
	}
	return filepath.Join(filepath.Dir(path), intentsFolder), nil
}

func finishedLine(f workspace.Finished) string {
	what := "finished"
	if f.Back {
		what = "taken back, since the same lines were changed meanwhile"
	}
	return fmt.Sprintf("an apply that was killed is now %s: %s", what, strings.Join(f.Paths, ", "))
}

// reader gives a patch the files that may be written to.
func reader(ctx context.Context, disk *workspace.Workspace) patch.Read {
	return func(path string) ([]byte, error) {
		if err := disk.CheckTarget(path); err != nil {
			return nil, err
		}
		f, err := disk.Read(ctx, path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fs.ErrNotExist
		}
		return f.Data, err
	}
}

// operations are the engine's words for those of a patch.
var operations = map[patch.Op]engine.ChangeOp{
	patch.Edit: engine.OpModify, patch.Create: engine.OpCreate, patch.Delete: engine.OpDelete, patch.Rename: engine.OpRename,
}

// deliver writes all changes or none, also where this process is killed: then the next apply or the next daemon brings
// it to its end. The name of the run is of this call alone, so that two that meet do not take each
// other's half-written files for their own.
func deliver(ctx context.Context, disk *workspace.Workspace, intents string, changes []patch.Change) error {
	set := engine.ChangeSet{Label: "slop-ls apply"}
	for _, c := range changes {
		set.Files = append(set.Files, engine.FileChange{
			Path: c.Path, From: c.From, Op: operations[c.Op], Base: c.Before, After: c.After, Mode: c.Mode,
		})
	}
	if set.Empty() {
		return nil
	}
	run := engine.Run{Ticket: engine.TicketKey{Track: "apply", ID: rand.Text()}, Attempt: 1}
	_, err := disk.DeliverWhole(ctx, intents, run, set)
	var conflict *engine.ConflictError
	if errors.As(err, &conflict) {
		return fmt.Errorf("a file changed while the patch was being applied, nothing was changed: apply it again: %w", err)
	}
	return err
}
