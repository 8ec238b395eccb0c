package store

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"

	"github.com/slop-ls/slop-ls/engine"
)

const (
	pageEvents = 256     // at most so many events are read in one transaction,
	pageBytes  = 1 << 20 // and no more once so many bytes are
)

// Append implements engine.Journal: one transaction and one fsync for all events of the call. Besides
// engine.ErrJournalGap it returns ctx's error before anything was done, ErrReadOnly, ErrClosed, and *FailedError
// when the commit went wrong.
func (s *Store) Append(ctx context.Context, events []engine.Event) error {
	if err := ctx.Err(); err != nil || len(events) == 0 {
		return err
	}
	values, err := sealEvents(events)
	if err != nil {
		return err
	}
	return s.update(func(tx *bbolt.Tx) error {
		defer s.opts.Failpoint("mid-append")
		return putEvents(tx.Bucket(bucketEvents), events[0].Seq, values)
	})
}

// sealEvents encodes events that must follow each other.
func sealEvents(events []engine.Event) ([][]byte, error) {
	values := make([][]byte, len(events))
	for i, e := range events {
		if want := events[0].Seq + uint64(i); e.Seq != want {
			return nil, fmt.Errorf("%w: %d comes after %d", engine.ErrJournalGap, e.Seq, want-1)
		}
		if e.Body == nil {
			return nil, fmt.Errorf("event %d has no body", e.Seq)
		}
		data, err := e.MarshalJSON()
		if err != nil {
			return nil, fmt.Errorf("storing an event: %w", err)
		}
		values[i] = seal(bucketEvents, seqKey(e.Seq), data)
	}
	return values, nil
}

// putEvents stores values from seq on, which must follow the last one stored.
func putEvents(b *bbolt.Bucket, seq uint64, values [][]byte) error {
	if last := lastSeq(b); seq != last+1 {
		return fmt.Errorf("%w: %d comes after %d", engine.ErrJournalGap, seq, last)
	}
	b.FillPercent = appendFill
	for i, value := range values {
		if err := b.Put(seqKey(seq+uint64(i)), value); err != nil {
			return fmt.Errorf("storing event %d: %w", seq+uint64(i), err)
		}
	}
	return nil
}

// lastSeq is the highest number in a bucket that is ordered by number, 0 when it is empty.
func lastSeq(b *bbolt.Bucket) uint64 {
	key, _ := b.Cursor().Last()
	seq, _ := keySeq(key)
	return seq
}

// LastSeq is the Seq of the last event stored, 0 when there is none.
func (s *Store) LastSeq() (last uint64, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		last = lastSeq(tx.Bucket(bucketEvents))
		return nil
	})
	return last, err
}

// Events implements engine.Journal. It reads ahead by at most 256 events or about 1 MiB, and decodes an event when
// it is yielded. The first error ends it: ctx's, ErrClosed, *DamagedError with the Seq, *engine.UnknownKindError.
func (s *Store) Events(ctx context.Context, after uint64) iter.Seq2[engine.Event, error] {
	last, err := s.LastSeq()
	return func(yield func(engine.Event, error) bool) {
		if err != nil {
			yield(engine.Event{}, err)
			return
		}
		for next := after; next < last; {
			seq, ok := s.yieldPage(ctx, next+1, last, yield)
			if !ok {
				return
			}
			next = seq
		}
	}
}

// yieldPage yields events from first on and gives the Seq of the last one; ok is false when that was the end.
func (s *Store) yieldPage(ctx context.Context, first, last uint64, yield func(engine.Event, error) bool) (uint64, bool) {
	page, pageErr := s.readPage(first, last)
	seq := first
	for _, data := range page {
		e, err := decodeEvent(ctx, seq, data)
		if !yield(e, err) || err != nil {
			return seq, false
		}
		seq++
	}
	if pageErr != nil {
		yield(engine.Event{}, pageErr)
		return seq, false
	}
	return seq - 1, true
}

// readPage copies the stored form of some events, at least one. With an error come those before it.
func (s *Store) readPage(first, last uint64) (page [][]byte, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketEvents).Cursor()
		size, want := 0, first
		for key, value := c.Seek(seqKey(first)); want <= last; key, value = c.Next() {
			if seq, ok := keySeq(key); !ok || seq != want {
				return s.damagedEvent(want, errors.New("it is missing"))
			}
			data, err := unseal(bucketEvents, key, value)
			if err != nil {
				return s.damagedEvent(want, err)
			}
			page = append(page, append(make([]byte, 0, len(data)), data...))
			want++
			if size += len(data); len(page) == pageEvents || size >= pageBytes {
				return nil
			}
		}
		return nil
	})
	return page, err
}

func decodeEvent(ctx context.Context, seq uint64, data []byte) (engine.Event, error) {
	if err := ctx.Err(); err != nil {
		return engine.Event{}, err
	}
	var e engine.Event
	if err := e.UnmarshalJSON(data); err != nil {
		return engine.Event{}, fmt.Errorf("reading event %d of the journal: %w", seq, err)
	}
	return e, nil
}
