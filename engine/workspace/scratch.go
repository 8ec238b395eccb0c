package workspace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// scratch is the folder in which a draft's commands run. It is used by one goroutine at a time.
type scratch struct {
	slot   *slot
	repo   repository // top is "" for a plain copy
	from   *os.Root   // of which it is a copy: the repository's top, else the workspace
	tree   *os.Root
	prefix string // the workspace in it
	laid   map[string]laid

	ran     bool     // a command did, and nobody has looked yet what it changed
	altered []string // files of ours that the last command changed
}

// newScratch makes an empty scratch folder; update fills it.
func newScratch(ctx context.Context, w *Workspace, dir string) (*scratch, error) {
	repo, err := findRepository(ctx, w.path)
	if err != nil && (!errors.Is(err, errNoRepository) || ctx.Err() != nil) {
		return nil, err
	}
	sl, err := takeSlot(dir)
	if err != nil {
		return nil, err
	}
	s := &scratch{slot: sl, repo: repo, prefix: cmp.Or(repo.prefix, "."), laid: make(map[string]laid)}
	if err := s.make(ctx, cmp.Or(repo.top, w.path)); err != nil {
		return nil, errors.Join(err, s.remove())
	}
	return s, nil
}

func (s *scratch) make(ctx context.Context, from string) error {
	var err error
	if s.repo.top != "" {
		err = addWorktree(ctx, s.repo.top, s.slot)
	} else {
		err = os.Mkdir(s.slot.tree, 0o700)
	}
	if err != nil {
		return err
	}
	if err := os.Mkdir(s.slot.temp, 0o700); err != nil {
		return err
	}
	if s.from, err = os.OpenRoot(from); err != nil {
		return err
	}
	s.tree, err = os.OpenRoot(s.slot.tree)
	return err
}

// workdir is where commands start, as the system names it.
func (s *scratch) workdir() string {
	return filepath.Join(s.slot.tree, filepath.FromSlash(s.prefix))
}

// remove frees everything. What cannot be removed keeps its lock file, for the next sweep.
func (s *scratch) remove() error {
	for _, root := range []*os.Root{s.from, s.tree} {
		if root != nil {
			root.Close()
		}
	}
	if err := s.slot.clear(); err != nil {
		return errors.Join(err, s.slot.lock.Close())
	}
	return s.slot.free()
}

// addWorktree enters an empty worktree of HEAD in the repository. Its files are copied, not checked out: so they are
// the person's own bytes, and neither hook nor filter runs. Which repository it is is written down first.
func addWorktree(ctx context.Context, top string, s *slot) error {
	if err := os.WriteFile(s.note, []byte(top), 0o600); err != nil {
		return err
	}
	// Not with ctx: a git that is killed in the middle leaves half an entry, of which every later git dies. And by
	// force, for an entry whose folder is gone: the git of a killed process may have ended after the last sweep.
	adding, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if _, err := worktree(adding, top, "add", "--quiet", "--force", "--detach", "--no-checkout", s.tree, "HEAD"); err != nil {
		return err
	}
	_, err := git(ctx, s.tree, "read-tree", "HEAD")
	return err
}

// A command about worktrees is tried again: some times whatever is wrong, and where git names an entry for so long as a
// machine with too much to do may keep the git from its turn that is making it.
const (
	worktreeTries    = 12
	worktreePatience = 20 * time.Second
)

// worktree runs git worktree. It reads the entries of all worktrees, and dies of one that another git is just making;
// then it has changed nothing and is tried again. Nothing tells when the other one is done.
func worktree(ctx context.Context, top string, args ...string) (out []byte, err error) {
	begun, pause := time.Now(), time.Millisecond
	for tries := 1; ; tries++ {
		out, err = git(ctx, top, append([]string{"worktree"}, args...)...)
		if err == nil || ctx.Err() != nil {
			return out, err
		}
		halfMade := strings.Contains(err.Error(), "/worktrees/") // git has one exit status for everything
		if tries >= worktreeTries && (!halfMade || time.Since(begun) > worktreePatience) {
			return out, err
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, 250*time.Millisecond)
		case <-ctx.Done():
		}
	}
}

// forgetWorktree removes the entry of a worktree whose folder is gone, and no other.
func forgetWorktree(top, tree string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := os.Stat(top); err != nil {
		return nil // the repository is gone, and the entry with it
	}
	list, err := worktree(ctx, top, "list", "--porcelain")
	if err != nil {
		return err
	}
	if !strings.Contains("\n"+string(list), "\nworktree "+filepath.ToSlash(tree)+"\n") {
		return nil
	}
	_, err = worktree(ctx, top, "remove", "--force", "--force", tree)
	return err
}

// Sweep removes the scratch folders, with their worktree entries, that processes left which are dead. To be called
// when the program starts; those of live processes are left alone. The error joins what could not be removed.
func (b *Workbench) Sweep(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := sweep(b.opts.Scratch); err != nil {
		return fmt.Errorf("removing old scratch folders: %w", err)
	}
	return nil
}
