package workspace

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// intent is a delivery that nobody journals, as it is kept until it is done. Whoever delivers it holds the lock of its
// file, so that one whose lock is free is of a process that was killed.
type intent struct {
	Version int              `json:"version"`
	Run     engine.Run       `json:"run"`
	Set     engine.ChangeSet `json:"set"`
}

const (
	intentVersion = 1
	intentSuffix  = ".intent"
	asideSuffix   = ".aside" // of one that can be neither finished nor taken back
)

// The points of a delivery at which crash tests end the process.
const (
	PointKept   = "intent-kept"     // nothing is written to the workspace yet
	PointStaged = "delivery-staged" // every file is prepared beside its place
	PointPut    = "delivery-put"    // after each file that came into its place
	PointDone   = "intent-done"     // all files are, and the intent is still kept
)

// OnPoint has pass called at the points of deliveries. To be called before the first Deliver.
func (w *Workspace) OnPoint(pass func(point string)) { w.pass = pass }

func (w *Workspace) at(point string) {
	if w.pass != nil {
		w.pass(point)
	}
}

// DeliverWhole is Deliver for who has no journal: what is to be done is first kept in dir, durably, so that
// FinishDeliveries brings it to its end where this process is killed. dir is outside the workspace and made when it is
// needed. One file needs no keeping, since a rename is whole; on a system without file locks nothing is kept.
//
// Errors: those of Deliver, or why nothing could be kept; then nothing was changed.
func (w *Workspace) DeliverWhole(ctx context.Context, dir string, run engine.Run, set engine.ChangeSet) (engine.Delivered, error) {
	if len(set.Files) < 2 && !slices.ContainsFunc(set.Files, func(c engine.FileChange) bool { return c.Op == engine.OpRename }) {
		return w.Deliver(ctx, run, set)
	}
	done, err := keepIntent(dir, intent{Version: intentVersion, Run: run, Set: w.withModes(set)})
	if errors.Is(err, errors.ErrUnsupported) {
		return w.Deliver(ctx, run, set)
	}
	if err != nil {
		return engine.Delivered{}, fmt.Errorf("keeping what is to be delivered (nothing was changed; is there room in %s?): %w", dir, err)
	}
	defer done()
	w.at(PointKept)
	d, err := w.Deliver(ctx, run, set)
	w.at(PointDone)
	return d, err
}

// withModes is set with the permission bits of what it deletes and moves, so that these can be made again.
func (w *Workspace) withModes(set engine.ChangeSet) engine.ChangeSet {
	set.Files = slices.Clone(set.Files)
	for i := range set.Files {
		c := &set.Files[i]
		from := c.Path
		if c.Op == engine.OpRename {
			from = c.From
		}
		if now, err := w.current(from); err == nil && now != nil && c.Was == 0 {
			c.Was = uint32(now.mode)
		}
	}
	return set
}

// keepIntent writes an intent under its lock. done removes it.
func keepIntent(dir string, in intent) (done func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "intent-*.tmp")
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(in)
	if err == nil {
		err = lockFile(f) // before it has its name, so that none is ever seen without its owner
	}
	if err == nil {
		_, err = f.Write(data)
	}
	if err == nil {
		err = f.Sync()
	}
	name := strings.TrimSuffix(f.Name(), ".tmp") + intentSuffix
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err == nil {
		err = syncNamed(dir)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		_ = os.Remove(name)
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = os.Remove(name); _ = f.Close() }, nil
}

func syncNamed(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(syncFolder(f), f.Close())
}

// Finished is a delivery of a killed process that was brought to its end.
type Finished struct {
	Paths []string
	Back  bool // it was taken back, since somebody has changed the same lines meanwhile
}

// FinishDeliveries brings the deliveries that killed processes have left in dir to their ends: they are finished, since
// all of what they do had been found good; where somebody has changed the same lines since, what had arrived is taken
// back. What allows neither is set aside and is the error, which names its files. Deliveries of processes that live are
// left to these.
func (w *Workspace) FinishDeliveries(ctx context.Context, dir string) ([]Finished, error) {
	names, err := filepath.Glob(filepath.Join(dir, "intent-*"))
	if err != nil {
		return nil, fmt.Errorf("looking for unfinished deliveries: %w", err)
	}
	var all []Finished
	var errs []error
	for _, name := range names {
		if strings.HasSuffix(name, asideSuffix) {
			continue
		}
		f, err := w.finishOne(ctx, name)
		if err != nil {
			errs = append(errs, err)
		}
		if len(f.Paths) > 0 {
			all = append(all, f)
		}
	}
	return all, errors.Join(errs...)
}

