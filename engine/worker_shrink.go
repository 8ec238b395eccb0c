package engine

import (
	"context"
	"errors"
	"strings"

	"github.com/slop-ls/slop-ls/engine/text"
)

// maxOldResult is what is left, in bytes, of an earlier tool's result in a conversation that was shortened.
const maxOldResult = 2 << 10

// shortened stands in a context that was packed anew because the model had no room for the first one.
const shortened = "(This context was shortened: the model has no room for more. Files are shown as your draft has them now; read what you need with read_file.)\n\n"

// turn is a turn of the conversation. Where the model has no room for it, the conversation is shortened, once an attempt, and
// asked again.
func (a *attempt) turn(ctx context.Context) (Reply, error) {
	request := func() Request {
		return Request{Tier: TierWorker, Model: a.job.Model, Messages: a.messages, Tools: a.specs}
	}
	reply, err := a.generate(ctx, request(), true)
	var refused *ProviderError
	if !errors.As(err, &refused) || refused.Kind != ProviderTooLarge || a.shrunk {
		return reply, err
	}
	a.shrunk = true
	smaller, shrinkErr := a.shrink(ctx)
	if shrinkErr != nil || !smaller {
		return reply, errors.Join(shrinkErr, err)
	}
	a.Log.Info("a conversation was shortened", "run", a.job.Run.String(), "model", a.job.Model)
	return a.generate(ctx, request(), true)
}

// shrink makes the conversation smaller by this rule: results of tools before the last reply's are cut in the middle to
// maxOldResult; of the context every view becomes a skeleton but for the target's, and of these what goes beyond half of the
// tokens that the context had is left out, the least useful first. A context that a person has edited is cut in its middle to
// half. It reports whether a fifth at least was saved: less is not worth another call.
func (a *attempt) shrink(ctx context.Context) (smaller bool, err error) {
	before := lengths(a.messages)
	opening, err := a.shorterContext(ctx)
	if err != nil {
		return false, err
	}
	out := append([]Message{a.messages[0], {Role: RoleUser, Text: opening}}, a.messages[2:]...)
	last := len(out) - 1
	for last > 2 && out[last].Role == RoleTool {
		last-- // the newest results are what the model is about to read
	}
	for i := 2; i < last; i++ {
		if out[i].Role == RoleTool {
			out[i].Text = text.CutMiddle(out[i].Text, maxOldResult)
		}
	}
	if lengths(out) > before/5*4 {
		return false, nil
	}
	a.messages, a.sizes = out, nil
	return true, nil
}

func lengths(messages []Message) int {
	n := 0
	for _, m := range messages {
		n += len(m.Text)
		for _, c := range m.Calls {
			n += len(c.Arguments)
		}
	}
	return n
}

// shorterContext is the opening message with a shorter context.
func (a *attempt) shorterContext(ctx context.Context) (string, error) {
	c := a.approved
	if c.Context != a.packed.text {
		c.Context = shortened + text.CutMiddle(c.Context, len(c.Context)/2)
		return openingMessages("", c)[1].Text, nil
	}
	count := func(text string) int { return a.Provider.Count(a.job.Model, text) }
	p := packer{viewer: a.Viewer, files: a.draft, count: count, budget: max(a.packed.after/2, 1), skeletons: true, rule: a.showing}
	pack, err := p.pack(ctx, a.job)
	if err != nil {
		return "", err
	}
	if err := a.desk.Tell(ctx, ContextPacked{Run: a.job.Run, Before: pack.before, After: pack.after}); err != nil {
		return "", err
	}
	c.Context = shortened + pack.text
	return openingMessages("", c)[1].Text, nil
}

// noRoom is what a person can do where a model has no room for a ticket, also not for a shortened one.
func noRoom(e *ProviderError) string {
	return strings.TrimRight(e.Error(), ".") + ". The context was shortened once and still does not fit: name fewer files in context_requirements, " +
		"or target_symbols of the target file, split the ticket, or give it a model with more room (model_override)"
}
