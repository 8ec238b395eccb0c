package text

import "fmt"

// Span is a half-open range of bytes, [Start, End).
type Span struct{ Start, End int }

// Len is the number of bytes in s.
func (s Span) Len() int { return s.End - s.Start }

// in says whether s lies within a text of n bytes.
func (s Span) in(n int) bool { return 0 <= s.Start && s.Start <= s.End && s.End <= n }

// Edit replaces the bytes of Span by New. An empty span inserts, an empty New
// deletes.
type Edit struct {
	Span
	New string
}

// EditProblem is what is wrong with an edit.
type EditProblem string

// The problems that Apply and Splice find.
const (
	OutOfRange EditProblem = "is out of range"
	Overlaps   EditProblem = "starts before the end of the edit before it"
)

// EditError says which edit cannot be applied and why. Nothing was applied.
type EditError struct {
	Index   int // of the edit in the list, from 0
	Span    Span
	Len     int // of the text, in bytes
	Problem EditProblem
}

// Error names the edit, its span and the length of the text.
func (e *EditError) Error() string {
	return fmt.Sprintf("edit %d, bytes %d to %d of %d, %s: compute the edits again from the current text",
		e.Index+1, e.Span.Start, e.Span.End, e.Len, e.Problem)
}

// Apply returns a new text: src with edits applied. All spans are offsets into
// src; the edits are sorted and do not overlap. Insertions at one offset come
// out in the order of the list. The error is an *EditError; src is never changed
// and the result never shares memory with it.
func Apply(src []byte, edits []Edit) ([]byte, error) {
	size, err := sizeAfter(len(src), edits)
	if err != nil {
		return nil, err
	}
	out, at := make([]byte, 0, size), 0
	for _, e := range edits {
		out = append(out, src[at:e.Start]...)
		out = append(out, e.New...)
		at = e.End
	}
	return append(out, src[at:]...), nil
}

// sizeAfter checks edits against a text of n bytes and returns its new length.
func sizeAfter(n int, edits []Edit) (int, error) {
	size, at := n, 0
	for i, e := range edits {
		switch {
		case !e.Span.in(n):
			return 0, &EditError{Index: i, Span: e.Span, Len: n, Problem: OutOfRange}
		case e.Start < at:
			return 0, &EditError{Index: i, Span: e.Span, Len: n, Problem: Overlaps}
		}
		size += len(e.New) - e.Span.Len()
		at = e.End
	}
	return size, nil
}
