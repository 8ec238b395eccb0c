package store

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// Check verifies everything: the file's structure with this package's own walk and then bbolt's, every checksum,
// the journal's sequence, every blob and snapshot whole, and the account of the transcripts. Writers wait for it.
// The error joins all that was found, each a *DamagedError, or is ctx's or ErrClosed.
func (s *Store) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.plain(s.guard(func() error {
		// A writer's transaction keeps others from writing, and is never committed.
		tx, err := s.db.Begin(!s.opts.ReadOnly)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // nothing was written
		return s.check(ctx, tx)
	}))
}

func (s *Store) check(ctx context.Context, tx *bbolt.Tx) error {
	info, err := s.file.Stat()
	if err != nil {
		return fmt.Errorf("checking the store: %w", err)
	}
	// bbolt's own check faults on what this one finds, in a goroutine of its own that nobody can guard.
	if err := s.damageOf(checkImage(s.file, info.Size(), &contents{deep: true})); err != nil {
		return err
	}
	var found []error
	for err := range tx.Check() {
		found = append(found, s.damaged("bbolt's check", err))
	}
	found = append(found, s.checkSnapshots(tx), s.checkBlobs(ctx, tx))
	return errors.Join(found...)
}

func (s *Store) checkSnapshots(tx *bbolt.Tx) error {
	var found []error
	c := tx.Bucket(bucketSnapshots).Cursor()
	for key, value := c.First(); key != nil; key, value = c.Next() {
		if _, err := loadSnapshot(tx, key, value); err != nil {
			found = append(found, s.damaged("a snapshot, which will be skipped", err))
		}
	}
	return errors.Join(found...)
}

func (s *Store) checkBlobs(ctx context.Context, tx *bbolt.Tx) error {
	var found []error
	var totals transcriptTotals
	c := tx.Bucket(bucketBlobs).Cursor()
	for key, value := c.First(); key != nil; key, value = c.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		var o object
		err := unsealJSON(bucketBlobs, key, value, &o)
		if err == nil {
			_, err = readChunks(tx.Bucket(bucketChunks), bucketChunks, o)
		}
		if err != nil {
			found = append(found, s.damaged("the blob "+string(key), err))
		}
		if o.Order != 0 {
			totals.Count++
			totals.Bytes += int64(o.Size)
		}
	}
	return errors.Join(append(found, s.checkTotals(tx, totals))...)
}

func (s *Store) checkTotals(tx *bbolt.Tx, want transcriptTotals) error {
	have, err := readTotals(tx)
	if err != nil {
		return s.damaged("the account of the transcripts", err)
	}
	if have != want {
		return s.damaged(fmt.Sprintf("transcripts: %d with %d bytes are there, %d with %d are accounted for",
			want.Count, want.Bytes, have.Count, have.Bytes), nil)
	}
	return nil
}
