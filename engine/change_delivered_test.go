package engine_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// deliveredTrack is a track whose tickets delivered the sets, in this order, and where those are kept.
func deliveredTrack(t *testing.T, sets map[string][]engine.ChangeSet, order ...string) (*enginetest.Blobs, *engine.Track) {
	t.Helper()
	blobs := enginetest.NewBlobs()
	var bodies []engine.Body
	next := map[string]int{}
	for _, id := range order {
		set := sets[id][next[id]]
		next[id]++
		data := set.Encode()
		blob := "changes/" + engine.ContentHash(data)
		if err := blobs.PutBlob(context.Background(), blob, data); err != nil {
			t.Fatal(err)
		}
		run := engine.Run{Ticket: key(id), Attempt: next[id]}
		bodies = append(bodies,
			engine.TicketStarted{Run: run}, engine.DeliveryStarted{Run: run, Delivery: engine.Delivery{Blob: blob}},
			engine.EditDelivered{Run: run, Files: []engine.DeliveredFile{{Path: set.Files[0].Path}}}, engine.TicketCompleted{Ticket: key(id)})
		if next[id] < len(sets[id]) {
			bodies = append(bodies, engine.TicketRetried{Ticket: key(id), Cause: engine.CausePerson})
		}
	}
	s := plannedAs(t, []trackfile.Ticket{{ID: "T1", Description: "one"}, {ID: "T2", Description: "two"}}, bodies...)
	tr, _ := s.Track("a")
	return blobs, tr
}

// summary is a change set as "op from>path base→after".
func summary(set engine.ChangeSet) []string {
	var out []string
	for _, f := range set.Files {
		out = append(out, string(f.Op)+" "+f.From+">"+f.Path+" "+string(f.Base)+"→"+string(f.After))
	}
	return out
}

func TestTrackChanges(t *testing.T) {
	t.Parallel()
	modify := func(path, base, after string) engine.FileChange {
		return engine.FileChange{Path: path, Op: engine.OpModify, Base: []byte(base), After: []byte(after)}
	}
	sets := map[string][]engine.ChangeSet{
		"T1": {
			{Files: []engine.FileChange{
				modify("a", "1", "2"),
				{Path: "made", Op: engine.OpCreate, After: []byte("m")},
				{Path: "gone", Op: engine.OpDelete, Base: []byte("g")},
				{Path: "new", From: "old", Op: engine.OpRename, Base: []byte("o"), After: []byte("o")},
				{Path: "brief", Op: engine.OpCreate, After: []byte("b")},
				modify("back", "x", "y"),
			}},
			{Files: []engine.FileChange{modify("a", "2", "3")}},
		},
		"T2": {{Files: []engine.FileChange{
			modify("new", "o", "p"), {Path: "brief", Op: engine.OpDelete, Base: []byte("b")}, modify("back", "y", "x"), modify("made", "m", "n"),
		}}},
	}
	blobs, tr := deliveredTrack(t, sets, "T1", "T2", "T1")
	files := enginetest.NewFiles(map[string]string{"a": "3", "made": "by a person", "new": "p", "back": "x"})
	set, moved, err := engine.TrackChanges(context.Background(), blobs, files, tr)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"modify >a 1→3", "delete >gone g→", "create >made →by a person", "rename old>new o→p"}
	if diff := cmp.Diff(want, summary(set)); diff != "" {
		t.Errorf("the track (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"made"}, moved); diff != "" {
		t.Errorf("changed by others (-want +got):\n%s", diff)
	}
	t1, _ := tr.Ticket("T1")
	own, err := engine.TicketChanges(context.Background(), blobs, t1)
	if err != nil {
		t.Fatal(err)
	}
	want = []string{"modify >a 1→3", "modify >back x→y", "create >brief →b", "delete >gone g→", "create >made →m", "rename old>new o→o"}
	if diff := cmp.Diff(want, summary(own)); diff != "" {
		t.Errorf("T1 (-want +got):\n%s", diff)
	}
}
