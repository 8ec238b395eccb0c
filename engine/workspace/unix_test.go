//go:build unix

package workspace_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"
)

func TestOnlyRegularFiles(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	must(t, syscall.Mkfifo(filepath.Join(f.dir, "pipe"), 0o600))
	if _, err := f.w.Read(t.Context(), "pipe"); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("reading a pipe gave %v", err)
	}
	if _, err := f.w.List(t.Context(), "pipe", false); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("listing a pipe gave %v", err)
	}
	if err := f.draft().Write(t.Context(), "pipe", nil); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("writing a pipe gave %v", err)
	}
	for _, recursive := range []bool{false, true} {
		if list, err := f.w.List(t.Context(), ".", recursive); err != nil || len(list) != 0 {
			t.Errorf("the list is %v, %v", list, err)
		}
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	f.put("big", "")
	must(t, syscall.Truncate(filepath.Join(f.dir, "big"), 1<<40))
	if _, err := f.w.Read(t.Context(), "big"); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("reading a terabyte gave %v", err)
	}
}
