//go:build unix

package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine/scripted"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// TestPlanToDone is planning end to end with the real program and models over HTTP: a goal becomes a track's document in
// the editor, its tickets have a bad dependency that is sent back and mended, and once it is saved it runs to done. Once
// through the daemon, once with a server of the editor's own.
func TestPlanToDone(t *testing.T) {
	t.Parallel()
	for mode, args := range map[string][]string{"daemon": nil, "standalone": {"--standalone"}} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p := newDaemonPlace(t, "")
			p.models.say(planningModels)
			e := lsptest.Open(t, p.repo, lsptest.Child(func() *exec.Cmd { return p.command(args...) }, nil),
				lsptest.WithResponder(lsptest.Choose(wire.TitleApprove)))
			command := func(name string, arg any) {
				t.Helper()
				if err := e.Command(t.Context(), name, arg, nil); err != nil {
					t.Fatal(err)
				}
			}
			const path = ".slop/tracks/greet-ada.track.yaml"
			uri := string(e.URI(path))
			command(wire.TrackNew, wire.NewTrackArgs{Goal: "Ada should be greeted"})
			e.Await(lsptest.Shown("greet-ada.track.yaml"), lsptest.Message("is a new track"))
			command(wire.TrackPlan, wire.PlanArgs{URI: uri})
			e.Await(lsptest.Message("new tickets T1, T2"))
			if got, _, _ := e.Text(path); !strings.Contains(got, "goal: Ada is greeted.") || !strings.Contains(got, "depends_on: [T1]") {
				t.Fatalf("the document is\n%s", got)
			}
			if err := e.Save(t.Context(), path); err != nil {
				t.Fatal(err)
			}
			command(wire.TrackRun, wire.TrackArgs{URI: uri})
			e.Await(lsptest.Message("Greet Ada is done: 2 of 2 tickets completed"))
			asked := map[string]int{}
			for _, r := range p.models.server.Records() {
				asked[roleOf(r.Request)]++
				if roleOf(r.Request) != "worker" && len(r.Tools) > 0 {
					t.Errorf("a request of the %s has tools", roleOf(r.Request))
				}
			}
			if asked["orchestrator"] != 1 || asked["tech lead"] != 2 || asked["worker"] < 2 {
				t.Errorf("the models were asked %v", asked)
			}
		})
	}
}

// roleOf tells the tiers by what they are told first.
func roleOf(q scripted.Request) string {
	switch system := q.Messages[0].Text; {
	case strings.HasPrefix(system, "You turn one person's goal into a track"):
		return "orchestrator"
	case strings.HasPrefix(system, "You break a track into tickets"):
		return "tech lead"
	}
	return "worker"
}

func planningModels(q scripted.Request) scripted.Reply {
	const tickets = `{"tickets": [{"id": "T1", "description": "greet"}, {"id": "T2", "description": "check", "depends_on": ["%"]}]}`
	switch role := roleOf(q); {
	case role == "orchestrator":
		return scripted.Reply{Text: `{"title": "Greet Ada", "goal": "Ada is greeted."}`}
	case role == "tech lead" && q.Turn == 0:
		return scripted.Reply{Text: strings.Replace(tickets, "%", "T3", 1)}
	case role == "tech lead" && strings.Contains(q.Messages[len(q.Messages)-1].Text, `no ticket of this track has the id "T3"`):
		return scripted.Reply{Text: "Sorry.\n\n" + strings.Replace(tickets, "%", "T1", 1)}
	}
	return scripted.Reply{Text: "Done."}
}

// TestRefusedPlanIsKept: what a model could not get right is kept beside the store, never in the repository.
func TestRefusedPlanIsKept(t *testing.T) {
	t.Parallel()
	p := newDaemonPlace(t, "")
	p.models.say(func(scripted.Request) scripted.Reply { return scripted.Reply{Text: "no"} })
	e := p.editor()
	if err := e.Command(t.Context(), wire.TrackNew, wire.NewTrackArgs{Goal: "anything"}, nil); err != nil {
		t.Fatal(err)
	}
	e.Await(lsptest.Message("its text is kept in"), lsptest.Shown("orchestrator.txt"))
	inside, err := filepath.Glob(filepath.Join(p.repo, ".slop", "tracks", "*"))
	if err != nil || len(inside) != 1 {
		t.Errorf("in the repository are %v, %v", inside, err)
	}
}
