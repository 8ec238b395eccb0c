package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// promptActions is what a prompt about one approval offers.
var promptActions = []protocol.MessageActionItem{{Title: wire.TitleReview}, {Title: wire.TitleApprove}, {Title: wire.TitleReject}}

// attention is how long after the person's own command a prompt may pop up as its outcome.
const attention = 3 * time.Second

// acts is what a session knows of its person: when a command of theirs asked for something.
type acts struct {
	mu      sync.Mutex
	at      time.Time // of the last command
	atTyped int64     // what had been typed in all sessions then
	came    bool      // it was no command: the person came to where approvals are
}

// acted notes a command after which prompts are expected.
func (s *Session) acted() { s.did(false) }

func (s *Session) did(came bool) {
	s.acts.mu.Lock()
	s.acts.at, s.acts.atTyped, s.acts.came = s.hub.opts.Now(), s.hub.typed.Load(), came
	s.acts.mu.Unlock()
	kick(s.kicks.prompts)
}

// attentive says whether the person has just given a command and not typed since, be it in another session: many editors
// have one of its own for a Review… document. Who only came to where approvals are
// is asked what waited then: what is requested a moment later would meet keys that are meant for the document.
func (s *Session) attentive(a *engine.Approval) bool {
	s.acts.mu.Lock()
	defer s.acts.mu.Unlock()
	if s.acts.came && a.Requested.After(s.acts.at) {
		return false
	}
	return s.hub.typed.Load() == s.acts.atTyped && s.hub.opts.Now().Sub(s.acts.at) < attention
}

// cameTo notes that the person opened a document in which approvals can be answered: a track's, or the inbox. What is
// opened before the client has asked for anything is no doing of theirs: it comes with an editor's start, or again after
// a daemon's death.
func (s *Session) cameTo(params json.RawMessage) {
	var p struct{ TextDocument struct{ URI uri.URI } }
	if !s.asked || json.Unmarshal(params, &p) != nil {
		return
	}
	if d := s.desk.Docs().Get(p.TextDocument.URI); d != nil && (trackfile.IsTrackFile(d.Path) || s.hub.isInbox(d)) {
		s.did(true)
	}
}

// prompter is the state of a session's prompting. Its fields belong to the goroutine of prompting.
type prompter struct {
	s         *Session
	open      *prompt // asked and not answered, or nil
	shown     map[engine.ApprovalID]bool
	announced map[engine.ApprovalID]bool
	answered  chan *prompt // it came back, with whatever
}

// prompt is one window/showMessageRequest: about one approval, or about several alike.
type prompt struct {
	about []*engine.Approval
	id    atomic.Int64 // of the request, 0 before it is sent
	back  atomic.Bool  // its answer has come
}

// prompting asks and announces approvals, one prompt at a time, until ctx ends.
func (s *Session) prompting(ctx context.Context) {
	p := &prompter{
		s: s, shown: map[engine.ApprovalID]bool{}, announced: map[engine.ApprovalID]bool{},
		answered: make(chan *prompt),
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.kicks.prompts:
		case q := <-p.answered:
			if q == p.open {
				p.open = nil
			}
		}
		p.turn(ctx, s.engine.Snapshot())
	}
}

func (p *prompter) turn(ctx context.Context, snap *engine.Snapshot) {
	p.overtaken(ctx, snap)
	p.forget(snap)
	var quiet, ready []*engine.Approval
	for a := range snap.Pending() {
		switch {
		case p.shown[a.ID]:
		case p.s.attentive(a) && p.unwritten(snap, a):
			p.shown[a.ID] = true
			p.review(a)
		case p.may(snap, a):
			ready = append(ready, a)
		case !p.announced[a.ID]:
			quiet = append(quiet, a)
		}
	}
	if p.open == nil && len(ready) > 0 {
		p.ask(p.next(ready))
	}
	p.announce(ctx, quiet)
}

// overtaken withdraws a prompt whose approvals somebody else has decided, and says who. Where the client leaves it on
// the screen all the same, the next one need not wait for it.
func (p *prompter) overtaken(ctx context.Context, snap *engine.Snapshot) {
	if p.open == nil || slices.ContainsFunc(p.open.about, func(a *engine.Approval) bool { return isPending(snap, a.ID) }) {
		return
	}
	q := p.open
	p.open = nil
	if q.back.Load() {
		return
	}
	if id := q.id.Load(); id != 0 {
		p.s.conn.Withdraw(ctx, id)
	}
	for _, a := range q.about {
		if how, ok := ending(snap, a.ID); ok && how.By != p.s.actor() {
			p.s.tell(ctx, protocol.MessageTypeInfo, page.EndedLine(a.ID, how)+". The prompt about it needs no answer.")
		}
	}
}

// next is what one prompt asks about: the oldest that is ready, and with it those that are alike, where the client
// takes such prompts and one line shows what all of them are.
func (p *prompter) next(ready []*engine.Approval) *prompt {
	first := ready[0]
	if !p.s.traits().BatchPrompts || !together(first) {
		return &prompt{about: ready[:1]}
	}
	about := slices.DeleteFunc(slices.Clone(ready), func(a *engine.Approval) bool { return !a.Alike(first) || !together(a) || a.Cut })
	if len(about) < 2 || first.Cut {
		return &prompt{about: ready[:1]}
	}
	if _, cut := batchLine(about); cut {
		return &prompt{about: ready[:1]}
	}
	return &prompt{about: about}
}

