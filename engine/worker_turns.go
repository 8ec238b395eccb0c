package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// converse is the conversation: a model's reply, its tool calls, their results, and again, until something ends it.
func (a *attempt) converse(ctx context.Context) (Outcome, error) {
	for n := 1; ; n++ {
		if err := a.withinLimits(n); err != nil {
			return Outcome{}, err
		}
		if err := a.gate(ctx); err != nil {
			return Outcome{}, err
		}
		reply, err := a.turn(ctx)
		if err != nil {
			return Outcome{}, err
		}
		a.messages = append(a.messages, reply.Message)
		if err := a.gate(ctx); err != nil {
			return Outcome{}, err
		}
		outcome, over, err := a.react(ctx, reply)
		if over || err != nil {
			return outcome, err
		}
		a.keepTranscript(ctx)
	}
}

// react does what a reply asks for. over says that the attempt has come to its end.
func (a *attempt) react(ctx context.Context, reply Reply) (outcome Outcome, over bool, err error) {
	if len(reply.Message.Calls) == 0 {
		if told, err := a.notWhole(ctx, reply); told || err != nil {
			return Outcome{}, false, err
		}
		return a.finalReply(ctx, reply.Message.Text)
	}
	for _, call := range reply.Message.Calls {
		if call.Name == finishSpec.Name {
			outcome, over, err = a.finish(ctx, call)
		} else {
			err = a.useTool(ctx, call)
		}
		if over || err != nil {
			return outcome, over, err
		}
	}
	return Outcome{}, false, nil
}

// finalReply ends an attempt without the finish tool: the reply's first word decides.
func (a *attempt) finalReply(ctx context.Context, text string) (Outcome, bool, error) {
	if beginsBlocked(text) {
		return Outcome{Kind: OutcomeFailed, By: ByWorker, Reason: strings.TrimSpace(text)}, true, nil
	}
	outcome, problem, err := a.complete(ctx, strings.TrimSpace(text))
	if problem != "" {
		a.messages = append(a.messages, Message{Role: RoleUser, Text: problem})
	}
	return outcome, problem == "", err
}

// notWhole tells the worker of a reply without calls that is nobody's word that the work is done: one that was cut off at its
// model's limit, or an empty one of a worker that has changed nothing. An empty one is not sent back, since providers refuse
// that. What a provider withholds may go better with the next model.
func (a *attempt) notWhole(ctx context.Context, reply Reply) (told bool, err error) {
	empty, problem := strings.TrimSpace(reply.Message.Text) == "", ""
	switch {
	case reply.Finish == FinishFilter:
		reason := "its provider withheld the reply of " + a.job.Model + " (" + FinishFilter + "): another model, or other words in the description, may go better"
		return false, &ended{Outcome{Kind: OutcomeFailed, By: ByProvider, Reason: reason}}
	case reply.Finish == FinishLength:
		problem = "Your reply was cut off, because it was longer than it may be. Go on in smaller steps, with one tool call at a time, and call finish when the work is done."
	case empty:
		if set, err := a.draft.Changes(ctx); err != nil || !set.Empty() {
			return false, err
		}
		problem = "Your reply was empty. Call a tool to go on, or call finish when the work is done."
	default:
		return false, nil
	}
	if empty {
		a.messages = a.messages[:len(a.messages)-1]
	}
	a.messages = append(a.messages, Message{Role: RoleUser, Text: problem})
	return true, a.repeats(ToolCall{}, problem)
}

// beginsBlocked reports whether a reply's first word is BLOCKED, as the prompt asks for. The word elsewhere means
// nothing.
func beginsBlocked(text string) bool {
	word, _, _ := strings.Cut(strings.TrimLeft(text, " \t\r\n*_#>`\"'"), " ")
	word, _, _ = strings.Cut(word, "\n")
	return strings.EqualFold(strings.TrimRight(word, ".,:;!-—*_`\"'\r"), "blocked")
}

// withinLimits is asked before each turn.
func (a *attempt) withinLimits(turn int) error {
	l := a.Limits
	reason := ""
	switch {
	case turn > l.Turns:
		reason = fmt.Sprintf("it did not finish within %d turns", l.Turns)
	case l.Tokens > 0 && a.usage.Total() >= l.Tokens:
		reason = fmt.Sprintf("it used %d tokens; its limit is %d", a.usage.Total(), l.Tokens)
	case l.Time > 0 && time.Since(a.began)-a.waited >= l.Time:
		reason = fmt.Sprintf("it did not finish within %s", l.Time)
	default:
		return nil
	}
	return &ended{Outcome{Kind: OutcomeFailed, By: ByBudget, Reason: reason}}
}

