package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/rpc"
)

const (
	// maxPapers bounds how many papers of a session are kept up to date, the ones shown last.
	maxPapers = 16
	// paperEvery bounds how often they are.
	paperEvery = 250 * time.Millisecond
	// askTime is how long a client that showed a virtual document may take to ask for its text: one that opens an
	// empty buffer instead never asks.
	askTime = 2 * time.Second
)

// papers are the read-only documents that a session shows.
type papers struct {
	unopened atomic.Bool // the client shows virtual documents and does not open them: they have no lenses there

	mu    sync.Mutex
	shown []*shownPaper // the one shown last at the end
}

// shownPaper is one of them. Its fields are guarded by papers.mu.
type shownPaper struct {
	paper
	asked   chan struct{} // closed when the client has asked for its text; nil where it is a file
	told    bool          // the client was told to ask again, and has not
	closed  bool          // a file that the client has closed: it may open it again, as a reload does
	current stamp         // of what was written or given last
	hash    string        // of it
}

// stamp is what a paper's text depends on. The same stamp is the same text.
type stamp struct {
	of    any // a value that changes with what is shown, most often a pointer into the snapshot
	place engine.Place
}

// stampOf is what a paper would be made of now.
func (h *Hub) stampOf(p paper) stamp {
	snap := h.snapshot()
	switch p.kind {
	case paperStatus:
		if len(p.args) == 0 {
			return stamp{of: snap.Seq()}
		}
		tr, _ := snap.Track(p.track())
		return stamp{of: tr}
	case paperOutcome:
		tr, _ := snap.Track(p.track())
		return stamp{of: tr}
	case paperDiff:
		t, _ := snap.Ticket(p.ticket())
		return stamp{of: t}
	case paperTranscript:
		t, ok := snap.Ticket(p.ticket())
		s := stamp{of: t}
		if ok {
			if stream := h.stream(t.Run()); stream != nil {
				_, _, s.place, _ = stream.Text(engine.Place{})
			}
		}
		return s
	case paperPlan:
		return stamp{of: h.planStamp(p)}
	case paperInbox:
		return stamp{of: listed(snap)}
	default: // a view
		return stamp{of: h.saves.count(p.args[0])}
	}
}

// keep notes that a paper is shown, and gives its record. The oldest one beyond the bound is kept up to date no more.
func (ps *papers) keep(p paper, virtual bool) *shownPaper {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	i := slices.IndexFunc(ps.shown, func(s *shownPaper) bool { return s.equal(p) && (s.asked != nil) == virtual })
	var s *shownPaper
	if i >= 0 {
		s = ps.shown[i]
		s.closed = false
		ps.shown = slices.Delete(ps.shown, i, i+1)
	} else {
		s = &shownPaper{paper: p}
		if virtual {
			s.asked = make(chan struct{})
		}
	}
	ps.shown = append(ps.shown, s)
	if len(ps.shown) > maxPapers {
		ps.shown = slices.Delete(ps.shown, 0, 1)
	}
	return s
}

func (ps *papers) list() []*shownPaper {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return slices.Clone(ps.shown)
}

// forget drops a paper that the client closed.
func (ps *papers) forget(s *shownPaper) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.shown = slices.DeleteFunc(ps.shown, func(o *shownPaper) bool { return o == s })
}

// given notes what the client has now, and says whether that is new.
func (ps *papers) given(s *shownPaper, at stamp, text string) (news bool) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	hash := engine.ContentHash([]byte(text))
	news = hash != s.hash
	s.current, s.hash = at, hash
	return news
}

// open shows a paper: as a virtual document where the client asks for its text, else as a file, else by its path.
func (s *Session) open(ctx context.Context, p paper) {
	if s.traits().Virtual && s.openVirtual(ctx, p) {
		return
	}
	shown := s.papers.keep(p, false)
	path, err := s.writePaper(ctx, shown)
	if err != nil {
		s.tell(ctx, protocol.MessageTypeError, err.Error())
		return
	}
	s.showFile(ctx, path, "read "+p.title())
}

// openVirtual shows a paper by its URI; false where the client does not do what it announced.
func (s *Session) openVirtual(ctx context.Context, p paper) bool {
	shown := s.papers.keep(p, true)
	var result protocol.ShowDocumentResult
	params := &protocol.ShowDocumentParams{URI: p.uri(), TakeFocus: new(true)}
	err := s.conn.Call(ctx, protocol.MethodWindowShowDocument, params, &result)
	if err == nil && result.Success {
		timer := time.NewTimer(askTime)
		defer timer.Stop()
		select {
		case <-shown.asked:
			return true
		case <-ctx.Done():
			return true
		case <-timer.C:
			err = errors.New("the client shows it and does not ask for its text")
		}
	}
	if ctx.Err() != nil {
		return true
	}
	s.log.Debug("a virtual document was not shown", "uri", p.uri(), "err", err)
	s.papers.forget(shown)
	t := *s.traits()
	t.Virtual = false
	s.client.Store(&t)
	return false
}

