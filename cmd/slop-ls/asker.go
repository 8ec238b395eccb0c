package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/text"
)

// asker asks the person at the terminal, one approval at a time. Only a clear yes approves; everything else asks again,
// and a terminal that goes away approves nothing. A nil asker asks nobody. Its fields belong to the runner's goroutine.
type asker struct {
	r       *runner
	want    chan struct{} // a line is read only when one is wanted: an editor needs the terminal for itself
	lines   chan typedLine
	reading bool                // one is wanted and has not come
	queue   []engine.ApprovalID // the first one is open
	held    []string            // progress that waits until the question is answered
}

// typedLine is a line from the terminal; gone when there will be no more.
type typedLine struct {
	text string
	gone bool
}

func newAsker(r *runner) *asker {
	a := &asker{r: r, want: make(chan struct{}, 1), lines: make(chan typedLine, 1)}
	go readLines(r.app.in, a.want, a.lines)
	return a
}

// readLines reads a line for each want. Reading a terminal cannot be cancelled: a read under way ends with the process,
// or with the terminal. Both channels have room for one, and only one line is wanted at a time.
func readLines(from io.Reader, want <-chan struct{}, lines chan<- typedLine) {
	scanner := bufio.NewScanner(from)
	for range want {
		if !scanner.Scan() {
			lines <- typedLine{gone: true}
			return
		}
		lines <- typedLine{text: scanner.Text()}
	}
}

// close lets the reader go once it is not reading.
func (a *asker) close() {
	if a != nil {
		close(a.want)
	}
}

// typed is where lines come from; without an asker, never.
func (a *asker) typed() <-chan typedLine {
	if a == nil {
		return nil
	}
	return a.lines
}

// say prints progress, or holds it back while a question is open.
func (a *asker) say(app *app, line string) {
	if a != nil && len(a.queue) > 0 {
		a.held = append(a.held, line)
		return
	}
	fmt.Fprintln(app.out, line)
}

func (a *asker) ask(ctx context.Context, id engine.ApprovalID) error {
	if slices.Contains(a.queue, id) {
		return nil // another attempt waits for the same answer
	}
	a.queue = append(a.queue, id)
	if len(a.queue) == 1 {
		return a.show(ctx)
	}
	return nil
}

// settled takes an approval that needs no answer any more out of the queue.
func (a *asker) settled(ctx context.Context, id engine.ApprovalID) error {
	if a == nil {
		return nil
	}
	for i, q := range a.queue {
		if q != id {
			continue
		}
		a.queue = append(a.queue[:i:i], a.queue[i+1:]...)
		if i == 0 {
			return a.next(ctx)
		}
	}
	return nil
}

// next shows what was held back, and then the next question.
func (a *asker) next(ctx context.Context) error {
	for _, line := range a.held {
		fmt.Fprintln(a.r.app.out, line)
	}
	a.held = nil
	if len(a.queue) > 0 {
		return a.show(ctx)
	}
	return nil
}

// show asks the first question of the queue.
func (a *asker) show(ctx context.Context) error {
	approval, _, err := a.current(ctx)
	if err != nil {
		return err
	}
	title, cut := page.Title(approval)
	if cut {
		title += " (cut: view it before you decide)"
	}
	fmt.Fprintf(a.r.app.err, "\n? %s %s · %s · %s\n", approval.ID, approval.Run.Ticket.ID, approval.Kind, title)
	for i, o := range approval.Options {
		option, _ := text.VisibleLine(o, 200)
		fmt.Fprintf(a.r.app.err, "    %d. %s\n", i+1, option)
	}
	a.prompt(approval)
	return nil
}

// prompt asks for a line.
func (a *asker) prompt(approval *engine.Approval) {
	if !a.reading {
		a.reading = true
		a.want <- struct{}{}
	}
	if approval.Kind == engine.KindQuestion {
		fmt.Fprint(a.r.app.err, "  v = view, n = no answer, else your answer > ")
		return
	}
	if approval.Cover != nil && !approval.Cut {
		covers, _ := text.VisibleLine(approval.Cover.String(), 200)
		fmt.Fprintf(a.r.app.err, "  a [ticket|track|workspace] = always, exactly: %s\n", covers)
	}
	fmt.Fprint(a.r.app.err, "  v = view, y = yes, e = edit, n [why] = no > ")
}

