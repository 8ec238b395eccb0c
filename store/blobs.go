package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"go.etcd.io/bbolt"

	"github.com/slop-ls/slop-ls/engine"
)

// MaxBlob is the most that a blob may hold, in bytes.
const MaxBlob = 64 << 20

const longestName = 4 << 10

// errName says what a blob may be called.
var errName = errors.New("a blob's name is 1 to 4096 bytes of UTF-8")

// PutBlob implements engine.Blobs. A name "transcript/<track>/<ticket>/<attempt>" makes the blob a transcript, which
// the retention setting may drop, others first and never this one in this call. Storing what is there already
// touches nothing. Errors: ErrTooLarge, a bad name, ctx's before anything was done, ErrReadOnly, ErrClosed,
// *FailedError.
func (s *Store) PutBlob(ctx context.Context, name string, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := checkBlob(name, len(data)); err != nil {
		return err
	}
	if same, err := s.hasBlob(name, data); same || err != nil {
		return err
	}
	return s.update(func(tx *bbolt.Tx) error {
		defer s.opts.Failpoint("mid-blob")
		o := newObject(data, s.opts.Now())
		return s.putBlob(tx, name, o, data)
	})
}

func checkBlob(name string, size int) error {
	if name == "" || len(name) > longestName || !utf8.ValidString(name) {
		return fmt.Errorf("storing the blob %.80q: %w", name, errName)
	}
	if size > MaxBlob {
		return fmt.Errorf("the blob %s has %d bytes and may have %d: %w", name, size, MaxBlob, ErrTooLarge)
	}
	return nil
}

func (s *Store) hasBlob(name string, data []byte) (same bool, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		o, ok, err := blobRecord(tx, name)
		if err != nil || !ok || !o.holds(data) {
			return nil // what is damaged is replaced
		}
		stored, err := readChunks(tx.Bucket(bucketChunks), bucketChunks, o)
		same = err == nil && bytes.Equal(stored, data)
		return nil
	})
	return same, err
}

// putBlob stores data under name and replaces what was there. o is its record but for the numbers.
func (s *Store) putBlob(tx *bbolt.Tx, name string, o object, data []byte) error {
	if err := dropBlob(tx, name); err != nil {
		return err
	}
	chunks := tx.Bucket(bucketChunks)
	o.number(chunks)
	if err := putChunks(chunks, bucketChunks, o.ID, 0, data); err != nil {
		return err
	}
	ref, isTranscript := parseTranscript(name)
	if isTranscript {
		if err := orderTranscript(tx, name, &o); err != nil {
			return err
		}
	}
	key := []byte(name)
	if err := tx.Bucket(bucketBlobs).Put(key, sealJSON(bucketBlobs, key, o)); err != nil {
		return fmt.Errorf("storing the blob %s: %w", name, err)
	}
	if isTranscript {
		return s.retain(tx, ref, o)
	}
	return nil
}

// blobRecord is the record of a name; ok is false when there is none.
func blobRecord(tx *bbolt.Tx, name string) (o object, ok bool, err error) {
	key := []byte(name)
	value := tx.Bucket(bucketBlobs).Get(key)
	if value == nil {
		return object{}, false, nil
	}
	err = unsealJSON(bucketBlobs, key, value, &o)
	return o, err == nil, err
}

// dropBlob removes a blob if it is there. Of one whose record is damaged the contents stay behind: nothing tells
// which they are.
func dropBlob(tx *bbolt.Tx, name string) error {
	o, ok, err := blobRecord(tx, name)
	if !ok && err == nil {
		return nil
	}
	if ok {
		if err := deleteChunks(tx.Bucket(bucketChunks), o.ID); err != nil {
			return err
		}
		if err := unorderTranscript(tx, o); err != nil {
			return err
		}
	}
	if err := tx.Bucket(bucketBlobs).Delete([]byte(name)); err != nil {
		return fmt.Errorf("removing the blob %s: %w", name, err)
	}
	return nil
}

// Blob implements engine.Blobs. Besides engine.ErrNoBlob it returns *DamagedError, ctx's error and ErrClosed.
func (s *Store) Blob(ctx context.Context, name string) (data []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	_, data, err = s.blob(name)
	return data, err
}

func (s *Store) blob(name string) (o object, data []byte, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		var ok bool
		if o, ok, err = blobRecord(tx, name); err == nil && !ok {
			return fmt.Errorf("%s: %w", name, engine.ErrNoBlob)
		}
		if err == nil {
			data, err = readChunks(tx.Bucket(bucketChunks), bucketChunks, o)
		}
		if err != nil {
			return s.damaged("the blob "+name+" cannot be read", err)
		}
		return nil
	})
	return o, data, err
}
