package store

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/slop-ls/slop-ls/engine"
)

var (
	_ engine.Journal = (*Store)(nil)
	_ engine.Blobs   = (*Store)(nil)
)

// Options says how to open a store. The zero value is what a daemon wants.
type Options struct {
	// ReadOnly opens an existing store for reading, beside other readers. Nothing is written, not even a holder file.
	ReadOnly bool
	// LockTimeout bounds the wait for the lock. 0: half a second; negative: one try.
	LockTimeout time.Duration
	// Build is the program's version; it goes into a new store's header.
	Build string
	// Retention bounds transcripts.
	Retention Retention
	// BackupEvery is how many bytes a store must have grown since its newest backup for Open to make another; it
	// also must have grown by half. 0: 16 MiB; negative: never.
	BackupEvery int64
	// Logger gets warnings about what does not stop the store. nil: nobody does.
	Logger *slog.Logger
	// Now is the clock. nil: time.Now.
	Now func() time.Time
	// Failpoint, when not nil, is called within the transactions that crash tests aim at, before their commit:
	// "mid-append", "mid-blob", "mid-snapshot" (half of the chunks are written), "mid-import", "mid-migration", and
	// "mid-backup" (the copy is there under its temporary name).
	Failpoint func(name string)

	migrations []migration // nil: those of this build
}

const (
	defaultLockTimeout = 500 * time.Millisecond
	defaultBackupEvery = 16 << 20
)

func (o Options) withDefaults() Options {
	if o.LockTimeout == 0 {
		o.LockTimeout = defaultLockTimeout
	}
	if o.BackupEvery == 0 {
		o.BackupEvery = defaultBackupEvery
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Failpoint == nil {
		o.Failpoint = func(string) {}
	}
	if o.migrations == nil {
		o.migrations = migrations
	}
	o.Retention = o.Retention.withDefaults()
	return o
}

// Store is an open store. All methods are safe for concurrent use.
type Store struct {
	db     *bbolt.DB
	file   *os.File // bbolt's own, for reading pages without it
	path   string
	opts   Options
	header Header

	writing  sync.Mutex    // held through a write transaction, so that failed is exact
	copying  chan struct{} // room for one: SaveSnapshot and Backup run one at a time
	failed   atomic.Pointer[FailedError]
	panicked atomic.Bool // within a write transaction: bbolt's own locks may be held for ever
	closed   atomic.Bool
}

// Path is the store's file.
func (s *Store) Path() string { return s.path }

// Header says when, by which build and in which schema the store was made.
func (s *Store) Header() Header { return s.header }

// Close lets running transactions finish, then gives up the lock. It is safe to call twice.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	if !s.opts.ReadOnly {
		removeHolder(s.path)
	}
	if s.panicked.Load() {
		unlock(s.file)
		return s.file.Close() // the mapping stays until the process ends
	}
	return s.db.Close()
}

// view runs f in a read transaction. f must be short: a writer that has to grow the file waits for it.
func (s *Store) view(f func(*bbolt.Tx) error) error {
	return s.plain(s.guard(func() error { return s.db.View(f) }))
}

// update runs f in a durable write transaction. When f returns an error nothing was written and the store goes on;
// when the commit itself fails, the store is failed.
func (s *Store) update(f func(*bbolt.Tx) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if failed := s.failed.Load(); failed != nil {
		return failed
	}
	began, refused := false, error(nil)
	err := s.guard(func() error {
		return s.db.Update(func(tx *bbolt.Tx) error {
			began = true
			refused = f(tx)
			return refused
		})
	})
	if err == nil || !began || refused != nil {
		return s.plain(err)
	}
	var damaged *DamagedError
	s.panicked.Store(errors.As(err, &damaged))
	failed := &FailedError{Path: s.path, Err: err}
	s.failed.Store(failed)
	return failed
}

// plain gives bbolt's own words for a store in the wrong state their meaning here.
func (s *Store) plain(err error) error {
	switch {
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return ErrClosed
	case errors.Is(err, berrors.ErrDatabaseReadOnly):
		return ErrReadOnly
	}
	return err
}

func (s *Store) guard(f func() error) error { return guard(s.path, f) }

// guard runs f, which uses bbolt on a file that may be damaged, and turns bbolt's panics and the faults of its
// mapped memory into a DamagedError. Faults count on the calling goroutine only.
func guard(path string, f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = damaged(path, "bbolt cannot read it", fmt.Errorf("%v", r))
		}
	}()
	return f()
}

// damaged makes the error for damage outside of the journal.
func damaged(path, what string, cause error) *DamagedError {
	return &DamagedError{Path: path, What: what, Backup: newestBackup(path), Err: cause}
}

func (s *Store) damaged(what string, cause error) *DamagedError { return damaged(s.path, what, cause) }

func (s *Store) damagedEvent(seq uint64, cause error) *DamagedError {
	e := s.damaged(fmt.Sprintf("event %d cannot be read", seq), cause)
	e.Seq = seq
	return e
}
