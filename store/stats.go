package store

import (
	"context"
	"fmt"

	"go.etcd.io/bbolt"
)

// Stats is what a store holds, for people. Sizes are in bytes.
type Stats struct {
	Path            string
	Header          Header
	Size            int64 // of the part of the file in use
	LastSeq         uint64
	Snapshots       []uint64 // their Seqs, oldest first
	Blobs           int      // transcripts included
	Transcripts     int
	TranscriptBytes int64
	Backup          string // the newest copy, empty when there is none
}

// Stats counts what the store holds; it reads the names of all blobs. Errors: ctx's, *DamagedError, ErrClosed.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	if err := ctx.Err(); err != nil {
		return Stats{}, err
	}
	st := Stats{Path: s.path, Header: s.header, Backup: newestBackup(s.path)}
	err := s.view(func(tx *bbolt.Tx) error {
		st.Size = tx.Size()
		st.LastSeq = lastSeq(tx.Bucket(bucketEvents))
		c := tx.Bucket(bucketSnapshots).Cursor()
		for key, _ := c.First(); key != nil; key, _ = c.Next() {
			seq, _ := keySeq(key)
			st.Snapshots = append(st.Snapshots, seq)
		}
		c = tx.Bucket(bucketBlobs).Cursor()
		for key, _ := c.First(); key != nil; key, _ = c.Next() {
			st.Blobs++
		}
		totals, err := readTotals(tx)
		st.Transcripts, st.TranscriptBytes = totals.Count, totals.Bytes
		return err
	})
	if err != nil {
		return Stats{}, fmt.Errorf("counting what the store holds: %w", err)
	}
	return st, nil
}
