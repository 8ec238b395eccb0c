package engine

import "iter"

// leafSize is how many pointers a leaf of a table holds: a change copies one leaf and the slice of leaves.
const leafSize = 64

// table is a sequence whose frozen copies share what did not change, so that publishing a snapshot costs what a turn
// touched. A leaf (and the slice of leaves) may be written in place only by the epoch that made it; a later epoch
// copies it first, because a snapshot may hold it.
type table[T any] struct {
	leaves []*leaf[T]
	epoch  uint64 // that owns leaves
	n      int
}

type leaf[T any] struct {
	epoch uint64
	live  int // non-nil items
	items [leafSize]*T
}

// at gives item i, or nil where it was removed.
func (t *table[T]) at(i int) *T {
	if i < 0 || i >= t.n || t.leaves[i/leafSize] == nil {
		return nil
	}
	return t.leaves[i/leafSize].items[i%leafSize]
}

// set replaces item i on behalf of an epoch; nil removes it. A leaf without items is let go.
func (t *table[T]) set(epoch uint64, i int, v *T) {
	l := t.own(epoch, i/leafSize)
	slot := &l.items[i%leafSize]
	if *slot != nil {
		l.live--
	}
	if v != nil {
		l.live++
	}
	*slot = v
	if l.live == 0 {
		t.leaves[i/leafSize] = nil
	}
}

// push appends an item on behalf of an epoch and gives its index.
func (t *table[T]) push(epoch uint64, v *T) int {
	i := t.n
	t.n++
	t.set(epoch, i, v)
	return i
}

// own makes leaf k writable for an epoch.
func (t *table[T]) own(epoch uint64, k int) *leaf[T] {
	if t.epoch != epoch {
		t.leaves = append(make([]*leaf[T], 0, len(t.leaves)+1), t.leaves...)
		t.epoch = epoch
	}
	for len(t.leaves) <= k {
		t.leaves = append(t.leaves, nil)
	}
	switch l := t.leaves[k]; {
	case l == nil:
		t.leaves[k] = &leaf[T]{epoch: epoch}
	case l.epoch != epoch:
		c := *l
		c.epoch = epoch
		t.leaves[k] = &c
	}
	return t.leaves[k]
}

// all yields the items that are there, in order.
func (t *table[T]) all() iter.Seq2[int, *T] {
	return func(yield func(int, *T) bool) {
		for k, l := range t.leaves {
			if l == nil {
				continue
			}
			for j, v := range l.items {
				if v != nil && !yield(k*leafSize+j, v) {
					return
				}
			}
		}
	}
}
