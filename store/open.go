package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

const (
	fileMode = 0o600 // the journal is the person's alone
	dirMode  = 0o700

	// allocSize is by how much the file grows; it is sparse until it is used.
	allocSize = 1 << 20
	// mapSize is address space taken at once, so that a writer seldom has to remap and wait for readers. Windows
	// would make the file that large.
	mapSize = 1 << 30
)

// Open opens the store at path, making it and its folder when there is none (not with Options.ReadOnly: then the
// error wraps fs.ErrNotExist). It checks the whole structure of the file and every checksum but those of blob and
// snapshot contents, which are checked when they are read. Its errors: *LockedError, *DamagedError, *NewerError,
// *OlderError, and those of the file system.
func Open(path string, opts Options) (*Store, error) {
	opts = opts.withDefaults()
	if !opts.ReadOnly {
		if err := create(path, opts); err != nil {
			return nil, fmt.Errorf("making the store %s: %w", path, err)
		}
	}
	db, file, err := openBolt(path, opts)
	if err != nil {
		return nil, openError(path, err)
	}
	s := &Store{db: db, file: file, path: path, opts: opts, copying: make(chan struct{}, 1)}
	if err := s.start(); err != nil {
		db.Close()
		return nil, err
	}
	return s, nil
}

// start makes sure that the file is sound and of this build's schema. Nothing is written before it is. The header is
// looked at first, because a newer store may be laid out in ways that look like damage.
func (s *Store) start() error {
	var newer *NewerError
	if err := s.view(s.loadHeader); errors.As(err, &newer) {
		return err
	}
	if err := s.checkStructure(); err != nil {
		return err
	}
	if err := s.readHeader(); err != nil {
		return err
	}
	if s.opts.ReadOnly {
		return nil
	}
	writeHolder(s.path, s.opts)
	removeLeftovers(s.path)
	s.backupIfGrown()
	return nil
}

func (s *Store) checkStructure() error {
	info, err := s.file.Stat()
	if err != nil {
		return fmt.Errorf("opening the store %s: %w", s.path, err)
	}
	return s.damageOf(checkImage(s.file, info.Size(), &contents{}))
}

// damageOf wraps what checkImage found.
func (s *Store) damageOf(err error) error {
	var event *eventDamage
	switch {
	case err == nil:
		return nil
	case errors.As(err, &event):
		return s.damagedEvent(event.seq, event.err)
	}
	return s.damaged(err.Error(), nil)
}

// create makes a new store under another name and links it into place, so that a store is never seen half made. It
// does nothing where a file is, not even an empty one: that may be anybody's, and is filled under the lock.
func create(path string, opts Options) error {
	if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return err
	}
	temp := path + newSuffix + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	defer func() { _ = os.Remove(temp) }() // what is left of it
	if err := initialise(temp, opts); err != nil {
		return err
	}
	return place(temp, path)
}

// place puts temp at path unless somebody else's store got there first. On a file system without links nothing is
// done: bbolt makes the file then, and readHeader fills it.
func place(temp, path string) error {
	err := os.Link(temp, path)
	if err == nil {
		return syncDir(filepath.Dir(path))
	}
	if errors.Is(err, fs.ErrExist) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if _, statErr := os.Stat(path); statErr == nil {
		return nil
	}
	return err
}

// initialise makes the file of an empty store.
func initialise(path string, opts Options) error {
	db, _, err := openBolt(path, opts)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error { return writeLayout(tx, opts) })
	return errors.Join(err, db.Close())
}

// openBolt opens the file with bbolt and hands out bbolt's own file too. When bbolt panics on the way its lock is
// given up.
func openBolt(path string, opts Options) (*bbolt.DB, *os.File, error) {
	var file *os.File
	var db *bbolt.DB
	err := guard(path, func() (err error) {
		db, err = bbolt.Open(path, fileMode, &bbolt.Options{
			Timeout: opts.LockTimeout, ReadOnly: opts.ReadOnly, NoStatistics: true,
			FreelistType: bbolt.FreelistMapType, InitialMmapSize: initialMap(),
			OpenFile: func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
				file, err = os.OpenFile(name, flag, mode)
				return file, err
			},
		})
		return err
	})
	if err != nil {
		abandon(file)
		return nil, nil, err
	}
	db.AllocSize = allocSize
	return db, file, nil
}

// abandon closes a file that bbolt may not have closed.
func abandon(file *os.File) {
	if file == nil {
		return
	}
	if _, err := file.Stat(); err == nil {
		unlock(file)
		file.Close()
	}
}

func initialMap() int {
	if runtime.GOOS == "windows" || strconv.IntSize < 64 {
		return 0
	}
	return mapSize
}

// openError gives what bbolt says its meaning.
func openError(path string, err error) error {
	var known *DamagedError
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, berrors.ErrTimeout):
		return &LockedError{Path: path, Holder: readHolder(path)}
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no store %s yet; run a track first: %w", path, err)
	}
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return fmt.Errorf("opening the store: %w", err)
	}
	return damaged(path, "it is not a complete bbolt file", err)
}

// syncDir makes a rename or link in dir durable. Windows has no such call and needs none.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
