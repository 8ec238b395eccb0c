package workspace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/slop-ls/slop-ls/engine"
)

// Bounds of a scratch folder: past them it would fill the disk rather than help.
const (
	maxScratchFiles = 500_000
	maxScratchBytes = 8 << 30
)

// layers are what lies over the files on disk.
type layers struct {
	overlays []engine.File
	draft    map[string]*entry
}

// stamp says whether a file is what it was, without reading it.
type stamp struct {
	size  int64
	mtime int64
	mode  fs.FileMode
	inode uint64
}

func stampOf(info fs.FileInfo) stamp {
	return stamp{info.Size(), info.ModTime().UnixNano(), info.Mode(), inode(info)}
}

// source says what a file in the scratch is made from: a file on disk, or content with its mode.
type source struct {
	disk stamp
	hash string
}

// wanted is a file that the scratch should have.
type wanted struct {
	path string
	from source
	info fs.FileInfo // on disk; nil where data counts
	data []byte

	brought bool // it is in what is brought along
}

// laid is a file that the scratch has from us: what it was made from, and how it looked when it was new.
type laid struct {
	from source
	copy stamp

	brought bool // the commands' own by now
}

// update makes the scratch have disk, overlays and draft, touching only what differs from that, be it that they
// changed or that a command changed the copy.
func (s *scratch) update(ctx context.Context, l layers) error {
	want, err := s.wants(ctx, l)
	if err != nil {
		return err
	}
	// What is not wanted any more goes first: a folder may come in its place.
	for p, l := range s.laid {
		if _, ok := want[p]; !ok && !l.brought {
			_ = s.tree.RemoveAll(p) // a command may have been first
			delete(s.laid, p)
		}
	}
	touched := make(map[string]bool)
	if s.ran {
		s.lost()
	}
	for _, p := range s.altered {
		touched[p] = true
	}
	s.altered = nil
	var todo []wanted
	for p, w := range want {
		was, ok := s.laid[p]
		if ok && was.brought && w.info != nil {
			continue
		}
		if !ok || was.from != w.from || touched[p] {
			todo = append(todo, w)
		}
	}
	if err := s.makeFolders(todo); err != nil {
		return err
	}
	if err := s.layAll(ctx, todo); err != nil {
		return err
	}
	for p, w := range want {
		if l, ok := s.laid[p]; ok && w.brought {
			l.brought = true
			s.laid[p] = l
		}
	}
	s.brought = true
	return nil
}

// wants gathers the layers, from the disk up.
func (s *scratch) wants(ctx context.Context, l layers) (map[string]wanted, error) {
	names, err := listFiles(ctx, s.from.Name(), s.from, ".")
	if err != nil {
		return nil, err
	}
	want := make(map[string]wanted, len(names))
	var size int64
	for p, info := range statAll(s.from, names) {
		if m := info.Mode(); m.IsRegular() || m&fs.ModeSymlink != 0 {
			want[p] = wanted{path: p, from: source{disk: stampOf(info)}, info: info}
			size += info.Size()
		}
	}
	if err := s.addBrought(ctx, want, &size); err != nil {
		return nil, err
	}
	if len(want) > maxScratchFiles || size > maxScratchBytes {
		return nil, fmt.Errorf("the workspace is too large for a scratch worktree: %d files, %d MiB: "+
			"let a .gitignore leave out what commands do not need", len(want), size>>20)
	}
	for _, f := range l.overlays {
		s.over(want, f)
	}
	for p, e := range l.draft {
		switch {
		case !e.own:
		case e.now == nil:
			delete(want, path.Join(s.prefix, p))
		default:
			s.over(want, *e.now)
		}
	}
	return want, nil
}

// over lays one file's content on what is wanted. Git's own files never come from a draft: in a worktree .git is
// what says where the repository is.
func (s *scratch) over(want map[string]wanted, f engine.File) {
	p := path.Join(s.prefix, f.Path)
	if checkPath(f.Path) != nil || inGit(p) {
		return
	}
	mode := fs.FileMode(f.Mode)
	if below := want[p]; mode == 0 && below.info != nil {
		mode = below.info.Mode().Perm()
	}
	if mode == 0 {
		mode = 0o644
	}
	want[p] = wanted{path: p, from: source{disk: stamp{mode: mode}, hash: engine.ContentHash(f.Data)}, data: f.Data}
}

// touched lists the files of ours that do not look as we left them.
func (s *scratch) touched() []string {
	left := make(map[string]laid, len(s.laid))
	for p, l := range s.laid {
		if !l.brought {
			left[p] = l
		}
	}
	for p, info := range statAll(s.tree, slices.Collect(maps.Keys(left))) {
		if s.laid[p].copy == stampOf(info) {
			delete(left, p)
		}
	}
	return slices.Sorted(maps.Keys(left))
}

// maxNamed is how many names a note lists.
const maxNamed = 8

// lost is a note for who reads a command's output: what it changed will not last.
func (s *scratch) lost() string {
	files := s.touched()
	s.altered, s.ran = files, false
	if len(files) == 0 {
		return ""
	}
	names := strings.Join(files[:min(len(files), maxNamed)], ", ")
	if more := len(files) - maxNamed; more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("\n[slop-ls: the command changed files of the scratch worktree. They are put back before the next "+
		"command, and the draft does not have the change: %s]\n", names)
}

