package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/config"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/planning"
	"github.com/slop-ls/slop-ls/engine/policy"
	"github.com/slop-ls/slop-ls/engine/workspace"
	"github.com/slop-ls/slop-ls/treesitter"
)

// planners are the models of tiers 1 and 2.
func planners(c *config.Config) (orchestrator, techLead string, err error) {
	first, err := c.Select(config.Orchestrator)
	if err != nil {
		return "", "", err
	}
	second, err := c.Select(config.TechLead)
	if err != nil {
		return "", "", err
	}
	return first.Models[0], second.Models[0], nil
}

// taken says which ids have state that a new document would inherit.
func taken(snap *engine.Snapshot) func(engine.TrackID) bool {
	return func(id engine.TrackID) bool { _, there := snap.Track(id); return there }
}

// planner is tiers 1 and 2 as the editors see the workspace.
func (h *house) planner() (*planning.Planner, error) {
	orchestrator, techLead, err := planners(&h.config)
	if err != nil {
		return nil, err
	}
	return &planning.Planner{
		Provider: h.provider, Prompts: h, Files: readableFiles{h.disk.ByName(h.hub.Files(), h.live.policy.Closed), h.live.policy.Closed}, Viewer: h.viewer, Orchestrator: orchestrator, TechLead: techLead,
		Taken:  taken(h.conductor.Snapshot()),
		Afford: func(ctx context.Context, cmd engine.AffordPlanning) error { return h.conductor.Do(ctx, cmd) },
		Price:  func(model string, u engine.Usage) engine.Cost { return pricing(h.prices())(model, u) },
	}, nil
}

// readableFiles are the files that a model of tiers 1 and 2 may be shown: nobody is asked about what a plan reads, so what a rule
// closes is not opened.
type readableFiles struct {
	engine.Files
	closed func(path string) bool
}

// Read implements engine.Files.
func (f readableFiles) Read(ctx context.Context, path string) (engine.File, error) {
	if f.closed(path) {
		return engine.File{}, fmt.Errorf("%s is closed by a rule of [policy], or looks like it holds secrets: %w", path, fs.ErrPermission)
	}
	return f.Files.Read(ctx, path)
}

// studio is tiers 1 and 2 on the command line: it plans by itself, so that nothing else has to run.
type studio struct {
	*planning.Planner
	app  *app
	root string
	disk *workspace.Workspace
}

// planningHere calls do with a studio. Interrupting it cancels the model's call; nothing was written then.
func (a *app) planningHere(ctx context.Context, do func(ctx context.Context, s *studio) error) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	c, _, err := loadConfig(a, root)
	if err != nil {
		return err
	}
	orchestrator, techLead, err := planners(&c)
	if err != nil {
		return err
	}
	provider, err := newProvider(&c, &lent{}, func() *config.Config { return &c })
	if err != nil {
		return err
	}
	defer provider.Close()
	rules, err := policy.New(policy.Rules(c.Policy))
	if err != nil {
		return err
	}
	return a.planningWith(ctx, rules.Closed, planning.Planner{
		Provider: provider, Orchestrator: orchestrator, TechLead: techLead, Price: pricing(&c),
		Afford: func(ctx context.Context, cmd engine.AffordPlanning) error {
			return a.affordPlanning(ctx, root, &c, cmd)
		},
	}, do)
}

// affordPlanning gives leave for a call of tiers 1 and 2: by the daemon, which knows what its workers are at, or by what the
// store holds.
func (a *app) affordPlanning(ctx context.Context, root string, c *config.Config, cmd engine.AffordPlanning) error {
	daemon, err := daemonOf(ctx, root, nil)
	if err != nil {
		return err
	}
	if daemon != nil {
		return daemon.Do(ctx, cmd)
	}
	_, snap, err := a.stored(ctx)
	if err != nil {
		return err
	}
	return snap.AffordPlanning(budgetOf(c.Budget), cmd, time.Now())
}

