package lsp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// A diff is shown by an editor's own diff view as two documents for each file, its sides. Like that of a paper, the name
// of a side is all there is of it: slop-ls:/before/diff/TRACK/T1/parser/lex.go?HASH. The hash is that of the text, so
// that another text has another name and nobody has to be told of changes.

// sideApproval is the kind of a set that an approval asks about; the others are kinds of paper.
const sideApproval = "approval"

// sideArgs is how many arguments a kind of set takes.
var sideArgs = map[string]int{paperDiff: 2, paperUndo: 2, paperOutcome: 1, sideApproval: 1}

// side is one side of one file of a set of changes.
type side struct {
	set   paper // kind and arguments of the set
	after bool
	path  string // that the file has after the change
}

func (d side) uri(text string) uri.URI {
	parts := []string{"before", d.set.kind}
	if d.after {
		parts[0] = "after"
	}
	for _, a := range append(slices.Clone(d.set.args), strings.Split(d.path, "/")...) {
		parts = append(parts, plainSegment(a))
	}
	return uri.URI(paperScheme + ":/" + strings.Join(parts, "/") + "?" + engine.ContentHash([]byte(text))[:12])
}

// sideAt is the side that a URI names; ok is false where it names none.
func sideAt(u uri.URI) (d side, ok bool) {
	name, _, _ := strings.Cut(string(u), "?")
	parts := strings.Split(strings.TrimLeft(strings.TrimPrefix(name, paperScheme+":"), "/"), "/")
	if len(parts) < 2 || parts[0] != "before" && parts[0] != "after" {
		return side{}, false
	}
	n, known := sideArgs[parts[1]]
	if !known || len(parts) <= 2+n {
		return side{}, false
	}
	for i, part := range parts[2:] {
		plain, err := plainText(part)
		if err != nil {
			return side{}, false
		}
		parts[2+i] = plain
	}
	return side{paper{parts[1], parts[2 : 2+n]}, parts[0] == "after", strings.Join(parts[2+n:], "/")}, true
}

// sideText is one of the sides of a file as people see them: what cannot be seen is written out.
func sideText(f engine.FileChange, after bool) string {
	if after {
		return text.Visible(string(f.After))
	}
	return text.Visible(string(f.Base))
}

// changesOf is what a set of changes is now. Its errors say what stands in the way, or what there is no diff of.
func (h *Hub) changesOf(ctx context.Context, p paper) (engine.ChangeSet, error) {
	switch p.kind {
	case sideApproval:
		return h.askedChanges(ctx, engine.ApprovalID(p.args[0]))
	case paperOutcome:
		tr, err := h.trackNow(p.track())
		if err != nil {
			return engine.ChangeSet{}, err
		}
		set, _, err := engine.TrackChanges(ctx, h.opts.Blobs, h.Files(), tr)
		return set, err
	}
	t, err := h.ticketNow(p.ticket())
	if err != nil {
		return engine.ChangeSet{}, err
	}
	if p.kind == paperUndo {
		return h.PlanUndo(ctx, t.Key)
	}
	asked, ok := h.snapshot().Approval(t.Approval)
	switch {
	case ok && asked.Kind == engine.KindEdit:
		return h.askedChanges(ctx, asked.ID)
	case t.Delivery != nil:
		return engine.LoadChanges(ctx, h.opts.Blobs, t.Delivery.Blob)
	case t.Refused != "":
		return engine.LoadChanges(ctx, h.opts.Blobs, t.Refused)
	}
	return engine.TicketChanges(ctx, h.opts.Blobs, t)
}

// askedChanges is what an approval would change; empty where it changes no file, or too much to be carried.
func (h *Hub) askedChanges(ctx context.Context, id engine.ApprovalID) (engine.ChangeSet, error) {
	asked, ok := h.snapshot().Approval(id)
	if !ok {
		return engine.ChangeSet{}, rpc.Refuse(rpc.RequestFailed, "there is no approval %s any more", id)
	}
	content, err := engine.LoadContent(ctx, h.opts.Blobs, asked.Hash)
	if err != nil || content.Changes == nil {
		return engine.ChangeSet{}, err
	}
	return *content.Changes, nil
}

// askedOf is the set that a command names.
func (v view) askedOf(a wire.DiffFilesArgs) (paper, error) {
	if a.Approval != "" {
		if a.URI != "" || a.ID != "" || a.Undo {
			return paper{}, rpc.Refuse(rpc.InvalidParams, `"approval" stands alone`)
		}
		return paper{sideApproval, []string{a.Approval}}, nil
	}
	_, id, err := v.trackAt(a.URI)
	switch {
	case err != nil:
		return paper{}, err
	case a.ID == "" && a.Undo:
		return paper{}, rpc.Refuse(rpc.InvalidParams, `"undo" shows the undo of a ticket: "id" must name it`)
	case a.ID == "":
		return paper{paperOutcome, []string{string(id)}}, nil
	case a.Undo:
		return paper{paperUndo, []string{string(id), a.ID}}, nil
	}
	return paper{paperDiff, []string{string(id), a.ID}}, nil
}

// diffFiles lists the files of a diff with the documents that hold their sides.
func diffFiles(ctx context.Context, s *Session, v view, a wire.DiffFilesArgs) (any, error) {
	p, err := v.askedOf(a)
	if err != nil {
		return nil, err
	}
	set, err := s.hub.changesOf(ctx, p)
	if err != nil {
		return nil, err
	}
	s.sides.Store(&lastSet{p, set})
	out := make([]wire.DiffFile, len(set.Files))
	for i, f := range set.Files {
		out[i] = wire.DiffFile{Path: f.Path, From: f.From, Op: string(f.Op)}
		out[i].Before = string(side{p, false, f.Path}.uri(sideText(f, false)))
		out[i].After = string(side{p, true, f.Path}.uri(sideText(f, true)))
		if p.kind == paperOutcome && f.Op != engine.OpDelete {
			out[i].After = string(v.docs.Root.URI(f.Path)) // it is what the workspace has, and can be edited
		}
	}
	return out, nil
}

// lastSet is the set that a session was told of last, which it asks for next, side by side.
type lastSet struct {
	of  paper
	set engine.ChangeSet
}

// sideContent is the text of a side. A set that has changed since its sides were named gives what it has now.
func (s *Session) sideContent(ctx context.Context, u uri.URI, d side) (*protocol.TextDocumentContentResult, error) {
	if last := s.sides.Load(); last != nil && last.of.equal(d.set) {
		if out, ok := d.in(last.set); ok && d.uri(out) == u {
			return &protocol.TextDocumentContentResult{Text: out}, nil
		}
	}
	set, err := s.hub.changesOf(ctx, d.set)
	if conflict := (*engine.UndoConflictError)(nil); errors.As(err, &conflict) || errors.Is(err, engine.ErrNothingToUndo) {
		err = nil // it was undone, or cannot be any more: there is nothing to be seen
	}
	if err != nil {
		return nil, fmt.Errorf("reading a side of a diff: %w", err)
	}
	out, _ := d.in(set)
	return &protocol.TextDocumentContentResult{Text: out}, nil
}

// in is the side's text in a set.
func (d side) in(set engine.ChangeSet) (string, bool) {
	i := slices.IndexFunc(set.Files, func(f engine.FileChange) bool { return f.Path == d.path })
	if i < 0 {
		return "", false
	}
	return sideText(set.Files[i], d.after), true
}