func (a *asker) current(ctx context.Context) (*engine.Approval, engine.Content, error) {
	return findApproval(ctx, a.r.narrator.Snapshot(), a.r.blobs, string(a.queue[0]))
}

// answer takes a typed line for the open question.
func (a *asker) answer(ctx context.Context, input typedLine) error {
	a.reading = false
	if input.gone {
		return a.leave(ctx)
	}
	if len(a.queue) == 0 {
		return nil
	}
	approval, content, err := a.current(ctx)
	if err != nil {
		return err
	}
	word, rest, _ := strings.Cut(strings.TrimSpace(input.text), " ")
	question := approval.Kind == engine.KindQuestion
	switch said := strings.ToLower(word); {
	case rest == "" && (said == "v" || said == "view"):
		fmt.Fprintln(a.r.app.err, page.Review(approval, content))
		a.prompt(approval)
		return nil
	case question && rest == "" && said == "n", !question && (said == "n" || said == "no"):
		return a.r.decide(ctx, engine.AnswerApproval{ID: approval.ID, Decision: engine.Rejected, By: a.r.by, Reason: rest})
	case question:
		return a.approve(ctx, approval, content, input.text)
	case rest == "" && (said == "y" || said == "yes"):
		return a.approve(ctx, approval, content, "")
	case approval.Cover != nil && !approval.Cut && (said == "a" || said == "always"):
		return a.always(ctx, approval, content, rest)
	case rest == "" && (said == "e" || said == "edit"):
		return a.edit(ctx, approval, content)
	default:
		a.prompt(approval)
		return nil
	}
}

// approve submits an approval; one that lacks something is asked again.
func (a *asker) approve(ctx context.Context, approval *engine.Approval, content engine.Content, words string) error {
	answer := engine.AnswerApproval{Decision: engine.Approved, By: a.r.by, Reason: words}
	answer, err := engine.PrepareAnswer(ctx, a.r.blobs, approval, content, answer)
	return a.submit(ctx, approval, answer, err)
}

// always approves for good, in the track unless the person said where.
func (a *asker) always(ctx context.Context, approval *engine.Approval, content engine.Content, where string) error {
	answer := engine.AnswerApproval{Decision: engine.Approved, By: a.r.by, Remember: engine.Scope(cmp.Or(where, string(engine.ScopeTrack)))}
	switch answer.Remember {
	case engine.ScopeTicket, engine.ScopeTrack, engine.ScopeWorkspace:
	default:
		a.prompt(approval)
		return nil
	}
	answer, err := engine.PrepareAnswer(ctx, a.r.blobs, approval, content, answer)
	return a.submit(ctx, approval, answer, err)
}

func (a *asker) edit(ctx context.Context, approval *engine.Approval, content engine.Content) error {
	answer, err := a.r.app.edited(ctx, a.r.blobs, approval, content)
	return a.submit(ctx, approval, answer, err)
}

// submit submits an answer, or says what is wrong with it and asks again.
func (a *asker) submit(ctx context.Context, approval *engine.Approval, answer engine.AnswerApproval, err error) error {
	if err == nil {
		return a.r.decide(ctx, answer)
	}
	line := errorLine(err)
	if incomplete := (*engine.IncompleteError)(nil); errors.As(err, &incomplete) {
		line = map[bool]string{
			true:  "  it is a question: type the answer",
			false: "  it has no instruction yet: e opens the prompt, write it there",
		}[incomplete.Kind == engine.KindQuestion]
	}
	fmt.Fprintln(a.r.app.err, line)
	a.prompt(approval)
	return nil
}

// leave is the end of the terminal: nobody is there any more.
func (a *asker) leave(ctx context.Context) error {
	queue := a.queue
	a.queue = nil
	a.r.asker = nil
	if err := a.next(ctx); err != nil {
		return err
	}
	for _, id := range queue {
		if err := a.r.asked(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
