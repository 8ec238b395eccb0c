package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine/text"
)

// titleRunes bounds the one line on which a person decides.
const titleRunes = 120

// useTool answers one tool call: by the policy's or a person's refusal, or by running it.
func (a *attempt) useTool(ctx context.Context, call ToolCall) error {
	if err := a.gate(ctx); err != nil {
		return err
	}
	result, err := a.toolResult(ctx, call)
	if err != nil {
		return err
	}
	news, err := a.catchUp(ctx)
	if err != nil {
		return err
	}
	a.messages = append(a.messages, Message{Role: RoleTool, CallID: call.ID, Name: call.Name, Text: result + news})
	return a.repeats(call, result)
}

func (a *attempt) toolResult(ctx context.Context, call ToolCall) (string, error) {
	if call.Name == askPersonSpec.Name {
		return a.askPerson(ctx, call)
	}
	tool, ok := a.tools[call.Name]
	if !ok {
		return "there is no tool " + call.Name + "; there are: " + a.toolNames(), nil
	}
	args, refusal, err := a.permit(ctx, tool.Spec(), call)
	if refusal != "" || err != nil {
		return refusal, err
	}
	result, err := a.runTool(ctx, tool, args)
	if err == nil && !sameJSON(args, call.Arguments) {
		result = "The person in charge changed this call before it ran. Its arguments were:\n" + fenced(args) + "\n" + result
	}
	return result, err
}

// sameJSON reports whether two values differ in nothing but the blanks between their parts.
func sameJSON(x, y string) bool {
	var a, b bytes.Buffer
	if json.Compact(&a, []byte(x)) != nil || json.Compact(&b, []byte(y)) != nil {
		return x == y
	}
	return bytes.Equal(a.Bytes(), b.Bytes())
}

