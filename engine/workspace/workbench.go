package workspace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slop-ls/slop-ls/engine"
)

// Options of a Workbench. Only Scratch must be set.
type Options struct {
	// Scratch is the system's path of the folder for scratch worktrees. It must be outside the workspace. It is made
	// when it is needed, and several processes may share it.
	Scratch string
	// Secrets names environment variables that no command sees: every api_key_env of the configuration.
	Secrets []string
	// Overlays gives the editors' buffers that differ from the disk; they are laid over the scratch. Nil: none.
	Overlays func(ctx context.Context) ([]engine.File, error)
	// Timeout of a command that names none. 0: DefaultTimeout.
	Timeout time.Duration
	// MaxOutput is how many bytes of a command's output are kept. 0: DefaultOutput.
	MaxOutput int
	// Sandbox says what commands may reach.
	Sandbox Sandbox
	// Limits is what a command may take.
	Limits Limits
	// Bring names files and folders that commands need though git ignores them, relative to the root: they are copied
	// into the scratch folder. Those that Hidden knows are left out.
	Bring  []string
	Hidden func(path string) bool
	// Keep is how many scratch folders are kept for the next drafts, for KeepFor (0: DefaultKeep) after their last
	// use. Close removes them.
	Keep    int
	KeepFor time.Duration
	// Environ is what a command's environment is taken from, asked with the command's context; nil: os.Environ.
	Environ func(context.Context) []string
}

// Defaults of Options.
const (
	DefaultTimeout = 10 * time.Minute
	DefaultOutput  = 64 << 10
	DefaultKeep    = time.Minute
)

// Workbench makes drafts of a workspace and runs commands on them.
//
// Commands run in the draft's scratch folder, made at its first command: a git work tree of its own, which borrows the
// person's objects and leaves nothing in their repository, or a plain folder where there is no repository with a
// commit. It holds the workspace's files that git does not ignore, as they are on disk,
// over them the editors' unsaved buffers, over them the draft. Before each command all three are looked at again and
// what differs is laid anew. So a command always sees exactly what would be delivered: of what an earlier command
// wrote only the files that are nobody else's are still there. Nothing a command writes reaches the draft.
//
// On Linux a command is held by Landlock, where the kernel has it: see Sandbox. All of a command's processes are gone
// when Run returns, and when this program is: on Linux also those that left their process group, elsewhere not.
type Workbench struct {
	w     *Workspace
	files engine.Files
	opts  Options
	pool  pool
}

var _ engine.Workbench = (*Workbench)(nil)

// NewWorkbench makes a workbench for w. files is what drafts read through to; the editors' buffers before the disk.
func NewWorkbench(w *Workspace, files engine.Files, opts Options) (*Workbench, error) {
	scratch, err := filepath.Abs(opts.Scratch)
	if err != nil {
		return nil, fmt.Errorf("the folder for scratch worktrees: %w", err)
	}
	if _, err := w.Relative(scratch); opts.Scratch == "" || err == nil {
		return nil, fmt.Errorf("the folder for scratch worktrees must be outside the workspace, and is %q", opts.Scratch)
	}
	opts.Scratch = scratch
	if opts.Timeout <= 0 {
		opts.Timeout = DefaultTimeout
	}
	if opts.MaxOutput <= 0 {
		opts.MaxOutput = DefaultOutput
	}
	if opts.Environ == nil {
		opts.Environ = func(context.Context) []string { return os.Environ() }
	}
	for _, p := range opts.Bring {
		if err := checkPath(p); err != nil {
			return nil, fmt.Errorf("what is brought along for commands: %w", err)
		}
	}
	if opts.KeepFor <= 0 {
		opts.KeepFor = DefaultKeep
	}
	return &Workbench{w: w, files: files, opts: opts, pool: pool{most: opts.Keep, keep: opts.KeepFor}}, nil
}

