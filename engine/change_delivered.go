package engine

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
)

// DeliveredSet names the stored change set of a delivery that arrived.
type DeliveredSet struct {
	Blob  string `json:"blob"`
	Undo  bool   `json:"undo,omitempty"` // it took back what the ticket had delivered before
	After uint64 `json:"after"`          // the Seq before its arrival: deliveries of a track are in its order
}

// LoadChanges reads the change set of a delivery. The error wraps ErrNoBlob when it was dropped.
func LoadChanges(ctx context.Context, blobs Blobs, blob string) (ChangeSet, error) {
	data, err := blobs.Blob(ctx, blob)
	if err != nil {
		return ChangeSet{}, fmt.Errorf("reading what was delivered: %w", err)
	}
	return DecodeChangeSet(data)
}

// TicketChanges is what a ticket's deliveries come to together, as its drafts had it; without those that were undone.
func TicketChanges(ctx context.Context, blobs Blobs, t *Ticket) (ChangeSet, error) {
	whole := changes{}
	for _, d := range t.standing() {
		set, err := LoadChanges(ctx, blobs, d.Blob)
		if err != nil {
			return ChangeSet{}, err
		}
		whole.add(set)
	}
	return whole.set(t.Key.ID+": "+t.Task(), func(f FileChange) ([]byte, error) { return f.After, nil })
}

// TrackChanges is what the workspace has now in place of what the track's tickets found in the files that they changed.
// moved names the files that somebody else has changed since.
func TrackChanges(ctx context.Context, blobs Blobs, files Files, tr *Track) (set ChangeSet, moved []string, err error) {
	whole := changes{}
	for _, d := range deliveriesOf(tr) {
		if d.Blob == "" {
			continue // an undo that found nothing left
		}
		set, err := LoadChanges(ctx, blobs, d.Blob)
		if err != nil {
			return ChangeSet{}, nil, err
		}
		whole.add(set)
	}
	title := tr.Title
	if title == "" {
		title = string(tr.ID)
	}
	set, err = whole.set(title, func(f FileChange) ([]byte, error) {
		now, err := files.Read(ctx, f.Path)
		if errors.Is(err, fs.ErrNotExist) {
			err = errGone
		}
		if gone := err != nil; gone != (f.Op == OpDelete) || !gone && !bytes.Equal(now.Data, f.After) {
			moved = append(moved, f.Path)
		}
		return now.Data, err
	})
	return set, moved, err
}

// errGone says that a file is not there, which is a change like any other.
var errGone = errors.New("no such file")

func deliveriesOf(tr *Track) []DeliveredSet {
	var out []DeliveredSet
	for t := range tr.Tickets() {
		out = append(out, t.Deliveries...)
	}
	slices.SortFunc(out, func(a, b DeliveredSet) int { return cmp.Compare(a.After, b.After) })
	return out
}

// changes puts change sets that follow one another together: what each file was before the first of them, by the path
// that it has after the last.
type changes map[string]*FileChange

func (c changes) add(set ChangeSet) {
	for _, f := range set.Files {
		from := f.Path
		if f.Op == OpRename {
			from = f.From
		}
		first := c[from]
		if first == nil {
			first = &FileChange{From: from, Op: f.Op, Base: f.Base}
		}
		delete(c, from)
		if first.Op == OpCreate && f.Op == OpDelete {
			continue // made and taken away again
		}
		first.Path, first.After, first.Mode = f.Path, f.After, f.Mode
		switch {
		case first.Op == OpDelete && f.Op == OpCreate:
			first.Op = OpModify // it is there again
		case first.Op != OpCreate:
			first.Op = f.Op
		}
		c[f.Path] = first
	}
}

// set is all of it as one change set, sorted by path. now says what a file holds at its end, or errGone.
func (c changes) set(label string, now func(FileChange) ([]byte, error)) (ChangeSet, error) {
	out := ChangeSet{Label: label}
	for _, path := range slices.Sorted(maps.Keys(c)) {
		data, err := now(*c[path])
		if err != nil && !errors.Is(err, errGone) {
			return ChangeSet{}, fmt.Errorf("reading %s: %w", path, err)
		}
		if end, ok := c[path].ending(data, err != nil); ok {
			out.Files = append(out.Files, end)
		}
	}
	return out, nil
}

// ending is the change from the file's first text to what is there at its end; ok is false where they are the same.
func (f FileChange) ending(data []byte, gone bool) (_ FileChange, ok bool) {
	made := f.Op == OpCreate
	f.After = data
	switch {
	case gone && made:
		return f, false
	case gone || f.Op == OpDelete && data == nil:
		f.Op, f.After, f.Path, f.From = OpDelete, nil, f.From, ""
		return f, true
	case made:
		f.From = ""
		return f, true
	case f.From != f.Path:
		f.Op = OpRename
		return f, true
	default:
		f.Op, f.From = OpModify, ""
		return f, !bytes.Equal(f.Base, f.After)
	}
}

// refused notes that what was on its way did not arrive.
func (t *Ticket) refused() {
	if t.Delivery != nil {
		t.Refused, t.Delivery = t.Delivery.Blob, nil
	}
}

// delivered notes what arrived, and the change set that was on its way.
func (t *Ticket) delivered(files []DeliveredFile, after uint64) {
	t.Delivered = files
	if t.Delivery != nil {
		t.Deliveries = append(t.Deliveries[:len(t.Deliveries):len(t.Deliveries)], DeliveredSet{Blob: t.Delivery.Blob, After: after})
	}
}
