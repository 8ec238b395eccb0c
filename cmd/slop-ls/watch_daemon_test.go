//go:build unix

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/slop-ls/slop-ls/lsp/wire"
)

// TestDaemonSeesWhatChanges: with no editor that watches, what happens to a track document and to the configuration on
// disk counts while tickets run: an id and the file are renamed, and a larger pool takes the next ticket at once.
func TestDaemonSeesWhatChanges(t *testing.T) {
	t.Parallel()
	p := newDaemonPlace(t, "")
	p.file("repo/.slop/config.toml", "[mma]\nmax_workers = 1\n")
	p.file("repo/.slop/tracks/work.track.yaml", oneTicket+"  - id: T2\n    description: more\n")
	first, second := p.models.hold("T1", 0), p.models.hold("T2", 0)
	run, ended := p.begin("run", "work", "--approve", "allow")
	p.daemonIs(run.Process.Pid)
	eventually(t, "the first ticket", func() bool { return p.status().Running == 1 })
	e := p.editor()
	status := func() wire.Status {
		var s wire.Status
		if err := e.Command(t.Context(), wire.StatusShow, struct{}{}, &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	has := func(track, ticket, want string) func() bool {
		return func() bool {
			for _, tr := range status().Tracks {
				for _, tk := range tr.Tickets {
					if tr.ID == track && tk.ID == ticket {
						return tk.Status == want
					}
				}
			}
			return false
		}
	}
	eventually(t, "the first one runs alone", has(".slop/tracks/work", "T1", "in_progress"))
	p.file("repo/.slop/tracks/work.track.yaml", "title: work\ntickets:\n  - id: first\n    description: nothing\n  - id: T2\n    description: more\n")
	eventually(t, "the new id", has(".slop/tracks/work", "first", "in_progress"))
	if !has(".slop/tracks/work", "T2", "todo")() {
		t.Error("T2 runs in a pool of one")
	}
	p.file("repo/.slop/config.toml", "")
	eventually(t, "the second ticket in a larger pool", has(".slop/tracks/work", "T2", "in_progress"))
	tracks := filepath.Join(p.repo, ".slop", "tracks")
	if err := os.Rename(filepath.Join(tracks, "work.track.yaml"), filepath.Join(tracks, "moved.track.yaml")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new name", has(".slop/tracks/moved", "first", "in_progress"))
	close(first)
	close(second)
	wantCode(t, ended, exitDone)
	p.want(exitDone, "run", "moved")
}
