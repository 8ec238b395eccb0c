package lsp_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// several changes two files, makes one, deletes one and renames one.
func (d *daemon) several(ctx context.Context, _ engine.Job) engine.ChangeSet {
	return engine.ChangeSet{Label: "T1", Files: []engine.FileChange{
		d.replacement(ctx, "a.go", "l.pos++", "l.pos += 2"),
		d.replacement(ctx, "b.go", `"b"`, `"B"`),
		{Path: "gone.txt", Op: engine.OpDelete, Base: []byte("gone\n")},
		{Path: "moved.txt", From: "old.txt", Op: engine.OpRename, Base: []byte("old\n"), After: []byte("old\n")},
		{Path: "new/c.go", Op: engine.OpCreate, After: []byte("package c\n")},
	}}
}

const undoable = sample + "-- gone.txt --\ngone\n-- old.txt --\nold\n"

func undo(e *lsptest.Env, id string) error {
	args := wire.TicketArgs{URI: string(e.URI(mainTrack + ".track.yaml")), ID: id}
	return e.Command(context.Background(), wire.TicketUndo, args, nil)
}

// What a ticket did in buffers and on the disk is taken back, also after the person typed elsewhere in the file, and the
// buffers are edited, not written beneath.
func TestUndo(t *testing.T) {
	t.Parallel()
	modes(t, undoable, func(t *testing.T, d *daemon) {
		labels := []string{}
		e := d.open(lsptest.WithConfig(trusting), lsptest.WithResponder(lsptest.Choose("Approve")), editing(
			func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
				labels = append(labels, *p.Label)
				return c.Apply(ctx, p.Edit), nil
			}))
		d.worker.on("T1", d.several)
		must(t, e.Open(t.Context(), "a.go"))
		settle(t, e)
		runMain(t, d, e)
		must(t, e.Edit(t.Context(), "a.go", text.Edit{New: "// typed since\n"}))
		settle(t, e)
		onDisk := d.readFile("a.go")
		must(t, undo(e, "T1"))
		if a := mustText(t, e, "a.go"); !strings.HasPrefix(a, "// typed since\npackage a") || !strings.Contains(a, "l.pos++") {
			t.Errorf("the buffer holds:\n%s", a)
		}
		if d.readFile("a.go") != onDisk {
			t.Error("an open file was written beneath its editor")
		}
		if !strings.Contains(d.readFile("b.go"), `"b"`) || d.readFile("gone.txt") != "gone\n" || d.readFile("old.txt") != "old\n" {
			t.Error("not everything on the disk was taken back")
		}
		for _, path := range []string{"moved.txt", "new/c.go"} {
			if _, err := os.Stat(filepath.Join(d.root, filepath.FromSlash(path))); err == nil {
				t.Errorf("%s is still there", path)
			}
		}
		if len(labels) != 2 || labels[1] != "undo T1: First" {
			t.Errorf("the edits were called %q", labels)
		}
		snap := d.await("T1 back in todo", func(s *engine.Snapshot) bool {
			tk, _ := s.Ticket(engine.TicketKey{Track: mainTrack, ID: "T1"})
			return tk.Status == engine.Todo
		})
		if t2, _ := snap.Ticket(engine.TicketKey{Track: mainTrack, ID: "T2"}); !t2.Stale {
			t.Error("T2, which rested on it, is not stale")
		}
		if err := undo(e, "T1"); err == nil || !strings.Contains(err.Error(), "taken back already") {
			t.Errorf("undone twice: %v", err)
		}
		if err := undo(e, "T2"); err == nil || !strings.Contains(err.Error(), "has delivered no edit") {
			t.Errorf("a ticket without an edit: %v", err)
		}
	})
}

// One place that stands in the way is named, and nothing at all is changed: not in buffers, not on the disk.
func TestUndoThatCannotBe(t *testing.T) {
	t.Parallel()
	modes(t, undoable, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithConfig(trusting), lsptest.WithResponder(lsptest.Choose("Approve")))
		d.worker.on("T1", d.several)
		must(t, e.Open(t.Context(), "a.go"))
		must(t, e.Open(t.Context(), "b.go"))
		settle(t, e)
		runMain(t, d, e)
		must(t, e.SetText(t.Context(), "b.go", strings.Replace(mustText(t, e, "b.go"), `"B"`, `"mine"`, 1)))
		settle(t, e)
		before := mustText(t, e, "a.go") + mustText(t, e, "b.go") + d.readFile("moved.txt") + d.readFile("new/c.go")
		err := undo(e, "T1")
		if err == nil || !strings.Contains(err.Error(), "b.go:4 was changed since by a person or another program") {
			t.Errorf("got %v", err)
		}
		if now := mustText(t, e, "a.go") + mustText(t, e, "b.go") + d.readFile("moved.txt") + d.readFile("new/c.go"); now != before {
			t.Error("a refused undo changed something")
		}
		must(t, e.Command(t.Context(), wire.DiffOpen, wire.DiffArgs{URI: string(e.URI(mainTrack + ".track.yaml")), ID: "T1", Undo: true}, nil))
		paperFile(t, e, "undo-main", "# Why T1 cannot be undone", "b.go:4")
		wait(t, "it can be undone again", func() bool { return d.awaitStatus(mainTrack, "T1", engine.Completed).CanUndo() })
	})
}

// An editor that lies about the undo is caught: what arrived is taken back, the ticket stays as it was, and that is said.
func TestUndoThatDoesNotArrive(t *testing.T) {
	t.Parallel()
	modes(t, undoable, func(t *testing.T, d *daemon) {
		lying := false
		e := d.open(lsptest.WithConfig(trusting), lsptest.WithResponder(lsptest.Choose("Approve")), editing(
			func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
				if lying {
					return protocol.ApplyWorkspaceEditResult{Applied: true}, nil
				}
				return c.Apply(ctx, p.Edit), nil
			}))
		d.worker.on("T1", d.several)
		must(t, e.Open(t.Context(), "a.go"))
		settle(t, e)
		runMain(t, d, e)
		lying = true
		err := undo(e, "T1")
		if err == nil || !strings.Contains(err.Error(), "T1 was not undone") || !strings.Contains(err.Error(), "the text did not change") {
			t.Errorf("got %v", err)
		}
		if !strings.Contains(mustText(t, e, "a.go"), "+= 2") || !strings.Contains(d.readFile("b.go"), `"B"`) || d.readFile("new/c.go") == "" {
			t.Error("half of it was taken back")
		}
		wait(t, "it can be undone again", func() bool { return d.awaitStatus(mainTrack, "T1", engine.Completed).CanUndo() })
	}, short)
}
