package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"go.etcd.io/bbolt"
)

const (
	backupSuffix = ".bak."     // 1 is the newest, 2 the one before
	backupTemp   = ".bak.temp" // one that is being made
)

func backupPath(path string, generation int) string {
	return path + backupSuffix + strconv.Itoa(generation)
}

// migrationBackup is where the copy from before a migration stays. Backups do not rotate it out.
func migrationBackup(path string, schema int) string { return path + ".schema-" + strconv.Itoa(schema) }

// newestBackup is the newest copy that there is, or empty.
func newestBackup(path string) string {
	for generation := 1; generation <= 2; generation++ {
		if _, err := os.Stat(backupPath(path, generation)); err == nil {
			return backupPath(path, generation)
		}
	}
	return ""
}

// Backup copies the store to "<path>.bak.1", and what was there to "<path>.bak.2", and returns where. The copy is
// checked before it counts. While the file is being copied, an Append that must grow it waits. Errors: ctx's before
// anything was done, *DamagedError, and those of the file system; the older copies are then as they were.
func (s *Store) Backup(ctx context.Context) (path string, err error) {
	release, err := s.takeCopying(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	path = backupPath(s.path, 1)
	if err := s.copyTo(path); err != nil {
		return "", fmt.Errorf("making a backup: %w", err)
	}
	return path, nil
}

// copyTo makes a checked, durable copy of the store at path. A copy that is there becomes generation 2.
func (s *Store) copyTo(path string) error {
	temp := s.path + backupTemp
	defer func() { _ = os.Remove(temp) }() // what is left of it
	if err := s.writeCopy(temp); err != nil {
		return err
	}
	s.opts.Failpoint("mid-backup")
	if path == backupPath(s.path, 1) {
		err := os.Rename(path, backupPath(s.path, 2))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func (s *Store) writeCopy(temp string) error {
	f, err := os.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	defer f.Close()
	err = s.view(func(tx *bbolt.Tx) error {
		w := bufio.NewWriterSize(f, 1<<20)
		if _, err := tx.WriteTo(w); err != nil {
			return err
		}
		return w.Flush()
	})
	if err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return s.damageOf(checkImage(f, info.Size(), &contents{deep: true}))
}

// backupIfGrown makes a backup when the store has grown much since the newest one. That it cannot is no reason not
// to open the store.
func (s *Store) backupIfGrown() {
	if s.opts.BackupEvery < 0 {
		return
	}
	var last int64
	if info, err := os.Stat(backupPath(s.path, 1)); err == nil {
		last = info.Size()
	}
	var size int64
	err := s.view(func(tx *bbolt.Tx) error { size = tx.Size(); return nil })
	if err == nil && size-last >= max(s.opts.BackupEvery, last/2) {
		_, err = s.Backup(context.Background())
	}
	if err != nil {
		s.opts.Logger.Warn("store: no backup was made", "store", s.path, "err", err)
	}
}
