//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/scripted"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/store"
)

// crashScene is what all crash tests share: the program, a repository to be copied, and the models. These run in the
// test's own process and so survive every kill; what they say depends on nothing but the request.
type crashScene struct {
	dir    string
	binary string
	files  fs.FS // of the scene's archive
	models *scripted.Server
}

func newCrashScene(t *testing.T) *crashScene {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/crash/scene.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files, err := txtar.FS(archive)
	if err != nil {
		t.Fatal(err)
	}
	s := &crashScene{dir: t.TempDir(), binary: builtProgram(t), files: files}
	s.startModels(t)
	repo := filepath.Join(s.dir, "repo")
	sub, err := fs.Sub(files, "repo")
	if err == nil {
		err = os.CopyFS(repo, sub)
	}
	if err != nil {
		t.Fatal(err)
	}
	commitAll(t, repo)
	return s
}

func (s *crashScene) startModels(t *testing.T) {
	t.Helper()
	script, err := scripted.LoadScript(bytes.NewReader(readAll(t, s.files, "model.json")))
	if err != nil {
		t.Fatal(err)
	}
	if s.models, err = scripted.Start(script); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.models.Close)
}

// crashPlace is one case's own copy of everything, used by one goroutine.
type crashPlace struct {
	scene    *crashScene
	dir      string // of everything below
	repo     string
	state    string
	runs     int
	sessions []int // of the processes that were started
}

// place makes a fresh one. workers is the width of the pool.
func (s *crashScene) place(name string, workers int) (*crashPlace, error) {
	dir, err := os.MkdirTemp(s.dir, name+"-")
	if err != nil {
		return nil, err
	}
	p := &crashPlace{scene: s, dir: dir, repo: filepath.Join(dir, "repo"), state: filepath.Join(dir, "state")}
	config := filepath.Join(dir, "home", "config", "slop-ls")
	if err := os.MkdirAll(config, 0o755); err != nil {
		return nil, err
	}
	settings := fmt.Sprintf("[mma]\nmax_workers = %d\n%s", workers, modelConfig(s.models.URL()))
	if err := os.WriteFile(filepath.Join(config, "config.toml"), []byte(settings), 0o600); err != nil {
		return nil, err
	}
	return p, os.CopyFS(p.repo, os.DirFS(filepath.Join(s.dir, "repo")))
}

// errNoState says that no run has come so far as to make the workspace's folder of state.
var errNoState = errors.New("no folder of state")

// stateDir is the workspace's folder of state, where the store and the scratch folders are.
func (p *crashPlace) stateDir() (string, error) {
	found, err := filepath.Glob(filepath.Join(p.state, "slop-ls", "*"))
	switch {
	case err != nil:
		return "", err
	case len(found) == 0:
		return "", errNoState
	case len(found) > 1:
		return "", fmt.Errorf("one workspace has the folders of state %v", found)
	}
	return found[0], nil
}

// crashPast writes the export of a store in which another track has come to its end, with a journal of so many events
// and, where ballast is not 0, a blob of so many bytes.
func crashPast(t *testing.T, dir string, events, ballast int) string {
	t.Helper()
	s, err := store.Open(filepath.Join(dir, fmt.Sprintf("past-%d-%d.db", events, ballast)), store.Options{BackupEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // what counts is the export
	key := engine.TicketKey{Track: ".slop/tracks/past", ID: "P1"}
	attempt := engine.Run{Ticket: key, Attempt: 1}
	bodies := []engine.Body{
		engine.TrackPlanned{Track: key.Track, Tickets: []trackfile.Ticket{{ID: key.ID, Description: "long ago"}}, Order: []string{key.ID}},
		engine.TrackMoved{Track: key.Track, To: engine.TrackRunning, By: engine.ByPerson},
		engine.TicketStarted{Run: attempt, Model: "small"},
	}
	for range events - len(bodies) - 2 {
		bodies = append(bodies, engine.UsageRecorded{Run: attempt, Tier: engine.TierWorker, Model: "small", Usage: engine.Usage{Input: 1}})
	}
	bodies = append(bodies, engine.TicketCompleted{Ticket: key, By: engine.ByWorker}, engine.TrackMoved{Track: key.Track, To: engine.TrackDone})
	journal := make([]engine.Event, len(bodies))
	for i, b := range bodies {
		journal[i] = engine.Event{Seq: uint64(i) + 1, At: time.Now(), Body: b}
	}
	if err := s.Append(t.Context(), journal); err != nil {
		t.Fatal(err)
	}
	if ballast > 0 {
		if err := s.PutBlob(t.Context(), "ballast", bytes.Repeat([]byte("slop"), ballast/4)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, fmt.Sprintf("past-%d-%d.jsonl", events, ballast))
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Export(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
