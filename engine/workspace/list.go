package workspace

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/slop-ls/slop-ls/engine"
)

// List gives the entries of a folder sorted by name, ignored ones too; with recursive, the files at any depth below it
// that are not ignored, sorted by path. Neither shows git's own folder, or what is neither file nor folder. A symbolic
// link is shown as what it points to, and not descended into; one that leads out of the workspace is left out.
func (w *Workspace) List(ctx context.Context, dir string, recursive bool) ([]engine.Entry, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if err := checkPath(dir); err != nil {
		return nil, err
	}
	info, err := w.root.Stat(dir)
	if err != nil {
		return nil, w.explain(dir, err)
	}
	if !info.IsDir() {
		return nil, &Refusal{dir, "is not a folder", fs.ErrInvalid}
	}
	if !recursive {
		return w.listFolder(dir)
	}
	names, err := listFiles(ctx, w.path, w.root, dir)
	if err != nil {
		return nil, w.explain(dir, err)
	}
	return w.entries(names), nil
}

func (w *Workspace) listFolder(dir string) ([]engine.Entry, error) {
	found, err := readFolder(w.root, dir)
	if err != nil {
		return nil, w.explain(dir, err)
	}
	var list []engine.Entry
	for _, e := range found {
		p := path.Join(dir, e.Name())
		if strings.EqualFold(e.Name(), ".git") {
			continue
		}
		if info, err := w.root.Stat(p); err == nil && (info.IsDir() || info.Mode().IsRegular()) {
			list = append(list, entryOf(p, info))
		}
	}
	return list, nil
}

func entryOf(p string, info fs.FileInfo) engine.Entry {
	if info.IsDir() {
		return engine.Entry{Path: p, Dir: true}
	}
	return engine.Entry{Path: p, Size: info.Size(), Stamp: info.ModTime().UnixNano()}
}

// readFolder reads a folder by name, in order.
func readFolder(root *os.Root, dir string) ([]fs.DirEntry, error) {
	f, err := root.OpenFile(dir, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found, err := f.ReadDir(-1)
	slices.SortFunc(found, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	return found, err
}

// entries looks at each name and keeps the files.
func (w *Workspace) entries(names []string) []engine.Entry {
	var list []engine.Entry
	for p, info := range statAll(w.root, names) {
		if info.Mode()&fs.ModeSymlink != 0 {
			target, err := w.root.Stat(p)
			if err != nil {
				continue
			}
			info = target
		}
		if info.Mode().IsRegular() {
			list = append(list, entryOf(p, info))
		}
	}
	slices.SortFunc(list, func(a, b engine.Entry) int { return cmp.Compare(a.Path, b.Path) })
	return list
}

// statAll yields the names that are there with what Lstat says of them. It opens each folder once, since os.Root
// walks from the root for each call, and looks into some folders at a time.
func statAll(root *os.Root, names []string) func(func(string, fs.FileInfo) bool) {
	names = slices.Clone(names)
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(path.Dir(a), path.Dir(b)), cmp.Compare(a, b))
	})
	infos := make([]fs.FileInfo, len(names)) // nil: not there
	var g errgroup.Group
	g.SetLimit(copiers)
	for first := 0; first < len(names); {
		last := min(first+batch, len(names))
		for last < len(names) && path.Dir(names[last]) == path.Dir(names[last-1]) {
			last++
		}
		some, out := names[first:last], infos[first:last]
		g.Go(func() error { statFolders(root, some, out); return nil })
		first = last
	}
	_ = g.Wait() // nobody fails
	return func(yield func(string, fs.FileInfo) bool) {
		for i, info := range infos {
			if info != nil && !yield(names[i], info) {
				return
			}
		}
	}
}

// statFolders looks at names that are sorted by their folders.
func statFolders(root *os.Root, names []string, out []fs.FileInfo) {
	for first := 0; first < len(names); {
		dir, last := path.Dir(names[first]), first
		for last < len(names) && path.Dir(names[last]) == dir {
			last++
		}
		if sub, err := root.OpenRoot(dir); err == nil { // else gone, or no folder any more: its names are not there
			for i := first; i < last; i++ {
				if info, err := sub.Lstat(path.Base(names[i])); err == nil {
					out[i] = info
				}
			}
			sub.Close()
		}
		first = last
	}
}

// listFiles names what is below dir and not ignored, in no order: by git where it is a work tree, else by a walk.
func listFiles(ctx context.Context, system string, root *os.Root, dir string) ([]string, error) {
	names, err := gitFiles(ctx, system, dir, 0)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	// Nothing at all is also what git says of a folder that the repository around it ignores as a whole.
	if err == nil && len(names) > 0 {
		return names, nil
	}
	names, err = walk(ctx, root, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return names, err
}
