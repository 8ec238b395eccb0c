package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// promptActions is exactly what is offered, and exactly what counts when it comes back.
var promptActions = []protocol.MessageActionItem{{Title: wire.TitleReview}, {Title: wire.TitleApprove}, {Title: wire.TitleReject}}

// attention is how long after the person's own command a prompt may pop up as its outcome.
const attention = 3 * time.Second

// acts is what a session knows of its person: what was typed, and when a command of theirs asked for something.
type acts struct {
	typed atomic.Int64 // changes of documents

	mu      sync.Mutex
	at      time.Time // of the last command
	atTyped int64     // typed, then
}

// acted notes a command after which prompts are expected.
func (s *Session) acted() {
	s.acts.mu.Lock()
	s.acts.at, s.acts.atTyped = s.hub.opts.Now(), s.acts.typed.Load()
	s.acts.mu.Unlock()
	kick(s.kicks.prompts)
}

// attentive says whether the person has just given a command and not typed since.
func (s *Session) attentive() bool {
	s.acts.mu.Lock()
	defer s.acts.mu.Unlock()
	return s.acts.typed.Load() == s.acts.atTyped && s.hub.opts.Now().Sub(s.acts.at) < attention
}

// prompter is the state of a session's prompting. Its fields belong to the goroutine of prompting.
type prompter struct {
	s         *Session
	open      engine.ApprovalID // asked and not answered, or ""
	shown     map[engine.ApprovalID]bool
	announced map[engine.ApprovalID]bool
	answered  chan engine.ApprovalID // the prompt came back, with whatever
}

// prompting asks and announces approvals, one prompt at a time, until ctx ends.
func (s *Session) prompting(ctx context.Context) {
	p := &prompter{
		s: s, shown: map[engine.ApprovalID]bool{}, announced: map[engine.ApprovalID]bool{},
		answered: make(chan engine.ApprovalID),
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.kicks.prompts:
		case id := <-p.answered:
			if id == p.open {
				p.open = ""
			}
		}
		p.turn(ctx, s.engine.Snapshot())
	}
}

func (p *prompter) turn(ctx context.Context, snap *engine.Snapshot) {
	if p.open != "" && !isPending(snap, p.open) {
		p.open = "" // somebody else decided; no client takes the prompt away, but the next one need not wait
	}
	p.forget(snap)
	var quiet []*engine.Approval
	for a := range snap.Pending() {
		switch {
		case p.shown[a.ID]:
		case p.s.attentive() && p.unwritten(snap, a):
			p.shown[a.ID] = true
			p.review(a)
		case p.open == "" && p.may(snap, a):
			p.ask(a)
		case !p.announced[a.ID] && (p.open == "" || !p.may(snap, a)):
			quiet = append(quiet, a)
		}
	}
	p.announce(ctx, quiet)
}

func isPending(snap *engine.Snapshot, id engine.ApprovalID) bool {
	a, ok := snap.Approval(id)
	return ok && a.Pending()
}

// forget drops what is remembered of approvals that are no longer pending.
func (p *prompter) forget(snap *engine.Snapshot) {
	for _, m := range []map[engine.ApprovalID]bool{p.shown, p.announced} {
		for id := range m {
			if !isPending(snap, id) {
				delete(m, id)
			}
		}
	}
}

// may says whether an approval may be asked by a prompt now.
func (p *prompter) may(snap *engine.Snapshot, a *engine.Approval) bool {
	t := p.s.traits()
	if !t.messageRequest || a.Kind == engine.KindQuestion || p.unwritten(snap, a) {
		return false // there is nothing that one click could answer
	}
	switch p.s.hub.opts.Prompts {
	case PromptAlways:
		return true
	case PromptNever:
		return false
	case PromptAuto:
	}
	return t.safePrompts || p.s.attentive()
}

// unwritten says whether an approval is the spawn of a ticket whose instruction a person still has to write.
func (p *prompter) unwritten(snap *engine.Snapshot, a *engine.Approval) bool {
	t, ok := snap.Ticket(a.Run.Ticket)
	return ok && a.Kind == engine.KindSpawn && engine.Unwritten(t.Spec.Description)
}