// Close removes the scratch folders that are kept. Drafts that are still open remove theirs when they are released.
func (b *Workbench) Close() error { return b.pool.close() }

// Unheld is why no sandbox holds commands here, "" where one does.
func (b *Workbench) Unheld() string { return Unheld(b.opts.Sandbox.Mode) }

// Draft opens a draft. release waits for a command of it that still runs: cancel that first. What release cannot
// remove is left for the next Sweep.
func (b *Workbench) Draft(ctx context.Context, _ engine.Run) (engine.Draft, func(), error) {
	if err := context.Cause(ctx); err != nil {
		return nil, nil, err
	}
	d := newDraft(b.w, b.w.ByName(b.files, b.opts.Hidden))
	var once sync.Once
	return d, func() { once.Do(func() { b.release(d) }) }, nil
}

func (b *Workbench) release(d *draft) {
	d.busy <- struct{}{}
	defer func() { <-d.busy }()
	d.released = true
	if d.scratch != nil {
		_ = b.pool.give(d.scratch)
	}
}

// errNotOurs says that a draft was wrapped or comes from elsewhere.
var errNotOurs = errors.New("not a draft of this workbench")

// errReleased says that a command comes after its draft's end.
var errReleased = errors.New("the draft is released")

// Run runs a command in the draft's scratch folder, as engine.Workbench says. The error is about what kept the command
// from running to an end, ctx's cause among it.
func (b *Workbench) Run(ctx context.Context, dr engine.Draft, cmd engine.ShellCommand, output func([]byte)) (engine.CommandResult, error) {
	d, ok := dr.(*draft)
	if !ok || d.w != b.w {
		return engine.CommandResult{}, errNotOurs
	}
	select {
	case d.busy <- struct{}{}:
		defer func() { <-d.busy }()
	case <-ctx.Done():
		return engine.CommandResult{}, context.Cause(ctx)
	}
	if d.released {
		return engine.CommandResult{}, errReleased
	}
	if err := b.prepare(ctx, d); err != nil {
		return engine.CommandResult{}, fmt.Errorf("preparing the scratch worktree: %w", err)
	}
	if cmd.Timeout <= 0 {
		cmd.Timeout = b.opts.Timeout
	}
	env := commandEnvironment(ctx, b.opts, b.w.path, d.scratch)
	sh := shell{
		dir:       d.scratch.workdir(),
		env:       env,
		mark:      d.scratch.slot.mark(),
		sandbox:   b.sandbox(env, d.scratch),
		limits:    b.opts.Limits,
		maxOutput: b.opts.MaxOutput,
		output:    output,
	}
	d.scratch.ran = true
	res, err := sh.run(ctx, cmd)
	if err != nil {
		return res, fmt.Errorf("running the command: %w", err)
	}
	res.Output += d.scratch.lost() + refused(res)
	return res, nil
}

// refused is a note for who reads the output of a command that failed because of what it may not reach.
func refused(res engine.CommandResult) string {
	says := func(what string) bool { return strings.Contains(res.Output, what) }
	if res.OK() || res.Unheld != "" || !slices.ContainsFunc([]string{"ermission denied", "EACCES", "not permitted", "EPERM"}, says) {
		return ""
	}
	return "\n[slop-ls: the command ran in a sandbox. It can write to its worktree, to $TMPDIR and to the caches of commands.caches, " +
		"and read those, the system's programs and what commands.read names.]\n"
}

// prepare makes the scratch folder where there is none yet, and brings it up to date.
func (b *Workbench) prepare(ctx context.Context, d *draft) error {
	if d.scratch == nil {
		s, err := b.scratch(ctx)
		if err != nil {
			return err
		}
		d.scratch = s
	}
	var overlays []engine.File
	if b.opts.Overlays != nil {
		var err error
		if overlays, err = b.opts.Overlays(ctx); err != nil {
			return err
		}
	}
	return d.scratch.update(ctx, layers{overlays: overlays, draft: d.entries})
}
