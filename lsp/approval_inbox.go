package lsp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/document"
)

// inbox is the one document that lists what waits for a person. Where a client asks for the text of documents it is one
// of these (a paper); elsewhere it is a file, written when somebody opens it and again whenever what it lists has
// changed while somebody has it open.
type inbox struct {
	mu      sync.Mutex
	seq     uint64 // of the state that was written last
	written string // what it lists
}

func (h *Hub) inboxPath() string { return filepath.Join(h.opts.ReviewDir, "approvals.md") }

func (h *Hub) isInbox(d *document.Document) bool {
	p, ok := document.FilePath(d.URI)
	ours := ok && p == h.inboxPath() || d.URI == (paper{kind: paperInbox}).uri()
	return ours && page.IsInbox(d.Text())
}

// openInbox shows the inbox.
func (s *Session) openInbox() error {
	if !s.traits().Virtual || s.papers.unopened.Load() {
		return s.openInboxFile()
	}
	s.later(func(ctx context.Context) {
		if p := (paper{kind: paperInbox}); s.openVirtual(ctx, p) && s.opens(ctx, p.uri()) {
			return
		}
		s.papers.unopened.Store(true)
		if err := s.openInboxFile(); err != nil {
			s.tell(ctx, protocol.MessageTypeError, err.Error())
		}
	})
	return nil
}

// opens says whether the client opens a document that it shows. In one that it does not it offers no lenses.
func (s *Session) opens(ctx context.Context, u uri.URI) bool {
	timer := time.NewTimer(askTime)
	defer timer.Stop()
	for {
		docs, changed := s.desk.Watch()
		if docs.Get(u) != nil {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return true
		case <-timer.C:
			return false
		}
	}
}

// openInboxFile writes the inbox and shows it.
func (s *Session) openInboxFile() error {
	if err := s.hub.writeInbox(s.engine.Snapshot(), true); err != nil {
		return err
	}
	s.later(func(ctx context.Context) { s.show(ctx, s.hub.inboxPath()) })
	return nil
}

// writeInbox writes the inbox as a state has it, unless a newer one, or one that lists the same, was written. anyway
// writes the same again: its file may be gone, and times have passed.
func (h *Hub) writeInbox(snap *engine.Snapshot, anyway bool) error {
	h.inbox.mu.Lock()
	defer h.inbox.mu.Unlock()
	lists := listed(snap)
	if snap.Seq() < h.inbox.seq || !anyway && lists == h.inbox.written {
		return nil
	}
	content := page.Inbox(snap.Pending(), snap.Remembered(), h.opts.Now())
	if err := replaceFile(h.inboxPath(), content, 0o600); err != nil {
		return fmt.Errorf("writing the inbox: %w", err)
	}
	h.inbox.seq, h.inbox.written = snap.Seq(), lists
	return nil
}

// listed names what waits and what was answered for good: what shows in the inbox, in lenses and in diagnostics.
func listed(snap *engine.Snapshot) string {
	var b strings.Builder
	for a := range snap.Pending() {
		b.WriteString(string(a.ID) + " " + string(a.Run.Ticket.Track) + " " + a.Run.Ticket.ID + "\n")
	}
	for r := range snap.Remembered() {
		b.WriteString("- " + string(r.ID) + " " + string(r.Ticket.Track) + " " + r.Ticket.ID + "\n")
	}
	return b.String()
}

// replaceFile puts a file in place whole, with the given permissions: an editor that reads it meanwhile sees the one or
// the other.
func replaceFile(path, content string, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	if err == nil {
		err = f.Chmod(mode)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if errors.Is(err, fs.ErrPermission) && os.Chmod(path, 0o600) == nil { // a system that replaces nothing read-only
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // it is nobody's
	}
	return err
}

// waitingEvery bounds how often the documents about approvals are looked at.
const waitingEvery = 100 * time.Millisecond

// waiting keeps the documents about approvals in step with the state until ctx ends: the inbox, the reviews that this
// session has open, and the diagnostics of what waits.
func (s *Session) waiting(ctx context.Context) {
	s.hub.sweepReviews(s.engine.Snapshot()) // of earlier days
	reviews := map[uri.URI]bool{}
	for before := ""; ; {
		_, edited := s.desk.Watch()
		snap, open := s.engine.Snapshot(), s.openReviews()
		if now := listed(snap); now != before || !maps.Equal(open, reviews) {
			before, reviews = now, open
			s.waitingChanged(snap)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.kicks.waiting:
		case <-edited:
		}
		rest := time.NewTimer(waitingEvery)
		select {
		case <-rest.C:
		case <-ctx.Done():
			rest.Stop()
			return
		}
	}
}

func (s *Session) waitingChanged(snap *engine.Snapshot) {
	if s.desk.Docs().Get(uri.File(s.hub.inboxPath())) != nil {
		if err := s.hub.writeInbox(snap, false); err != nil {
			s.log.Warn("the inbox is not in step", "err", err)
		}
	}
	s.endReviews(snap)
	s.hub.sweepReviews(snap)
	kick(s.kicks.checks)
}

// fullLenses is up to how many lines of an inbox have a lens for everything that can be done there: more would be
// neither read by a person nor cheap.
const fullLenses = 50

// inboxLenses are what can be done at each line of the inbox.
func (s *Session) inboxLenses(docs *document.Set, d *document.Document) []protocol.CodeLens {
	snap := s.engine.Snapshot()
	var out []protocol.CodeLens
	lines := page.InboxLines(d.Text())
	for _, l := range lines {
		start := d.Index.Line(l.Line).Start
		at := docs.RangeOf(d, text.Span{Start: start, End: start})
		cmds := inboxCommands(snap, l)
		if len(lines) > fullLenses && len(cmds) > 3 {
			cmds = cmds[:3] // the others are code actions there
		}
		for _, c := range cmds {
			out = append(out, protocol.CodeLens{Range: at, Command: c})
		}
	}
	return out
}
