package workspace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/slop-ls/slop-ls/engine"
)

// content is a file's bytes and permission bits; nil stands for no file. Mode 0 is what the system gives a new one.
type content struct {
	data []byte
	mode fs.FileMode
}

func (c *content) equal(d *content) bool {
	if c == nil || d == nil {
		return c == d
	}
	return bytes.Equal(c.data, d.data)
}

// hash names the content in receipts.
func (c *content) hash() string {
	if c == nil {
		return ""
	}
	return engine.ContentHash(c.data)
}

// operation makes path, found as before, be as after.
type operation struct {
	path          string
	before, after *content
}

func (o operation) reversed() operation { return operation{o.path, o.after, o.before} }

// plan is what one FileChange needs done to the files as they are now.
type plan struct {
	change   engine.FileChange
	ops      []operation
	final    *content // of change.Path when all is done
	merged   bool
	conflict *engine.Conflict
	arrived  bool // in what is there now, by an earlier try
}

// checkSet refuses a change set that no draft makes, before anything is read.
func (w *Workspace) checkSet(set engine.ChangeSet) error {
	seen := make(map[string]bool)
	for _, c := range set.Files {
		paths := []string{c.Path}
		if c.Op == engine.OpRename {
			paths = append(paths, c.From)
		}
		for _, p := range paths {
			if err := w.checkTarget(p); err != nil {
				return err
			}
			if seen[p] {
				return &Refusal{p, "is in the change set twice", fs.ErrInvalid}
			}
			seen[p] = true
		}
	}
	return nil
}

// planAll plans every change that the receipts do not show to be made. Where one conflicts the error is a
// *ConflictError with all conflicts.
func (w *Workspace) planAll(ctx context.Context, run engine.Run, set engine.ChangeSet) ([]plan, error) {
	plans := make([]plan, 0, len(set.Files))
	var conflicts []engine.Conflict
	for _, c := range set.Files {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		p, err := w.planChange(c, run)
		if err != nil {
			return nil, err
		}
		if p.conflict != nil {
			conflicts = append(conflicts, *p.conflict)
		}
		plans = append(plans, p)
	}
	if len(conflicts) > 0 {
		return nil, &engine.ConflictError{Conflicts: conflicts}
	}
	return plans, nil
}

func (w *Workspace) planChange(c engine.FileChange, run engine.Run) (plan, error) {
	now, err := w.current(c.Path)
	if err != nil {
		return plan{}, err
	}
	p := plan{change: c, arrived: now != nil && w.receipts.arrived(deliveryName(run, c), c.Path, now.hash())}
	switch c.Op {
	case engine.OpCreate:
		p.create(now, run)
	case engine.OpModify:
		p.modify(now, run)
	case engine.OpDelete:
		p.remove(now)
	case engine.OpRename:
		from, err := w.current(c.From)
		if err != nil {
			return plan{}, err
		}
		p.rename(from, now, run)
	default:
		return plan{}, fmt.Errorf("%s: unknown operation %q in the change set", c.Path, c.Op)
	}
	return p, nil
}

// current is what a path holds now, nil where nothing is.
func (w *Workspace) current(path string) (*content, error) {
	data, info, err := w.readRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &content{data, info.Mode().Perm()}, nil
}

func (p *plan) create(now *content, run engine.Run) {
	want := &content{data: p.change.After, mode: fs.FileMode(p.change.Mode)}
	if now == nil || now.equal(want) {
		p.write(now, want)
		return
	}
	p.conflict = bothAdded(p.change, now.data, run)
}

func (p *plan) modify(now *content, run engine.Run) {
	if now == nil {
		p.conflict = goneAway(p.change)
		return
	}
	if data, ok := p.combine(now.data, run); ok {
		p.write(now, &content{data: data, mode: fs.FileMode(p.change.Mode)})
	}
}

func (p *plan) remove(now *content) {
	switch {
	case now == nil:
	case bytes.Equal(now.data, p.change.Base):
		p.ops = []operation{{p.change.Path, now, nil}}
	default:
		p.conflict = changedSince(p.change, now.data)
	}
}

// rename tells a rename still to be made from one half made (both names are there, the new one as it should be) and
// from one made already (only the new name is there, with the draft's changes in it).
func (p *plan) rename(from, now *content, run engine.Run) {
	switch {
	case from == nil && now == nil:
		p.conflict = goneAway(p.change)
	case from == nil:
		data, ok := p.combine(now.data, run)
		if ok && bytes.Equal(data, now.data) {
			p.write(now, &content{data: data, mode: fs.FileMode(p.change.Mode)})
		} else if ok {
			p.conflict = bothAdded(p.change, now.data, run)
		}
	default:
		data, ok := p.combine(from.data, run)
		if !ok {
			return
		}
		want := &content{data: data, mode: fs.FileMode(p.change.Mode)}
		if now != nil && !now.equal(want) {
			p.conflict = bothAdded(p.change, now.data, run)
			return
		}
		if want.mode == 0 {
			want.mode = from.mode
		}
		p.write(now, want)
		p.ops = append(p.ops, operation{p.change.From, from, nil})
	}
}

// combine brings the draft's change of Base into now. It reports false after noting the conflict.
func (p *plan) combine(now []byte, run engine.Run) ([]byte, bool) {
	base, after := p.change.Base, p.change.After
	switch {
	case bytes.Equal(now, base), bytes.Equal(now, after):
		return after, true
	case p.arrived:
		p.merged = true
		return now, true
	case isBinary(base) || isBinary(now) || isBinary(after):
		p.conflict = binaryChanged(p.change)
		return nil, false
	}
	merged, conflicts := engine.Rebase(base, now, after)
	if len(conflicts) > 0 {
		p.conflict = bothChanged(p.change, now, run)
		return nil, false
	}
	p.merged = true
	return merged, true
}

// write plans for want to take the place of now, unless it is there already. Without a mode of its own it keeps the
// one that is there.
func (p *plan) write(now, want *content) {
	if now != nil && want.mode == 0 {
		want.mode = now.mode
	}
	p.final = want
	if !want.equal(now) || now.mode != want.mode {
		p.ops = append(p.ops, operation{p.change.Path, now, want})
	}
}

// isBinary goes by what git goes by: a NUL byte near the start.
func isBinary(data []byte) bool {
	return bytes.IndexByte(data[:min(len(data), 8000)], 0) >= 0
}