// batchLine is the line of a prompt about several approvals: what they ask once where it is the same for all, else each.
func batchLine(about []*engine.Approval) (line string, cut bool) {
	const runes = 200
	ids, titles := make([]string, len(about)), make([]string, len(about))
	same := about[0].Cover != nil
	for i, a := range about {
		ids[i] = string(a.ID)
		titles[i] = string(a.ID) + " " + a.Title
		same = same && a.Cover.Same(about[0].Cover)
	}
	if same {
		what, long := text.VisibleLine(about[0].Cover.String(), runes)
		line, cut = text.CutLine(fmt.Sprintf("%d like this: %s (%s)", len(about), what, strings.Join(ids, ", ")), runes)
		return line, cut || long
	}
	return text.CutLine(fmt.Sprintf("%d like this: %s", len(about), strings.Join(titles, "; ")), runes)
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
	if !t.MessageRequest || a.Kind == engine.KindQuestion || p.unwritten(snap, a) {
		return false // there is nothing that one click could answer
	}
	switch p.s.hub.opts.Prompts {
	case PromptAlways:
		return true
	case PromptNever:
		return false
	case PromptAuto:
	}
	return t.SafePrompts || p.s.attentive(a)
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

// line is what a prompt says.
func (q *prompt) line() string {
	if len(q.about) > 1 {
		line, _ := batchLine(q.about)
		return line
	}
	title, cut := page.Title(q.about[0])
	if cut {
		title += " (cut: " + wire.TitleReview + " shows all of it)"
	}
	return string(q.about[0].ID) + ": " + title
}

// actions is exactly what a prompt offers, and exactly what counts when it comes back.
func (q *prompt) actions() []protocol.MessageActionItem {
	if len(q.about) == 1 {
		return promptActions
	}
	return []protocol.MessageActionItem{
		{Title: wire.TitleReview}, {Title: wire.TitleApproveAll(len(q.about))}, {Title: wire.TitleRejectAll(len(q.about))},
	}
}

// ask sends one prompt. Its answer is dealt with wherever and whenever it comes, by then perhaps too late.
func (p *prompter) ask(q *prompt) {
	p.open = q
	for _, a := range q.about {
		p.shown[a.ID] = true
	}
	params := &protocol.ShowMessageRequestParams{Type: protocol.MessageTypeWarning, Message: q.line(), Actions: q.actions()}
	p.s.later(func(ctx context.Context) {
		var reply json.RawMessage
		err := p.s.conn.Call(rpc.Noting(ctx, &q.id), protocol.MethodWindowShowMessageRequest, params, &reply)
		q.back.Store(true)
		p.s.replied(ctx, q, reply, err)
		select {
		case p.answered <- q:
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

// replied deals with a prompt's answer. Only the offered titles count; all else leaves the approvals pending.
func (s *Session) replied(ctx context.Context, q *prompt, reply json.RawMessage, err error) {
	title := chosen(reply)
	if missing := (*rpc.ReplyError)(nil); errors.As(err, &missing) && missing.Code == rpc.NoMethod {
		s.noPrompts(ctx, q)
		return
	}
	if err != nil || !slices.ContainsFunc(q.actions(), func(a protocol.MessageActionItem) bool { return a.Title == title }) {
		s.log.Debug("a prompt was not answered", "approval", q.about[0].ID, "reply", string(reply), "err", err)
		return
	}
	s.acted()
	err = s.choose(ctx, q, title)
	if late, ok := lateMessage(err); ok {
		s.tell(ctx, protocol.MessageTypeInfo, late)
	} else if err != nil {
		s.tell(ctx, protocol.MessageTypeError, err.Error())
	}
}

// noPrompts notes that the client knows no prompts, whatever it announced, and says quietly what it was to ask.
func (s *Session) noPrompts(ctx context.Context, q *prompt) {
	t := *s.traits()
	t.MessageRequest = false
	s.client.Store(&t)
	s.tell(ctx, protocol.MessageTypeInfo, waiting(q.about[0], len(q.about)-1))
}

// choose does what the person chose.
func (s *Session) choose(ctx context.Context, q *prompt, title string) error {
	a := q.about[0]
	switch {
	case title == wire.TitleReview && len(q.about) > 1:
		return s.openInbox()
	case title == wire.TitleReview:
		path, err := s.writeReview(ctx, a)
		if err == nil {
			s.show(ctx, path)
		}
		return err
	}
	decision := engine.Rejected
	if title == wire.TitleApprove || title == wire.TitleApproveAll(len(q.about)) {
		decision = engine.Approved
	}
	if len(q.about) > 1 {
		args := wire.AnswerArgs{}
		for _, a := range q.about {
			args.IDs = append(args.IDs, string(a.ID))
		}
		return s.answerAll(ctx, args, decision)
	}
	content, err := engine.LoadContent(ctx, s.hub.opts.Blobs, a.Hash)
	if err != nil {
		return err
	}
	return s.answer(ctx, a, answer{decision: decision, content: content})
}
