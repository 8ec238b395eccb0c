package store

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrClosed is returned by every method of a Store that was closed.
var ErrClosed = errors.New("the store is closed")

// ErrReadOnly is returned by what writes, when the store was opened with Options.ReadOnly.
var ErrReadOnly = errors.New("the store is open for reading only")

// ErrNotEmpty is returned by Import when the store holds events or blobs already.
var ErrNotEmpty = errors.New("the store is not empty: import into a new workspace, or move the old store away first")

// ErrTooLarge is returned by PutBlob for data above MaxBlob.
var ErrTooLarge = errors.New("too large to store")

// Holder is who has a store open for writing, as far as it is known.
type Holder struct {
	PID   int // 0: not known
	Since time.Time
}

// LockedError says that another process has the store open. It comes within Options.LockTimeout.
type LockedError struct {
	Path   string
	Holder Holder
}

func (e *LockedError) Error() string {
	who := "another slop-ls"
	if e.Holder.PID != 0 {
		who += fmt.Sprintf(" (pid %d, since %s)", e.Holder.PID, e.Holder.Since.Local().Format(time.DateTime))
	}
	return fmt.Sprintf("%s has the store %s open; see `slop-ls daemon status`, use it through that one, or let go of it there "+
		"first: quit the editor, or interrupt `slop-ls run` (nothing is lost)", who, e.Path)
}

// DamagedError says that a store's file does not hold what was written to it. The file has not been changed.
type DamagedError struct {
	Path   string
	Seq    uint64 // of the damaged event; 0 where the damage is elsewhere
	What   string // what is wrong
	Backup string // the newest copy that passed its check when it was made; empty when there is none
	Err    error  // the cause, may be nil
}

func (e *DamagedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the store %s is damaged: %s", e.Path, e.What)
	if e.Err != nil {
		fmt.Fprintf(&b, " (%v)", e.Err)
	}
	b.WriteString("; nothing was changed. Move the file away, then ")
	if e.Backup != "" {
		fmt.Fprintf(&b, "copy the backup %s to its place, or ", e.Backup)
	}
	b.WriteString("start anew, and `slop-ls import` an export if there is one")
	return b.String()
}

// Unwrap gives the cause.
func (e *DamagedError) Unwrap() error { return e.Err }

// NewerError says that a newer slop-ls wrote the store. It has not been changed.
type NewerError struct {
	Path  string
	Have  int // the file's schema
	Known int // the newest that this build knows
	Build string
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("the store %s has schema %d, written by slop-ls %s, and this slop-ls knows %d at most: "+
		"update this slop-ls; nothing was changed", e.Path, e.Have, e.Build, e.Known)
}

// OlderError says that a store opened for reading only needs a migration first, which only a writer can do.
type OlderError struct {
	Path string
	Have int
	Want int
}

func (e *OlderError) Error() string {
	return fmt.Sprintf("the store %s has the older schema %d (this slop-ls uses %d): start slop-ls in the workspace "+
		"once to migrate it; nothing was changed", e.Path, e.Have, e.Want)
}

// FailedError says that a commit went wrong. Whether it reached the disk is unknown, so the store writes nothing
// more until it is opened again; every later write returns the same error.
type FailedError struct {
	Path string
	Err  error
}

func (e *FailedError) Error() string {
	return fmt.Sprintf("writing to the store %s: %v; free space or mend the disk, then start slop-ls again", e.Path, e.Err)
}

// Unwrap gives what the commit failed with.
func (e *FailedError) Unwrap() error { return e.Err }
