package workspace

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// maxReplans is how often a delivery looks again when files change under its hands.
const maxReplans = 5

// errMoved says that a file is not any more what was planned for.
var errMoved = errors.New("the file changed while it was being delivered")

// Deliver writes a change set to disk, as engine.Applier says. Every file is first written whole beside its target
// and synced; then each target is looked at once more and replaced by a rename. A real failure on the way takes back
// what was done. What a killed process leaves is a delivery half done, with files each either old or new, that the
// same call finishes. Cancelling ctx before the last file is in place takes the delivery back.
//
// Errors: *engine.ConflictError, *Refusal, ctx's cause, or what the system says.
func (w *Workspace) Deliver(ctx context.Context, run engine.Run, set engine.ChangeSet) (engine.Delivered, error) {
	free, err := w.hold(ctx)
	if err != nil {
		return engine.Delivered{}, err
	}
	defer free()
	if err := w.checkSet(set); err != nil {
		return engine.Delivered{}, err
	}
	if err := w.receipts.load(); err != nil {
		return engine.Delivered{}, err
	}
	for range maxReplans {
		plans, err := w.planAll(ctx, run, set)
		if err != nil {
			return engine.Delivered{}, err
		}
		if err := w.receipts.note(run, plans); err != nil {
			return engine.Delivered{}, err
		}
		err = w.carryOut(ctx, run, plans)
		if err == nil {
			return w.report(plans)
		}
		if !errors.Is(err, errMoved) {
			return engine.Delivered{}, fmt.Errorf("delivering %s: %w", run, err)
		}
	}
	return engine.Delivered{}, fmt.Errorf("delivering %s: %w: try again when nothing writes to it", run, errMoved)
}

// report reads back what is there.
func (w *Workspace) report(plans []plan) (engine.Delivered, error) {
	var d engine.Delivered
	var notes []string
	for _, p := range plans {
		now, err := w.current(p.change.Path)
		if err != nil {
			return engine.Delivered{}, fmt.Errorf("reading back: %w", err)
		}
		f := engine.DeliveredFile{Path: p.change.Path, Op: p.change.Op, Merged: p.merged}
		if now != nil {
			f.Hash = engine.ContentHash(now.data)
		}
		if !now.equal(p.final) {
			notes = append(notes, p.change.Path+" was changed again right after it was delivered")
		}
		f.Added, f.Gone = countLines(p.change.Base, p.change.After)
		d.Files = append(d.Files, f)
	}
	d.Note = strings.Join(notes, "; ")
	return d, nil
}

// countLines counts what the draft itself changed, so that a repeated delivery reports the same.
func countLines(base, after []byte) (added, gone int) {
	if isBinary(base) || isBinary(after) {
		return 0, 0
	}
	for _, e := range text.Diff(base, after) {
		added += lineCount(e.New)
		gone += lineCount(string(base[e.Start:e.End]))
	}
	return added, gone
}

func lineCount(s string) int {
	n := strings.Count(s, "\n")
	if s != "" && !strings.HasSuffix(s, "\n") {
		n++
	}
	return n
}
