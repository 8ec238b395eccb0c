package lsp_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

const greetTrack = ".slop/tracks/greet-everybody.track.yaml"

// goalWorld has models that know one goal, and that give a bad dependency in their first answer.
const goalWorld = `-- a.go --
package a

func Greet() {}
-- .replies/orchestrator-0 --
{"title": "Greet everybody", "goal": "Everybody is greeted by name.", "acceptance": ["Ada is greeted"], "verify": "true"}
-- .replies/tech_lead-0 --
{"tickets": [{"id": "T1", "description": "greet", "target_file": "a.go", "target_symbols": ["Greet"]},
 {"id": "T2", "description": "check", "depends_on": ["T7"]}]}
-- .replies/tech_lead-1 --
{"tickets": [{"id": "T1", "description": "greet", "target_file": "a.go", "target_symbols": ["Greet"]},
 {"id": "T2", "description": "check", "depends_on": ["T1"]}]}
-- .slop/tracks/empty.track.yaml --
# mine
title: empty
goal: something
tickets: []
`

const greetHead = "title: Greet everybody\ngoal: |-\n  Everybody is greeted by name.\n\n  Acceptance:\n  - Ada is greeted\nverify: \"true\"\n"

const greetTickets = "tickets:\n  - id: T1\n    description: greet\n    target_file: a.go\n    target_symbols: [Greet]\n" +
	"  - id: T2\n    description: check\n    depends_on: [T1]\n"

// awaitText waits for a buffer to hold a text.
func awaitText(t *testing.T, e *lsptest.Env, path, want string) {
	t.Helper()
	e.Await(lsptest.Expectation{What: "the text of " + path, Check: func(lsptest.State) lsptest.Verdict {
		if got, _, _ := e.Text(path); got == want {
			return lsptest.Met
		}
		return lsptest.Unmet
	}})
}

// A goal becomes a document that is opened and edited, and not saved; its tickets come the same way, after a bad
// dependency was sent back. Nothing runs before the person saves and runs it; then it runs to done.
func TestGoalToDone(t *testing.T) {
	t.Parallel()
	modes(t, goalWorld, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithResponder(lsptest.Choose(wire.TitleApprove)))
		must(t, e.Command(t.Context(), wire.TrackNew, wire.NewTrackArgs{Goal: "Greet everybody by name"}, nil))
		e.Await(lsptest.Shown("greet-everybody.track.yaml"), lsptest.Message("is a new track: review it"))
		awaitText(t, e, greetTrack, greetHead+"tickets: []\n")
		if got := d.OnDisk(greetTrack); got != "title: Greet everybody\ngoal: Greet everybody by name\ntickets: []\n" {
			t.Errorf("on the disk is already\n%s", got)
		}
		args := wire.PlanArgs{URI: string(e.URI(greetTrack))}
		must(t, e.Command(t.Context(), wire.TrackPlan, args, nil))
		e.Await(lsptest.Message("new tickets T1, T2: review them"))
		awaitText(t, e, greetTrack, greetHead+greetTickets)
		if tr, ok := d.Snapshot().Track(".slop/tracks/greet-everybody"); ok && tr.Total() > 0 {
			t.Errorf("it is planned before it was saved: %d tickets", tr.Total())
		}
		must(t, e.Save(t.Context(), greetTrack))
		must(t, e.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: args.URI}, nil))
		snap := d.AwaitState("the track to be done", func(s *engine.Snapshot) bool {
			tr, ok := s.Track(".slop/tracks/greet-everybody")
			return ok && tr.Status == engine.TrackDone
		})
		tr, _ := snap.Track(".slop/tracks/greet-everybody")
		want := map[engine.Tier]engine.Usage{
			engine.TierOrchestrator: {Input: 100, Output: 10}, engine.TierTechLead: {Input: 200, Output: 20},
		}
		if diff := cmp.Diff(want, tr.Usage); diff != "" {
			t.Errorf("what the tiers used (-want +got):\n%s", diff)
		}
	})
}

