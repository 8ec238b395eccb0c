package lsp_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// editing makes a client carry out edits in its own way.
func editing(apply lsptest.ApplyEdit) lsptest.Option {
	return lsptest.WithConfig(func(cfg *client.Config) { cfg.Hooks.ApplyEdit = apply })
}

// settle makes sure that the server has read everything the editor sent before.
func settle(t *testing.T, e *lsptest.Env) {
	t.Helper()
	must(t, e.Command(t.Context(), wire.StatusShow, nil, nil))
}

// both changes a.go and b.go, from what the workspace holds now, and makes a new file.
func (d *daemon) both(t *testing.T) engine.ChangeSet {
	t.Helper()
	return engine.ChangeSet{Label: "T1: both", Files: []engine.FileChange{
		d.replacement(t.Context(), "a.go", "l.pos++", "l.pos += 2"),
		d.replacement(t.Context(), "b.go", `"b"`, `"B"`),
		{Path: "new/c.go", Op: engine.OpCreate, After: []byte("package c\n")},
	}}
}

func (d *daemon) deliver(t *testing.T, set engine.ChangeSet) (engine.Delivered, error) {
	t.Helper()
	return d.Deliver(t.Context(), engine.Run{Ticket: engine.TicketKey{Track: mainTrack, ID: "T1"}, Attempt: 1}, set)
}

func TestDeliverOpenAndClosed(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		must(t, e.Open(t.Context(), "a.go"))
		settle(t, e)
		set := d.both(t)
		got, err := d.deliver(t, set)
		must(t, err)
		a, _, _ := e.Text("a.go")
		want := []engine.DeliveredFile{
			{Path: "a.go", Op: engine.OpModify, Hash: engine.ContentHash([]byte(a)), Added: 1, Gone: 1},
			{Path: "b.go", Op: engine.OpModify, Hash: engine.ContentHash([]byte(d.readFile("b.go"))), Added: 1, Gone: 1},
			{Path: "new/c.go", Op: engine.OpCreate, Hash: engine.ContentHash([]byte("package c\n")), Added: 1},
		}
		if diff := cmp.Diff(want, got.Files); diff != "" {
			t.Error(diff)
		}
		if string(set.Files[0].After) != a {
			t.Errorf("the buffer holds:\n%s", a)
		}
		_, version, _ := e.Text("a.go")
		if _, err := d.deliver(t, engine.ChangeSet{Files: set.Files[:1]}); err != nil {
			t.Errorf("delivering what is there already: %v", err)
		}
		if _, again, _ := e.Text("a.go"); again != version {
			t.Error("delivering what is there already changed the buffer")
		}
	})
}

func TestDeliverWithoutAnEditor(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		_, err := d.deliver(t, d.both(t))
		must(t, err)
		if !strings.Contains(d.readFile("a.go"), "+= 2") || d.readFile("new/c.go") != "package c\n" {
			t.Error("not all of it was written")
		}
	})
}

// What an editor claims and did not do is an error, and everything is as it was.
func TestDeliverLies(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		apply lsptest.ApplyEdit
		want  string
	}{
		"applied without applying": {lsptest.LieApplied, "said that the edit was applied, but the text did not change"},
		"refused":                  {lsptest.Refuse, "it refused: the person said no"},
		"error":                    {lsptest.Fail, "the editor answered with error"},
		"first document only":      {secondOnly(lsptest.LieApplied), "said that the edit was applied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, sample, func(t *testing.T, d *daemon) {
				e := d.open(editing(tc.apply))
				must(t, e.Open(t.Context(), "a.go"))
				must(t, e.Open(t.Context(), "b.go"))
				settle(t, e)
				beforeA, _, _ := e.Text("a.go")
				beforeB, _, _ := e.Text("b.go")
				_, err := d.deliver(t, d.both(t))
				var failed *lsp.DeliveryError
				if !errors.As(err, &failed) || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("got %v, want %q", err, tc.want)
				}
				a, _, _ := e.Text("a.go")
				b, _, _ := e.Text("b.go")
				if a != beforeA || b != beforeB {
					t.Error("a buffer has part of the change")
				}
				if _, err := os.Stat(filepath.Join(d.root, "new", "c.go")); err == nil {
					t.Error("the new file was left behind")
				}
			}, short)
		})
	}
}

// What was on the disk for a while, and was opened then, is taken back from the buffer too: else the next save brings it
// again.
func TestTakenBackFromBuffers(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		first := lsptest.Times(1)
		e := d.open(editing(func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
			if !first() {
				return c.Apply(ctx, p.Edit), nil
			}
			err := errors.Join(c.Open(ctx, "b.go"), c.Edit(ctx, "b.go", text.Edit{New: typed}))
			if err != nil {
				return protocol.ApplyWorkspaceEditResult{}, err
			}
			return lsptest.Refuse(ctx, c, p)
		}))
		must(t, e.Open(t.Context(), "a.go"))
		settle(t, e)
		set := d.both(t)
		var failed *lsp.DeliveryError
		if _, err := d.deliver(t, set); !errors.As(err, &failed) || errors.As(err, new(*engine.LeftoverError)) {
			t.Fatalf("got %v", err)
		}
		if diff := cmp.Diff(typed+string(set.Files[1].Base), mustText(t, e, "b.go")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}, short)
}

