package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// slot is a place for one scratch folder, <dir>/slop-<n>, owned through the lock on <dir>/slop-<n>.lock. The system
// frees the lock with its process, however that ends, so that a leftover is told from what is in use. Numbers are
// taken up again from the lowest, so that what build tools cache by path serves the next draft too.
type slot struct {
	tree string // the scratch folder
	temp string // TMPDIR of its commands
	lent string // .git as it was made, to be copied for the next draft
	lock *os.File
}

// maxSlots is far above the workers of all daemons that may share a folder.
const maxSlots = 4096

// errTaken says that a live process owns a slot.
var errTaken = errors.New("the scratch folder is in use")

// takeSlot owns the lowest free slot, and clears what a dead owner left in it.
func takeSlot(dir string) (*slot, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	dir, err := filepath.EvalSymlinks(dir) // as git will name it
	if err != nil {
		return nil, err
	}
	for n := 1; n <= maxSlots; n++ {
		s, err := openSlot(dir, n, os.O_CREATE)
		if errors.Is(err, errTaken) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := s.clear(); err != nil {
			return nil, errors.Join(err, s.free())
		}
		return s, nil
	}
	return nil, fmt.Errorf("no free scratch folder in %s: remove what is left there", dir)
}

// openSlot owns slot n, or says errTaken.
func openSlot(dir string, n, flag int) (*slot, error) {
	name := filepath.Join(dir, "slop-"+strconv.Itoa(n))
	f, err := os.OpenFile(name+".lock", os.O_RDWR|flag, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	// The file may have been removed by its last owner between the open and the lock: then this is a lock on nothing.
	mine, err1 := f.Stat()
	named, err2 := os.Stat(name + ".lock")
	if err1 != nil || err2 != nil || !os.SameFile(mine, named) {
		return nil, errors.Join(errTaken, f.Close())
	}
	return &slot{tree: name, temp: name + ".tmp", lent: name + ".git", lock: f}, nil
}

// free gives the slot back; what is in it must be gone.
func (s *slot) free() error {
	return errors.Join(os.Remove(s.lock.Name()), s.lock.Close())
}

// mark is the variable by which the processes of this slot's commands are known.
func (s *slot) mark() string { return "SLOP_LS_SCRATCH=" + s.tree }

// clear removes the scratch folder.
func (s *slot) clear() error {
	return errors.Join(removeAll(s.tree), removeAll(s.temp), removeAll(s.lent))
}

// sweep clears the slots whose owners are dead.
func sweep(dir string) error {
	names, err := filepath.Glob(filepath.Join(escapeMeta(dir), "slop-*.lock"))
	if err != nil {
		return err
	}
	slices.Sort(names)
	var errs []error
	for _, name := range names {
		n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), "slop-"), ".lock"))
		if err != nil {
			continue
		}
		s, err := openSlot(dir, n, 0)
		if err != nil { // in use, or gone by itself
			continue
		}
		killMarked(s.mark())
		if err := s.clear(); err != nil {
			errs = append(errs, err, s.lock.Close()) // the file stays, for the next try
			continue
		}
		errs = append(errs, s.free())
	}
	return errors.Join(errs...)
}

func escapeMeta(dir string) string {
	if filepath.Separator == '\\' {
		return dir
	}
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}

// removeAll removes a tree, also where a command made folders that cannot be written to, as Go's module cache does.
func removeAll(tree string) error {
	err := os.RemoveAll(tree)
	if err == nil {
		return nil
	}
	_ = filepath.WalkDir(tree, func(p string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			_ = os.Chmod(p, 0o700)
		}
		return nil
	})
	return os.RemoveAll(tree)
}
