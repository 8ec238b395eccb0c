package lsp

import (
	"encoding/json"
	"sync"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/lsp/rpc"
)

// Plans and views are made of documents, and follow these when they are saved: a plan takes long to estimate, and a
// source file is half a thought between two keys.

// saves counts how often each path of the workspace was saved in an editor.
type saves struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *saves) count(path string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[path]
}

func (c *saves) add(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[path]++
}

// planStamp is what a plan is made of: the track's plan, and its document as it was saved last, which is no plan while
// it has errors.
type planStamp struct{ plans, saves int }

func (h *Hub) planStamp(p paper) planStamp {
	var now planStamp
	if tr, ok := h.snapshot().Track(p.track()); ok {
		now.plans = tr.Plans
	}
	for _, suffix := range trackSuffixes {
		now.saves += h.saves.count(string(p.track()) + suffix)
	}
	return now
}

// savedPaper lets the documents that show what was saved look again, in every editor.
func (s *Session) savedPaper(params json.RawMessage) {
	var p protocol.DidSaveTextDocumentParams
	if rpc.Decode(params, &p) != nil {
		return // whoever takes the notification says so
	}
	d := s.desk.Docs().Get(p.TextDocument.URI)
	if d == nil || d.Path == "" {
		return
	}
	s.hub.saves.add(d.Path)
	for _, other := range s.hub.attached() {
		kick(other.kicks.papers)
	}
}
