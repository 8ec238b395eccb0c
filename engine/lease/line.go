// Package lease orders who may have which declared names of files. Who holds a claim has its files; who may not have
// them yet waits with a claim, and nobody who comes later and overlaps passes it by. A claim costs what it overlaps with:
// nothing here looks at all of them, but Waiting.
//
// It is a leaf on engine/trackfile, which knows what a declared name covers. It keeps no file and no state: what is held
// is part of the engine's State and comes back with that, and the order of those who wait is found anew after a restart,
// as their turns come.
package lease

import (
	"cmp"
	"slices"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// Line is who holds and who waits for which declared names, by K. It is for one goroutine.
type Line[K comparable] struct {
	claims map[K]*claim[K]
	names  map[string]*leased[K] // by text, while anybody claims them
	index  trackfile.Names
	last   uint64
}

// claim is a wish for all declared names together.
type claim[K comparable] struct {
	key       K
	seq       uint64 // the earlier comes first
	names     []*leased[K]
	held      bool               // it waits for nobody any more
	behind    *claim[K]          // the last of the earlier claims that overlap with it, nil once there is none
	followers map[*claim[K]]bool // the claims that are behind this one
}

// leased is a declared name with those who claim it, the earliest first.
type leased[K comparable] struct {
	*trackfile.Name
	claims []*claim[K]
}

// New is a line in which nobody stands.
func New[K comparable]() *Line[K] {
	return &Line[K]{claims: map[K]*claim[K]{}, names: map[string]*leased[K]{}}
}

// Take makes a claim, the last of all, and reports whether its turn has come: whether no earlier claim overlaps with it.
// A key that has a claim keeps it, with the names that it was made for.
func (l *Line[K]) Take(key K, names []string) (turn bool) { return l.take(key, names).behind == nil }

func (l *Line[K]) take(key K, names []string) *claim[K] {
	if c := l.claims[key]; c != nil {
		return c
	}
	l.last++
	c := &claim[K]{key: key, seq: l.last, followers: map[*claim[K]]bool{}}
	l.claims[key] = c
	for _, text := range names {
		n := l.names[text]
		if n == nil {
			n = &leased[K]{Name: trackfile.ParseName(text)}
			l.names[text] = n
			l.index.Add(n.Name)
		}
		n.claims = append(n.claims, c)
		c.names = append(c.names, n)
	}
	l.line(c)
	return c
}

// line finds whom a claim is behind.
func (l *Line[K]) line(c *claim[K]) {
	var behind *claim[K]
	for _, n := range c.names {
		for o := range l.index.Overlapping(n.Name) {
			if last := l.names[o.String()].before(c.seq); last != nil && (behind == nil || last.seq > behind.seq) {
				behind = last
			}
		}
	}
	if c.behind != nil {
		delete(c.behind.followers, c)
	}
	if c.behind = behind; behind != nil {
		behind.followers[c] = true
	}
}

// before is the last claim of a name that came before seq.
func (n *leased[K]) before(seq uint64) *claim[K] {
	i, _ := slices.BinarySearchFunc(n.claims, seq, func(c *claim[K], seq uint64) int {
		if c.seq < seq {
			return -1
		}
		return 1
	})
	if i == 0 {
		return nil
	}
	return n.claims[i-1]
}

// Hold makes a claim one that is held, whose turn it need not be: where tickets run side by side they may overlap.
func (l *Line[K]) Hold(key K, names []string) {
	if len(names) == 0 {
		return
	}
	c := l.take(key, names)
	if c.held = true; c.behind != nil {
		delete(c.behind.followers, c)
		c.behind = nil
	}
}

// Drop ends a claim, held or not, and gives those whose turn has come by that, the earliest first.
func (l *Line[K]) Drop(key K) (free []K) {
	c := l.claims[key]
	if c == nil {
		return nil
	}
	delete(l.claims, key)
	for _, n := range c.names {
		i := slices.Index(n.claims, c)
		if i == 0 {
			n.claims = n.claims[1:]
		} else {
			n.claims = slices.Delete(n.claims, i, i+1)
		}
		if len(n.claims) == 0 {
			delete(l.names, n.String())
			l.index.Remove(n.Name)
		}
	}
	if c.behind != nil {
		delete(c.behind.followers, c)
	}
	for _, f := range sortedClaims(c.followers) {
		f.behind = nil
		if l.line(f); f.behind == nil {
			free = append(free, f.key)
		}
	}
	return free
}

func sortedClaims[K comparable](set map[*claim[K]]bool) []*claim[K] {
	out := make([]*claim[K], 0, len(set))
	for c := range set {
		out = append(out, c)
	}
	slices.SortFunc(out, earlier)
	return out
}

// Rename lets claims follow their keys, old to new. A claim that has one of the new keys already is replaced.
func (l *Line[K]) Rename(moves map[K]K) {
	moved := map[K]*claim[K]{}
	for from, to := range moves {
		if c := l.claims[from]; c != nil {
			delete(l.claims, from)
			c.key, moved[to] = to, c
		}
	}
	for to, c := range moved {
		l.claims[to] = c
	}
}

// Waits reports whether a key has a claim that is not held.
func (l *Line[K]) Waits(key K) bool {
	c := l.claims[key]
	return c != nil && !c.held
}

// Waiting lists the keys that wait, the earliest first.
func (l *Line[K]) Waiting() []K {
	var waiting []*claim[K]
	for _, c := range l.claims {
		if !c.held {
			waiting = append(waiting, c)
		}
	}
	slices.SortFunc(waiting, earlier)
	keys := make([]K, len(waiting))
	for i, c := range waiting {
		keys[i] = c.key
	}
	return keys
}

// Names lists what a key's claim is for; nil where it has none.
func (l *Line[K]) Names(key K) []string {
	c := l.claims[key]
	if c == nil {
		return nil
	}
	out := make([]string, len(c.names))
	for i, n := range c.names {
		out[i] = n.String()
	}
	return out
}

func earlier[K comparable](a, b *claim[K]) int { return cmp.Compare(a.seq, b.seq) }
