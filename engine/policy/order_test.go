package policy_test

import (
	"context"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/policy"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// clerk asks twice about the same action: under the rules of a first day, and under those of a second one.
type clerk struct {
	action        engine.Action
	first, second *policy.Policy
	answers       chan engine.Answer
}

func (c *clerk) Work(ctx context.Context, d *engine.Desk, j engine.Job) engine.Outcome {
	for i, rules := range []*policy.Policy{c.first, c.second} {
		content := engine.Content{Tool: c.action.Tool, Arguments: string(c.action.Arguments), Context: string(rune('a' + i))} // another question each time
		q := engine.Question{Kind: c.action.Kind, Title: "may it?", Content: content, Ruling: rules.Rule(ctx, c.action)}
		answer, _, err := d.Ask(ctx, q)
		if err != nil {
			return engine.Outcome{Kind: engine.OutcomeAborted, Reason: err.Error()}
		}
		c.answers <- answer
	}
	return engine.Outcome{Kind: engine.OutcomeDone}
}

// TestRememberedAmongTheRules: what a person answered for good stands between what is denied and every other rule, whichever
// kind that is, and who decided is said. Each line's first question is approved for the track.
func TestRememberedAmongTheRules(t *testing.T) {
	t.Parallel()
	const remembered, asks = "rule remembered A1", "asks"
	line := run("go test ./...")
	fetch := step("docs__fetch", engine.EffectNetwork)
	fetch.Arguments = []byte(`{"page":1}`)
	for name, c := range map[string]struct {
		action engine.Action
		second policy.Rules
		want   string // who answers the second question: a rule, remembered for the answer, asks for nobody
	}{
		"remembered beats the default":          {line, policy.Rules{}, remembered},
		"remembered beats a rule that asks":     {line, policy.Rules{AskCommands: []string{"go test"}}, remembered},
		"remembered beats a tool that asks":     {line, policy.Rules{Ask: []string{"run_command"}}, remembered},
		"a command that is denied beats it":     {line, policy.Rules{DenyCommands: []string{"go test"}}, `rule deny_commands "go test"`},
		"a tool that is denied beats it":        {line, policy.Rules{Deny: []string{"run_command"}}, `rule deny "run_command"`},
		"a path that is denied beats an allow":  {write("a/b.go"), policy.Rules{DenyPaths: []string{"a/**"}, AllowPaths: []string{"a/**"}}, `rule deny_paths "a/**": a/b.go`},
		"a path that asks is remembered":        {write(".github/x.yml"), policy.Rules{AskPaths: []string{".github/**"}}, remembered},
		"a server's tool is remembered":         {fetch, policy.Rules{Ask: []string{"docs__*"}}, remembered},
		"a server's tool that is denied is not": {fetch, policy.Rules{Deny: []string{"docs__*"}}, `rule deny "docs__*"`},
		"a hidden command is never remembered":  {run("sh -c 'go test'"), policy.Rules{}, asks},
		"a secret is never remembered":          {read(".env"), policy.Rules{}, asks},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := newPolicy(t, policy.Rules{Ask: []string{"*"}})
			clerk := &clerk{c.action, first, newPolicy(t, c.second), make(chan engine.Answer, 2)}
			got := clerk.decide(t)
			if got != c.want {
				t.Errorf("decided by %q, want %q", got, c.want)
			}
		})
	}
}

// decide runs the clerk, approves its first question for the track, as far as that can be remembered, and says who answered
// the second one.
func (c *clerk) decide(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	conductor, err := engine.NewConductor(ctx, engine.Config{
		Journal: enginetest.NewJournal(), Blobs: enginetest.NewBlobs(), Worker: c, Settings: engine.Settings{MaxWorkers: 1, Models: []string{"m"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- conductor.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	spec := trackfile.Track{Tickets: []trackfile.Ticket{{ID: "T1", Description: "x"}}}
	for _, cmd := range []engine.Command{engine.PlanTrack{Track: "a", Spec: spec}, engine.StartTrack{Track: "a", By: engine.ByPerson}} {
		if err := conductor.Do(ctx, cmd); err != nil {
			t.Fatal(err)
		}
	}
	waits := func(id engine.ApprovalID) bool {
		for snap := conductor.Snapshot(); ; {
			if a, ok := snap.Approval(id); ok && a.Pending() {
				return true
			}
			if tk, _ := snap.Ticket(engine.TicketKey{Track: "a", ID: "T1"}); tk.Status == engine.Completed {
				return false
			}
			if snap, err = conductor.Wait(ctx, snap.Seq()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !waits("A1") {
		t.Fatal("the first question was not asked")
	}
	yes := engine.AnswerApproval{ID: "A1", Decision: engine.Approved, By: engine.ByPerson, Remember: engine.ScopeTrack, Whole: true}
	if a, _ := conductor.Snapshot().Approval("A1"); a.Cover == nil {
		yes.Remember = engine.ScopeOnce
	}
	if err := conductor.Do(ctx, yes); err != nil {
		t.Fatal(err)
	}
	if waits("A2") {
		return "asks"
	}
	<-c.answers
	return string((<-c.answers).By)
}
