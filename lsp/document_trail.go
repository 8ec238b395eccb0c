package lsp

import (
	"sync"

	"go.lsp.dev/uri"
)

// trail is what became of some documents, version by version, since an edit of them was sent. The newest text alone
// would not do: whoever types on right after the edit has arrived hides it, and an edit that was laid onto a version
// it was not made for is only known by the version before.
type trail struct {
	mu      sync.Mutex
	last    map[uri.URI]*document
	steps   map[uri.URI][]*document // that nobody has taken yet, in order; a nil is a document that was closed
	changed chan struct{}           // room for one
}

// follow starts a trail of documents from the versions that they are edited at. Only one trail is followed at a time.
func (k *desk) follow(versions []*document) *trail {
	t := &trail{last: map[uri.URI]*document{}, steps: map[uri.URI][]*document{}, changed: make(chan struct{}, 1)}
	for _, d := range versions {
		t.last[d.uri] = d
	}
	k.trail.Store(t)
	t.note(k.docs()) // they may have moved since
	return t
}

// unfollow ends the trail.
func (k *desk) unfollow() { k.trail.Store(nil) }

// note adds the documents that have changed.
func (t *trail) note(docs *documents) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for u, last := range t.last {
		d := docs.open[u]
		if d == last || d != nil && last != nil && d.version == last.version && d.index == last.index {
			continue
		}
		t.last[u] = d
		t.steps[u] = append(t.steps[u], d)
		select {
		case t.changed <- struct{}{}:
		default: // it has been said already
		}
	}
}

// take gives the versions of a document that have come since the last call.
func (t *trail) take(u uri.URI) []*document {
	t.mu.Lock()
	defer t.mu.Unlock()
	steps := t.steps[u]
	delete(t.steps, u)
	return steps
}