// prepareContent answers workspace/textDocumentContent.
func prepareContent(_ view, params json.RawMessage) (work, error) {
	var p protocol.TextDocumentContentParams
	if err := rpc.Decode(params, &p); err != nil {
		return nil, err
	}
	return func(ctx context.Context, s *Session) (any, error) {
		if d, ok := sideAt(p.URI); ok {
			return s.sideContent(ctx, p.URI, d)
		}
		wanted, err := paperAt(p.URI)
		if err != nil {
			return nil, err
		}
		shown := s.papers.asking(wanted)
		at := s.hub.stampOf(wanted)
		text := s.hub.paperText(ctx, wanted)
		s.papers.given(shown, at, text)
		return &protocol.TextDocumentContentResult{Text: text}, nil
	}, nil
}

// asking notes that the client asks for a virtual paper, which it may have shown in an earlier life of the daemon.
func (ps *papers) asking(p paper) *shownPaper {
	s := ps.keep(p, true)
	ps.mu.Lock()
	defer ps.mu.Unlock()
	s.told = false
	select {
	case <-s.asked:
	default:
		close(s.asked)
	}
	return s
}

// papering keeps the papers that are shown up to date, until ctx ends: files are written again, and the client is told
// to ask again for virtual ones, once until it does. What is not there to be seen costs nothing but a comparison.
func (s *Session) papering(ctx context.Context) {
	followed := map[*engine.Stream]bool{} // of this goroutine
	ended := make(chan *engine.Stream)
	for {
		for _, shown := range s.papers.list() {
			s.renew(ctx, shown)
			s.followPaper(shown, followed, ended)
		}
		if rest(ctx, paperEvery) != nil {
			return
		}
		select {
		case <-s.kicks.papers:
		case stream := <-ended:
			delete(followed, stream)
		case <-ctx.Done():
			return
		}
	}
}

// followPaper wakes papering when the attempt of a transcript streams more.
func (s *Session) followPaper(shown *shownPaper, followed map[*engine.Stream]bool, ended chan<- *engine.Stream) {
	if shown.kind != paperTranscript {
		return
	}
	t, ok := s.engine.Snapshot().Ticket(shown.ticket())
	if !ok {
		return
	}
	stream := s.hub.stream(t.Run())
	if stream == nil || followed[stream] {
		return
	}
	followed[stream] = true
	s.later(func(ctx context.Context) {
		for at := (engine.Place{}); ; {
			_, _, next, done := stream.Text(at)
			at = next
			kick(s.kicks.papers)
			if done || rest(ctx, paperEvery) != nil || stream.Wait(ctx, at) != nil {
				break
			}
		}
		select {
		case ended <- stream:
		case <-ctx.Done():
		}
	})
}

// renew brings one paper up to date.
func (s *Session) renew(ctx context.Context, shown *shownPaper) {
	s.papers.mu.Lock()
	virtual, told, before := shown.asked != nil, shown.told, shown.current
	given := shown.hash != "" && !shown.closed
	s.papers.mu.Unlock()
	if !given || told || s.hub.stampOf(shown.paper) == before {
		return
	}
	if !virtual {
		if _, err := s.writePaper(ctx, shown); err != nil {
			s.log.Warn("a document was not written again", "err", err)
		}
		return
	}
	s.papers.mu.Lock()
	shown.told = true
	s.papers.mu.Unlock()
	s.later(func(ctx context.Context) {
		params := &protocol.TextDocumentContentRefreshParams{URI: shown.uri()}
		if err := s.conn.Call(ctx, protocol.MethodWorkspaceTextDocumentContentRefresh, params, nil); err != nil {
			s.log.Debug("a document was not refreshed", "uri", shown.uri(), "err", err)
		}
	})
}

// closedPaper notes that the client closed a document: a paper that nobody sees is kept up to date no more.
func (s *Session) closedPaper(params json.RawMessage) {
	var p protocol.DidCloseTextDocumentParams
	if rpc.Decode(params, &p) != nil {
		return // whoever takes the notification says so
	}
	for _, shown := range s.papersAt(p.TextDocument.URI) {
		if shown.asked != nil {
			s.papers.forget(shown)
			continue
		}
		s.papers.close(shown, true)
	}
}

// openedPaper notes that the client opened a file that it had closed. Some editors reload a file so, and a reload is
// how a person looks whether a transcript goes on.
func (s *Session) openedPaper(params json.RawMessage) {
	var p protocol.DidOpenTextDocumentParams
	if rpc.Decode(params, &p) != nil {
		return // as above
	}
	for _, shown := range s.papersAt(p.TextDocument.URI) {
		s.papers.close(shown, false)
		kick(s.kicks.papers)
	}
}

// papersAt are the papers that a URI names.
func (s *Session) papersAt(named uri.URI) []*shownPaper {
	u, err := document.Canonical(named)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(s.papers.list(), func(shown *shownPaper) bool {
		return shown.uri() != u && uri.File(s.hub.paperPath(shown.paper)) != u
	})
}

// close notes whether the client has closed a file.
func (ps *papers) close(s *shownPaper, closed bool) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	s.closed = closed
}
