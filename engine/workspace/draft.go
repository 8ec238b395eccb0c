package workspace

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
)

// draft is one attempt's copy-on-write view. It is used by one goroutine at a time, its scratch folder included.
type draft struct {
	w       *Workspace
	files   engine.Files
	entries map[string]*entry
	shelf   engine.Shelf
	busy    chan struct{} // holds a token while a command runs, or while it is released

	// Whoever holds the token:
	scratch  *scratch // nil before the first command
	released bool
}

// entry is what a draft knows of one path.
//
// Its base is what was read there last before the draft changed it: what the worker writes rests on what it was shown,
// and an edit on the text that it was laid on. When the file changes later that becomes a merge at the delivery, or a
// conflict, and never a silent loss. A base older than that would take what has come and gone meanwhile, or what
// another editor's buffer has, for changes of the worker.
type entry struct {
	base  *engine.File // nil: there was no file
	now   *engine.File // nil: there is none in the draft. Counts only when own is set
	own   bool         // the draft has its own mind about the path; else reads go through to the files
	told  string       // the hash of what it was last said to hold instead of base
	moved string       // where the content came from by a rename; a path whose base it has
}

func newDraft(w *Workspace, files engine.Files) *draft {
	return &draft{w: w, files: files, entries: make(map[string]*entry), busy: make(chan struct{}, 1)}
}

// Read gives the draft's own content of a path, else what the files have.
func (d *draft) Read(ctx context.Context, path string) (engine.File, error) {
	if e := d.entries[path]; e != nil && e.own {
		return e.read(path)
	}
	f, err := d.files.Read(ctx, path)
	switch {
	case err == nil:
		d.entries[path] = &entry{base: clone(f)}
	case errors.Is(err, fs.ErrNotExist):
		d.entries[path] = &entry{}
	}
	return f, err
}

// Shelf is engine.Draft's.
func (d *draft) Shelf() *engine.Shelf { return &d.shelf }

// Peek is Read without remembering that the worker was shown the file.
func (d *draft) Peek(ctx context.Context, path string) (engine.File, error) {
	if e := d.entries[path]; e != nil && e.own {
		return e.read(path)
	}
	return d.files.Read(ctx, path)
}

func (e *entry) read(path string) (engine.File, error) {
	if e.now == nil {
		return engine.File{}, &Refusal{path, "is deleted in this draft", fs.ErrNotExist}
	}
	return *clone(*e.now), nil
}

func clone(f engine.File) *engine.File {
	f.Data = bytes.Clone(f.Data)
	return &f
}

// Write makes the whole content of a path. A new file's folders come with it.
func (d *draft) Write(ctx context.Context, path string, data []byte) error {
	e, err := d.own(ctx, path)
	if err != nil {
		return err
	}
	if e.now == nil {
		if err := d.checkPlace(path); err != nil {
			return err
		}
		e.now = &engine.File{Path: path}
		if e.base != nil {
			e.now.Mode = e.base.Mode
		}
	}
	e.now.Data = bytes.Clone(data)
	if e.base == nil && e.moved == "" {
		e.now.Mode = newMode(data)
	}
	e.own = true
	return nil
}

// newMode is the permission bits of a file that a worker makes: a script can be run. 0: what the system gives.
func newMode(data []byte) uint32 {
	if bytes.HasPrefix(data, []byte("#!")) {
		return 0o755
	}
	return 0
}

// Delete removes a file. The error wraps fs.ErrNotExist where there is none.
func (d *draft) Delete(ctx context.Context, path string) error {
	e, err := d.own(ctx, path)
	if err != nil {
		return err
	}
	if e.now == nil {
		return &Refusal{path, "is not there", fs.ErrNotExist}
	}
	e.now, e.moved, e.own = nil, "", true
	return nil
}

// Rename moves a file to a name that is free. The error wraps fs.ErrNotExist or fs.ErrExist.
func (d *draft) Rename(ctx context.Context, from, to string) error {
	src, err := d.own(ctx, from)
	if err != nil {
		return err
	}
	if src.now == nil {
		return &Refusal{from, "is not there", fs.ErrNotExist}
	}
	dst, err := d.own(ctx, to)
	if err != nil {
		return err
	}
	if dst.now != nil {
		return &Refusal{to, "is there already: delete it first, or choose another name", fs.ErrExist}
	}
	if err := d.checkPlace(to); err != nil {
		return err
	}
	dst.now, dst.own = clone(*src.now), true
	dst.now.Path = to
	dst.moved = src.moved
	if dst.moved == "" && src.base != nil {
		dst.moved = from
	}
	src.now, src.moved, src.own = nil, "", true
	return nil
}

// own is the entry of a path that is about to be changed, with now set to what is there. It stays unowned until the
// change is made, so that a refused change leaves the draft as it was.
func (d *draft) own(ctx context.Context, path string) (*entry, error) {
	if err := d.w.checkTarget(path); err != nil {
		return nil, err
	}
	if d.entries[path] == nil {
		if _, err := d.Read(ctx, path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	e := d.entries[path]
	if !e.own && e.base != nil {
		e.now = clone(*e.base)
		e.now.Open, e.now.Version = false, 0
	}
	return e, nil
}

// checkPlace refuses a new file where the draft's own files leave no room: below a file, or in place of a folder.
func (d *draft) checkPlace(p string) error {
	for other, e := range d.entries {
		if !e.own || e.now == nil {
			continue
		}
		if strings.HasPrefix(p, other+"/") {
			return &Refusal{p, "cannot be: " + other + " is a file, not a folder", fs.ErrInvalid}
		}
		if strings.HasPrefix(other, p+"/") {
			return &Refusal{p, "is a folder", fs.ErrInvalid}
		}
	}
	return nil
}

// List is the files' list with the draft's creations and deletions in it. A folder that the draft emptied is still
// listed.
func (d *draft) List(ctx context.Context, dir string, recursive bool) ([]engine.Entry, error) {
	list, err := d.files.List(ctx, dir, recursive)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	found := make(map[string]engine.Entry, len(list))
	for _, e := range list {
		found[e.Path] = e
	}
	below := false
	for p, e := range d.entries {
		if !e.own || !isBelow(dir, p) {
			continue
		}
		if e.now == nil {
			delete(found, p)
			continue
		}
		below = true
		entry := entryIn(dir, p, recursive, int64(len(e.now.Data)))
		found[entry.Path] = entry
	}
	if err != nil && !below {
		return nil, err
	}
	byPath := func(a, b engine.Entry) int { return cmp.Compare(a.Path, b.Path) }
	return slices.SortedFunc(maps.Values(found), byPath), nil
}

func isBelow(dir, p string) bool { return dir == "." || strings.HasPrefix(p, dir+"/") }

// entryIn is how the file p shows in a list of dir: itself, or the folder of dir that it is in.
func entryIn(dir, p string, recursive bool, size int64) engine.Entry {
	rest := strings.TrimPrefix(p, dir+"/")
	if first, _, deeper := strings.Cut(rest, "/"); deeper && !recursive {
		return engine.Entry{Path: path.Join(dir, first), Dir: true}
	}
	return engine.Entry{Path: p, Size: size}
}
