package workspace_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine/workspace"
)

// watched runs a Watch and gives what it tells.
func watched(t *testing.T, root string, dirs ...string) <-chan []string {
	t.Helper()
	w, err := workspace.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	told, ended := make(chan []string, 100), make(chan error, 1)
	ready := filepath.Join(root, dirs[0], "ready")
	go func() {
		ended <- w.Watch(ctx, dirs, func(_ context.Context, paths []string) { told <- paths })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	// It watches when it has told of a file; made again and again, because the first may come too early.
	for {
		write(t, ready, time.Now().String())
		select {
		case <-told:
			return told
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// until collects what is told until all of want came.
func until(t *testing.T, told <-chan []string, want ...string) {
	t.Helper()
	var got []string
	timeout := time.After(20 * time.Second)
	for {
		if !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(got, w) }) {
			return
		}
		select {
		case paths := <-told:
			got = append(got, paths...)
		case <-timeout:
			t.Fatalf("told of %v, want %v", got, want)
		}
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	at := func(p string) string { return filepath.Join(root, filepath.FromSlash(p)) }
	told := watched(t, root, ".slop/tracks", ".slop/config.toml")
	write(t, at(".slop/tracks/a.track.yaml"), "a")
	until(t, told, ".slop/tracks/a.track.yaml")
	write(t, at(".slop/tracks/deep/er/b.track.yaml"), "b") // in folders made this moment
	until(t, told, ".slop/tracks/deep/er/b.track.yaml")
	if err := os.Rename(at(".slop/tracks/a.track.yaml"), at(".slop/tracks/deep/c.track.yaml")); err != nil {
		t.Fatal(err)
	}
	until(t, told, ".slop/tracks/a.track.yaml", ".slop/tracks/deep/c.track.yaml")
	write(t, at(".slop/config.toml"), "x")
	until(t, told, ".slop/config.toml")
	if err := os.Remove(at(".slop/tracks/deep/c.track.yaml")); err != nil {
		t.Fatal(err)
	}
	until(t, told, ".slop/tracks/deep/c.track.yaml")
	write(t, at("src/main.go"), "x") // elsewhere: nothing is told of it
	write(t, at(".slop/tracks/last"), "x")
	for paths := range told {
		if slices.ContainsFunc(paths, func(p string) bool { return p == "src/main.go" || p == "src" }) {
			t.Fatalf("told of %v", paths)
		}
		if slices.Contains(paths, ".slop/tracks/last") {
			return
		}
	}
}