// announce says quietly that approvals wait. It never asks.
func (p *prompter) announce(ctx context.Context, quiet []*engine.Approval) {
	if len(quiet) == 0 {
		return
	}
	for _, a := range quiet {
		p.announced[a.ID] = true
	}
	p.s.tell(ctx, protocol.MessageTypeInfo, waiting(quiet[0], len(quiet)-1))
}

// waiting is the line that says that an approval, and more of them, wait.
func waiting(a *engine.Approval, more int) string {
	title, _ := page.Title(a)
	if more == 0 {
		return fmt.Sprintf("%s waits for you: %s (by a code action in its track, or %s)", a.ID, title, wire.ApprovalOpen)
	}
	return fmt.Sprintf("%s and %d more wait for you: %s (by code actions in their tracks, or %s)", a.ID, more, title, wire.ApprovalList)
}

// review opens the Review… document of an approval without being asked to.
func (p *prompter) review(a *engine.Approval) {
	p.s.later(func(ctx context.Context) {
		path, err := p.s.writeReview(ctx, a)
		if err != nil {
			p.s.tell(ctx, protocol.MessageTypeError, err.Error())
			return
		}
		p.s.show(ctx, path)
	})
}

// ask sends one prompt. Its answer is dealt with wherever and whenever it comes, by then perhaps too late.
func (p *prompter) ask(a *engine.Approval) {
	p.shown[a.ID], p.open = true, a.ID
	title, cut := page.Title(a)
	if cut {
		title += " (cut: " + wire.TitleReview + " shows all of it)"
	}
	params := &protocol.ShowMessageRequestParams{
		Type: protocol.MessageTypeWarning, Message: string(a.ID) + ": " + title, Actions: promptActions,
	}
	p.s.later(func(ctx context.Context) {
		var reply json.RawMessage
		err := p.s.conn.call(ctx, protocol.MethodWindowShowMessageRequest, params, &reply)
		p.s.replied(ctx, a, reply, err)
		select {
		case p.answered <- a.ID:
		case <-ctx.Done():
		}
	})
}

// chosen is the title that came back, or "" for everything that is no choice.
func chosen(reply json.RawMessage) string {
	var item *struct{ Title *string }
	if json.Unmarshal(reply, &item) != nil || item == nil || item.Title == nil {
		return ""
	}
	return *item.Title
}

// replied deals with a prompt's answer. Only the three offered titles count; all else leaves the approval pending.
func (s *Session) replied(ctx context.Context, a *engine.Approval, reply json.RawMessage, err error) {
	title := chosen(reply)
	if missing := (*replyError)(nil); errors.As(err, &missing) && missing.Code == codeNoMethod {
		s.noPrompts(ctx, a)
		return
	}
	if err == nil && (title == wire.TitleApprove || title == wire.TitleReject || title == wire.TitleReview) {
		s.acted()
		err = s.choose(ctx, a, title)
	} else {
		s.log.Debug("a prompt was not answered", "approval", a.ID, "reply", string(reply), "err", err)
		return
	}
	if late, ok := lateMessage(err); ok {
		s.tell(ctx, protocol.MessageTypeInfo, late)
	} else if err != nil {
		s.tell(ctx, protocol.MessageTypeError, err.Error())
	}
}

// noPrompts notes that the client knows no prompts, whatever it announced, and says quietly what it was to ask.
func (s *Session) noPrompts(ctx context.Context, a *engine.Approval) {
	t := *s.traits()
	t.messageRequest = false
	s.client.Store(&t)
	s.tell(ctx, protocol.MessageTypeInfo, waiting(a, 0))
}

func (s *Session) choose(ctx context.Context, a *engine.Approval, title string) error {
	if title == wire.TitleReview {
		path, err := s.writeReview(ctx, a)
		if err == nil {
			s.show(ctx, path)
		}
		return err
	}
	content, err := engine.LoadContent(ctx, s.hub.opts.Blobs, a.Hash)
	if err != nil {
		return err
	}
	decision := engine.Rejected
	if title == wire.TitleApprove {
		decision = engine.Approved
	}
	return s.answer(ctx, a, answer{decision: decision, content: content})
}