// With a workDoneToken the answer comes at the end, and the request can be cancelled in either way; nothing is made then.
func TestPlanIsCancelled(t *testing.T) {
	t.Parallel()
	modes(t, goalWorld, func(t *testing.T, d *daemon) {
		must(t, os.WriteFile(filepath.Join(d.Root, ".replies/orchestrator-0"), []byte("HANG\n"), 0o600))
		e := d.open()
		params := func(token string) json.RawMessage {
			return json.RawMessage(`{"command":"slop.track.new","arguments":[{"goal":"Greet"}],"workDoneToken":"` + token + `"}`)
		}
		ended := make(chan error, 1)
		go func() {
			ended <- e.Call(t.Context(), protocol.MethodWorkspaceExecuteCommand, params("mine"), nil)
		}()
		e.Await(lsptest.ProgressBegun("mine"))
		must(t, e.Notify(t.Context(), protocol.MethodWindowWorkDoneProgressCancel, json.RawMessage(`{"token":"mine"}`)))
		wantCancelled(t, <-ended)

		ctx, cancel := context.WithCancel(t.Context())
		go func() { ended <- e.Call(ctx, protocol.MethodWorkspaceExecuteCommand, params("other"), nil) }()
		e.Await(lsptest.ProgressBegun("other"))
		cancel() // the client sends $/cancelRequest
		<-ended
		e.Await(lsptest.ProgressEnded("other"))

		must(t, e.Command(t.Context(), wire.TrackNew, wire.NewTrackArgs{Goal: "Greet"}, nil))
		e.Await(lsptest.ProgressBegun("slop:plan:1"))
		must(t, e.Notify(t.Context(), protocol.MethodWindowWorkDoneProgressCancel, json.RawMessage(`{"token":"slop:plan:1"}`)))
		e.Await(lsptest.ProgressEnded("slop:plan:1"))
		if entries, err := os.ReadDir(filepath.Join(d.Root, ".slop/tracks")); err != nil || len(entries) != 1 {
			t.Errorf("something was made: %v, %v", entries, err)
		}
	})
}

func wantCancelled(t *testing.T, err error) {
	t.Helper()
	var answer *client.Error
	if !errors.As(err, &answer) || answer.Code != -32800 {
		t.Errorf("got %v, want an answer that it was cancelled", err)
	}
}

// What a model could not get right is an error that says so, and its text is opened, to be mended.
func TestPlanIsRefused(t *testing.T) {
	t.Parallel()
	modes(t, goalWorld, func(t *testing.T, d *daemon) {
		bad, err := os.ReadFile(filepath.Join(d.Root, ".replies/tech_lead-0"))
		must(t, err)
		for _, name := range []string{"tech_lead-1", "tech_lead-2", "tech_lead-3"} {
			must(t, os.WriteFile(filepath.Join(d.Root, ".replies", name), bad, 0o600))
		}
		e := d.open()
		path := ".slop/tracks/empty.track.yaml"
		raw, err := json.Marshal(wire.PlanArgs{URI: string(e.URI(path)), Instruction: "try"})
		must(t, err)
		err = e.Call(t.Context(), protocol.MethodWorkspaceExecuteCommand,
			json.RawMessage(`{"command":"slop.track.plan","arguments":[`+string(raw)+`],"workDoneToken":"t"}`), nil)
		if err == nil || !strings.Contains(err.Error(), `2:54: error: no ticket of this track has the id "T7"`) || !strings.Contains(err.Error(), "its text is kept in") {
			t.Errorf("got %v", err)
		}
		e.Await(lsptest.Shown("tech_lead.txt"))
		must(t, e.Command(t.Context(), wire.TrackPlan, wire.PlanArgs{URI: string(e.URI(path))}, nil))
		e.Await(lsptest.Message("still has errors after it was sent back 3 times"))
		if got := d.OnDisk(path); !strings.HasSuffix(got, "tickets: []\n") {
			t.Errorf("the document was changed:\n%s", got)
		}

		must(t, os.Remove(filepath.Join(d.Root, ".replies/orchestrator-0")))
		must(t, e.Command(t.Context(), wire.TrackNew, wire.NewTrackArgs{Goal: "x y"}, nil))
		e.Await(lsptest.Message("no_key"))
		if err := e.Command(t.Context(), wire.TrackNew, wire.NewTrackArgs{}, nil); err == nil || !strings.Contains(err.Error(), `"goal" must say`) {
			t.Errorf("without a goal: %v", err)
		}
	})
}