// generate makes one model call, streams it where people watch, and notes what it cost.
func (a *attempt) generate(ctx context.Context, req Request, watched bool) (Reply, error) {
	from := a.desk.stream.place()
	onDelta := func(d Delta) {
		switch {
		case !watched:
		case d.Restart:
			a.desk.stream.restart(from)
		default:
			if d.Reasoning != "" {
				a.desk.Think(d.Reasoning)
			}
			if d.Text != "" {
				a.desk.Say(d.Text)
			}
		}
	}
	if err := a.afford(ctx, req); err != nil {
		return Reply{}, err
	}
	reply, err := a.Provider.Generate(ctx, req, onDelta)
	if err != nil {
		return Reply{}, err
	}
	if now := a.desk.stream.place(); watched && now.offset > from.offset {
		a.desk.Say("\n")
	}
	if now := a.desk.stream.place(); watched && now.thought > from.thought {
		a.desk.Think("\n")
	}
	a.usage = a.usage.Add(reply.Usage)
	note := UsageRecorded{Run: a.job.Run, Tier: req.Tier, Model: req.Model, Usage: reply.Usage, Worked: a.worked()}
	reply.Message.Role = RoleAssistant
	return reply, a.desk.Tell(ctx, note)
}

// repeat notices a worker that goes round in circles.
type repeat struct {
	recent []string // the last calls with their results, hashed
	names  []string // of their tools
}

// fewCalls is how many different calls a worker may alternate between before that is a circle.
const fewCalls = 3

// repeats stops a worker whose last calls had all the same result: one call Limits.Repeats times in a row, or a few in turn
// three times as often. What it changes in between makes other calls, so that a test that is run after each edit is none.
func (a *attempt) repeats(call ToolCall, result string) error {
	r := &a.last
	r.recent = append(r.recent, ContentHash([]byte(call.Name+" "+call.Arguments+"\x00"+result)))
	r.names = append(r.names, call.Name)
	n, few := a.Limits.Repeats, 3*a.Limits.Repeats
	if drop := len(r.recent) - few; drop > 0 {
		r.recent, r.names = r.recent[drop:], r.names[drop:]
	}
	reason := ""
	switch {
	case call.Name == "" && len(r.recent) >= n && distinct(r.recent[len(r.recent)-n:]) == 1:
		reason = fmt.Sprintf("its last %d replies came to nothing; the worker was told: %s", n, oneLine(result))
	case len(r.recent) >= n && distinct(r.recent[len(r.recent)-n:]) == 1:
		reason = fmt.Sprintf("it repeated the same call of %s with the same result %d times: %s", call.Name, n, oneLine(result))
	case len(r.recent) == few && distinct(r.recent) <= fewCalls:
		reason = fmt.Sprintf("it went round in circles: its last %d calls were the same few with the same results, again and again: %s", few, oneLine(strings.Join(r.names, ", ")))
	default:
		return nil
	}
	return &ended{Outcome{Kind: OutcomeBlocked, By: ByConductor, Reason: reason}}
}

func distinct(list []string) int {
	seen := map[string]bool{}
	for _, s := range list {
		seen[s] = true
	}
	return len(seen)
}

// Transcript is the name of the blob that keeps an attempt's conversation: one Message a line, as JSON.
func Transcript(run Run) string {
	return fmt.Sprintf("transcript/%s/%s/%d", run.Ticket.Track, run.Ticket.ID, run.Attempt)
}

// keepTranscript stores the conversation as far as it has come. Losing one costs no work, so that a failure is only
// logged.
func (a *attempt) keepTranscript(ctx context.Context) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, m := range a.messages {
		if err := enc.Encode(m); err != nil {
			a.Log.Warn("a message could not be kept", "run", a.job.Run.String(), "err", err)
		}
	}
	if err := a.Blobs.PutBlob(context.WithoutCancel(ctx), Transcript(a.job.Run), b.Bytes()); err != nil {
		a.Log.Warn("the transcript could not be kept", "run", a.job.Run.String(), "err", err)
	}
}
