package enginetest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// memoryDraft is the plainest draft that passes FilesConformance.
type memoryDraft struct {
	files   engine.Files
	entries map[string]*memoryEntry
	shelf   engine.Shelf
}

func (d *memoryDraft) Shelf() *engine.Shelf { return &d.shelf }

// memoryEntry is what was last read at a path, and what the draft has there once it is changed. Nil: no file.
type memoryEntry struct {
	base, now []byte
	changed   bool
	told      bool   // that somebody else has changed it since it was read
	moved     string // the path whose base the content was
}

func (d *memoryDraft) entry(ctx context.Context, p string) (*memoryEntry, error) {
	if e := d.entries[p]; e != nil {
		return e, nil
	}
	f, err := d.files.Read(ctx, p)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	e := &memoryEntry{}
	if err == nil {
		e.base = append([]byte{}, f.Data...)
	}
	d.entries[p] = e
	return e, nil
}

func (d *memoryDraft) Read(ctx context.Context, p string) (engine.File, error) {
	if e := d.entries[p]; e != nil && !e.changed {
		delete(d.entries, p) // what is read last counts
	}
	if _, err := d.entry(ctx, p); err != nil {
		return engine.File{}, err
	}
	return d.Peek(ctx, p)
}

func (d *memoryDraft) Peek(ctx context.Context, p string) (engine.File, error) {
	e := d.entries[p]
	switch {
	case e == nil || !e.changed:
		return d.files.Read(ctx, p)
	case e.now == nil:
		return engine.File{}, fmt.Errorf("%s: %w", p, fs.ErrNotExist)
	}
	return engine.File{Path: p, Data: bytes.Clone(e.now), Mode: 0o644}, nil
}

func (d *memoryDraft) List(ctx context.Context, dir string, recursive bool) ([]engine.Entry, error) {
	all, err := d.view(ctx)
	if err != nil {
		return nil, err
	}
	view := &Files{files: all}
	list, err := view.List(ctx, dir, recursive)
	if errors.Is(err, fs.ErrNotExist) { // perhaps a folder that the draft emptied
		return d.files.List(ctx, dir, recursive)
	}
	return list, err
}

// view is the whole workspace as the draft has it.
func (d *memoryDraft) view(ctx context.Context) (map[string]engine.File, error) {
	list, err := d.files.List(ctx, ".", true)
	if err != nil {
		return nil, err
	}
	all := make(map[string]engine.File)
	for _, e := range list {
		all[e.Path] = engine.File{Path: e.Path, Data: make([]byte, e.Size)}
	}
	for p, e := range d.entries {
		if e.changed {
			delete(all, p)
		}
		if e.changed && e.now != nil {
			all[p] = engine.File{Path: p, Data: e.now}
		}
	}
	return all, nil
}

func (d *memoryDraft) Write(ctx context.Context, p string, data []byte) error {
	e, err := d.target(ctx, p)
	if err != nil {
		return err
	}
	e.now, e.changed = append([]byte{}, data...), true
	return nil
}

// target is the entry of a path that may be written: none of its folders is a file.
func (d *memoryDraft) target(ctx context.Context, p string) (*memoryEntry, error) {
	if p == "." {
		return nil, fmt.Errorf("the workspace is a folder: %w", fs.ErrInvalid)
	}
	e, err := d.entry(ctx, p)
	if err != nil {
		return nil, err
	}
	all, err := d.view(ctx)
	if err != nil {
		return nil, err
	}
	if isFolder(all, p) {
		return nil, fmt.Errorf("%s is a folder: %w", p, fs.ErrInvalid)
	}
	for i := range p {
		if _, isFile := all[p[:i]]; isFile && p[i] == '/' {
			return nil, fmt.Errorf("%s is not a folder: %w", p[:i], fs.ErrInvalid)
		}
	}
	return e, nil
}

func (e *memoryEntry) content() []byte {
	if e.changed {
		return e.now
	}
	return e.base
}

func (d *memoryDraft) Delete(ctx context.Context, p string) error {
	e, err := d.entry(ctx, p)
	if err != nil {
		return err
	}
	if e.content() == nil {
		return fmt.Errorf("%s: %w", p, fs.ErrNotExist)
	}
	e.now, e.moved, e.changed = nil, "", true
	return nil
}

