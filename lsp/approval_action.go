package lsp

import (
	"fmt"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// approvalActions answer the approval that a ticket waits for.
func approvalActions(snap *engine.Snapshot, t *engine.Ticket) []protocol.Command {
	a, ok := snap.Approval(t.Approval)
	if !ok || !a.Pending() {
		return nil
	}
	return answerCommands(a, "")
}

// answerCommands answer one approval: look at it, approve, reject, and approve for good where that can be. review is
// the open Review… document whose text is the answer, or "".
func answerCommands(a *engine.Approval, review string) []protocol.Command {
	id := string(a.ID)
	title, _ := text.CutLine(a.Title, 80)
	cmds := []protocol.Command{
		commandOf(fmt.Sprintf("%s %s: %s", wire.TitleReview, id, title), wire.ApprovalOpen, wire.ApprovalArgs{ID: id}),
	}
	if a.Kind != engine.KindQuestion { // its answer is written in the review
		cmds = append(cmds, commandOf("Approve "+id, wire.ApprovalAnswer, wire.AnswerArgs{ID: id, Decision: wire.Approve}))
	}
	cmds = append(cmds, commandOf("Reject "+id, wire.ApprovalAnswer, wire.AnswerArgs{ID: id, Decision: wire.Reject}))
	return append(cmds, forGood(a, review)...)
}

// forGood approves for a ticket, a track or the workspace, where what that would cover can be shown whole.
func forGood(a *engine.Approval, review string) []protocol.Command {
	if a.Cover == nil || review == "" && a.Cut {
		return nil
	}
	const runes = 80
	covers, cut := text.VisibleLine(a.Cover.String(), runes)
	if cut && review == "" {
		return nil
	}
	var cmds []protocol.Command
	for _, scope := range []string{wire.ForTicket, wire.ForTrack, wire.ForWorkspace} {
		args := wire.AnswerArgs{ID: string(a.ID), Decision: wire.Approve, Remember: scope, URI: review}
		cmds = append(cmds, commandOf(fmt.Sprintf("Approve %s always for this %s: %s", a.ID, scope, covers), wire.ApprovalAnswer, args))
	}
	return cmds
}

// inboxCommand shows the inbox, where more than one approval of a track waits.
func inboxCommand(snap *engine.Snapshot, id engine.TrackID) []protocol.Command {
	n := 0
	for a := range snap.Pending() {
		if a.Run.Ticket.Track == id {
			n++
		}
	}
	if n < 2 {
		return nil
	}
	return []protocol.Command{commandOf(fmt.Sprintf("%d approvals wait", n), wire.ApprovalList, wire.ListArgs{Open: true})}
}

// inboxActions are those of the line of the inbox that holds the offset.
func (s *Session) inboxActions(d *document.Document, offset int) []protocol.Command {
	at := d.Index.Position(offset, text.UTF8).Line
	var found *page.InboxLine
	for _, l := range page.InboxLines(d.Text()) {
		if l.Line <= at {
			found = &l
		}
	}
	if found == nil {
		return nil
	}
	return inboxCommands(s.engine.Snapshot(), *found)
}

// inboxCommands are what can be done at a line of the inbox. The line may be older than the state: what was decided
// since is left out, so that an answer holds for nothing that the person did not see.
func inboxCommands(snap *engine.Snapshot, l page.InboxLine) []protocol.Command {
	switch {
	case l.Forget:
		return []protocol.Command{commandOf("Forget "+string(l.ID), wire.ApprovalForget, wire.ApprovalArgs{ID: string(l.ID)})}
	case len(l.Group) > 0:
		return groupCommands(snap, l.Group)
	}
	if a, ok := snap.Approval(l.ID); ok && a.Pending() {
		return answerCommands(a, "")
	}
	return nil
}

// groupCommands answer those of a group together that can be: questions have an answer each, and a call whose line was
// cut is looked at by itself.
func groupCommands(snap *engine.Snapshot, group []engine.ApprovalID) []protocol.Command {
	var ids []string
	for _, id := range group {
		if a, ok := snap.Approval(id); ok && a.Pending() && together(a) {
			ids = append(ids, string(id))
		}
	}
	if len(ids) < 2 {
		return nil
	}
	return []protocol.Command{
		commandOf(fmt.Sprintf("Approve all %d", len(ids)), wire.ApprovalAnswer, wire.AnswerArgs{IDs: ids, Decision: wire.Approve}),
		commandOf(fmt.Sprintf("Reject all %d", len(ids)), wire.ApprovalAnswer, wire.AnswerArgs{IDs: ids, Decision: wire.Reject}),
	}
}

// together says whether an approval may be answered in one go with others, on the strength of its line.
func together(a *engine.Approval) bool {
	return a.Kind != engine.KindQuestion && (!a.Cut || a.Kind == engine.KindSpawn)
}
