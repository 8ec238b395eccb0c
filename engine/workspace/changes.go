package workspace

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// Changes is the draft against what its paths were read as, each path once: what ended as it began is not in it.
func (d *draft) Changes(ctx context.Context) (engine.ChangeSet, error) {
	if err := context.Cause(ctx); err != nil {
		return engine.ChangeSet{}, err
	}
	var set engine.ChangeSet
	renamed := make(map[string]bool) // paths whose deletion a rename stands for
	paths := slices.Sorted(maps.Keys(d.entries))
	for _, p := range paths {
		if c, ok := d.change(p, renamed); ok {
			set.Files = append(set.Files, c)
		}
	}
	set.Files = slices.DeleteFunc(set.Files, func(c engine.FileChange) bool {
		return c.Op == engine.OpDelete && renamed[c.Path]
	})
	return set, nil
}

func (d *draft) change(p string, renamed map[string]bool) (engine.FileChange, bool) {
	e := d.entries[p]
	switch {
	case !e.own, e.base == nil && e.now == nil:
		return engine.FileChange{}, false
	case e.now == nil:
		return engine.FileChange{Path: p, Op: engine.OpDelete, Base: bytes.Clone(e.base.Data)}, true
	case e.base != nil && bytes.Equal(e.base.Data, e.now.Data):
		return engine.FileChange{}, false
	case e.base != nil:
		return engine.FileChange{Path: p, Op: engine.OpModify, Base: bytes.Clone(e.base.Data), After: bytes.Clone(e.now.Data)}, true
	}
	if from := d.entries[e.moved]; from != nil && from.base != nil && from.own && from.now == nil && !renamed[e.moved] {
		renamed[e.moved] = true
		return engine.FileChange{Path: p, Op: engine.OpRename, From: e.moved, Base: bytes.Clone(from.base.Data), After: bytes.Clone(e.now.Data)}, true
	}
	return engine.FileChange{Path: p, Op: engine.OpCreate, After: bytes.Clone(e.now.Data), Mode: e.now.Mode}, true
}

// Rebase brings the draft's changes onto the files as they are now, after a delivery met a conflict: each changed
// path gets today's content as its base, with the draft's change merged in. Where both changed the same lines the
// draft's text gets conflict markers, for the worker to resolve, and a conflict is returned. What was deleted on one
// side and changed on the other keeps the side that has content.
func (d *draft) Rebase(ctx context.Context, run engine.Run) ([]engine.Conflict, error) {
	set, err := d.Changes(ctx)
	if err != nil {
		return nil, err
	}
	var conflicts []engine.Conflict
	for _, c := range set.Files {
		conflict, err := d.rebaseOne(ctx, c, run)
		if err != nil {
			return nil, err
		}
		if conflict != nil {
			conflicts = append(conflicts, *conflict)
		}
	}
	return conflicts, nil
}

func (d *draft) rebaseOne(ctx context.Context, c engine.FileChange, run engine.Run) (*engine.Conflict, error) {
	target, rests := d.entries[c.Path], d.entries[cmp.Or(c.From, c.Path)]
	now, err := d.files.Read(ctx, cmp.Or(c.From, c.Path))
	gone := errors.Is(err, fs.ErrNotExist)
	if err != nil && !gone {
		return nil, err
	}
	if gone == (rests.base == nil) && (gone || bytes.Equal(now.Data, rests.base.Data)) {
		return nil, nil
	}
	rests.base = nil
	if !gone {
		rests.base = clone(now)
	}
	switch {
	case target.now == nil && gone:
		return nil, nil
	case target.now == nil:
		target.own = false
		return changedSince(c, now.Data), nil
	case gone:
		return goneAway(c), nil
	case isBinary(c.Base) || isBinary(now.Data) || isBinary(c.After):
		return binaryChanged(c), nil
	}
	marked, n := text.MergeWithMarkers(c.Base, now.Data, c.After, labels(run))
	target.now.Data = marked
	if n == 0 {
		return nil, nil
	}
	return bothChanged(c, now.Data, run), nil
}
