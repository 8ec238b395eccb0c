// Package planning is tiers 1 and 2 of the hierarchy: a goal becomes a track's document, and a track becomes tickets. What
// comes of it is a Proposal, the text of a document for a person to review. Nothing here writes a file, changes a state or
// runs anything.
//
// A model's reply is read tolerantly (fences and words around it, YAML in place of JSON) and judged strictly, by the
// diagnostics that a person's file gets. One with errors is sent back with them, at most MaxReturns times; after that it
// is a *RefusedError that keeps the model's text.
package planning

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/prompts"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// MaxReturns is how often a reply with errors is sent back to the model.
const MaxReturns = 3

// Planner asks the models of tiers 1 and 2. All fields up to TechLead are required. It holds nothing between two
// calls and is safe for concurrent use if its ports are.
type Planner struct {
	Provider     engine.Provider
	Prompts      engine.Prompts
	Files        engine.Files // the workspace as the person has it now
	Viewer       engine.Viewer
	Orchestrator string // the model of tier 1
	TechLead     string // the model of tier 2

	// Taken says whether an id has state that a new document must not inherit; nil: none has.
	Taken func(id engine.TrackID) bool
	// Budget bounds what a model is shown of the repository, in tokens; default 24,000.
	Budget int
	// Afford gives leave for a call before it is made, or a *engine.BudgetError; nil: there are no bounds.
	Afford func(ctx context.Context, cmd engine.AffordPlanning) error
	// Price gives what a call would cost; nil: no price is known.
	Price func(model string, u engine.Usage) engine.Cost
	// Note is told what is being done, in a few words, for a progress. It must not block; nil: nobody is told.
	Note func(doing string)
}

// Proposal is a document as it would be. It is the caller's to keep.
type Proposal struct {
	Path   string   // of the document in the workspace
	Before []byte   // what it was made from; nil where there is none yet
	Text   []byte   // the whole document; it has no errors
	Added  []string // the ids of the tickets that are new, in file order
	Title  string   // of a new track
	Cost   Cost     // also beside an error
}

// Cost is what the calls for a proposal came to.
type Cost struct {
	Tier  engine.Tier
	Model string
	Calls int
	Usage engine.Usage
}

// RefusedError says that no reply of the model could be used.
type RefusedError struct {
	Tier     engine.Tier
	Model    string
	Problems []string // of the last reply, "line:column: severity: message" each
	Reply    string   // the last one, for a person to mend
	Body     string   // the document in it; its lines are those that Problems name, less Above
	Above    int      // how many lines of Reply stand above Body
}

func (e *RefusedError) Error() string {
	first := e.Problems[0]
	if i := slices.IndexFunc(e.Problems, func(p string) bool { return strings.Contains(p, ": error: ") }); i >= 0 {
		first = e.Problems[i]
	}
	return fmt.Sprintf("the answer of %s (%s) still has errors after it was sent back %d times: %s", e.Model, e.Tier, MaxReturns, first)
}

func (p *Planner) note(format string, args ...any) {
	if p.Note != nil {
		p.Note(fmt.Sprintf(format, args...))
	}
}

func (p *Planner) budget() int {
	if p.Budget <= 0 {
		return 24_000
	}
	return p.Budget
}

// asking is one conversation with a model until its reply can be used.
type asking struct {
	*Planner
	tier     engine.Tier
	model    string
	form     *engine.Form
	messages []engine.Message
	cost     Cost
	track    engine.TrackID // whose bounds count beside the day's; "" for none
}

// ask begins a conversation: what the model is, and what it is to do.
func (p *Planner) ask(tier engine.Tier, model string, form *engine.Form, system, task prompts.Name, fields map[string]string) (*asking, error) {
	a := &asking{Planner: p, tier: tier, model: model, form: form, cost: Cost{Tier: tier, Model: model}}
	for _, m := range []struct {
		role engine.Role
		name prompts.Name
	}{{engine.RoleSystem, system}, {engine.RoleUser, task}} {
		text, err := p.Prompts.Prompt(string(m.name), fields)
		if err != nil {
			return nil, err
		}
		a.messages = append(a.messages, engine.Message{Role: m.role, Text: text})
	}
	return a, nil
}

// converse asks until judge finds no error in a reply, or the returns are used up. judge gives the problems of a body,
// the errors first to be mended; none: it is taken.
func (a *asking) converse(ctx context.Context, judge func(body) []trackfile.Problem) error {
	for left := MaxReturns; ; left-- {
		if err := a.afford(ctx); err != nil {
			return err
		}
		a.note("%s thinks", a.model)
		reply, err := a.Provider.Generate(ctx, engine.Request{Tier: a.tier, Model: a.model, Messages: a.messages, Form: a.form}, func(engine.Delta) {})
		if err != nil {
			return fmt.Errorf("asking %s: %w", a.model, err)
		}
		a.cost.Calls++
		a.cost.Usage = a.cost.Usage.Add(reply.Usage)
		found := bodyOf(reply.Message.Text)
		lines := found.lines(judge(found))
		if reply.Finish == engine.FinishLength {
			lines = append(lines, "the answer was cut off, because it was longer than it may be: say the same in fewer words")
		}
		if len(lines) == 0 {
			return nil
		}
		if left == 0 {
			return &RefusedError{
				Tier: a.tier, Model: a.model, Problems: lines, Reply: reply.Message.Text, Body: found.text, Above: found.above,
			}
		}
		a.note("sent back for %s", plural(len(lines), "problem"))
		back, err := a.Prompts.Prompt(string(prompts.Mend), map[string]string{
			"problems": strings.Join(lines, "\n"), "left": fmt.Sprint(left - 1),
		})
		if err != nil {
			return err
		}
		reply.Message.Role = engine.RoleAssistant
		a.messages = append(a.messages, reply.Message, engine.Message{Role: engine.RoleUser, Text: back})
	}
}

// afford asks for leave for the next call: what the calls before it used is recorded with the plan only.
func (a *asking) afford(ctx context.Context) error {
	if a.Afford == nil {
		return nil
	}
	input := 0
	for _, m := range a.messages {
		input += a.Provider.Count(a.model, m.Text)
	}
	need := engine.PlanningNeed(a.tier, a.model, input, a.cost.Usage, a.Price)
	if err := a.Afford(ctx, engine.AffordPlanning{Track: a.track, Model: a.model, Need: need}); err != nil {
		return fmt.Errorf("%s was not asked: %w", a.model, err)
	}
	return nil
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// errorsOf are the problems of a document where it has errors, warnings among them; else none.
func errorsOf(problems []trackfile.Problem) []trackfile.Problem {
	for _, p := range problems {
		if p.Severity == trackfile.Error {
			return problems
		}
	}
	return nil
}
