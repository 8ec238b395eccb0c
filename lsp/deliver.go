package lsp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/receipt"
)

// DeliveryError says that an edit did not arrive where it was sent. What had arrived of the same delivery was taken
// back; an error that wraps this one names what could not be.
type DeliveryError struct {
	Path   string
	Client string // the editor it was sent to
	Reason string

	moved bool               // the file is not open there any more: it can be delivered elsewhere
	rest  *engine.FileChange // what is to be delivered there, where that is not what was sent
}

func (e *DeliveryError) Error() string {
	return fmt.Sprintf("the edit of %s did not arrive in %s: %s", e.Path, e.Client, e.Reason)
}

// Unwrap says to the engine that no other model would do better.
func (e *DeliveryError) Unwrap() error { return engine.ErrUndelivered }

// Deliver implements engine.Applier. Files that are open in the delivering editor are edited there, everything else
// on the disk. Buffers are merged before anything is sent, the disk comes first because it is all or nothing, and
// what an editor then refuses takes the rest back. Where the editor goes away, or closes a file, it is delivered to
// what is left.
func (h *Hub) Deliver(ctx context.Context, run engine.Run, set engine.ChangeSet) (engine.Delivered, error) {
	var there, out engine.Delivered // what is on the disk stays while the rest is tried elsewhere
	var undo []func(error) error
	var err error
	for range maxTries {
		s := h.deliverer(run.Ticket.Track)
		if s == nil {
			out, err = h.deliverToDisk(ctx, run, set)
			break
		}
		var back func(error) error
		if out, back, err = h.deliverThrough(ctx, s, run, set); back != nil {
			undo = append(undo, back)
		}
		if err == nil || !s.lost(ctx, err) {
			break
		}
		there = joined(there, out)
		set.Files = remaining(set.Files, out.Files, err)
	}
	for _, back := range slices.Backward(undo) {
		if err != nil {
			err = back(err)
		}
	}
	if err != nil {
		return engine.Delivered{}, err
	}
	return joined(there, out), nil
}

