package lsp_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// shows expects that the states which an editor was sent come to a track with these tickets, each as id:status; empty: to
// no such track.
func shows(t *testing.T, track string, want ...string) lsptest.Expectation {
	return lsptest.Expectation{What: track + " with " + strings.Join(want, " "), Check: func(s lsptest.State) lsptest.Verdict {
		if slices.Equal(ticketsOf(known(t, s), track), want) {
			return lsptest.Met
		}
		return lsptest.Unmet
	}}
}

func ticketsOf(s wire.Status, track string) []string {
	i := slices.IndexFunc(s.Tracks, func(tr wire.Track) bool { return tr.ID == track })
	if i < 0 {
		return nil
	}
	list := []string{}
	for _, tk := range s.Tracks[i].Tickets {
		list = append(list, tk.ID+":"+tk.Status)
	}
	return list
}

// TestDraftsAreShown: a track that nobody has saved in an editor or run is told of as its document says it, follows that
// on the disk, and goes with it. Nothing of it is stored, until it is run.
func TestDraftsAreShown(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(saying(wire.Capabilities{State: true, Prompts: true}), lsptest.WithResponder(lsptest.Choose("Approve")))
		changed := func(path string) {
			t.Helper()
			params := map[string]any{"changes": []any{map[string]any{"uri": e.URI(path), "type": 2}}}
			must(t, e.Notify(t.Context(), protocol.MethodWorkspaceDidChangeWatchedFiles, params))
		}
		e.Await(shows(t, mainTrack, "T1:todo", "T2:todo"))
		const path, id = ".slop/tracks/other.track.yaml", ".slop/tracks/other"
		d.write(path, "title: o\ntickets:\n  - {id: A, description: a, status: blocked}\n  - {id: B, description: b, depends_on: [A]}\n")
		changed(path)
		e.Await(shows(t, id, "A:blocked", "B:todo"))
		var status wire.Status
		must(t, e.Command(t.Context(), wire.StatusShow, nil, &status))
		i := slices.IndexFunc(status.Tracks, func(tr wire.Track) bool { return tr.ID == id })
		if i < 0 || status.Tracks[i].Status != "idle" || !slices.Equal(status.Tracks[i].Tickets[1].DependsOn, []string{"A"}) {
			t.Errorf("the status is %+v", status)
		}
		if d.snapshotSeq(e) != 0 {
			t.Error("something was stored by looking")
		}
		d.write(path, "title: o\ntickets:\n  - {id: C, description: c}\n")
		changed(path)
		e.Await(shows(t, id, "C:todo"))
		d.write(path, "title: o\ntickets:\n  - {id: C}\n")
		changed(path)
		e.Await(shows(t, id))
		d.write(path, "title: o\ntickets:\n  - {id: D, description: d}\n  - {id: C, description: c}\n")
		changed(path)
		e.Await(shows(t, id, "D:todo", "C:todo"))
		must(t, os.RemoveAll(filepath.Join(d.root, filepath.FromSlash(path))))
		changed(path)
		e.Await(shows(t, id))

		d.write(mainDoc, strings.Replace(d.readFile(mainDoc), "id: T2", "id: T9", 1)) // and nobody hears of it
		runMain(t, d, e)
		e.Await(shows(t, mainTrack, "T1:completed", "T9:completed"))
	})
}

// snapshotSeq is the seq that the newest status says.
func (d *daemon) snapshotSeq(e *lsptest.Env) uint64 {
	var status struct{ Seq uint64 }
	var raw json.RawMessage
	must(d.t, e.Command(d.t.Context(), wire.StatusShow, nil, &raw))
	must(d.t, json.Unmarshal(raw, &status))
	return status.Seq
}
