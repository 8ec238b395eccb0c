package main

import (
	"context"
	"errors"
	"strings"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// demoEdit is where, and what, the demo's person adds to the prompt of T3 before approving it.
const (
	demoEditAfter = "It must add them up."
	demoAddition  = " Keep the signature of Balances as it is."
)

// answer answers a prompt: as the person at the terminal says, else with yes; T3's prompt is reviewed and edited first.
func (e *editor) answer(ctx context.Context, show *show, p promptEvent) error {
	show.asked(p.message)
	title := wire.TitleApprove
	if !e.d.yes {
		if strings.Contains(p.message, "Start T3 ") {
			e.d.say(0, "         (r shows its whole prompt, and adds a line to it before you approve)")
		}
		typed, err := e.ask(ctx, "         a = approve, r = review, n = reject > ", map[string]string{"a": wire.TitleApprove, "r": wire.TitleReview, "n": wire.TitleReject})
		if err != nil {
			return err
		}
		title = typed
	} else if strings.Contains(p.message, "Start T3 ") {
		title = wire.TitleReview
	}
	e.reviewed, _, _ = strings.Cut(p.message, ":")
	show.answered(map[string]string{
		wire.TitleApprove: "approved", wire.TitleReject: "rejected", wire.TitleReview: "opens the " + wire.TitleReview + " document",
	}[title])
	p.reply <- map[string]string{"title": title}
	return nil
}

// review answers in the Review… document that the server has opened: edited where there is something to add.
func (e *editor) review(ctx context.Context, show *show, d reviewEvent) error {
	document, _, _ := e.client.Text(d.path)
	decision := wire.Approve
	if !e.d.yes {
		e.d.say(0, "\n%s", text.Visible(document))
		typed, err := e.ask(ctx, "         a = approve, n = reject > ", map[string]string{"a": wire.Approve, "n": wire.Reject})
		if err != nil {
			return err
		}
		decision = typed
	}
	if at := strings.Index(document, demoEditAfter); at >= 0 && decision == wire.Approve {
		at += len(demoEditAfter)
		if err := e.client.Edit(ctx, d.path, text.Edit{Span: text.Span{Start: at, End: at}, New: demoAddition}); err != nil {
			return err
		}
		show.answered("edits the prompt (adds \"" + strings.TrimSpace(demoAddition) + "\") and approves it")
	}
	args := wire.AnswerArgs{ID: e.reviewed, Decision: decision, URI: string(e.client.URI(d.path))}
	return e.client.Command(ctx, wire.ApprovalAnswer, args, nil)
}

// ask asks the person at the terminal until one of the answers comes. A terminal that goes away approves nothing.
func (e *editor) ask(ctx context.Context, prompt string, answers map[string]string) (string, error) {
	for {
		e.d.prompt(prompt)
		e.want <- struct{}{}
		select {
		case typed := <-e.lines:
			if typed.gone {
				return "", errors.New("the terminal has gone, so the rest stays unapproved")
			}
			if meant, ok := answers[strings.ToLower(strings.TrimSpace(typed.text))]; ok {
				return meant, nil
			}
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}