// What is taken back from an editor that has saved it meanwhile is taken back from another one, too, that has opened it so.
func TestTakenBackFromWhoHasItSaved(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		other := d.open()
		e := d.open(editing(func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
			return secondOnly(func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
				if err := errors.Join(c.Save(ctx, "a.go"), other.Open(ctx, "a.go")); err != nil {
					return protocol.ApplyWorkspaceEditResult{}, err
				}
				return lsptest.Refuse(ctx, c, p)
			})(ctx, c, p)
		}))
		must(t, e.Open(t.Context(), "a.go"))
		must(t, e.Open(t.Context(), "b.go"))
		settle(t, e)
		set := d.both(t)
		var failed *lsp.DeliveryError
		if _, err := d.deliver(t, set); !errors.As(err, &failed) || errors.As(err, new(*engine.LeftoverError)) {
			t.Fatalf("got %v", err)
		}
		for _, at := range []*lsptest.Env{e, other} {
			if diff := cmp.Diff(string(set.Files[0].Base), mustText(t, at, "a.go")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	}, short)
}

// secondOnly misbehaves for b.go alone.
func secondOnly(bad lsptest.ApplyEdit) lsptest.ApplyEdit {
	return func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
		if e, ok := p.Edit.DocumentChanges[0].(*protocol.TextDocumentEdit); ok && strings.HasSuffix(string(e.TextDocument.URI), "b.go") {
			return bad(ctx, c, p)
		}
		return c.Apply(ctx, p.Edit), nil
	}
}

// A client that promises transactions gets all documents at once; one that then applies the first only is caught.
func TestDeliverBatch(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		requests := 0
		root := client.Config{Root: d.root}
		e := d.open(lsptest.WithConfig(func(cfg *client.Config) {
			cfg.Hooks.ApplyEdit = func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
				requests++
				return lsptest.FirstOnly(ctx, c, p)
			}
			cfg.Initialize = []byte(`{"processId":null,"clientInfo":{"name":"x"},"rootUri":"file://` + root.Root + `","capabilities":{"workspace":{
				"applyEdit":true,"workspaceEdit":{"documentChanges":true,"failureHandling":"textOnlyTransactional"}}}}`)
		}))
		must(t, e.Open(t.Context(), "a.go"))
		must(t, e.Open(t.Context(), "b.go"))
		settle(t, e)
		before, _, _ := e.Text("a.go")
		_, err := d.deliver(t, d.both(t))
		var failed *lsp.DeliveryError
		if !errors.As(err, &failed) || failed.Path != "b.go" {
			t.Errorf("got %v", err)
		}
		if after, _, _ := e.Text("a.go"); after != before || requests != 2 {
			t.Errorf("%d requests (want one and one to take it back), a.go:\n%s", requests, after)
		}
	}, short)
}

// The person types while the edit is on its way: it is laid anew onto what they typed.
func TestDeliverRebases(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		typed := false
		e := d.open(editing(func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
			if !typed {
				typed = true
				if err := c.Edit(ctx, "a.go", text.Edit{New: "// typed\n"}); err != nil {
					return protocol.ApplyWorkspaceEditResult{}, err
				}
			}
			return c.Apply(ctx, p.Edit), nil // refuses an old version
		}))
		must(t, e.Open(t.Context(), "a.go"))
		settle(t, e)
		got, err := d.deliver(t, engine.ChangeSet{Files: d.both(t).Files[:1]})
		must(t, err)
		a, _, _ := e.Text("a.go")
		if !strings.HasPrefix(a, "// typed\npackage a") || !strings.Contains(a, "+= 2") || !got.Files[0].Merged {
			t.Errorf("got %+v and\n%s", got.Files, a)
		}
	})
}

func TestDeliverMergesAndConflicts(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		must(t, e.Open(t.Context(), "a.go"))
		must(t, e.Open(t.Context(), "b.go"))
		settle(t, e)
		set := d.both(t) // made before the person types
		must(t, e.Edit(t.Context(), "a.go", text.Edit{New: "// 𝄞 typed\n"}))
		must(t, e.SetText(t.Context(), "b.go", strings.Replace(mustText(t, e, "b.go"), `"b"`, `"mine"`, 1)))
		settle(t, e)
		_, err := d.deliver(t, set)
		var conflict *engine.ConflictError
		if !errors.As(err, &conflict) || len(conflict.Conflicts) != 1 || conflict.Conflicts[0].Path != "b.go" ||
			!strings.Contains(conflict.Conflicts[0].Text, "the editor") {
			t.Fatalf("got %v", err)
		}
		if strings.Contains(mustText(t, e, "a.go"), "+= 2") {
			t.Error("a.go was edited although b.go conflicts")
		}
		set.Files = set.Files[:1]
		got, err := d.deliver(t, set)
		must(t, err)
		if a := mustText(t, e, "a.go"); !strings.HasPrefix(a, "// 𝄞 typed\n") || !strings.Contains(a, "+= 2") || !got.Files[0].Merged {
			t.Errorf("merged: %+v\n%s", got.Files, a)
		}
	})
}

