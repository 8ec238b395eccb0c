package workspace

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/slop-ls/slop-ls/engine"
)

// commit is one delivery being carried out: what it has made so far, so that it can be taken back.
type commit struct {
	w       *Workspace
	run     engine.Run
	folders []string // made for it, outermost first
	done    []operation
}

// carryOut makes all operations of the plans, or none: writes first, so that a rename never has neither name.
func (w *Workspace) carryOut(ctx context.Context, run engine.Run, plans []plan) error {
	c := &commit{w: w, run: run}
	var ops []operation
	for _, p := range plans {
		c.clear(p.change.Path) // what a killed delivery of this run may have left
		if p.change.From != "" {
			c.clear(p.change.From)
		}
		ops = append(ops, p.ops...)
	}
	slices.SortStableFunc(ops, func(a, b operation) int { return deletes(a) - deletes(b) })
	err := c.all(ctx, ops)
	if err == nil {
		return c.syncAll(ops)
	}
	for _, op := range ops {
		c.clear(op.path)
	}
	return errors.Join(err, c.takeBack())
}

func deletes(o operation) int {
	if o.after == nil {
		return 1
	}
	return 0
}

func (c *commit) all(ctx context.Context, ops []operation) error {
	for _, op := range ops {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := c.stage(op); err != nil {
			return err
		}
	}
	c.w.at(PointStaged)
	for _, op := range ops {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := c.put(op); err != nil {
			return err
		}
		c.done = append(c.done, op)
		c.w.at(PointPut)
	}
	return nil
}

// temporary names the file in which path is prepared. The name is the run's own, so that a repeated delivery finds
// and removes what a killed one left.
func (c *commit) temporary(p string) string {
	sum := sha256.Sum256([]byte(c.run.String() + "\x00" + p))
	return path.Join(path.Dir(p), ".slop-"+hex.EncodeToString(sum[:8])+".tmp")
}

// clear removes what is prepared for p, if anything is.
func (c *commit) clear(p string) { _ = c.w.root.Remove(c.temporary(p)) }

// stage writes the new content beside its target and syncs it.
func (c *commit) stage(op operation) error {
	if op.after == nil {
		return nil
	}
	if err := c.makeFolder(path.Dir(op.path)); err != nil {
		return c.w.explain(op.path, err)
	}
	c.clear(op.path)
	if err := c.writeNew(c.temporary(op.path), op.after); err != nil {
		return c.w.explain(op.path, err)
	}
	return nil
}

func (c *commit) writeNew(name string, want *content) error {
	f, err := c.w.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(want.data)
	if err == nil && want.mode != 0 {
		err = f.Chmod(want.mode)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// makeFolder makes a folder with those above it and remembers which ones it made.
func (c *commit) makeFolder(dir string) error {
	err := c.w.root.Mkdir(dir, 0o777)
	switch {
	case err == nil:
		c.folders = append(c.folders, dir)
		return nil
	case errors.Is(err, fs.ErrExist):
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := c.makeFolder(path.Dir(dir)); err != nil {
		return err
	}
	return c.makeFolder(dir)
}

// put takes the last look and makes the change visible. errMoved says that the look found something else.
func (c *commit) put(op operation) error {
	now, err := c.w.current(op.path)
	if err != nil {
		return err
	}
	if !now.equal(op.before) {
		return fmt.Errorf("%s: %w", op.path, errMoved)
	}
	switch {
	case op.after == nil:
		err = c.w.root.Remove(op.path)
	case op.before == nil:
		err = c.putNew(op)
	default:
		err = c.w.root.Rename(c.temporary(op.path), op.path)
	}
	return c.w.explain(op.path, err)
}

// putNew lets the system refuse where a file has appeared: a link never replaces one. Where the file system has no
// links the look before must do.
func (c *commit) putNew(op operation) error {
	err := c.w.root.Link(c.temporary(op.path), op.path)
	switch {
	case err == nil:
		c.clear(op.path)
		return nil
	case errors.Is(err, fs.ErrExist):
		return errMoved
	}
	return c.w.root.Rename(c.temporary(op.path), op.path)
}

// takeBack undoes what was done, last first. A file that someone else has changed by then is left, and named.
func (c *commit) takeBack() error {
	var errs []error
	for _, op := range slices.Backward(c.done) {
		back := op.reversed()
		err := c.stage(back)
		if err == nil {
			err = c.put(back)
		}
		if err != nil {
			c.clear(op.path)
			errs = append(errs, fmt.Errorf("taking it back, %s stays as delivered: %w", op.path, err))
		}
	}
	for _, dir := range slices.Backward(c.folders) {
		_ = c.w.root.Remove(dir) // only where it is empty
	}
	return errors.Join(errs...)
}

// syncAll makes the names durable in every folder that changed.
func (c *commit) syncAll(ops []operation) error {
	folders := make(map[string]bool)
	for _, dir := range c.folders {
		folders[path.Dir(dir)] = true
	}
	for _, op := range ops {
		folders[path.Dir(op.path)] = true
	}
	for dir := range folders {
		if err := c.syncOne(dir); err != nil {
			return c.w.explain(dir, err)
		}
	}
	return nil
}

func (c *commit) syncOne(dir string) error {
	f, err := c.w.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(syncFolder(f), f.Close())
}
