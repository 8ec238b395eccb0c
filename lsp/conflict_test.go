package lsp_test

import (
	"context"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// A ticket whose edit met what the person typed is blocked by that; its diff shows both sides and what to do, live; and
// once the place is as it was, it says that too.
func TestConflictDocument(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithConfig(trusting), lsptest.WithResponder(lsptest.Choose("Approve")))
		must(t, e.Open(t.Context(), "b.go"))
		settle(t, e)
		before := mustText(t, e, "b.go")
		d.worker.on("T1", func(ctx context.Context, job engine.Job) engine.ChangeSet {
			set := d.replacing("b.go", `"b"`, `"ticket"`)(ctx, job)
			set.Files = append(set.Files, d.replacement(ctx, "a.go", "l.pos++", "l.pos += 2"))
			if err := e.SetText(ctx, "b.go", strings.Replace(before, `"b"`, `"person"`, 1)); err != nil {
				t.Error(err)
			}
			settle(t, e)
			return set
		})
		track := string(e.URI(mainTrack + ".track.yaml"))
		must(t, e.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: track}, nil))
		tk := d.awaitStatus(mainTrack, "T1", engine.Blocked)
		if tk.Block.By != engine.ByEditConflict || tk.Refused == "" {
			t.Errorf("the ticket: %+v", tk.Block)
		}
		e.Await(lsptest.Message("Main is blocked"))
		must(t, e.Command(t.Context(), wire.DiffOpen, wire.DiffArgs{URI: track, ID: "T1"}, nil))
		paperFile(t, e, "diff-main", "# The edit of T1 did not arrive", "### b.go", "<<<<<<< the workspace\n\tprintln(\"person\")\n",
			">>>>>>> ticket T1", "Retry T1", "skip T1", "+\tl.pos += 2")
		if strings.Contains(d.readFile("a.go"), "+= 2") || !strings.Contains(mustText(t, e, "b.go"), `"person"`) {
			t.Error("a conflict changed something")
		}
		must(t, e.SetText(t.Context(), "b.go", before))
		settle(t, e)
		must(t, e.Command(t.Context(), wire.DiffOpen, wire.DiffArgs{URI: track, ID: "T1"}, nil))
		paperFile(t, e, "diff-main", "# The edit of T1 did not arrive", "It would meet no conflict in the workspace as it is now.")
	})
}