// Unfinished reports whether a process that was killed, or one that lives, has a delivery under way in dir.
func Unfinished(dir string) bool {
	names, _ := filepath.Glob(filepath.Join(dir, "intent-*"+intentSuffix))
	return len(names) > 0
}

func (w *Workspace) finishOne(ctx context.Context, name string) (Finished, error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return Finished{}, nil
	}
	if err != nil {
		return Finished{}, fmt.Errorf("reading an unfinished delivery: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing is written to it
	if err := lockFile(f); err != nil {
		return Finished{}, nil //nolint:nilerr // its owner lives, and finishes it
	}
	if !stillNamed(f, name) {
		return Finished{}, nil // another process has finished it meanwhile
	}
	if !strings.HasSuffix(name, intentSuffix) {
		return Finished{}, os.Remove(name) // its owner was killed before it began
	}
	data, err := io.ReadAll(f)
	var in intent
	if err == nil {
		err = json.Unmarshal(data, &in)
	}
	if err != nil || in.Version != intentVersion {
		why := fmt.Errorf("an unfinished delivery cannot be read (version %d, %w): look at what was half done by hand; it is kept in %s",
			in.Version, cmp.Or(err, errors.ErrUnsupported), name+asideSuffix)
		return Finished{}, errors.Join(why, os.Rename(name, name+asideSuffix))
	}
	return w.finishIntent(ctx, name, in)
}

func stillNamed(f *os.File, name string) bool {
	held, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(name)
	return err == nil && os.SameFile(held, named)
}

func (w *Workspace) finishIntent(ctx context.Context, name string, in intent) (Finished, error) {
	done := Finished{Paths: pathsOf(in.Set)}
	_, err := w.Deliver(ctx, in.Run, in.Set)
	if conflict := (*engine.ConflictError)(nil); errors.As(err, &conflict) {
		done.Back = true
		_, back := w.Deliver(ctx, in.Run, turnedBack(w.arrivedOf(in.Set, conflict)))
		if errors.As(back, &conflict) {
			err = fmt.Errorf("%s: a process was killed while it changed them, and they were changed since: some may have the change and some not; it is kept in %s",
				strings.Join(done.Paths, ", "), name+asideSuffix)
			return Finished{}, errors.Join(err, os.Rename(name, name+asideSuffix))
		}
		err = back
	}
	if err != nil {
		return Finished{}, fmt.Errorf("finishing the delivery of a killed process: %w", err)
	}
	for _, path := range done.Paths { // also of what was left alone
		(&commit{w: w, run: in.Run}).clear(path)
	}
	return done, os.Remove(name)
}

// arrivedOf is a change set without the changes that conflict with what is there and have not arrived: each file had
// been old or new when somebody changed it, and is nearer to what it was.
func (w *Workspace) arrivedOf(set engine.ChangeSet, conflict *engine.ConflictError) engine.ChangeSet {
	out := engine.ChangeSet{Label: set.Label}
	for _, c := range set.Files {
		clashes := slices.ContainsFunc(conflict.Conflicts, func(k engine.Conflict) bool { return k.Path == c.Path })
		now, err := w.current(c.Path)
		if !clashes || err != nil || now == nil || distance(c.Base, now.data) > distance(c.After, now.data) {
			out.Files = append(out.Files, c)
		}
	}
	return out
}

// distance is how many bytes differ between two texts.
func distance(a, b []byte) int {
	n := 0
	for _, e := range text.Diff(a, b) {
		n += e.Span.Len() + len(e.New)
	}
	return n
}

func pathsOf(set engine.ChangeSet) []string {
	var out []string
	for _, c := range set.Files {
		out = append(out, c.Path)
	}
	return out
}

// turnedBack is the change set that takes another one back, wherever it has arrived.
func turnedBack(set engine.ChangeSet) engine.ChangeSet {
	out := engine.ChangeSet{Label: set.Label}
	for _, c := range set.Files {
		b := engine.FileChange{Path: c.Path, Op: c.Op, Base: c.After, After: c.Base, Mode: c.Was, Was: c.Mode}
		switch c.Op {
		case engine.OpCreate:
			b.Op = engine.OpDelete
		case engine.OpDelete:
			b.Op = engine.OpCreate
		case engine.OpRename:
			b.Path, b.From = c.From, c.Path
		case engine.OpModify:
		}
		out.Files = append(out.Files, b)
	}
	return out
}
