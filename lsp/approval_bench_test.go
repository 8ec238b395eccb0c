package lsp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/engine/workspace"
	"github.com/slop-ls/slop-ls/lsp"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// crowded is an editor on a workspace where n tickets wait for a person, with their track open.
func crowded(t testing.TB, n int) *lsptest.Env {
	t.Helper()
	var doc strings.Builder
	doc.WriteString("tickets:\n")
	state := engine.NewState()
	planned := engine.TrackPlanned{Track: mainTrack}
	for i := range n {
		id := fmt.Sprintf("T%d", i+1)
		fmt.Fprintf(&doc, "  - id: %s\n    description: do it\n", id)
		planned.Order = append(planned.Order, id)
		planned.Tickets = append(planned.Tickets, trackfile.Ticket{ID: id, Description: "do it"})
	}
	bodies := []engine.Body{planned}
	for i, id := range planned.Order {
		run := engine.Run{Ticket: engine.TicketKey{Track: mainTrack, ID: id}, Attempt: 1}
		bodies = append(bodies, engine.TicketStarted{Run: run}, engine.ApprovalRequested{Approval: engine.Approval{
			ID: engine.ApprovalID(fmt.Sprintf("A%d", i+1)), Kind: engine.KindCommand, Run: run, Title: id + " runs: go test ./pkg" + id,
			Cover: &engine.Cover{Tool: "run_command", Command: "go test ./pkg" + id},
		}})
	}
	for i, b := range bodies {
		if err := state.Apply(engine.Event{Seq: uint64(i) + 1, Body: b}); err != nil {
			t.Fatal(err)
		}
	}
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	lsptest.Files(t, root, "-- .slop/tracks/main.track.yaml --\n"+doc.String())
	disk, err := workspace.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { disk.Close() })
	hub := lsp.NewHub(lsp.Options{
		Root: root, Disk: disk, Applier: disk, Blobs: enginetest.NewBlobs(), Viewer: lsptest.GoViewer{}, ReviewDir: filepath.Join(t.TempDir(), "r"),
	})
	hub.Use(still{state.Freeze()})
	e := lsptest.Open(t, root, lsptest.InProcess(hub.Serve))
	for _, err := range []error{e.Open(t.Context(), mainTrack+".track.yaml"), e.Command(t.Context(), wire.ApprovalList, wire.ListArgs{Open: true}, nil)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	e.Await(lsptest.Shown("/approvals.md"), lsptest.DiagnosticCount(string(e.URI(mainTrack+".track.yaml")), n))
	return e
}

// crowdRequests are what a person's editor asks for where many approvals wait.
func crowdRequests(e *lsptest.Env) map[string]func(context.Context) error {
	lenses := func(path string) func(context.Context) error {
		params := json.RawMessage(`{"textDocument":{"uri":"` + string(e.URI(path)) + `"}}`)
		return func(ctx context.Context) error {
			var answer json.RawMessage
			return e.Call(ctx, protocol.MethodTextDocumentCodeLens, params, &answer)
		}
	}
	inbox := e.Seen().Shown[0]
	return map[string]func(context.Context) error{
		"list": func(ctx context.Context) error { return e.Command(ctx, wire.ApprovalList, nil, nil) },
		"open inbox": func(ctx context.Context) error {
			return e.Command(ctx, wire.ApprovalList, wire.ListArgs{Open: true}, nil)
		},
		"inbox lenses": lenses(inbox),
		"track lenses": lenses(mainTrack + ".track.yaml"),
		"inbox actions": func(ctx context.Context) error {
			params := json.RawMessage(`{"textDocument":{"uri":"` + string(e.URI(inbox)) + `"},` +
				`"range":{"start":{"line":9,"character":0},"end":{"line":9,"character":0}},"context":{"diagnostics":[]}}`)
			var answer json.RawMessage
			return e.Call(ctx, protocol.MethodTextDocumentCodeAction, params, &answer)
		},
	}
}

// BenchmarkPending is what requests cost where 10 and 1,000 approvals wait: at most the hundredfold, since all of them
// are shown.
func BenchmarkPending(b *testing.B) {
	for _, n := range []int{10, 1000} {
		e := crowded(b, n)
		for name, ask := range crowdRequests(e) {
			b.Run(fmt.Sprintf("%s/%d", strings.ReplaceAll(name, " ", "_"), n), func(b *testing.B) {
				for b.Loop() {
					if err := ask(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// TestThousandPending: with 1,000 approvals waiting every request is answered. What that costs is BenchmarkPending's.
func TestThousandPending(t *testing.T) {
	t.Parallel()
	for name, ask := range crowdRequests(crowded(t, 1000)) {
		if err := ask(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
