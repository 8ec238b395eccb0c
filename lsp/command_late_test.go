package lsp_test

import (
	"context"
	"testing"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// TestCommandsOfABusyEditor: an editor that tells of no change while a command of its own is unanswered, as eglot does, gets
// the answer, and what the command is about goes on once the change is told of.
func TestCommandsOfABusyEditor(t *testing.T) {
	t.Parallel()
	modes(t, undoable, func(t *testing.T, d *daemon) {
		var gate chan struct{} // of the command that is open; set between commands
		e := d.open(lsptest.WithConfig(trusting), lsptest.WithResponder(lsptest.Choose("Approve")), editing(
			func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
				at := lsptest.ApplyEdit(func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
					return c.Apply(ctx, p.Edit), nil
				})
				if gate != nil {
					at = lsptest.Later(gate, at)
				}
				return at(ctx, c, p)
			}))
		d.worker.on("T1", d.several)
		must(t, e.Open(t.Context(), "a.go"))
		settle(t, e)
		runMain(t, d, e)

		gate = make(chan struct{})
		must(t, undo(e, "T1"))
		close(gate)
		e.Await(lsptest.Message("T1 is undone"))
		d.awaitStatus(mainTrack, "T1", engine.Todo)

		const scratch = ".slop/tracks/scratch"
		d.write(scratch+".track.yaml", "title: Scratch\ntickets:\n  - {id: T1, description: one}\n")
		must(t, e.Open(t.Context(), scratch+".track.yaml"))
		settle(t, e)
		gate = make(chan struct{})
		var ref wire.TicketRef
		args := wire.RunOnSymbolArgs{URI: string(e.URI("a.go")), Position: at(t, e, "a.go", "Plain"), Instruction: "say so"}
		must(t, e.Command(t.Context(), wire.TicketRunOnSymbol, args, &ref))
		close(gate)
		if ref.ID != "T2" {
			t.Errorf("the ticket is %+v", ref)
		}
		d.awaitStatus(scratch, "T2", engine.Completed)
	})
}
