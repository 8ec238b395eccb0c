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
		return engine.FileChange{Path: p, Op: engine.OpDelete, Base: bytes.Clone(e.base.Data), Was: e.base.Mode}, true
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

// Rebase is engine.Draft's.
func (d *draft) Rebase(ctx context.Context, run engine.Run) (changed []string, conflicts []engine.Conflict, err error) {
	set, err := d.Changes(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range set.Files {
		moved, conflict, err := d.rebaseOne(ctx, c, run)
		if err != nil {
			return nil, nil, err
		}
		if conflict != nil {
			conflicts = append(conflicts, *conflict)
		} else if moved {
			changed = append(changed, c.Path)
		}
	}
	others, err := d.changedSince(ctx)
	return slices.Sorted(slices.Values(append(changed, others...))), conflicts, err
}

// rebaseOne lays one change onto what its file holds now. One that cannot be is let go: the draft then has what the
// workspace has. moved says that it holds something else than before.
func (d *draft) rebaseOne(ctx context.Context, c engine.FileChange, run engine.Run) (moved bool, _ *engine.Conflict, err error) {
	from := cmp.Or(c.From, c.Path)
	target, rests := d.entries[c.Path], d.entries[from]
	now, err := d.files.Read(ctx, from)
	gone := errors.Is(err, fs.ErrNotExist)
	if err != nil && !gone {
		return false, nil, err
	}
	if gone == (rests.base == nil) && (gone || bytes.Equal(now.Data, rests.base.Data)) {
		return false, nil, nil
	}
	var merged []byte
	var conflict *engine.Conflict
	switch {
	case target.now == nil && gone: // both deleted it
	case target.now == nil:
		conflict = changedSince(c, now.Data)
	case gone:
		conflict = goneAway(c)
	case bytes.Equal(now.Data, c.After):
		merged = now.Data
	case c.Op == engine.OpCreate:
		conflict = bothAdded(c, now.Data, run)
	case isBinary(c.Base) || isBinary(now.Data) || isBinary(c.After):
		conflict = binaryChanged(c)
	default:
		var both []text.Conflict
		if merged, both = text.Merge3(c.Base, now.Data, c.After); len(both) > 0 {
			conflict = bothChanged(c, now.Data, run)
		}
	}
	rests.base = nil
	if !gone {
		rests.base = clone(now)
	}
	if conflict != nil {
		*target, rests.own = entry{base: target.base}, false
		return true, conflict, nil
	}
	if target.now != nil {
		target.now.Data = merged
	}
	return true, nil, nil
}

// changedSince are the files that the worker was shown, has not changed itself, and that hold something else now than
// it was shown or told of.
func (d *draft) changedSince(ctx context.Context) ([]string, error) {
	var out []string
	for _, p := range slices.Sorted(maps.Keys(d.entries)) {
		e := d.entries[p]
		if e.own {
			continue
		}
		now, err := d.files.Read(ctx, p)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			continue // whoever reads it is told why it cannot be
		}
		if hash := engine.ContentHash(now.Data); (e.base == nil || !bytes.Equal(e.base.Data, now.Data)) && (e.base != nil || err == nil) && e.told != hash {
			e.told = hash
			out = append(out, p)
		}
	}
	return out, nil
}
