package engine

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// maxForeseen bounds in bytes what a question carries of the files that it would change: they are stored with it.
const maxForeseen = 4 << 20

// foresee fills in what a call that edits would do to the draft, so that a person sees the change and not only the
// arguments. What cannot be done, or is too much to carry, is left out: the call itself says why, once it is made.
func (a *attempt) foresee(ctx context.Context, c *Content) error {
	c.Diff, c.Changes = "", nil
	tool, ok := a.tools[c.Tool]
	if !ok || tool.Spec().Effect != EffectEdit {
		return nil
	}
	try := &trial{Draft: a.draft, files: map[string]*tried{}}
	if _, err := tool.Call(ctx, try, json.RawMessage(c.Arguments)); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return nil
	}
	set := try.changes(a.job.Run.Ticket.ID + ": " + c.Tool)
	if !set.Empty() && set.size() <= maxForeseen {
		c.Diff, c.Changes = Diff(set), &set
	}
	return nil
}

// size is how many bytes of files a set carries.
func (c ChangeSet) size() int {
	n := 0
	for _, f := range c.Files {
		n += len(f.Base) + len(f.After)
	}
	return n
}

// carried is a set as a question carries it; nil where it is too large.
func carried(set ChangeSet) *ChangeSet {
	if set.size() > maxForeseen {
		return nil
	}
	return &set
}

// trial is a draft on a draft: what is written stays here, and is gone with it. Nothing that is read through it counts
// as shown to the worker. It has room for the calls of EffectEdit, which neither run nor rebase anything.
type trial struct {
	Draft
	files map[string]*tried
}

// tried is a file as the draft has it and as the trial does; nil where there is none.
type tried struct{ was, now *File }

// at is the record of a path, made of what the draft has when it is wanted first.
func (t *trial) at(ctx context.Context, path string) (*tried, error) {
	if f := t.files[path]; f != nil {
		return f, nil
	}
	f, err := t.Draft.Peek(ctx, path)
	switch {
	case err == nil:
		t.files[path] = &tried{was: &f, now: &f}
	case errors.Is(err, fs.ErrNotExist):
		t.files[path] = &tried{}
	default:
		return nil, err
	}
	return t.files[path], nil
}

// Read gives the file as the trial has it.
func (t *trial) Read(ctx context.Context, path string) (File, error) { return t.Peek(ctx, path) }

// Peek is Read.
func (t *trial) Peek(ctx context.Context, path string) (File, error) {
	f, err := t.at(ctx, path)
	if err != nil {
		return File{}, err
	}
	if f.now == nil {
		return File{}, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
	return *f.now, nil
}

// Write keeps the text here.
func (t *trial) Write(ctx context.Context, path string, data []byte) error {
	f, err := t.at(ctx, path)
	if err != nil {
		return err
	}
	f.now = &File{Path: path, Data: bytes.Clone(data)}
	return nil
}

// Delete takes the file away here.
func (t *trial) Delete(ctx context.Context, path string) error {
	if _, err := t.Peek(ctx, path); err != nil {
		return err
	}
	t.files[path].now = nil
	return nil
}

// Rename moves the file here.
func (t *trial) Rename(ctx context.Context, from, to string) error {
	f, err := t.Peek(ctx, from)
	if err != nil {
		return err
	}
	if _, err := t.Peek(ctx, to); err == nil {
		return fmt.Errorf("%s: %w", to, fs.ErrExist)
	}
	if err := t.Write(ctx, to, f.Data); err != nil {
		return err
	}
	return t.Delete(ctx, from)
}

// changes is what differs from the draft, sorted by path.
func (t *trial) changes(label string) ChangeSet {
	set := ChangeSet{Label: label}
	for path, f := range t.files {
		switch {
		case f.was == nil && f.now != nil:
			set.Files = append(set.Files, FileChange{Path: path, Op: OpCreate, After: f.now.Data})
		case f.was != nil && f.now == nil:
			set.Files = append(set.Files, FileChange{Path: path, Op: OpDelete, Base: f.was.Data})
		case f.was != nil && !bytes.Equal(f.was.Data, f.now.Data):
			set.Files = append(set.Files, FileChange{Path: path, Op: OpModify, Base: f.was.Data, After: f.now.Data})
		}
	}
	slices.SortFunc(set.Files, func(a, b FileChange) int { return cmp.Compare(a.Path, b.Path) })
	return set
}
