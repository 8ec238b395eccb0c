package store

import (
	"context"
	"fmt"

	"go.etcd.io/bbolt"
)

// snapshotBatch is how much of a snapshot one transaction writes: Append waits for no longer than that takes.
const snapshotBatch = 4 << 20

// SaveSnapshot implements engine.Journal. Besides the newest it keeps the one before, for when the newest turns out
// damaged. seq must not be past the last event stored. A cancelled or crashed call leaves the snapshots as they were.
func (s *Store) SaveSnapshot(ctx context.Context, seq uint64, data []byte) error {
	release, err := s.takeCopying(ctx)
	if err != nil {
		return err
	}
	defer release()
	batches := max(1, (len(data)+snapshotBatch-1)/snapshotBatch)
	o := newObject(data, s.opts.Now())
	for i := range batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := data[i*snapshotBatch : min(len(data), (i+1)*snapshotBatch)]
		err := s.update(func(tx *bbolt.Tx) error {
			if i == 0 {
				o.number(tx.Bucket(bucketSnapshotChunks))
			}
			return s.putSnapshotBatch(tx, seq, o, part, i, batches)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// putSnapshotBatch writes one part; the last one also makes the snapshot count and clears away what went before.
func (s *Store) putSnapshotBatch(tx *bbolt.Tx, seq uint64, o object, part []byte, i, batches int) error {
	if last := lastSeq(tx.Bucket(bucketEvents)); seq > last {
		return fmt.Errorf("a snapshot at %d is past the last event, %d", seq, last)
	}
	chunks := tx.Bucket(bucketSnapshotChunks)
	if err := putChunks(chunks, bucketSnapshotChunks, o.ID, i*(snapshotBatch/chunkSize), part); err != nil {
		return err
	}
	if i == batches/2 {
		s.opts.Failpoint("mid-snapshot")
	}
	if i < batches-1 {
		return nil
	}
	return finishSnapshot(tx, seq, o)
}

func finishSnapshot(tx *bbolt.Tx, seq uint64, o object) error {
	heads := tx.Bucket(bucketSnapshots)
	key := seqKey(seq)
	if err := heads.Put(key, sealJSON(bucketSnapshots, key, o)); err != nil {
		return fmt.Errorf("storing the snapshot: %w", err)
	}
	keep, err := dropSnapshots(heads, seq)
	if err != nil {
		return err
	}
	keep[o.ID] = true
	return dropUnused(tx.Bucket(bucketSnapshotChunks), keep)
}

// dropSnapshots removes all records but those of seq and of the newest sound one before it, whose ids it returns.
// One after seq was made by nobody.
func dropSnapshots(heads *bbolt.Bucket, seq uint64) (keep map[uint64]bool, err error) {
	keep = map[uint64]bool{}
	var drop [][]byte
	c := heads.Cursor()
	for key, value := c.Last(); key != nil; key, value = c.Prev() {
		var o object
		at, ok := keySeq(key)
		switch {
		case ok && at == seq:
		case ok && at < seq && len(keep) == 0 && unsealJSON(bucketSnapshots, key, value, &o) == nil:
			keep[o.ID] = true
		default:
			drop = append(drop, key)
		}
	}
	for _, key := range drop {
		if err := heads.Delete(key); err != nil {
			return nil, fmt.Errorf("removing an old snapshot: %w", err)
		}
	}
	return keep, nil
}

// dropUnused removes the chunks of all objects but keep: of older snapshots, and of those that were never finished.
func dropUnused(chunks *bbolt.Bucket, keep map[uint64]bool) error {
	var drop []uint64
	c := chunks.Cursor()
	for key, _ := c.First(); key != nil; key, _ = c.Seek(chunkKey(chunkID(key)+1, 0)) {
		if id := chunkID(key); !keep[id] {
			drop = append(drop, id)
		}
	}
	for _, id := range drop {
		if err := deleteChunks(chunks, id); err != nil {
			return err
		}
	}
	return nil
}

// LoadSnapshot implements engine.Journal: the newest snapshot that is whole. The error is ctx's or ErrClosed.
func (s *Store) LoadSnapshot(ctx context.Context) (seq uint64, data []byte, err error) {
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	err = s.view(func(tx *bbolt.Tx) error {
		last := lastSeq(tx.Bucket(bucketEvents))
		c := tx.Bucket(bucketSnapshots).Cursor()
		for key, value := c.Last(); key != nil; key, value = c.Prev() {
			at, ok := keySeq(key)
			if !ok || at > last {
				continue
			}
			if data, err = loadSnapshot(tx, key, value); err == nil {
				seq = at
				return nil
			}
			s.opts.Logger.Warn("store: skipping a damaged snapshot", "seq", at, "err", err)
		}
		return nil
	})
	return seq, data, err
}

func loadSnapshot(tx *bbolt.Tx, key, value []byte) ([]byte, error) {
	var o object
	if err := unsealJSON(bucketSnapshots, key, value, &o); err != nil {
		return nil, err
	}
	return readChunks(tx.Bucket(bucketSnapshotChunks), bucketSnapshotChunks, o)
}

// takeCopying waits until nobody else saves a snapshot or makes a backup.
func (s *Store) takeCopying(ctx context.Context) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case s.copying <- struct{}{}:
		return func() { <-s.copying }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
