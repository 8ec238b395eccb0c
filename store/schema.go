package store

import (
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// Header is a store's first record.
type Header struct {
	Magic   string    `json:"magic"`
	Schema  int       `json:"schema"`
	Created time.Time `json:"created"`
	Build   string    `json:"build"` // that made the store, or migrated it last
}

const (
	magic       = "slop-ls store"
	firstSchema = 1
)

var keyHeader = []byte("header")

// migration takes a store from one schema to the next. run must finish within one transaction and must not touch
// the header.
type migration struct {
	name string
	run  func(*bbolt.Tx) error
}

// migrations[i] leads from schema firstSchema+i to the next. A schema is never changed once it was released: append.
var migrations = []migration{}

func (o Options) schema() int { return firstSchema + len(o.migrations) }

// writeLayout makes an empty store in an empty bbolt file.
func writeLayout(tx *bbolt.Tx, opts Options) error {
	for _, name := range buckets {
		if _, err := tx.CreateBucket(name); err != nil {
			return fmt.Errorf("bucket %s: %w", name, err)
		}
	}
	return putHeader(tx, Header{Magic: magic, Schema: opts.schema(), Created: opts.Now().UTC(), Build: opts.Build})
}

func putHeader(tx *bbolt.Tx, h Header) error {
	return tx.Bucket(bucketHeader).Put(keyHeader, sealJSON(bucketHeader, keyHeader, h))
}

// errBlank says that the file is bbolt's and holds nothing at all.
var errBlank = errors.New("blank")

// readHeader verifies the header, fills a blank file and migrates an older store.
func (s *Store) readHeader() error {
	err := s.view(s.loadHeader)
	if errors.Is(err, errBlank) {
		err = s.fillBlank()
	}
	if err != nil {
		return err
	}
	switch want := s.opts.schema(); {
	case s.header.Schema < want && s.opts.ReadOnly:
		return &OlderError{Path: s.path, Have: s.header.Schema, Want: want}
	case s.header.Schema < want:
		return s.migrate()
	}
	return nil
}

func (s *Store) loadHeader(tx *bbolt.Tx) error {
	if k, _ := tx.Cursor().First(); k == nil {
		return errBlank
	}
	b := tx.Bucket(bucketHeader)
	if b == nil {
		return s.damaged("it is a bbolt file of another program", nil)
	}
	if err := unsealJSON(bucketHeader, keyHeader, b.Get(keyHeader), &s.header); err != nil {
		return s.damaged("its header cannot be read", err)
	}
	if s.header.Magic != magic || s.header.Schema < firstSchema {
		return s.damaged("its header is not one of a slop-ls store", nil)
	}
	if known := s.opts.schema(); s.header.Schema > known {
		return &NewerError{Path: s.path, Have: s.header.Schema, Known: known, Build: s.header.Build}
	}
	return s.demandBuckets(tx)
}

func (s *Store) demandBuckets(tx *bbolt.Tx) error {
	for _, name := range buckets {
		if tx.Bucket(name) == nil {
			return s.damaged(fmt.Sprintf("it lacks the bucket %s", name), nil)
		}
	}
	return nil
}

// fillBlank makes a store of a file that is provably empty: it had no bytes when bbolt opened it.
func (s *Store) fillBlank() error {
	if s.opts.ReadOnly {
		return fmt.Errorf("the store %s is empty; run a track first", s.path)
	}
	if err := s.update(func(tx *bbolt.Tx) error { return writeLayout(tx, s.opts) }); err != nil {
		return err
	}
	return s.view(s.loadHeader)
}

// migrate copies the store, then takes it to this build's schema, all steps in one transaction.
func (s *Store) migrate() error {
	from, to := s.header.Schema, s.opts.schema()
	backup := migrationBackup(s.path, from)
	if err := s.copyTo(backup); err != nil {
		return fmt.Errorf("copying the store %s to %s before migrating it: %w", s.path, backup, err)
	}
	err := s.update(func(tx *bbolt.Tx) error { return s.runMigrations(tx, from) })
	if err != nil {
		return fmt.Errorf("migrating the store %s from schema %d to %d (it is as it was, a copy is at %s): %w",
			s.path, from, to, backup, err)
	}
	return s.view(s.loadHeader)
}

func (s *Store) runMigrations(tx *bbolt.Tx, from int) error {
	for _, m := range s.opts.migrations[from-firstSchema:] {
		if err := m.run(tx); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	s.opts.Failpoint("mid-migration")
	h := s.header
	h.Schema, h.Build = s.opts.schema(), s.opts.Build
	return putHeader(tx, h)
}
