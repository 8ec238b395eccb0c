package store

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"github.com/slop-ls/slop-ls/engine/enginetest"
)

// addBucket is a migration like the real ones will be: it adds what the new schema needs.
func addBucket(name string) migration {
	return migration{name: "add " + name, run: func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte(name))
		return err
	}}
}

func TestMigration(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	s := openAt(t, path, Options{Build: "old"})
	mustAppend(t, s, 1, 20)
	mustClose(t, s)

	newer := Options{Build: "new", migrations: []migration{addBucket("one"), addBucket("two")}}
	var older *OlderError
	readOnly := newer
	readOnly.ReadOnly = true
	if _, err := Open(path, readOnly); !errors.As(err, &older) || older.Have != 1 || older.Want != 3 {
		t.Errorf("reading only gave %v, want an OlderError", err)
	}
	s = openAt(t, path, newer)
	if h := s.Header(); h.Schema != 3 || h.Build != "new" {
		t.Errorf("Header: %+v", h)
	}
	if n := countKeys(t, s, []byte("one")) + countKeys(t, s, []byte("two")); n != 0 {
		t.Errorf("%d keys in new buckets", n)
	}
	if diff := cmp.Diff(enginetest.SampleEvents(1, 20), allEvents(t, s)); diff != "" {
		t.Error(diff)
	}
	mustCheck(t, s)
	mustClose(t, s)
	mustClose(t, openAt(t, path, newer)) // nothing to do the second time

	old := openAt(t, migrationBackup(path, 1), Options{ReadOnly: true})
	if h := old.Header(); h.Schema != 1 || h.Build != "old" || len(allEvents(t, old)) != 20 {
		t.Errorf("the copy from before: %+v", h)
	}
	mustClose(t, old)
}

func TestNewerStoreIsLeftAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	mustClose(t, openAt(t, path, Options{Build: "v9", migrations: []migration{addBucket("one")}}))
	before := readFile(t, path)
	for _, opts := range []Options{{}, {ReadOnly: true}} {
		_, err := Open(path, opts)
		var newer *NewerError
		if !errors.As(err, &newer) || newer.Have != 2 || newer.Known != 1 || !strings.Contains(err.Error(), "v9") {
			t.Errorf("Open gave %v, want a NewerError", err)
		}
	}
	if !bytes.Equal(before, readFile(t, path)) {
		t.Error("the file was changed")
	}
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	s := openAt(t, path, Options{})
	mustAppend(t, s, 1, 20)
	mustClose(t, s)
	broken := errors.New("broken")
	_, err := Open(path, Options{migrations: []migration{
		addBucket("one"), {name: "break", run: func(*bbolt.Tx) error { return broken }},
	}})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), migrationBackup(path, 1)) {
		t.Errorf("Open gave %v", err)
	}
	s = openAt(t, path, Options{})
	if s.Header().Schema != 1 || len(allEvents(t, s)) != 20 {
		t.Errorf("Header: %+v", s.Header())
	}
	mustAppend(t, s, 21, 1)
}
