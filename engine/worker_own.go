package engine

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine/text"
)

//go:embed finish.md
var finishDoc string

//go:embed ask_person.md
var askPersonDoc string

// finishSpec and askPersonSpec are the tools that belong to the worker's loop itself. Their schemas are those of finishArgs
// and askPersonArgs.
var (
	finishSpec = ToolSpec{
		Name:        "finish",
		Description: strings.TrimSpace(finishDoc),
		Effect:      EffectFinish,
		Schema: json.RawMessage(`{"type":"object","additionalProperties":false,"required":["status","summary"],"properties":{` +
			`"status":{"type":"string","enum":["done","blocked"],"description":"whether the work is complete"},` +
			`"summary":{"type":"string","description":"what was done, or what is in the way, in one or two sentences"}}}`),
	}
	askPersonSpec = ToolSpec{
		Name:        "ask_person",
		Description: strings.TrimSpace(askPersonDoc),
		Effect:      EffectPerson,
		Schema: json.RawMessage(`{"type":"object","additionalProperties":false,"required":["question"],"properties":{` +
			`"question":{"type":"string","minLength":1,"description":"the question, with what is needed to answer it"},` +
			`"options":{"type":"array","items":{"type":"string"},"maxItems":9,"description":"answers to choose from, if there are only a few"}}}`),
	}
)

type finishArgs struct {
	Status  string `json:"status" jsonschema:"whether the work is complete"`
	Summary string `json:"summary" jsonschema:"what was done, or what is in the way, in one or two sentences"`
}

type askPersonArgs struct {
	Question string   `json:"question" jsonschema:"the question, with what is needed to answer it"`
	Options  []string `json:"options,omitempty" jsonschema:"answers to choose from, if there are only a few"`
}

// maxOptions is how many answers a person can choose from by one figure.
const maxOptions = 9

// check says what a model is to write instead, or "".
func (q *askPersonArgs) check() string {
	switch {
	case strings.TrimSpace(q.Question) == "":
		return `error: ask_person takes {"question": "…", "options": ["…"]}, and the question must not be empty`
	case len(q.Options) > maxOptions:
		return fmt.Sprintf("error: a person chooses from at most %d options: leave some out, or ask without options", maxOptions)
	case slices.ContainsFunc(q.Options, func(o string) bool { return strings.TrimSpace(o) == "" }):
		return "error: an option is empty: leave it out"
	}
	return ""
}

// askPerson puts a worker's question to a person, whose words are the result. No rule answers it, since only a person has
// the words; one that denies it holds.
func (a *attempt) askPerson(ctx context.Context, call ToolCall) (string, error) {
	var args askPersonArgs
	problem := ""
	if err := json.Unmarshal([]byte(call.Arguments), &args); err != nil {
		problem = `error: ask_person takes {"question": "…", "options": ["…"]}`
	} else {
		problem = args.check()
	}
	if problem != "" {
		return problem, nil
	}
	ruling := a.Policy.Rule(ctx, Action{
		Kind: KindQuestion, Tool: askPersonSpec.Name, Effect: EffectPerson, Arguments: json.RawMessage(call.Arguments), Ticket: a.job.Run.Ticket,
	})
	if ruling.Verdict != Deny {
		ruling = Ruling{Verdict: Ask, Rule: "default: a person answers"}
	}
	q := Question{Kind: KindQuestion, Options: args.Options, Content: Content{Question: args.Question}, Ruling: ruling}
	q.Title, q.Cut = text.VisibleLine(a.job.Run.Ticket.ID+" asks: "+args.Question, titleRunes)
	answer, _, err := a.ask(ctx, q)
	if err != nil {
		return "", err
	}
	if answer.Decision != Approved {
		return rejected("the question was not answered", answer) + ". Do what is safest without the answer, or finish as blocked", nil
	}
	return "The person answers: " + answer.Reason, nil
}
