package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine/enginetest"
)

func TestBackupsRotate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	s := openAt(t, path, Options{})
	for i := range 4 {
		mustAppend(t, s, uint64(i+1), 1)
		got, err := s.Backup(t.Context())
		if err != nil || got != path+".bak.1" {
			t.Fatalf("Backup: %s, %v", got, err)
		}
	}
	for generation, want := range map[int]int{1: 4, 2: 3} {
		b := openAt(t, backupPath(path, generation), Options{ReadOnly: true})
		if diff := cmp.Diff(enginetest.SampleEvents(1, want), allEvents(t, b)); diff != "" {
			t.Errorf("generation %d: %s", generation, diff)
		}
	}
	if _, err := os.Stat(backupPath(path, 3)); err == nil {
		t.Error("a third copy was kept")
	}
	st, err := s.Stats(t.Context())
	if err != nil || st.Backup != path+".bak.1" {
		t.Errorf("Stats: %+v, %v", st, err)
	}
}

func TestBackupWhenGrown(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	opts := Options{BackupEvery: 500_000}
	reopenWith := func(n int) generations {
		s := openAt(t, path, opts)
		mustPut(t, s, fmt.Sprint("b", n), strings.Repeat("x", 400_000))
		mustClose(t, s)
		mustClose(t, openAt(t, path, opts))
		return statBackups(path)
	}
	for n, want := range []generations{{false, false}, {true, false}, {true, false}, {true, true}} {
		if got := reopenWith(n); got != want {
			t.Errorf("after %d blobs: backups %v, want %v", n+1, got, want)
		}
	}
	backup := openAt(t, backupPath(path, 1), Options{ReadOnly: true})
	if _, err := backup.Blob(t.Context(), "b1"); err != nil {
		t.Error(err)
	}
}

type generations struct{ first, second bool }

func statBackups(path string) generations {
	_, err1 := os.Stat(backupPath(path, 1))
	_, err2 := os.Stat(backupPath(path, 2))
	return generations{err1 == nil, err2 == nil}
}