func (d *memoryDraft) Rename(ctx context.Context, from, to string) error {
	src, err := d.entry(ctx, from)
	if err != nil {
		return err
	}
	if src.content() == nil {
		return fmt.Errorf("%s: %w", from, fs.ErrNotExist)
	}
	dst, err := d.target(ctx, to)
	if err != nil {
		return err
	}
	if dst.content() != nil {
		return fmt.Errorf("%s: %w", to, fs.ErrExist)
	}
	dst.now, dst.changed, dst.moved = src.content(), true, src.moved
	if dst.moved == "" && src.base != nil {
		dst.moved = from
	}
	src.now, src.moved, src.changed = nil, "", true
	return nil
}

func (d *memoryDraft) Changes(ctx context.Context) (engine.ChangeSet, error) {
	if err := context.Cause(ctx); err != nil {
		return engine.ChangeSet{}, err
	}
	var set engine.ChangeSet
	renamed := make(map[string]bool)
	for _, p := range slices.Sorted(maps.Keys(d.entries)) {
		if c := d.change(p, renamed); c.Op != "" {
			set.Files = append(set.Files, c)
		}
	}
	set.Files = slices.DeleteFunc(set.Files, func(c engine.FileChange) bool {
		return c.Op == engine.OpDelete && renamed[c.Path]
	})
	return set, nil
}

func (d *memoryDraft) Rebase(ctx context.Context, _ engine.Run) (changed []string, conflicts []engine.Conflict, err error) {
	set, err := d.Changes(ctx)
	for _, c := range set.Files {
		from := cmp.Or(c.From, c.Path)
		f, err := d.files.Read(ctx, from)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, err
		}
		if bytes.Equal(f.Data, d.entries[from].base) && (err == nil) == (d.entries[from].base != nil) {
			continue
		}
		changed = append(changed, c.Path)
		merged, both := text.Merge3(c.Base, f.Data, c.After)
		if len(both) > 0 || err != nil || c.Op == engine.OpDelete || c.Op == engine.OpCreate && !bytes.Equal(f.Data, c.After) {
			conflicts, changed = append(conflicts, engine.Conflict{Path: c.Path, Text: string(f.Data) + string(c.After)}), changed[:len(changed)-1]
			delete(d.entries, c.Path)
			delete(d.entries, from)
			continue
		}
		d.entries[from].base, d.entries[c.Path].now = f.Data, merged
	}
	for p, e := range d.entries {
		if f, readErr := d.files.Read(ctx, p); !e.changed && !e.told && (!bytes.Equal(f.Data, e.base) || (readErr == nil) != (e.base != nil)) {
			e.told = true
			changed = append(changed, p)
		}
	}
	slices.Sort(changed)
	return changed, conflicts, err
}

func (d *memoryDraft) change(p string, renamed map[string]bool) engine.FileChange {
	e := d.entries[p]
	c := engine.FileChange{Path: p, Base: bytes.Clone(e.base), After: bytes.Clone(e.now)}
	from := d.entries[e.moved]
	switch {
	case !e.changed, e.base == nil && e.now == nil, e.base != nil && e.now != nil && bytes.Equal(e.base, e.now):
	case e.now == nil:
		c.Op = engine.OpDelete
	case e.base != nil:
		c.Op = engine.OpModify
	case from != nil && from.changed && from.now == nil && !renamed[e.moved]:
		renamed[e.moved] = true
		c.Op, c.From, c.Base = engine.OpRename, e.moved, bytes.Clone(from.base)
	default:
		c.Op = engine.OpCreate
	}
	return c
}

// Describe is a change set as one line a file, for tests to compare: `modify a.go "old" → "new"`.
func Describe(set engine.ChangeSet) string {
	var b strings.Builder
	for _, c := range set.Files {
		fmt.Fprintf(&b, "%s %s", c.Op, c.Path)
		if c.From != "" {
			fmt.Fprintf(&b, " from %s", c.From)
		}
		fmt.Fprintf(&b, " %q → %q\n", c.Base, c.After)
	}
	return b.String()
}