// planningWith is planningHere with models, which see no file that is closed, or without any.
func (a *app) planningWith(ctx context.Context, closed func(path string) bool, p planning.Planner, do func(ctx context.Context, s *studio) error) error {
	root, snap, err := a.stored(ctx)
	if err != nil {
		return err
	}
	return viewing(root, func(disk *workspace.Workspace, viewer *treesitter.Viewer) error {
		_, trusted := trustOf(root)
		p.Prompts, p.Files, p.Viewer, p.Taken = promptSet(root, trusted), readableFiles{disk.ByName(disk, closed), closed}, viewer, taken(snap)
		s := &studio{app: a, root: root, disk: disk, Planner: &p}
		if terminal(a.err) && !a.json {
			s.Note = func(doing string) { fmt.Fprintln(a.err, "slop-ls: "+doing) }
		}
		ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
		err := do(ctx, s)
		if ctx.Err() != nil && err != nil {
			return &exitError{code: exitInterrupted, err: errors.New("interrupted: nothing was changed")}
		}
		return err
	})
}

// write puts a proposal onto the disk: a new document only where there is none, an existing one only where it is as it
// was.
func (s *studio) write(ctx context.Context, p planning.Proposal, label string) error {
	change := engine.FileChange{Path: p.Path, Op: engine.OpCreate, After: p.Text}
	if p.Before != nil {
		change.Op, change.Base = engine.OpModify, p.Before
	}
	_, err := s.disk.Deliver(ctx, engine.Run{}, engine.ChangeSet{Label: label, Files: []engine.FileChange{change}})
	if conflict := (*engine.ConflictError)(nil); errors.As(err, &conflict) {
		return fmt.Errorf("%s was changed meanwhile: run the command again", p.Path)
	}
	return err
}

// spent journals what a proposal cost. That it could not be is no reason to throw the proposal away.
func (s *studio) spent(ctx context.Context, track engine.TrackID, cost planning.Cost) {
	if cost.Calls == 0 {
		return
	}
	_, err := change(context.WithoutCancel(ctx), s.root, nil, func(*engine.Snapshot, engine.Blobs) ([]engine.Command, error) {
		return []engine.Command{engine.RecordPlanning{Track: track, Tier: cost.Tier, Model: cost.Model, Usage: cost.Usage}}, nil
	})
	if err != nil {
		fmt.Fprintln(s.app.err, "slop-ls: what this cost is not in the journal: "+err.Error())
	}
}

// refused keeps the text of a model that could not be used, and says what is wrong with it.
func (s *studio) refused(err error, next string) error {
	var refused *planning.RefusedError
	if !errors.As(err, &refused) {
		return err
	}
	file, keepErr := keepReply(s.root, refused)
	if keepErr != nil {
		return errors.Join(err, keepErr)
	}
	for _, p := range refused.Problems {
		fmt.Fprintf(s.app.err, "%s:%s\n", file, p)
	}
	return fmt.Errorf("the answer of %s still has errors after it was sent back %d times: mend it in %s, then %s",
		refused.Model, planning.MaxReturns, file, fmt.Sprintf(next, file))
}

// keepReply writes a refused reply beside the workspace's store, where the one before it may go.
func keepReply(root string, refused *planning.RefusedError) (string, error) {
	store, err := storePath(root)
	if err != nil {
		return "", err
	}
	file := filepath.Join(filepath.Dir(store), "planning", string(refused.Tier)+".txt")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", fmt.Errorf("keeping the answer: %w", err)
	}
	if err := os.WriteFile(file, []byte(refused.Reply), 0o600); err != nil {
		return "", fmt.Errorf("keeping the answer: %w", err)
	}
	return file, nil
}

// bill is what a proposal cost, in words.
func bill(c planning.Cost) string {
	return fmt.Sprintf("%s (%s): %s tokens, %s", c.Tier, c.Model, page.Tokens(c.Usage.Total()), page.Money(c.Usage.Cost))
}
