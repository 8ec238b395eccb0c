package receipt

import (
	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// strayed says whether the edit was laid onto a version that it was not made for.
func (r *Receipt) strayed() bool { return r.was != r.stray && !r.exact }

// Wrong is the last edit that was laid wrongly, of those that led to what the buffer holds; nil where none was.
func (r *Receipt) Wrong() *Receipt {
	if r == nil || r.strayed() {
		return r
	}
	return r.Mends
}

// StrayedInto is the last edit laid wrongly that a text has, as the disk has it; nil where it has none.
func (r *Receipt) StrayedInto(disk []byte) *Receipt {
	hash := engine.ContentHash(disk)
	for w := r.Wrong(); w != nil; w = w.Mends {
		if w.since[hash] {
			return w
		}
	}
	return nil
}

// strayedOnto is what a client makes of a text that does not look at the version of an edit: the hunks where their
// lines were.
func (r *Receipt) strayedOnto(prev string) (_ string, ok bool) {
	old, now := text.NewIndex([]byte(r.Before)), text.NewIndex([]byte(prev))
	edits := make([]text.Edit, len(r.Hunks))
	for i, h := range r.Hunks {
		start, end := old.Position(h.Span.Start, text.UTF8), old.Position(h.Span.End, text.UTF8)
		edits[i] = text.Edit{Span: now.Span(start, end, text.UTF8), New: h.New}
	}
	out, err := text.Apply([]byte(prev), edits)
	return string(out), err == nil
}

// fits says whether the lines of the edit are where they were in a text that was typed into: then a client that does not
// look at versions has laid it rightly, though a merge of lines side by side would not dare to.
func (r *Receipt) fits(prev string) bool {
	typed := text.Diff([]byte(r.Before), []byte(prev))
	old, now := text.NewIndex([]byte(r.Before)), text.NewIndex([]byte(prev))
	for _, h := range r.Hunks {
		at := now.Span(old.Position(h.Span.Start, text.UTF8), old.Position(h.Span.End, text.UTF8), text.UTF8)
		if now.Slice(at) != old.Slice(h.Span) || !movedTo(typed, h.Span.Start, at.Start) {
			return false
		}
	}
	return true
}

// movedTo says whether a place of a text is at another offset after edits. What was inserted at the place itself may
// stand on either side of it.
func movedTo(edits []text.Edit, from, to int) bool {
	moved, beside := 0, 0
	for _, e := range edits {
		grown := len(e.New) - e.Span.Len()
		switch {
		case e.Span.Start < from && from < e.Span.End:
			return false // it is no more
		case e.Span.Start < from:
			moved += grown
		case e.Span.Start == from && e.Span.Len() == 0:
			beside = grown
		}
	}
	return to == from+moved || to == from+moved+beside
}

// Mend is what a file should hold where the edit was laid wrongly: the edit laid rightly onto the version that it met, and
// what was typed since.
func (r *Receipt) Mend(path, now string) (string, *engine.Conflict) {
	if right, ok := r.laidOnto(r.was); ok {
		if merged, conflicts := text.Merge3([]byte(r.stray), []byte(now), []byte(right)); len(conflicts) == 0 {
			return string(merged), nil
		}
	}
	return "", &engine.Conflict{Path: path, Text: "the editor laid the edit onto a text that it was not made for"}
}

// Without is a text without the edits that were laid wrongly, from the last one backwards.
func (r *Receipt) Without(now string) string {
	for w := r.Wrong(); w != nil; w = w.Mends {
		merged, conflicts := text.Merge3([]byte(w.stray), []byte(now), []byte(w.was))
		if len(conflicts) > 0 {
			break // somebody has typed into it: theirs it is
		}
		now = string(merged)
	}
	return now
}
