package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/workspace"
)

func trackDiffCommand(a *app) *cobra.Command {
	var message bool
	cmd := &cobra.Command{
		Use:   "diff TRACK [ID]",
		Short: "Show what a track, or one of its tickets, has changed",
		Args:  arguments(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if message && len(args) > 1 {
				return usageError("--message is of a whole track: leave the ticket out")
			}
			return a.trackDiff(cmd.Context(), args, message)
		},
	}
	cmd.Flags().BoolVar(&message, "message", false, "print a commit message to start from instead")
	return cmd
}

// diffJSON is what `track diff --json` prints.
type diffJSON struct {
	Diff    string   `json:"diff"`
	Files   []string `json:"files"`
	Moved   []string `json:"moved"`             // files that somebody else has changed since
	Message string   `json:"message,omitempty"` // a commit message to start from, of a whole track
}

func (a *app) trackDiff(ctx context.Context, args []string, message bool) error {
	_, track, err := a.look(ctx, args[0])
	if err != nil {
		return err
	}
	nothing := func(string) error {
		return fmt.Errorf("%s has changed nothing yet: run it with `slop-ls run %s`", track.ID, track.ID)
	}
	return a.reading(ctx, nothing, func(s archive) error {
		set, moved, err := a.changes(ctx, s, track, args[1:])
		if err != nil {
			return err
		}
		out := diffJSON{Diff: page.Diff(set), Files: []string{}, Moved: append([]string{}, moved...)}
		for _, f := range set.Files {
			out.Files = append(out.Files, f.Path)
		}
		if len(args) == 1 {
			out.Message = page.CommitMessage(track, set)
		}
		switch {
		case a.json:
			return a.printJSON(out)
		case message:
			fmt.Fprint(a.out, out.Message)
		default:
			fmt.Fprint(a.out, out.Diff)
		}
		if len(moved) > 0 {
			fmt.Fprintf(a.err, "slop-ls: not as it was delivered, so that the diff shows what is there: %s (changed since, or, where no daemon runs, not saved yet in an editor)\n", strings.Join(moved, ", "))
		}
		return nil
	})
}

// shownFiles is the workspace as the daemon's editors have it.
type shownFiles struct{ daemon *link }

// Read implements engine.Files.
func (f shownFiles) Read(ctx context.Context, path string) (engine.File, error) {
	s, err := f.daemon.one(ctx, question{Ask: askRead, Name: path})
	return engine.File{Path: path, Data: s.Data}, err
}

// List implements engine.Files; a diff names its files.
func (shownFiles) List(context.Context, string, bool) ([]engine.Entry, error) {
	return nil, errors.New("a daemon's files are not listed")
}

// changes is what the ticket delivered, or what the workspace has now in place of what the track found.
func (a *app) changes(ctx context.Context, blobs engine.Blobs, track *engine.Track, id []string) (set engine.ChangeSet, moved []string, err error) {
	if len(id) > 0 {
		t, ok := track.Ticket(id[0])
		if !ok {
			return set, nil, fmt.Errorf("track %s has no ticket %s: see `slop-ls ticket list %s`", track.ID, id[0], track.ID)
		}
		set, err = engine.TicketChanges(ctx, blobs, t)
		return set, nil, err
	}
	if daemon, there := blobs.(*link); there {
		return engine.TrackChanges(ctx, blobs, shownFiles{daemon}, track)
	}
	root, err := a.root(ctx)
	if err != nil {
		return set, nil, err
	}
	disk, err := workspace.Open(root)
	if err != nil {
		return set, nil, err
	}
	defer func() { err = errors.Join(err, disk.Close()) }()
	return engine.TrackChanges(ctx, blobs, disk, track)
}
