package workspace

import (
	"context"
	"errors"
	"io/fs"
	"path"
)

// clean removes from a scratch folder what is not ours, and notes which of our files a command changed: the next update
// lays those anew.
func (s *scratch) clean(ctx context.Context) error {
	c := cleaner{s: s, folders: map[string]bool{".": true}, seen: make(map[string]bool, len(s.laid))}
	for p := range s.laid {
		for dir := path.Dir(p); !c.folders[dir]; dir = path.Dir(dir) {
			c.folders[dir] = true
		}
	}
	if err := c.folder(ctx, "."); err != nil {
		return err
	}
	for p, l := range s.laid {
		if !c.seen[p] {
			delete(s.laid, p)
		} else {
			l.brought = false
			s.laid[p] = l
		}
	}
	s.ran, s.altered, s.brought = false, nil, false
	return nil
}

type cleaner struct {
	s       *scratch
	folders map[string]bool // in which something of ours is
	seen    map[string]bool // files of ours that are as we left them
}

// folder cleans one folder. Nothing runs in it any more that could change it meanwhile, and os.Root sees to it that a
// link leads nowhere.
func (c *cleaner) folder(ctx context.Context, dir string) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	root, err := c.s.tree.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	found, err := readFolder(root, ".")
	if err != nil {
		return err
	}
	for _, e := range found {
		p := path.Join(dir, e.Name())
		if e.IsDir() && c.folders[p] {
			if err := c.folder(ctx, p); err != nil {
				return err
			}
			continue
		}
		if l, ours := c.s.laid[p]; ours {
			if info, err := e.Info(); err == nil && stampOf(info) == l.copy {
				c.seen[p] = true
				continue
			}
		}
		if err := root.RemoveAll(e.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
