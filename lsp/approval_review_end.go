package lsp

import (
	"os"
	"path/filepath"
	"regexp"
	"sync"

	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/lsp/document"
)

// reviewName is how the file of a Review… document is called.
var reviewName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(A[0-9]+)\.md$`) })

// endReviews says in each Review… document that this session has open and that is decided who decided. A buffer that
// holds what was not saved is the person's: only its diagnostics tell.
func (s *Session) endReviews(snap *engine.Snapshot) {
	for _, d := range s.desk.Docs().Open {
		id, ok := s.hub.reviewOf(d)
		if !ok {
			continue
		}
		how, ended := ending(snap, id)
		path := s.hub.reviewPath(id)
		if onDisk, err := os.ReadFile(path); !ended || err != nil || string(onDisk) != d.Text() {
			continue
		}
		if marked := page.EndedReview(d.Text(), id, how); marked != d.Text() {
			if err := replaceFile(path, marked, 0o600); err != nil {
				s.log.Warn("a review does not say that it is decided", "approval", id, "err", err)
			}
		}
	}
}

// reviewOf names the approval whose Review… document a document is.
func (h *Hub) reviewOf(d *document.Document) (engine.ApprovalID, bool) {
	p, ok := document.FilePath(d.URI)
	if !ok || filepath.Dir(p) != filepath.Clean(h.opts.ReviewDir) {
		return "", false
	}
	m := reviewName().FindStringSubmatch(filepath.Base(p))
	if m == nil {
		return "", false
	}
	return engine.ApprovalID(m[1]), true
}

// openReviews names the Review… documents that the session has open.
func (s *Session) openReviews() map[uri.URI]bool {
	open := map[uri.URI]bool{}
	for u, d := range s.desk.Docs().Open {
		if _, ok := s.hub.reviewOf(d); ok {
			open[u] = true
		}
	}
	return open
}

// sweepReviews removes the files of reviews that nobody needs any more: those that are decided and open in no editor.
func (h *Hub) sweepReviews(snap *engine.Snapshot) {
	names, err := os.ReadDir(h.opts.ReviewDir)
	if err != nil {
		return // it was never made
	}
	for _, n := range names {
		m := reviewName().FindStringSubmatch(n.Name())
		if m == nil || isPending(snap, engine.ApprovalID(m[1])) {
			continue
		}
		if path := filepath.Join(h.opts.ReviewDir, n.Name()); !h.hasOpen(path) {
			if err := os.Remove(path); err != nil {
				h.opts.Log.Warn("a review that is decided was not removed", "path", path, "err", err)
			}
		}
	}
}
