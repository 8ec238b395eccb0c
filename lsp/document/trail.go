package document

import (
	"sync"

	"go.lsp.dev/uri"
)

// Trail is what became of some documents, version by version, since an edit of them was sent. The newest text alone
// would not do: whoever types on right after the edit has arrived hides it, and an edit that was laid onto a version
// it was not made for is only known by the version before.
type Trail struct {
	mu      sync.Mutex
	last    map[uri.URI]*Document
	steps   map[uri.URI][]*Document // that nobody has taken yet, in order; a nil is a document that was closed
	Changed chan struct{}           // room for one
}

// Follow starts a trail of documents from the versions that they are edited at. Only one trail is followed at a time.
func (k *Desk) Follow(versions []*Document) *Trail {
	t := &Trail{last: map[uri.URI]*Document{}, steps: map[uri.URI][]*Document{}, Changed: make(chan struct{}, 1)}
	for _, d := range versions {
		t.last[d.URI] = d
	}
	k.trail.Store(t)
	t.note(k.Docs()) // they may have moved since
	return t
}

// Unfollow ends the trail.
func (k *Desk) Unfollow() { k.trail.Store(nil) }

// note adds the documents that have changed.
func (t *Trail) note(docs *Set) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for u, last := range t.last {
		d := docs.Open[u]
		if d == last || d != nil && last != nil && d.Version == last.Version && d.Index == last.Index {
			continue
		}
		t.last[u] = d
		t.steps[u] = append(t.steps[u], d)
		select {
		case t.Changed <- struct{}{}:
		default: // it has been said already
		}
	}
}

// Take gives the versions of a document that have come since the last call.
func (t *Trail) Take(u uri.URI) []*Document {
	t.mu.Lock()
	defer t.mu.Unlock()
	steps := t.steps[u]
	delete(t.steps, u)
	return steps
}
