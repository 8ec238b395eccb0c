package document

import (
	"sync"
	"sync/atomic"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// TrackCell is one version of a document read as a track, when that is first asked for: from an older version that
// was read already, at the cost of the tickets that changed since, else whole. Cells do not hold each other, so that
// a fast typist builds no chain.
type TrackCell struct {
	once sync.Once
	now  atomic.Pointer[trackReading] // nil: nothing has been read yet
}

// trackReading is a reading, and what was replaced since: nil when it is of this very version.
type trackReading struct {
	doc   *trackfile.Document
	since *stretch
}

// stretch says that the bytes from start to end of an older text are those from start to end+grown of a newer one,
// and that all else is the same.
type stretch struct{ start, end, grown int }

// then is what was replaced when the bytes from start to end of the newer text became size others. s may be nil.
func (s *stretch) then(start, end, size int) *stretch {
	if s == nil {
		return &stretch{start, end, size - (end - start)}
	}
	last := max(s.end+s.grown, end)
	return &stretch{min(s.start, start), last - s.grown, s.grown + size - (end - start)}
}

// after is the cell of the version in which the bytes of span have become n others.
func (c *TrackCell) after(span text.Span, n int) *TrackCell {
	next := &TrackCell{}
	if r := c.now.Load(); r != nil {
		next.now.Store(&trackReading{r.doc, r.since.then(span.Start, span.End, n)})
	}
	return next
}

// Track is the document read as a track.
func (d *Document) Track() *trackfile.Document {
	c := d.Parsed
	c.once.Do(func() {
		r := c.now.Load()
		switch {
		case r == nil:
			r = &trackReading{doc: trackfile.Parse(d.Path, []byte(d.Text()))}
		case r.since != nil:
			s := r.since
			fresh := d.Index.Slice(text.Span{Start: s.start, End: s.end + s.grown})
			r = &trackReading{doc: r.doc.Edit(s.start, s.end, fresh)}
		}
		c.now.Store(r)
	})
	return c.now.Load().doc
}