func mustText(t *testing.T, e *lsptest.Env, path string) string {
	t.Helper()
	content, _, ok := e.Text(path)
	if !ok {
		t.Fatalf("%s is not open", path)
	}
	return content
}

func TestDeliverDeleteOfAnEditedBuffer(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		must(t, e.Open(t.Context(), "b.go"))
		settle(t, e)
		base := []byte(d.readFile("b.go"))
		must(t, e.Edit(t.Context(), "b.go", text.Edit{New: "// mine\n"}))
		settle(t, e)
		_, err := d.deliver(t, engine.ChangeSet{Files: []engine.FileChange{{Path: "b.go", Op: engine.OpDelete, Base: base}}})
		var conflict *engine.ConflictError
		if !errors.As(err, &conflict) {
			t.Errorf("deleting a file with unsaved text: %v", err)
		}
		if d.readFile("b.go") != string(base) {
			t.Error("the file is gone")
		}
	})
}

// The asker's editor delivers; another one that holds other text is named.
func TestDeliverNamesOtherEditors(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		asker := d.open()
		other := d.open(lsptest.WithConfig(func(cfg *client.Config) { cfg.Name = "Other" }))
		must(t, asker.Open(t.Context(), "b.go"))
		must(t, other.Open(t.Context(), "b.go"))
		must(t, other.Edit(t.Context(), "b.go", text.Edit{New: "// other\n"}))
		settle(t, other)
		must(t, asker.Command(t.Context(), wire.TicketRun, wire.TicketArgs{URI: string(asker.URI(mainTrack + ".track.yaml")), ID: "T1"}, nil))
		got, err := d.deliver(t, engine.ChangeSet{Files: []engine.FileChange{d.replacement(t.Context(), "b.go", `"b"`, `"B"`)}})
		must(t, err)
		if !strings.Contains(mustText(t, asker, "b.go"), `"B"`) || strings.Contains(mustText(t, other, "b.go"), `"B"`) {
			t.Error("the wrong editor was edited")
		}
		if want := "another editor holds other text: b.go in Other 1"; got.Note != want {
			t.Errorf("the note is %q, want %q", got.Note, want)
		}
	})
}

func TestDeliverEncodings(t *testing.T) {
	t.Parallel()
	for _, enc := range []text.Encoding{text.UTF8, text.UTF16, text.UTF32} {
		t.Run(string(enc), func(t *testing.T) {
			t.Parallel()
			modes(t, "-- x.txt --\nold 𝄞é\r\nkept\n", func(t *testing.T, d *daemon) {
				e := d.open(lsptest.WithConfig(func(cfg *client.Config) { cfg.Encodings = []text.Encoding{enc} }))
				if e.Encoding() != enc {
					t.Fatalf("settled on %s", e.Encoding())
				}
				must(t, e.Open(t.Context(), "x.txt"))
				must(t, e.Edit(t.Context(), "x.txt", text.Edit{Span: text.Span{Start: len("old 𝄞"), End: len("old 𝄞é")}, New: "ü"}))
				settle(t, e)
				file, err := d.Read(t.Context(), "x.txt")
				if err != nil || string(file.Data) != "old 𝄞ü\r\nkept\n" || !file.Open || file.Version != 2 {
					t.Fatalf("the server holds %q (%v)", file.Data, err)
				}
				_, err = d.deliver(t, engine.ChangeSet{Files: []engine.FileChange{d.replacement(t.Context(), "x.txt", "𝄞ü", "𝄞 neu")}})
				must(t, err)
				if got := mustText(t, e, "x.txt"); got != "old 𝄞 neu\r\nkept\n" {
					t.Errorf("got %q", got)
				}
			})
		})
	}
}

// A file that is closed, or an editor that goes away, while its edit is on the way: it goes to the disk.
func TestDeliverWhenTheEditorGoes(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(context.Context, *client.Client) error{
		"closes the file": func(ctx context.Context, c *client.Client) error { return c.CloseBuffer(ctx, "b.go") },
		"disconnects":     func(ctx context.Context, c *client.Client) error { go c.Close(); <-ctx.Done(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, sample, func(t *testing.T, d *daemon) {
				e := d.open(editing(func(ctx context.Context, c *client.Client, _ protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
					return protocol.ApplyWorkspaceEditResult{}, leave(ctx, c)
				}))
				must(t, e.Open(t.Context(), "b.go"))
				settle(t, e)
				_, err := d.deliver(t, d.both(t))
				must(t, err)
				if !strings.Contains(d.readFile("b.go"), `"B"`) || !strings.Contains(d.readFile("a.go"), "+= 2") {
					t.Error("the disk does not have the change")
				}
			})
		})
	}
}