// An editor that shows no documents gets the plan on the disk and is told where; a track that runs is left alone then.
func TestPlanWithoutAnOpenDocument(t *testing.T) {
	t.Parallel()
	modes(t, goalWorld, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithConfig(func(cfg *client.Config) {
			cfg.Initialize = json.RawMessage(`{"processId":null,"rootUri":` + quoted(string(uri.File(cfg.Root))) +
				`,"capabilities":{"workspace":{"applyEdit":true}}}`)
		}))
		must(t, e.Command(t.Context(), wire.TrackNew, wire.NewTrackArgs{Goal: "Greet everybody"}, nil))
		e.Await(lsptest.Message("greet-everybody.track.yaml to review it"), lsptest.Message("is a new track"))
		if got := d.OnDisk(greetTrack); got != greetHead+"tickets: []\n" {
			t.Errorf("on the disk is\n%s", got)
		}
		path := ".slop/tracks/empty.track.yaml"
		must(t, e.Command(t.Context(), wire.TrackPlan, wire.PlanArgs{URI: string(e.URI(path))}, nil))
		e.Await(lsptest.Message("empty.track.yaml to review it"), lsptest.Message("new tickets T1, T2"))
		if got := d.OnDisk(path); got != "# mine\ntitle: empty\ngoal: something\n"+greetTickets {
			t.Errorf("on the disk is\n%s", got)
		}
	})
}

// The person goes on typing while the model thinks: both are kept.
func TestPlanMeetsTyping(t *testing.T) {
	t.Parallel()
	d := lsptest.NewWorld(t, lsptest.Direct, goalWorld)
	path := ".slop/tracks/empty.track.yaml"
	e := d.Open(lsptest.WithConfig(func(cfg *client.Config) {
		typed := false
		apply := func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
			if !typed { // just before the edit comes
				typed = true
				_ = c.SetText(ctx, path, "# mine, really\ntitle: empty\ngoal: something\ntickets: []\n")
			}
			return c.Apply(ctx, p.Edit), nil
		}
		cfg.Hooks.ApplyEdit = apply
	}))
	must(t, e.Open(t.Context(), path))
	must(t, e.Command(t.Context(), wire.TrackPlan, wire.PlanArgs{URI: string(e.URI(path))}, nil))
	awaitText(t, e, path, "# mine, really\ntitle: empty\ngoal: something\n"+greetTickets)
}

// An editor that shows the document and does not tell us of it, as a bare one whose client is not for such files, has the
// plan on the disk and is told to reload.
func TestPlanBeneathAShownDocument(t *testing.T) {
	t.Parallel()
	w := lsptest.NewWorld(t, lsptest.Direct, goalWorld)
	e := w.Open(lsptest.WithConfig(func(cfg *client.Config) {
		cfg.Hooks.ShowDocument = func(context.Context, protocol.ShowDocumentParams) (bool, error) { return true, nil }
	}))
	must(t, e.Command(t.Context(), wire.TrackNew, wire.NewTrackArgs{Goal: "Greet everybody"}, nil))
	e.Await(lsptest.Message("greet-everybody.track.yaml was written to the disk, and is shown as it was before: reload it"))
	if got := w.OnDisk(greetTrack); got != greetHead+"tickets: []\n" {
		t.Errorf("on the disk is\n%s", got)
	}
}
