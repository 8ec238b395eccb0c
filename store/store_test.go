package store

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

func TestStoreConforms(t *testing.T) {
	t.Parallel()
	enginetest.JournalConformance(t, func(t *testing.T) engine.Journal { return openNew(t, Options{}) })
	enginetest.BlobsConformance(t, func(t *testing.T) engine.Blobs { return openNew(t, Options{}) })
}

func TestReopenKeepsEverything(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deep", "er", "state.db")
	s := openAt(t, path, Options{Build: "v1.2.3"})
	mustAppend(t, s, 1, 300)
	mustPut(t, s, "sha256/00", "content")
	if err := s.SaveSnapshot(t.Context(), 200, []byte("folded")); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	mustClose(t, s) // twice is fine

	s = openAt(t, path, Options{Build: "other"})
	if diff := cmp.Diff(enginetest.SampleEvents(1, 300), allEvents(t, s)); diff != "" {
		t.Error(diff)
	}
	seq, data, err := s.LoadSnapshot(t.Context())
	if seq != 200 || string(data) != "folded" || err != nil {
		t.Errorf("LoadSnapshot: %d, %q, %v", seq, data, err)
	}
	if got, err := s.Blob(t.Context(), "sha256/00"); string(got) != "content" {
		t.Errorf("Blob: %q, %v", got, err)
	}
	if h := s.Header(); h.Build != "v1.2.3" || h.Schema != firstSchema || h.Created.IsZero() {
		t.Errorf("Header: %+v", h)
	}
	mustAppend(t, s, 301, 1)
	mustCheck(t, s)
}

func TestFilesAreThePersonsOwn(t *testing.T) {
	t.Parallel()
	if os.PathSeparator == '\\' {
		t.Skip("permission bits are not Windows's")
	}
	path := filepath.Join(t.TempDir(), "ws", "state.db")
	openAt(t, path, Options{})
	for name, want := range map[string]fs.FileMode{path: 0o600, path + holderSuffix: 0o600, filepath.Dir(path): 0o700} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", name, info.Mode(), err, want)
		}
	}
}

func TestEmptyFileIsNew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	writeFile(t, path, nil)
	s := openAt(t, path, Options{})
	mustAppend(t, s, 1, 1)
	mustCheck(t, s)
}

func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	writeFile(t, path+newSuffix+"1-x", []byte("of a process that was killed"))
	writeFile(t, path+backupTemp, []byte("too"))
	mustClose(t, openAt(t, path, Options{}))
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("left: %v, %v; want the store alone", entries, err)
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	if _, err := Open(path, Options{ReadOnly: true}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of nothing gave %v", err)
	}
	s := openAt(t, path, Options{})
	mustAppend(t, s, 1, 5)
	mustPut(t, s, "n", "blob")
	mustClose(t, s)

	before := readFile(t, path)
	a, b := openAt(t, path, Options{ReadOnly: true}), openAt(t, path, Options{ReadOnly: true})
	for _, s := range []*Store{a, b} {
		if got := allEvents(t, s); len(got) != 5 {
			t.Errorf("%d events", len(got))
		}
		mustCheck(t, s)
		for name, err := range map[string]error{
			"Append":       s.Append(t.Context(), enginetest.SampleEvents(6, 1)),
			"PutBlob":      s.PutBlob(t.Context(), "m", []byte("x")),
			"SaveSnapshot": s.SaveSnapshot(t.Context(), 1, nil),
			"Import":       s.Import(t.Context(), strings.NewReader("")),
		} {
			if !errors.Is(err, ErrReadOnly) {
				t.Errorf("%s gave %v, want ErrReadOnly", name, err)
			}
		}
		mustClose(t, s)
	}
	if !bytes.Equal(before, readFile(t, path)) {
		t.Error("reading changed the file")
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	s := openNew(t, Options{})
	mustAppend(t, s, 1, 1)
	mustClose(t, s)
	_, eventsErr := enginetest.Collect(t.Context(), s, 0)
	_, _, snapshotErr := s.LoadSnapshot(t.Context())
	_, blobErr := s.Blob(t.Context(), "n")
	for name, err := range map[string]error{
		"Append": s.Append(t.Context(), enginetest.SampleEvents(2, 1)), "Events": eventsErr, "LoadSnapshot": snapshotErr,
		"Blob": blobErr, "PutBlob": s.PutBlob(t.Context(), "n", nil), "Check": s.Check(t.Context()),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s gave %v, want ErrClosed", name, err)
		}
	}
}

func TestBlobLimits(t *testing.T) {
	t.Parallel()
	s := openNew(t, Options{})
	if err := s.PutBlob(t.Context(), "n", make([]byte, MaxBlob+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a huge blob gave %v", err)
	}
	for _, name := range []string{"", "\xff", strings.Repeat("n", longestName+1)} {
		if err := s.PutBlob(t.Context(), name, nil); !errors.Is(err, errName) {
			t.Errorf("the name %.10q gave %v", name, err)
		}
	}
	mustPut(t, s, strings.Repeat("n", longestName), "x")
	mustCheck(t, s)
}

func TestEmptyContentsShareNothing(t *testing.T) {
	t.Parallel()
	s := openNew(t, Options{})
	mustPut(t, s, "empty", "")
	mustPut(t, s, "full", "content")
	mustPut(t, s, "empty", "no more") // lets go of what the empty one had
	if got, err := s.Blob(t.Context(), "full"); string(got) != "content" {
		t.Errorf("Blob: %q, %v", got, err)
	}
	mustCheck(t, s)
}

// A store that is used from all sides at once stays whole. The race detector watches.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	s := openNew(t, Options{Retention: Retention{Attempts: 2, MaxBytes: 100_000}})
	mustAppend(t, s, 1, 1)
	var wg sync.WaitGroup
	must := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	const rounds = 30
	wg.Go(func() {
		for i := range rounds {
			must(s.Append(t.Context(), enginetest.SampleEvents(uint64(2+i*3), 3)))
		}
	})
	wg.Go(func() {
		for i := range rounds {
			must(s.SaveSnapshot(t.Context(), 1, make([]byte, 5000*i)))
			_, _, err := s.LoadSnapshot(t.Context())
			must(err)
		}
	})
	wg.Go(func() {
		for i := range rounds {
			must(s.PutBlob(t.Context(), transcriptName("a", "T", i), make([]byte, 5000*i)))
			_, err := s.Transcripts(t.Context(), engine.TicketKey{Track: "a", ID: "T"})
			must(err)
		}
	})
	wg.Go(func() {
		for range 5 {
			must(s.Check(t.Context()))
			_, err := s.Backup(t.Context())
			must(err)
			_, err = s.Stats(t.Context())
			must(err)
			_, err = enginetest.Collect(t.Context(), s, 0)
			must(err)
		}
	})
	wg.Wait()
	mustCheck(t, s)
}
