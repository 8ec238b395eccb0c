package store

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

func openAt(t testing.TB, path string, opts Options) *Store {
	t.Helper()
	s, err := Open(path, opts)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func openNew(t testing.TB, opts Options) *Store {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "state.db"), opts)
}

func mustClose(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
}

func mustCheck(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Check(t.Context()); err != nil {
		t.Fatalf("Check: %v", err)
	}
}

func mustAppend(t testing.TB, s *Store, from uint64, n int) {
	t.Helper()
	if err := s.Append(t.Context(), enginetest.SampleEvents(from, n)); err != nil {
		t.Fatalf("Append: %v", err)
	}
}

func mustPut(t testing.TB, s *Store, name, data string) {
	t.Helper()
	if err := s.PutBlob(t.Context(), name, []byte(data)); err != nil {
		t.Fatalf("PutBlob(%q): %v", name, err)
	}
}

func allEvents(t testing.TB, s *Store) []engine.Event {
	t.Helper()
	events, err := enginetest.Collect(t.Context(), s, 0)
	if err != nil {
		t.Fatalf("Events: %v", err)
	}
	return events
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func writeFile(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
