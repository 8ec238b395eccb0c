package engine

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// Forecaster tells what the tickets of a track would be given and would ask, before any of them runs. It changes
// nothing and calls no model. All but Price are required.
type Forecaster struct {
	Viewer        Viewer
	Files         Files
	Policy        Policy
	Count         func(model, text string) int
	Price         func(model string, u Usage) Cost // nil: no price is known
	PricesAsOf    string                           // the day of the prices that nobody here has set
	Models        []string                         // the worker tier's, in the order of escalation
	ContextTokens int                              // as in Limits
	Tools         []ToolSpec
	Unseen        []string // what has further tools that nobody knows yet: MCP servers that have not run
}

// Forecast is what a Forecaster found. Estimates hold the tickets that it came to before its time was over.
type Forecast struct {
	Estimates map[string]Estimate // by ticket id
	Asks      []Asked
	// PricesAsOf is the day on which the prices were public that nobody here has set; "" where none is used.
	PricesAsOf string
	// Unseen have tools that no estimate holds: MCP servers that have not run yet.
	Unseen []string
}

// Estimate is what a ticket's first model call would send: all of the later ones send it again, and more.
type Estimate struct {
	Model  string
	Before int // tokens of its files, whole
	After  int // and as they are packed
	Tokens int // of the whole call
	Cost   Cost
}

// Asked is a question that would come up, with what the policy says to it.
type Asked struct {
	Kind    ApprovalKind
	What    string // the command, or the tool; "" for a spawn
	Verify  bool   // the command is one that verifies
	Times   int
	Verdict Verdict
	Rule    string
}

// Forecast looks at the tickets in file order until ctx ends, which is no error.
func (f Forecaster) Forecast(ctx context.Context, track trackfile.Track) Forecast {
	out := Forecast{Estimates: map[string]Estimate{}, Asks: f.asks(ctx, track), PricesAsOf: f.PricesAsOf, Unseen: f.Unseen}
	shared := Track{Goal: track.Goal, Context: track.Context, Verify: track.Verify}
	p := packer{viewer: f.Viewer, files: f.Files, budget: f.ContextTokens, memo: map[string]piece{}}
	always := map[string]int{} // by model: tokens of what is the same for each ticket
	for i := range track.Tickets {
		spec := &track.Tickets[i]
		model := Settings{Models: f.Models}.Model(spec.ModelOverride, 0)
		p.count = func(text string) int { return f.Count(model, text) }
		if _, counted := always[model]; !counted {
			always[model] = f.always(ctx, p)
		}
		job := Job{Ticket: Ticket{Spec: spec}, Track: shared, Model: model}
		pieces, err := p.pieces(ctx, job)
		if err != nil {
			return out
		}
		e := Estimate{Model: model, Tokens: always[model] + p.count(ticketPrompt(job))}
		for i, keep := range p.fit(pieces) {
			e.Before += pieces[i].before
			if keep {
				e.After += pieces[i].after
			}
		}
		e.Tokens += e.After
		e.Cost = f.cost(model, e.Tokens)
		out.Estimates[spec.ID] = e
	}
	return out
}

func (f Forecaster) cost(model string, tokens int) Cost {
	if f.Price == nil {
		return Cost{Unknown: true}
	}
	return f.Price(model, Usage{Input: int64(tokens)})
}

// always counts the system prompt, the tools and what AGENTS.md says.
func (f Forecaster) always(ctx context.Context, p packer) int {
	n := p.count(workerPrompt) + p.count(howToFinish) + p.count(p.agents(ctx, map[string]string{}))
	for _, t := range append(slices.Clone(f.Tools), askPersonSpec, finishSpec) {
		n += p.count(t.Name + " " + t.Description + " " + string(t.Schema))
	}
	return n
}

// asks lists what would be asked or refused at least: the spawns, each text of a verify command once, and the tools
// that do not just run.
func (f Forecaster) asks(ctx context.Context, track trackfile.Track) []Asked {
	var found []Asked
	at := map[Asked]int{}
	add := func(a Asked) {
		if i, known := at[a]; known {
			found[i].Times++
			return
		}
		at[a] = len(found)
		a.Times = 1
		found = append(found, a)
	}
	seen := map[string]bool{}
	for _, t := range track.Tickets {
		r := f.Policy.Rule(ctx, Action{Kind: KindSpawn, Ticket: TicketKey{ID: t.ID}, Step: t.StepMode})
		add(Asked{Kind: KindSpawn, Verdict: r.Verdict, Rule: r.Rule})
		verify := t.Verify
		if verify == "" {
			verify = track.Verify
		}
		if verify = strings.TrimSpace(verify); verify != "" && !seen[verify] {
			seen[verify] = true
			r := f.command(ctx, verify)
			add(Asked{Kind: KindCommand, What: verify, Verify: true, Verdict: r.Verdict, Rule: r.Rule})
		}
	}
	return append(found, f.tools(ctx)...)
}

func (f Forecaster) command(ctx context.Context, line string) Ruling {
	args, err := json.Marshal(map[string]string{"command": line})
	if err != nil {
		args = nil // a string always encodes
	}
	return f.Policy.Rule(ctx, Action{Kind: KindCommand, Tool: VerifyCall, Effect: EffectRun, Arguments: args, Command: line})
}

// tools are those that a call of which is not simply allowed, whatever it is about.
func (f Forecaster) tools(ctx context.Context) []Asked {
	var out []Asked
	for _, t := range f.Tools {
		a := Action{Kind: KindStep, Tool: t.Name, Effect: t.Effect, Arguments: json.RawMessage("{}")}
		if t.Effect == EffectRun {
			a.Kind, a.Command = KindCommand, t.Name // as unknown as any command that no rule names
		}
		if r := f.Policy.Rule(ctx, a); r.Verdict != Allow {
			out = append(out, Asked{Kind: a.Kind, What: t.Name, Verdict: r.Verdict, Rule: r.Rule})
		}
	}
	return out
}
