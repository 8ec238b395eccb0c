package lsp_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
)

// openAs opens a file in an editor that shows another text than the disk holds: without its byte order mark, or read in
// its own encoding.
func openAs(t *testing.T, d *daemon, e *lsptest.Env, path, shown string) {
	t.Helper()
	onDisk := d.readFile(path)
	file := filepath.Join(d.root, path)
	must(t, os.WriteFile(file, []byte(shown), 0o644))
	must(t, e.Open(t.Context(), path))
	settle(t, e)
	must(t, os.WriteFile(file, []byte(onDisk), 0o644))
}

// What an editor shows of a file is edited as it is shown, whatever the draft began with: the disk or the buffer.
func TestDeliverKeepsWhatEditorsShow(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ disk, shown, base, after, want string }{
		"crlf":                           {"a\r\nb\r\nc\r\n", "a\r\nb\r\nc\r\n", "a\r\nb\r\nc\r\n", "a\r\nB\r\nc\r\n", "a\r\nB\r\nc\r\n"},
		"no final newline":               {"a\nb", "a\nb", "a\nb", "a\nB", "a\nB"},
		"empty":                          {"", "", "", "new\n", "new\n"},
		"emptied":                        {"a\n", "a\n", "a\n", "", ""},
		"a mark that the editor hides":   {"\ufeffa\nb\nc\n", "a\nb\nc\n", "\ufeffa\nb\nc\n", "\ufeffA\nb\nc\n", "A\nb\nc\n"},
		"latin-1, drafted from the disk": {"caf\xe9\n1\n2\nb\n", "café\n1\n2\nb\n", "caf\xe9\n1\n2\nb\n", "caf\xe9\n1\n2\nB\n", "café\n1\n2\nB\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, "-- x.txt --\n", func(t *testing.T, d *daemon) {
				must(t, os.WriteFile(filepath.Join(d.root, "x.txt"), []byte(tc.disk), 0o644))
				e := d.open()
				openAs(t, d, e, "x.txt", tc.shown)
				_, err := d.deliver(t, engine.ChangeSet{Files: []engine.FileChange{{Path: "x.txt", Op: engine.OpModify, Base: []byte(tc.base), After: []byte(tc.after)}}})
				must(t, err)
				if got := mustText(t, e, "x.txt"); got != tc.want {
					t.Errorf("the buffer holds %q, want %q", got, tc.want)
				}
				if got := d.readFile("x.txt"); got != tc.disk {
					t.Errorf("the disk was written beneath: %q", got)
				}
			})
		})
	}
}

// UTF-16 in a draft from the disk and text in the editor cannot be merged: a conflict, and nothing is changed.
func TestDeliverOfAnotherEncodingConflicts(t *testing.T) {
	t.Parallel()
	modes(t, "-- x.txt --\n", func(t *testing.T, d *daemon) {
		const base, after = "\xff\xfea\x00\n\x00b\x00\n\x00", "\xff\xfea\x00\n\x00B\x00\n\x00"
		must(t, os.WriteFile(filepath.Join(d.root, "x.txt"), []byte(base), 0o644))
		e := d.open()
		openAs(t, d, e, "x.txt", "a\nb\n")
		_, err := d.deliver(t, engine.ChangeSet{Files: []engine.FileChange{{Path: "x.txt", Op: engine.OpModify, Base: []byte(base), After: []byte(after)}}})
		if err == nil || !strings.Contains(err.Error(), "conflict") {
			t.Errorf("got %v", err)
		}
		if got := mustText(t, e, "x.txt"); got != "a\nb\n" {
			t.Errorf("the buffer holds %q", got)
		}
	})
}

// A file that is open and goes, or gets another name: that is said to each editor that has it, and the new name is shown
// where documents can be shown.
func TestDeliverMovesOpenFiles(t *testing.T) {
	t.Parallel()
	modes(t, undoable, func(t *testing.T, d *daemon) {
		shows := d.open(lsptest.WithConfig(trusting))
		plain := d.open(lsptest.WithConfig(bare))
		for _, e := range []*lsptest.Env{shows, plain} {
			must(t, e.Open(t.Context(), "gone.txt"))
			must(t, e.Open(t.Context(), "old.txt"))
			settle(t, e)
		}
		set := d.several(t.Context(), engine.Job{})
		_, err := d.deliver(t, set)
		must(t, err)
		for _, e := range []*lsptest.Env{shows, plain} {
			e.Await(lsptest.Message("gone.txt was deleted and is still open here: to save it would bring it back"))
			e.Await(lsptest.Message("old.txt was renamed to moved.txt and is still open here under its old name: go on in moved.txt"))
		}
		shows.Await(lsptest.Shown("moved.txt"))
		if n := len(plain.Seen().Shown); n != 0 {
			t.Errorf("%d documents were shown to an editor that cannot", n)
		}
	})
}

// bare is an editor that takes edits and can do nothing else.
func bare(cfg *client.Config) {
	cfg.Initialize = json.RawMessage(`{"processId":null,"rootUri":` + quoted(string(uri.File(cfg.Root))) + `,"capabilities":{"workspace":{"applyEdit":true,"workspaceEdit":{"documentChanges":true}}}}`)
}
