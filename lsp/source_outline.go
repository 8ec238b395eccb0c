package lsp

import (
	"context"
	"time"

	"github.com/slop-ls/slop-ls/lsp/document"
)

// Outlines of open documents. A large file cannot be parsed within a request at each key stroke, so requests that only
// show something (code actions, hovers, hints) are answered from the last outline that is known of the document, with
// its places moved along by the changes since, while a newer one is made in the background. What acts on a symbol
// asks for the outline of exactly its text.

// mostAtOnce is the size in bytes up to which a document is parsed within the request: that takes a few milliseconds
// and is never behind the text.
const mostAtOnce = 64 << 10

// restAfterOutline is for how many times the time of a background outline nothing is parsed after it: who types in a
// large file should not keep a core busy.
const restAfterOutline = 2

// outline is the outline of d, or, of a large document, the last one known, while a newer one is made. It waits only
// where nothing is known yet.
func (s *Session) outline(ctx context.Context, d *document.Document) (document.Moved, error) {
	if d.Index.Len() > mostAtOnce {
		if last, ok := d.LastOutline(); ok {
			if last.Behind() {
				s.outlineSoon(d)
			}
			return last, nil
		}
	}
	o, err := d.OutlineBy(ctx, s.hub.opts.Viewer)
	return document.Moved{Outline: o}, err
}

// outlineSoon makes the outline of the newest version of a document in the background. One at a time is made in the
// whole daemon, and each is followed by a rest.
func (s *Session) outlineSoon(d *document.Document) {
	if !d.ClaimOutline() {
		return
	}
	s.later(func(ctx context.Context) {
		defer d.ReleaseOutline()
		select {
		case s.hub.outlining <- struct{}{}:
		case <-ctx.Done():
			return
		}
		start := time.Now()
		if now := s.desk.Docs().Open[d.URI]; now.Follows(d) {
			_, _ = now.OutlineBy(ctx, s.hub.opts.Viewer) // who needs it exactly is told why it failed
		}
		<-s.hub.outlining
		pause(ctx, restAfterOutline*time.Since(start))
	})
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
