package store

import (
	"bytes"
	"errors"
	"fmt"
)

// contents verifies the values of a store as checkImage shows them: checksums everywhere, and a journal without
// gaps. Contents of blobs and snapshots are left to their readers unless deep is set; damaged snapshots are never
// an error here, because they are skipped.
type contents struct {
	deep bool
	last uint64 // the last event seen
}

// eventDamage is damage to one event.
type eventDamage struct {
	seq uint64
	err error
}

func (e *eventDamage) Error() string { return fmt.Sprintf("event %d: %v", e.seq, e.err) }

func (c *contents) wantsValue(bucket []byte) bool {
	switch {
	case bytes.Equal(bucket, bucketChunks):
		return c.deep
	case bytes.Equal(bucket, bucketSnapshots), bytes.Equal(bucket, bucketSnapshotChunks):
		return false
	}
	return true
}

func (c *contents) visit(bucket, key, value []byte) error {
	if bytes.Equal(bucket, bucketEvents) {
		return c.event(key, value)
	}
	if !c.wantsValue(bucket) || !ours(bucket) {
		return nil
	}
	if _, err := unseal(bucket, key, value); err != nil {
		return fmt.Errorf("%s %q: %w", bucket, key, err)
	}
	return nil
}

func (c *contents) event(key, value []byte) error {
	seq, ok := keySeq(key)
	want := c.last + 1
	if !ok || seq != want {
		return &eventDamage{seq: want, err: errors.New("it is missing")}
	}
	c.last = seq
	if _, err := unseal(bucketEvents, key, value); err != nil {
		return &eventDamage{seq: seq, err: err}
	}
	return nil
}

func ours(bucket []byte) bool {
	for _, name := range buckets {
		if bytes.Equal(name, bucket) {
			return true
		}
	}
	return false
}
