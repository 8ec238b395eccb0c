//go:build linux

package main

import (
	"context"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// Where a daemon runs, subcommands see what its editors have and nobody has saved, and an undo goes through them.
func TestSubcommandsSeeBuffers(t *testing.T) {
	t.Parallel()
	p := newDaemonPlace(t, "")
	p.models.say(ruinModel)
	p.file("repo/.slop/tracks/work.track.yaml", ruinTrack)
	p.file("repo/a.txt", "one\ntwo\n")
	p.file("repo/b.txt", "one\ntwo\n")
	unsaved := func(ctx context.Context, c *client.Client, edit protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
		return c.Apply(ctx, edit.Edit), nil
	}
	w := p.window(unsaved)
	if err := w.Open(t.Context(), "a.txt"); err != nil {
		t.Fatal(err)
	}
	track := wire.TrackArgs{URI: string(w.URI(".slop/tracks/work.track.yaml"))}
	if err := w.Command(t.Context(), wire.TrackRun, track, nil); err != nil {
		t.Fatal(err)
	}
	w.answer(w.awaitPending("T1", "spawn"), "")
	w.answer(w.awaitPending("T1", "command"), "")
	w.eventually("the ticket's end", func() bool { return w.statusOf("T1") == "completed" })
	if err := w.Edit(t.Context(), "a.txt", text.Edit{New: "typed\n"}); err != nil {
		t.Fatal(err)
	}
	w.statusOf("T1") // after what was typed
	out := p.want(exitDone, "track", "diff", "work")
	for _, line := range []string{"+typed\n", " two\n+T1\n", "not as it was delivered", "a.txt"} {
		if !strings.Contains(out, line) {
			t.Errorf("the diff has no %q:\n%s", line, out)
		}
	}
	if out := p.want(exitDone, "ticket", "undo", "work", "T1", "--diff"); !strings.Contains(out, "-T1\n") || strings.Contains(out, "-typed") {
		t.Errorf("the undo would be:\n%s", out)
	}
	p.want(exitDone, "ticket", "undo", "work", "T1")
	if got, _, _ := w.Text("a.txt"); got != "typed\none\ntwo\n" {
		t.Errorf("the buffer holds %q", got)
	}
	w.leave()
}