// joined is two parts of a delivery as one.
func joined(a, b engine.Delivered) engine.Delivered {
	out := engine.Delivered{Files: slices.Concat(a.Files, b.Files), Note: joinNotes(a.Note, b.Note)}
	slices.SortFunc(out.Files, func(a, b engine.DeliveredFile) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// remaining are the changes of files that are not there yet, after a delivery that failed because one of them moved.
func remaining(files []engine.FileChange, there []engine.DeliveredFile, err error) []engine.FileChange {
	var failed *DeliveryError
	var out []engine.FileChange
	for _, f := range files {
		if slices.ContainsFunc(there, func(d engine.DeliveredFile) bool { return d.Path == f.Path }) {
			continue
		}
		if errors.As(err, &failed) && failed.rest != nil && failed.rest.Path == f.Path {
			f = *failed.rest
		}
		out = append(out, f)
	}
	return out
}

// deliverToDisk is for when no editor takes edits. Those that are attached, and show something else, are named.
func (h *Hub) deliverToDisk(ctx context.Context, run engine.Run, set engine.ChangeSet) (engine.Delivered, error) {
	out, err := h.opts.Applier.Deliver(ctx, run, set)
	if err != nil {
		return out, err
	}
	return h.account(ctx, nil, set.Label, out, nil, set.Files), nil
}

// lost says whether a delivery failed because its editor, or its open file, is there no longer.
func (s *Session) lost(ctx context.Context, err error) bool {
	var failed *DeliveryError
	if !errors.As(err, &failed) {
		return false
	}
	select {
	case <-s.conn.Over():
	default:
		return failed.moved
	}
	select {
	case <-s.left: // from now on the hub chooses another one
		return true
	case <-ctx.Done():
		return false
	}
}

func (h *Hub) deliverThrough(ctx context.Context, s *Session, run engine.Run, set engine.ChangeSet) (_ engine.Delivered, undo func(error) error, _ error) {
	docs := s.desk.Docs()
	var inEditor, onDisk []engine.FileChange
	for _, f := range set.Files {
		if d := docs.ByPath(f.Path); d != nil && (f.Op == engine.OpModify || f.Op == engine.OpCreate) {
			inEditor = append(inEditor, f)
			continue
		}
		if err := unsaved(docs, f); err != nil {
			return engine.Delivered{}, nil, err
		}
		onDisk = append(onDisk, f)
	}
	if err := mergeable(docs, inEditor); err != nil {
		return engine.Delivered{}, nil, err
	}
	return h.deliverBoth(ctx, s, run, set, inEditor, onDisk)
}

// unsaved refuses to delete or rename a file whose buffer holds something that the draft did not start from.
func unsaved(docs *document.Set, f engine.FileChange) error {
	from := f.Path
	if f.Op == engine.OpRename {
		from = f.From
	}
	d := docs.ByPath(from)
	if d == nil || f.Op == engine.OpModify || f.Op == engine.OpCreate {
		return nil
	}
	if d.Broken != nil {
		return d.Broken
	}
	if asShown([]byte(d.Text())) == asShown(f.Base) {
		return nil
	}
	return &engine.ConflictError{Conflicts: []engine.Conflict{{
		Path: from, Text: fmt.Sprintf("it would be %sd, but its editor holds other text now", f.Op),
	}}}
}

// mergeable reports all conflicts with the open buffers, before anything has been sent.
func mergeable(docs *document.Set, files []engine.FileChange) error {
	var all engine.ConflictError
	for _, f := range files {
		d := docs.ByPath(f.Path)
		if d.Broken != nil {
			return d.Broken
		}
		if _, c := rebase(d.Text(), f); c != nil {
			all.Conflicts = append(all.Conflicts, *c)
		}
	}
	if len(all.Conflicts) > 0 {
		return &all
	}
	return nil
}

// rebase is the text that a buffer should have: the change laid onto what it holds now.
func rebase(now string, f engine.FileChange) (string, *engine.Conflict) {
	merged, conflicts := engine.Rebase(f.Base, []byte(now), f.After)
	if len(conflicts) == 0 {
		return string(merged), nil
	}
	if receipt.Reshaped(string(f.Base), string(f.After), now) {
		return now, nil // it is there already, and was formatted
	}
	marked, _ := text.MergeWithMarkers(f.Base, []byte(now), f.After, text.Labels{Ours: "the editor", Base: "before", Theirs: "the ticket"})
	return "", &engine.Conflict{Path: f.Path, Text: text.CutMiddle(text.Excerpt(string(marked), 3), maxConflict)}
}

// maxConflict bounds, in bytes, the text of a conflict.
const maxConflict = 8 << 10

// deliverBoth delivers to the disk first, because there it is all or nothing. Where the person is to decide in a preview
// the editor comes first: what they decline must not have happened.
func (h *Hub) deliverBoth(ctx context.Context, s *Session, run engine.Run, set engine.ChangeSet, inEditor, onDisk []engine.FileChange) (_ engine.Delivered, undo func(error) error, _ error) {
	p := &dispatch{s: s, label: set.Label, preview: s.previews(set)}
	var out engine.Delivered
	var written []engine.FileChange
	toDisk := func() (err error) {
		if len(onDisk) > 0 {
			out, err = h.opts.Applier.Deliver(ctx, run, engine.ChangeSet{Label: set.Label, Files: onDisk})
		}
		if err == nil {
			written = onDisk
		}
		return err
	}
	if !p.preview {
		if err := toDisk(); err != nil {
			return engine.Delivered{}, nil, err
		}
	} else if len(onDisk) > 0 {
		p.besides = "written to the disk besides: " + pathsOf(onDisk)
	}
	files, err := p.deliver(ctx, inEditor)
	if err == nil && p.preview {
		err = toDisk()
	}
	if err != nil {
		undo := func(cause error) error {
			return h.takeBack(context.WithoutCancel(ctx), s, run, cause, files, written)
		}
		if len(written) == 0 {
			out = engine.Delivered{}
		}
		return out, undo, err // what is on the disk
	}
	out.Note = joinNotes(out.Note, s.saveClean(ctx, files))
	return h.account(ctx, s, set.Label, out, files, onDisk), nil, nil
}

// account is what is said of a delivery: what is where, and what a person should know.
func (h *Hub) account(ctx context.Context, s *Session, label string, out engine.Delivered, files []*editedFile, onDisk []engine.FileChange) engine.Delivered {
	want := map[string]string{}
	notes := []string{out.Note}
	for _, f := range files {
		if f.came() {
			out.Files = append(out.Files, f.seen())
		}
		want[f.change.Path] = f.receipt.Now
		notes = append(notes, f.left())
	}
	disk := h.diskTexts(ctx, onDisk)
	h.tellStale(ctx, label, disk)
	h.tellMoved(ctx, label, onDisk)
	maps.Copy(want, disk)
	out.Note = joinNotes(append(notes, h.differing(s, want))...)
	if out.Note != "" && s != nil {
		s.tell(ctx, protocol.MessageTypeWarning, label+": "+out.Note)
	}
	slices.SortFunc(out.Files, func(a, b engine.DeliveredFile) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// tellStale tells the persons whose editors take no edits what was written beneath their open files.
func (h *Hub) tellStale(ctx context.Context, label string, disk map[string]string) {
	for _, s := range h.attached() {
		if stale := s.holdsOther(disk); len(stale) > 0 && !s.traits().ApplyEdit {
			s.tell(ctx, protocol.MessageTypeInfo, fmt.Sprintf("%s: written to the disk, and open here as it was before: reload %s", label, strings.Join(stale, ", ")))
		}
	}
}

// diskTexts is what the disk holds of files after their change, by path. What is gone is not in it.
func (h *Hub) diskTexts(ctx context.Context, files []engine.FileChange) map[string]string {
	out := map[string]string{}
	for _, f := range files {
		if file, err := h.opts.Disk.Read(ctx, f.Path); err == nil {
			out[f.Path] = string(file.Data)
		}
	}
	return out
}

func pathsOf(files []engine.FileChange) string {
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = f.Path
	}
	return strings.Join(paths, ", ")
}

func joinNotes(notes ...string) string {
	return strings.Join(slices.DeleteFunc(notes, func(n string) bool { return n == "" }), "; ")
}

// differing names the buffers of other editors that do not have what was delivered.
func (h *Hub) differing(from *Session, want map[string]string) string {
	var paths []string
	for _, other := range h.attached() {
		if other == from {
			continue
		}
		for _, path := range other.holdsOther(want) {
			paths = append(paths, fmt.Sprintf("%s in %s", path, other.clientName()))
		}
	}
	if len(paths) == 0 {
		return ""
	}
	slices.Sort(paths)
	return "another editor holds other text: " + strings.Join(paths, ", ")
}

// holdsOther are the paths, sorted, of open documents that are not what they should be.
func (s *Session) holdsOther(want map[string]string) []string {
	var out []string
	docs := s.desk.Docs()
	for path, content := range want {
		if d := docs.ByPath(path); d != nil && asShown([]byte(d.Text())) != asShown([]byte(content)) {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

// takeBack undoes what had arrived of a delivery that failed, and adds to its error what could not be undone.
func (h *Hub) takeBack(ctx context.Context, s *Session, run engine.Run, cause error, files []*editedFile, onDisk []engine.FileChange) error {
	var left []string
	there := reversed(onDisk)
	var edited []engine.FileChange
	for _, f := range files {
		docs := s.desk.Docs()
		disk, _ := h.opts.Disk.Read(ctx, f.change.Path) // none: then nothing of it is there
		undo, ok := f.undo(docs, disk.Data)
		switch {
		case !ok:
		case docs.ByPath(undo.Path) == nil: // it was closed since
			there = append(there, undo)
		default:
			edited = append(edited, undo)
			if !s.takeFromBuffer(ctx, undo) {
				left = append(left, undo.Path)
			}
		}
	}
	left = append(left, h.takeFromBuffers(ctx, s, edited)...) // it was saved, and another editor has it from the disk
	h.takeFromBuffers(ctx, nil, there)                        // first: what dies here leaves it on the disk, where the next start finds it
	left = append(left, h.takeFromDisk(ctx, run, there)...)
	left = append(left, h.takeFromBuffers(ctx, nil, there)...) // of those that were opened between
	slices.Sort(left)
	if left = slices.Compact(left); len(left) == 0 {
		return cause
	}
	if before := (*engine.LeftoverError)(nil); errors.As(cause, &before) {
		left, cause = append(left, before.Paths...), before.Err
	}
	return &engine.LeftoverError{Paths: left, Err: cause}
}

// takingBack is the label of what takes a delivery back.
const takingBack = "taking back"

// takeFromDisk undoes changes of the disk: all at once, else each that can be. It gives the paths of the others.
func (h *Hub) takeFromDisk(ctx context.Context, run engine.Run, changes []engine.FileChange) (left []string) {
	if len(changes) == 0 {
		return nil
	}
	if _, err := h.opts.Applier.Deliver(ctx, run, engine.ChangeSet{Label: takingBack, Files: changes}); err == nil {
		return nil
	}
	for _, f := range changes {
		if _, err := h.opts.Applier.Deliver(ctx, run, engine.ChangeSet{Label: takingBack, Files: []engine.FileChange{f}}); err != nil {
			left = append(left, f.Path)
		}
	}
	return left
}

// takeFromBuffers undoes what buffers have from the disk, where it was for a while: somebody opened a file then, or brought
// both together. Else it would come back with their next save. Not those of the editor but, where it was taken from already.
// It gives the paths where that could not be done.
func (h *Hub) takeFromBuffers(ctx context.Context, but *Session, changes []engine.FileChange) (left []string) {
	for _, s := range h.attached() {
		docs := s.desk.Docs()
		for _, f := range changes {
			if d := docs.ByPath(f.Path); s == but || d == nil || d.Broken != nil || f.Op != engine.OpModify || !s.traits().ApplyEdit {
				continue
			}
			if !s.takeFromBuffer(ctx, f) {
				left = append(left, f.Path)
			}
		}
	}
	return left
}

// takeFromBuffer undoes a change in an editor; false where that could not be done. What was saved with it is saved without.
func (s *Session) takeFromBuffer(ctx context.Context, undo engine.FileChange) bool {
	back := &dispatch{s: s, label: takingBack + " " + undo.Path}
	files, err := back.deliver(ctx, []engine.FileChange{undo})
	if err == nil {
		s.saveClean(ctx, files)
	}
	return err == nil
}

// undo is the change that takes back what came of a file, in however many tries; ok is false where nothing did. disk is what
// the disk has of it.
func (f *editedFile) undo(docs *document.Set, disk []byte) (_ engine.FileChange, ok bool) {
	if f.doc == nil {
		return engine.FileChange{}, false
	}
	d := docs.ByPath(f.change.Path)
	undo := engine.FileChange{Path: f.change.Path, Op: engine.OpModify, After: []byte(f.first)}
	last := f.receipt
	before := []byte(last.Without(last.Before))
	switch open := d != nil && d.Broken == nil; {
	case !f.arrived && last.Wrong() != nil:
		if open {
			disk = []byte(d.Text())
		} else if last = last.StrayedInto(disk); last == nil {
			return undo, false
		}
		undo.Base, undo.After = disk, []byte(last.Without(string(disk)))
		return undo, true
	case !open:
		undo.Base, undo.After = []byte(last.Target), before
		return undo, f.arrived
	}
	whole := receipt.New(f.first, f.whole)
	whole.See(d.Text())
	whole.Judge()
	switch {
	case whole.State == receipt.Arrived:
		undo.Base = []byte(f.whole)
	case whole.Came() > 0:
		undo.Base = []byte(whole.There())
	case f.arrived: // somebody has typed into its very lines since
		undo.Base, undo.After = []byte(last.Target), before
	}
	return undo, undo.Base != nil
}

// reversed is the change set that undoes changes.
func reversed(files []engine.FileChange) []engine.FileChange {
	out := make([]engine.FileChange, 0, len(files))
	for _, f := range files {
		r := engine.FileChange{Path: f.Path, Base: f.After, After: f.Base}
		switch f.Op {
		case engine.OpCreate:
			r.Op = engine.OpDelete
		case engine.OpDelete:
			r.Op = engine.OpCreate
		case engine.OpRename:
			r.Op, r.Path, r.From = engine.OpRename, f.From, f.Path
		case engine.OpModify:
			r.Op = engine.OpModify
		}
		out = append(out, r)
	}
	return out
}