// makeFolders makes what the files to be laid need, outermost first, in place of whatever else a command put there.
func (s *scratch) makeFolders(todo []wanted) error {
	need := map[string]bool{s.prefix: true}
	for _, w := range todo {
		for dir := path.Dir(w.path); dir != "." && !need[dir]; dir = path.Dir(dir) {
			need[dir] = true
		}
	}
	for dir := path.Dir(s.prefix); dir != "."; dir = path.Dir(dir) {
		need[dir] = true
	}
	delete(need, ".")
	for _, dir := range slices.Sorted(maps.Keys(need)) {
		info, err := s.tree.Lstat(dir)
		if err == nil && info.IsDir() {
			continue
		}
		if err == nil {
			err = s.tree.Remove(dir)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := s.tree.Mkdir(dir, 0o777); err != nil {
			return err
		}
	}
	return nil
}

// How many files are laid at a time, enough to keep a disk busy, and how many of a folder by one goroutine.
const (
	copiers = 4
	batch   = 64
)

// layAll lays files folder by folder, since os.Root walks from the root for each call.
func (s *scratch) layAll(ctx context.Context, todo []wanted) error {
	slices.SortFunc(todo, func(a, b wanted) int {
		return cmp.Or(cmp.Compare(path.Dir(a.path), path.Dir(b.path)), cmp.Compare(a.path, b.path))
	})
	done := make([]*laid, len(todo))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(copiers)
	for first := 0; first < len(todo); {
		last := first + 1
		for last < len(todo) && last-first < batch && path.Dir(todo[last].path) == path.Dir(todo[first].path) {
			last++
		}
		some, out := todo[first:last], done[first:last]
		g.Go(func() error { return s.layFolder(ctx, some, out) })
		first = last
	}
	err := g.Wait()
	for i, w := range todo {
		if done[i] != nil {
			s.laid[w.path] = *done[i]
		} else {
			delete(s.laid, w.path)
		}
	}
	return err
}

// pair is one folder where it is copied from and where to. from is nil where it is not on disk.
type pair struct{ from, to *os.Root }

// layFolder lays files of one folder. Where one has gone from the disk meanwhile its place in done stays nil.
func (s *scratch) layFolder(ctx context.Context, todo []wanted, done []*laid) error {
	dir := path.Dir(todo[0].path)
	to, err := s.tree.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer to.Close()
	p := pair{to: to}
	if from, err := s.from.OpenRoot(dir); err == nil {
		defer from.Close()
		p.from = from
	}
	for i, w := range todo {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		l, err := s.lay(p, w)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: %w", w.path, err)
		}
		done[i] = l
	}
	return nil
}

// lay makes one file. What a command left in its place is removed, never written into: it may be a second name of a
// file elsewhere.
func (s *scratch) lay(p pair, w wanted) (*laid, error) {
	name := path.Base(w.path)
	if _, known := s.laid[w.path]; known {
		_ = p.to.RemoveAll(name)
	}
	from, err := s.layOver(p, name, w)
	if errors.Is(err, fs.ErrExist) {
		if err := p.to.RemoveAll(name); err != nil {
			return nil, err
		}
		from, err = s.layOver(p, name, w)
	}
	if err != nil {
		return nil, err
	}
	info, err := p.to.Lstat(name)
	if err != nil {
		return nil, err
	}
	return &laid{from: from, copy: stampOf(info)}, nil
}

func (s *scratch) layOver(p pair, name string, w wanted) (source, error) {
	from := w.from
	var err error
	switch {
	case w.info == nil:
		err = p.layData(name, w)
	case p.from == nil:
		err = fs.ErrNotExist
	case w.info.Mode()&fs.ModeSymlink != 0:
		err = s.layLink(p, name)
	default:
		from.disk, err = p.layCopy(name)
	}
	return from, err
}

func (p pair) layData(name string, w wanted) error {
	f, err := p.to.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(w.data)
	return errors.Join(err, f.Chmod(w.from.disk.mode.Perm()), f.Close())
}

// layLink copies a link as it is, but for one that leads by an absolute path into what is being copied.
func (s *scratch) layLink(p pair, name string) error {
	target, err := p.from.Readlink(name)
	if err != nil {
		return err
	}
	if rel, err := filepath.Rel(s.from.Name(), target); filepath.IsAbs(target) && err == nil && filepath.IsLocal(rel) {
		target = filepath.Join(s.slot.tree, rel)
	}
	return p.to.Symlink(target, name)
}

// unsettled is how young a file may be that could change again and keep its time, by the clocks of file systems.
const unsettled = 2 * time.Second

// layCopy copies a file with its time, by which build tools go, and says what it copied.
func (p pair) layCopy(name string) (stamp, error) {
	src, err := p.from.OpenFile(name, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return stamp{}, err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return stamp{}, err
	}
	if !info.Mode().IsRegular() {
		return stamp{}, fs.ErrNotExist
	}
	dst, err := p.to.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return stamp{}, err
	}
	_, err = dst.ReadFrom(src)
	err = errors.Join(err, dst.Chmod(info.Mode().Perm()), dst.Close())
	if err == nil {
		err = p.to.Chtimes(name, time.Time{}, info.ModTime())
	}
	from := stampOf(info)
	if time.Since(info.ModTime()) < unsettled {
		from.mtime = -1 // to be copied again next time
	}
	return from, err
}
