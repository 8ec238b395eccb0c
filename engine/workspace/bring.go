package workspace

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
)

// addBrought adds to what is wanted the files of the folders that commands need though git ignores them, such as
// node_modules. They are copied, never linked: what a command writes there stays in the scratch folder. Once they are
// there they are the commands' own, and not put back before the next one.
func (s *scratch) addBrought(ctx context.Context, want map[string]wanted, size *int64) error {
	if s.brought {
		return nil
	}
	for _, dir := range s.bring {
		names, err := everything(ctx, s.from, dir, nil)
		if err != nil {
			return err
		}
		for p, info := range statAll(s.from, names) {
			w, known := want[p]
			switch m := info.Mode(); {
			case known:
				w.brought = true
				want[p] = w
			case s.hidden != nil && s.hidden(p):
			case m.IsRegular() || m&fs.ModeSymlink != 0:
				want[p] = wanted{path: p, from: source{disk: stampOf(info)}, info: info, brought: true}
				*size += info.Size()
			}
		}
	}
	return nil
}

// everything names what is at and below p, but for git's own and what this user may not read. Links are named and not
// followed.
func everything(ctx context.Context, root *os.Root, p string, names []string) ([]string, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	info, err := root.Lstat(p)
	if errors.Is(err, fs.ErrNotExist) || err == nil && inGit(p) {
		return names, nil
	}
	if err != nil || !info.IsDir() {
		return append(names, p), err
	}
	return allBelow(ctx, root, p, names)
}

func allBelow(ctx context.Context, root *os.Root, dir string, names []string) ([]string, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	found, err := readFolder(root, dir)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		return names, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range found {
		p := path.Join(dir, e.Name())
		switch {
		case inGit(e.Name()):
		case !e.IsDir():
			names = append(names, p)
		default:
			if names, err = allBelow(ctx, root, p, names); err != nil {
				return nil, err
			}
		}
	}
	return names, nil
}
