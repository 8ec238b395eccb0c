package lsp_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// doubting says that the editor's person does not trust the workspace.
func doubting(e *lsptest.Env, cfg *client.Config) {
	lsptest.WithConfig(func(cfg *client.Config) {
		cfg.Initialize = json.RawMessage(`{"processId":null,"clientInfo":{"name":"lsptest"},"capabilities":{"workspace":{"applyEdit":true}},
			"initializationOptions":{"slop":{"trusted":false}}}`)
	})(e, cfg)
}

// An editor that does not trust the workspace starts nothing and approves nothing; it can still reject, and another
// editor is not bound by it.
func TestAnEditorThatDoesNotTrustTheWorkspace(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		d.worker.on("T1", d.replacing("a.go", "l.pos++", "l.pos += 2"))
		doubts := d.open(doubting)
		must(t, doubts.Open(t.Context(), mainTrack+".track.yaml"))
		run := wire.TrackArgs{URI: string(doubts.URI(mainTrack + ".track.yaml"))}
		refused := func(what string, err error) {
			t.Helper()
			if err == nil || !strings.Contains(err.Error(), "trust the workspace in the editor first") {
				t.Errorf("%s: %v", what, err)
			}
		}
		refused("run", doubts.Command(t.Context(), wire.TrackRun, run, nil))
		refused("run a ticket", doubts.Command(t.Context(), wire.TicketRun, wire.TicketArgs{URI: run.URI, ID: "T1"}, nil))

		trusts := d.open()
		must(t, trusts.Open(t.Context(), mainTrack+".track.yaml"))
		must(t, trusts.Command(t.Context(), wire.TrackRun, run, nil))
		id := string(d.awaitPending(1)[0].ID)
		refused("approve", doubts.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: id, Decision: "approve"}, nil))
		must(t, doubts.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: id, Decision: "reject"}, nil))
		d.awaitStatus(mainTrack, "T1", engine.Blocked)
	})
}

// What an editor says of trust reaches the house with its settings, and a later word of it counts.
func TestTrustIsSaidWithTheSettings(t *testing.T) {
	t.Parallel()
	modes(t, sample, testTrustIsSaid)
}

func testTrustIsSaid(t *testing.T, d *daemon) {
	took, told := make(chan string, 10), make(chan struct{}, 10)
	d.worker.OnTrust(func() { told <- struct{}{} })
	d.worker.OnSettings(func(_ context.Context, section json.RawMessage) []string {
		took <- string(section)
		return nil
	})
	e := d.open(doubting)
	must(t, e.Open(t.Context(), mainTrack+".track.yaml"))
	say := func(section, want string, restricted bool) {
		t.Helper()
		if section != "" {
			must(t, e.Notify(t.Context(), protocol.MethodWorkspaceDidChangeConfiguration, json.RawMessage(`{"settings":{"slop":`+section+`}}`)))
		}
		if got := next(t, took); got != want {
			t.Errorf("%s arrives as %s", section, got)
		}
		if d.Restricted() != restricted {
			t.Errorf("%s: restricted is %v", section, !restricted)
		}
	}
	say("", `{"trusted":false}`, true)
	say(`{"mma":{"max_workers":2}}`, `{"mma":{"max_workers":2},"trusted":false}`, true)
	say(`{"trusted":true}`, `{"trusted":true}`, false)
	must(t, e.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: string(e.URI(mainTrack + ".track.yaml"))}, nil))
	say(`{"trusted":false}`, `{"trusted":false}`, true)
	must(t, e.Client.Close())
	next(t, told)
	wait(t, "an editor that has left restricts nothing", func() bool { return !d.Restricted() })
}
