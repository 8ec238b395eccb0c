package workspace

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long a watched folder must be quiet before what happened there is told: a program that saves by
// renaming, or moves a file, makes several events of one change.
const settle = 50 * time.Millisecond

// maxWatched bounds the folders below the watched ones: each takes a watch of the system.
const maxWatched = 256

// Watch tells of files that are made, changed or deleted below dirs, which are workspace-relative and need not be
// there yet; the folders above them are watched for that, and nothing else is. changed gets the files' paths,
// relative and sorted, from one goroutine, and may block: what happens meanwhile is told together. Nothing is polled.
// Watch returns when ctx ends, with nil, or with an error where the system cannot watch.
func (w *Workspace) Watch(ctx context.Context, dirs []string, changed func(ctx context.Context, paths []string)) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching %s: %w", w.path, err)
	}
	k := &watch{root: w.path, dirs: dirs, watcher: watcher, seen: map[string]bool{}}
	defer watcher.Close() //nolint:errcheck // it is no longer asked
	if err := k.add(w.path); err != nil {
		return fmt.Errorf("watching %s: %w", w.path, err)
	}
	k.rescan()
	clear(k.seen) // what was there before is no change
	return k.run(ctx, changed)
}

// watch is one Watch. Its fields belong to its goroutine.
type watch struct {
	root    string
	dirs    []string
	watcher *fsnotify.Watcher
	seen    map[string]bool // changed since they were last told, by relative path
}

func (k *watch) run(ctx context.Context, changed func(ctx context.Context, paths []string)) error {
	quiet := time.NewTimer(settle)
	quiet.Stop()
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-k.watcher.Events:
			if !ok {
				return nil
			}
			if k.note(e) {
				quiet.Reset(settle)
			}
		case err := <-k.watcher.Errors:
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return fmt.Errorf("watching %s: %w", k.root, err)
			}
			k.rescan() // something was missed: look at everything
			quiet.Reset(settle)
		case <-quiet.C:
			changed(ctx, slices.Sorted(maps.Keys(k.seen)))
			clear(k.seen)
		}
	}
}

// note takes an event up, and reports whether there is something to tell.
func (k *watch) note(e fsnotify.Event) bool {
	rel, err := filepath.Rel(k.root, e.Name)
	rel = filepath.ToSlash(rel)
	if err != nil || e.Op == fsnotify.Chmod || !k.within(rel) && !k.above(rel) {
		return false
	}
	if info, err := os.Lstat(e.Name); err == nil && info.IsDir() {
		k.scan(rel) // events of what was put into a folder before it was watched are lost
	} else if k.within(rel) {
		k.seen[rel] = true
	}
	return len(k.seen) > 0
}

// within reports whether a path lies in a watched folder, or is a watched path itself.
func (k *watch) within(rel string) bool {
	return slices.ContainsFunc(k.dirs, func(d string) bool {
		return rel == d || len(rel) > len(d) && rel[:len(d)] == d && rel[len(d)] == '/'
	})
}

// above reports whether a watched folder lies below a path.
func (k *watch) above(rel string) bool {
	return rel == "." || slices.ContainsFunc(k.dirs, func(d string) bool {
		return len(d) > len(rel) && d[:len(rel)] == rel && d[len(rel)] == '/'
	})
}

func (k *watch) rescan() { k.scan(".") }

// scan watches a folder and those below it that matter, and counts their files as changed.
func (k *watch) scan(rel string) {
	abs := filepath.Join(k.root, filepath.FromSlash(rel))
	if !k.within(rel) && !k.above(rel) || k.add(abs) != nil {
		return
	}
	entries, err := os.ReadDir(abs)
	if err != nil {
		return
	}
	for _, e := range entries {
		below := path.Join(rel, e.Name())
		switch {
		case e.IsDir():
			k.scan(below)
		case e.Type()&fs.ModeType == 0 && k.within(below):
			k.seen[below] = true
		}
	}
}

func (k *watch) add(abs string) error {
	if len(k.watcher.WatchList()) >= maxWatched {
		return errors.New("too many folders")
	}
	return k.watcher.Add(abs)
}
