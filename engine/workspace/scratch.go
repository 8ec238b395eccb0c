package workspace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"time"
)

// scratch is the folder in which a draft's commands run, and after it those of another draft of the same workspace. It
// is used by one goroutine at a time.
type scratch struct {
	slot    *slot
	repo    repository // top is "" for a plain copy
	lent    repository // what the slot's copy of .git was made for
	from    *os.Root   // of which it is a copy: the repository's top, else the workspace
	tree    *os.Root
	prefix  string   // the workspace in it
	bring   []string // what git ignores and commands need; relative to from
	hidden  func(string) bool
	laid    map[string]laid
	brought bool // what is in bring is there: from then on it is the commands' own

	ran     bool     // a command did, and nobody has looked yet what it changed
	altered []string // files of ours that the last command changed
	idle    time.Time
}

// newScratch makes an empty scratch folder; update fills it.
func newScratch(ctx context.Context, w *Workspace, opts Options) (*scratch, error) {
	repo, err := findRepository(ctx, w.path)
	if err != nil && (!errors.Is(err, errNoRepository) || ctx.Err() != nil) {
		return nil, err
	}
	sl, err := takeSlot(opts.Scratch)
	if err != nil {
		return nil, err
	}
	s := &scratch{slot: sl, repo: repo, prefix: cmp.Or(repo.prefix, "."), hidden: opts.Hidden, laid: make(map[string]laid)}
	for _, p := range opts.Bring {
		s.bring = append(s.bring, path.Join(s.prefix, p))
	}
	if err := s.make(ctx, cmp.Or(repo.top, w.path)); err != nil {
		return nil, errors.Join(err, s.remove())
	}
	return s, nil
}

func (s *scratch) make(ctx context.Context, from string) error {
	err := errors.Join(os.Mkdir(s.slot.tree, 0o700), os.Mkdir(s.slot.temp, 0o700))
	if err == nil {
		err = s.lend(ctx)
	}
	if err != nil {
		return err
	}
	if s.from, err = os.OpenRoot(from); err != nil {
		return err
	}
	s.tree, err = os.OpenRoot(s.slot.tree)
	return err
}

// lend gives the scratch folder its .git: a copy of one that no command has seen.
func (s *scratch) lend(ctx context.Context) error {
	if s.repo.top == "" {
		return nil
	}
	if s.lent != s.repo {
		if err := removeAll(s.slot.lent); err != nil {
			return err
		}
		if err := s.repo.lend(ctx, s.slot.lent); err != nil {
			return err
		}
		s.lent = s.repo
	}
	return os.CopyFS(filepath.Join(s.slot.tree, ".git"), os.DirFS(s.slot.lent))
}

// again makes a scratch folder that an earlier draft used fit for another one: of what its commands wrote nothing is
// left, and .git is a new one of today's commit. ok is false where it must be made anew.
func (s *scratch) again(ctx context.Context, w *Workspace) (ok bool, err error) {
	repo, err := findRepository(ctx, w.path)
	if err != nil && (!errors.Is(err, errNoRepository) || ctx.Err() != nil) {
		return false, err
	}
	if repo.top != s.repo.top || repo.prefix != s.repo.prefix {
		return false, nil
	}
	s.repo = repo
	if err := s.clean(ctx); err != nil {
		return false, err
	}
	err = errors.Join(removeAll(s.slot.temp), os.Mkdir(s.slot.temp, 0o700), s.lend(ctx))
	return err == nil, err
}

// workdir is where commands start, as the system names it.
func (s *scratch) workdir() string {
	return filepath.Join(s.slot.tree, filepath.FromSlash(s.prefix))
}

// reads are the folders beside it that its commands may read.
func (s *scratch) reads() []string {
	var out []string
	if s.repo.top != "" {
		out = s.repo.alternates()
	}
	for _, p := range s.bring { // a .venv names its own programs by the path at which it was made
		out = append(out, filepath.Join(s.from.Name(), filepath.FromSlash(p)))
	}
	return out
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

// Sweep removes the scratch folders, that processes left which are dead, and kills what is left of their commands. To be called
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