func (a *attempt) toolNames() string {
	names := make([]string, 0, len(a.specs))
	for _, s := range a.specs {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// permit gets leave for a call: from the policy, or from a person, who may edit its arguments. What comes back edited
// is held against the deny rules once more. A refusal is for the model to read.
func (a *attempt) permit(ctx context.Context, spec ToolSpec, call ToolCall) (args, refusal string, err error) {
	action := a.action(spec, call.Arguments)
	ruling := a.Policy.Rule(ctx, action)
	if ruling.Verdict == Allow && action.Step {
		ruling.Verdict, ruling.Rule = Ask, "step_mode asks for each call"
	}
	if ruling.Verdict == Allow && spec.Effect != EffectRun && spec.Effect != EffectNetwork {
		return call.Arguments, "", nil
	}
	q := Question{Kind: action.Kind, Ruling: ruling, Content: Content{Tool: spec.Name, Arguments: call.Arguments}}
	q.Title, q.Cut = a.stepTitle(action)
	now := a.draftHashes(nil)
	if spec.Effect == EffectEdit {
		now = a.draftHashes(action.Paths)
	}
	q.Content.Rests = now(ctx)
	if ruling.Verdict != Deny {
		if err := a.foresee(ctx, &q.Content); err != nil {
			return "", "", err
		}
	}
	answer, content, err := a.askFresh(ctx, q, now, a.foreseenAgain(now))
	if err != nil {
		return "", "", err
	}
	if answer.Decision != Approved {
		return "", rejected("this call was not allowed", answer), nil
	}
	again := a.Policy.Rule(ctx, a.action(spec, content.Arguments))
	if again.Verdict == Deny {
		return "", "this call was not allowed: denied by " + again.Rule, nil
	}
	return content.Arguments, "", a.gate(ctx)
}

// action describes a call to the policy. Arguments that are no JSON object are the tool's to refuse.
func (a *attempt) action(spec ToolSpec, arguments string) Action {
	var known struct {
		Command string `json:"command"`
		Path    string `json:"path"`
		From    string `json:"from"`
		To      string `json:"to"`
	}
	_ = json.Unmarshal([]byte(arguments), &known)
	action := Action{
		Kind: KindStep, Tool: spec.Name, Effect: spec.Effect, Arguments: json.RawMessage(arguments),
		Step: a.job.Ticket.Spec.StepMode, Ticket: a.job.Run.Ticket,
	}
	if spec.Effect == EffectRun {
		action.Kind, action.Command = KindCommand, known.Command
	}
	for _, p := range []string{known.Path, known.From, known.To} {
		if p != "" {
			action.Paths = append(action.Paths, p)
		}
	}
	return action
}

// runTool runs an approved call and journals that it did.
func (a *attempt) runTool(ctx context.Context, tool Tool, args string) (string, error) {
	spec := tool.Spec()
	a.calls++
	called := ToolCalled{Run: a.job.Run, Call: a.calls, Name: spec.Name, Summary: oneLine(args)}
	if err := a.noteCall(ctx, spec, called); err != nil {
		return "", err
	}
	result, err := tool.Call(ctx, a.draft, json.RawMessage(args))
	var told *ToolError
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.As(err, &told):
		result = ToolResult{Text: "error: " + told.Msg, Summary: told.Msg}
	case err != nil:
		return "", fmt.Errorf("running %s: %w", spec.Name, err)
	}
	text := a.draft.Shelf().Fit(result.Text)
	if result.Command != nil && !result.Command.OK() {
		text += a.analyse(ctx, *result.Command)
	}
	returned := ToolReturned{
		Run: a.job.Run, Call: called.Call, Name: spec.Name, Summary: oneLine(result.Summary),
		OK: told == nil && (result.Command == nil || result.Command.OK()),
	}
	return text, a.desk.Tell(ctx, returned)
}

// noteCall journals a call: durably before it runs where it reaches beyond the draft.
func (a *attempt) noteCall(ctx context.Context, spec ToolSpec, called ToolCalled) error {
	if spec.Effect == EffectRun || spec.Effect == EffectNetwork {
		return a.desk.Commit(ctx, called)
	}
	return a.desk.Tell(ctx, called)
}

// analyse is tier 4: what a failed command's output means. Without one, or when that model fails too, the output
// speaks for itself.
func (a *attempt) analyse(ctx context.Context, r CommandResult) string {
	if a.QAModel == "" {
		return ""
	}
	failure := a.failureText(ctx, r)
	system, err := a.Prompts.Prompt(string(TierQA), map[string]string{"ticket": a.job.Run.Ticket.ID, "command": r.Line})
	var reply Reply
	if err == nil {
		req := Request{Tier: TierQA, Model: a.QAModel, Messages: []Message{{Role: RoleSystem, Text: system}, {Role: RoleUser, Text: failure}}}
		reply, err = a.generate(ctx, req, false)
	}
	if err != nil {
		a.Log.Warn("the analysis of a failure failed", "run", a.job.Run.String(), "err", err)
		return "\n(no analysis of this failure: " + err.Error() + ")\n"
	}
	return "\nAnalysis of this failure (tier 4, " + a.QAModel + "):\n" + a.proposal(ctx, reply.Message.Text)
}

func timedOut(r CommandResult) string {
	if r.TimedOut {
		return " (it ran out of time)"
	}
	return ""
}

func oneLine(s string) string {
	line, _ := text.VisibleLine(s, titleRunes)
	return line
}

// stepTitle is the line on which a person decides about a call; cut says that it does not show all of it.
func (a *attempt) stepTitle(action Action) (line string, cut bool) {
	what := action.Tool + " " + string(action.Arguments)
	if action.Kind == KindCommand {
		what = "runs" + a.held() + ": " + action.Command
	}
	return titleLine(a.job.Run.Ticket.ID + " " + what)
}

// held says in the line on which a person decides about a command that nothing holds it, where nothing does.
func (a *attempt) held() string {
	if a.Unheld != "" {
		return ", not sandboxed"
	}
	return ""
}

// titleLine is one safe line on which a person decides.
func titleLine(s string) (line string, cut bool) { return text.VisibleLine(s, titleRunes) }

// spawnTitle is the line on which a person decides about a worker's start.
func spawnTitle(job Job, p packed) (line string, cut bool) {
	head, cut := text.VisibleLine(fmt.Sprintf("Start %s with %s (%d tokens of context):", job.Run.Ticket.ID, job.Model, p.after), titleRunes)
	what, short := text.VisibleLine(job.Ticket.Spec.Description, titleRunes/2)
	return head + " " + what, cut || short
}
