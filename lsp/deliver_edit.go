package lsp

import (
	"bytes"
	"context"
	"fmt"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/receipt"
	"github.com/slop-ls/slop-ls/lsp/rpc"
)

// maxTries bounds how often an edit is laid anew onto a buffer that moved under it.
const maxTries = 5

// editedFile is one open file of a delivery.
type editedFile struct {
	change  engine.FileChange
	doc     *document.Document // as it was when the edit was last sent
	receipt *receipt.Receipt   // of that
	clean   bool               // the buffer was as the disk before the first edit

	first   string // what the buffer held before the first edit
	whole   string // and what it should hold then
	merged  bool
	arrived bool
	skipped bool // a person took not all of it in a preview: what came is in receipt
}

// done says whether nothing more is to be sent.
func (f *editedFile) done() bool { return f.arrived || f.skipped }

// came says whether any of the change is in the buffer.
func (f *editedFile) came() bool {
	return f.arrived || f.receipt != nil && f.receipt.Came() > 0
}

// seen is the file as it was seen to arrive.
func (f *editedFile) seen() engine.DeliveredFile {
	r := f.receipt
	d := engine.DeliveredFile{
		Path: f.change.Path, Op: engine.OpModify, Hash: engine.ContentHash([]byte(r.Now)),
		Merged: f.merged || r.Merged, Partly: f.skipped, Reshaped: r.Reshaped,
	}
	for i, h := range r.Hunks {
		if !f.skipped || r.Taken[i] {
			d.Added += lineCount(h.New)
			d.Gone += lineCount(r.Before[h.Span.Start:h.Span.End])
		}
	}
	return d
}

func lineCount(s string) int {
	n := bytes.Count([]byte(s), []byte("\n"))
	if len(s) > 0 && s[len(s)-1] != '\n' {
		n++
	}
	return n
}

// dispatch is a delivery through one editor.
type dispatch struct {
	s       *Session
	label   string
	preview bool   // the person is to take or leave each hunk
	besides string // for the preview: what is written to the disk once something is taken
}

// deliver edits open files through the client, in one request or one a file, as the client is known to take it. It
// returns the files beside an error too: arrived says which have the change. One delivery at a time goes through an
// editor: two edits of one buffer would each be made for a version that the other one ends.
func (p *dispatch) deliver(ctx context.Context, changes []engine.FileChange) ([]*editedFile, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	select {
	case p.s.delivering <- struct{}{}:
		defer func() { <-p.s.delivering }()
	case <-p.s.conn.Over():
		return nil, &DeliveryError{Path: changes[0].Path, Client: p.s.clientName(), Reason: rpc.ErrDisconnected.Error()}
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	files := make([]*editedFile, len(changes))
	for i, c := range changes {
		files[i] = &editedFile{change: c}
	}
	step := 1
	if p.s.traits().BatchEdits || p.preview {
		step = len(files)
	}
	for i := 0; i < len(files); i += step {
		if err := p.group(ctx, files[i:min(i+step, len(files))]); err != nil {
			return files, err
		}
	}
	return files, nil
}

// group sends one request and makes sure that it arrived; where a buffer moved meanwhile, it is laid anew.
func (p *dispatch) group(ctx context.Context, files []*editedFile) error {
	var reason string
	for range maxTries {
		edit, round, err := p.prepare(ctx, files)
		if err != nil || len(round) == 0 {
			return err
		}
		reason, err = p.send(ctx, edit, round)
		if err != nil || missing(files) == nil {
			return err
		}
		if p.preview && !closed(round) && (reason == "" || !again(files)) {
			return p.decided(files, reason)
		}
		if !again(files) {
			break // nothing has changed, so it would be refused again
		}
	}
	return p.failed(missing(files), reason)
}

// failed is the error for a file whose change did not arrive.
func (p *dispatch) failed(f *editedFile, reason string) error {
	e := &DeliveryError{Path: f.change.Path, Client: p.s.clientName(), Reason: reason}
	if reason != "" {
		return e
	}
	switch f.receipt.State {
	case receipt.Same:
		e.Reason = fmt.Sprintf("it said that the edit was applied, but the text did not change within %s", p.s.hub.opts.Settle)
	case receipt.Partly:
		e.Reason = fmt.Sprintf("only %d of its %d changes came", f.receipt.Came(), len(f.receipt.Taken))
	case receipt.Other, receipt.Stray, receipt.Closed, receipt.Arrived:
		e.Reason = "the text moved under it again and again"
	}
	return e
}

func (s *Session) clientName() string {
	if name := s.traits().Label(); name != "" {
		return name
	}
	return "the editor"
}

// missing is the first file that has not arrived, or nil.
func missing(files []*editedFile) *editedFile {
	for _, f := range files {
		if !f.done() {
			return f
		}
	}
	return nil
}

// again says whether sending once more may do better: a buffer holds something else now.
func again(files []*editedFile) bool {
	for _, f := range files {
		if f.receipt != nil && f.receipt.State != receipt.Same && !f.arrived {
			return true
		}
	}
	return false
}

// prepare lays what has not arrived onto the buffers as they are now: the edit, and the files that it is for.
func (p *dispatch) prepare(ctx context.Context, files []*editedFile) (*protocol.WorkspaceEdit, []*editedFile, error) {
	docs := p.s.desk.Docs()
	edit := &protocol.WorkspaceEdit{}
	var round []*editedFile
	for _, f := range files {
		if f.done() {
			continue
		}
		if err := p.lay(ctx, docs, f); err != nil {
			return nil, nil, err
		}
		if f.arrived = f.receipt.Before == f.receipt.Target; f.arrived {
			continue
		}
		p.add(edit, docs, f)
		round = append(round, f)
	}
	p.annotate(edit)
	return edit, round, nil
}

// lay settles what a buffer should hold.
func (p *dispatch) lay(ctx context.Context, docs *document.Set, f *editedFile) error {
	d := docs.ByPath(f.change.Path)
	if d == nil {
		return p.leave(ctx, f)
	}
	if d.Broken != nil {
		return d.Broken
	}
	now := d.Text()
	target, conflict := rebase(now, f.change)
	if wrong := f.receipt.Wrong(); wrong != nil {
		target, conflict = wrong.Mend(f.change.Path, now)
	}
	if conflict != nil {
		return &engine.ConflictError{Conflicts: []engine.Conflict{*conflict}}
	}
	if f.doc == nil {
		f.first, f.whole = now, target
		disk, err := p.s.hub.opts.Disk.Read(ctx, f.change.Path)
		f.clean = err == nil && asShown(disk.Data) == asShown([]byte(now))
	}
	next := receipt.New(now, target)
	next.Mends = f.receipt.Wrong()
	f.doc, f.receipt = d, next
	f.merged = f.merged || now != string(f.change.Base)
	return nil
}

// leave is the error for a file that was closed: what is still to be done is done elsewhere. Where the edit had been laid
// wrongly and was saved so, that is to mend what the disk has.
func (p *dispatch) leave(ctx context.Context, f *editedFile) error {
	e := &DeliveryError{Path: f.change.Path, Client: p.s.clientName(), Reason: "it was closed there", moved: true}
	disk, err := p.s.hub.opts.Disk.Read(ctx, f.change.Path)
	if err != nil {
		return e
	}
	wrong := f.receipt.StrayedInto(disk.Data)
	if wrong == nil {
		return e
	}
	mended, conflict := wrong.Mend(f.change.Path, string(disk.Data))
	if conflict != nil {
		return &engine.ConflictError{Conflicts: []engine.Conflict{*conflict}}
	}
	e.rest = &engine.FileChange{Path: f.change.Path, Op: engine.OpModify, Base: disk.Data, After: []byte(mended)}
	return e
}

// add adds the hunks of one document, with its version where the client takes one.
func (p *dispatch) add(edit *protocol.WorkspaceEdit, docs *document.Set, f *editedFile) {
	if !p.s.traits().DocumentChanges {
		if edit.Changes == nil {
			edit.Changes = map[uri.URI][]protocol.TextEdit{}
		}
		for _, h := range f.receipt.Hunks {
			edit.Changes[f.doc.Sent] = append(edit.Changes[f.doc.Sent], textEdit(docs, f.doc, h))
		}
		return
	}
	version := f.doc.Version
	doc := &protocol.TextDocumentEdit{TextDocument: protocol.OptionalVersionedTextDocumentIdentifier{
		TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: f.doc.Sent}, Version: &version,
	}}
	for _, h := range f.receipt.Hunks {
		plain := textEdit(docs, f.doc, h)
		if p.preview {
			doc.Edits = append(doc.Edits, &protocol.AnnotatedTextEdit{TextEdit: plain, AnnotationID: annotation})
		} else {
			doc.Edits = append(doc.Edits, &plain)
		}
	}
	edit.DocumentChanges = append(edit.DocumentChanges, doc)
}

func textEdit(docs *document.Set, d *document.Document, h text.Edit) protocol.TextEdit {
	return protocol.TextEdit{Range: docs.RangeOf(d, h.Span), NewText: h.New}
}

// answerToEdit is what a client said: a reason for later, "" where it says that it did as asked.
type answerToEdit struct {
	reason  string
	refused bool
}

// ask sends an edit; the answer, or that there is none, arrives on the channel.
func (p *dispatch) ask(ctx context.Context, edit *protocol.WorkspaceEdit) <-chan answerToEdit {
	out := make(chan answerToEdit, 1) // room for the one
	p.s.later(func(session context.Context) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		defer context.AfterFunc(session, func() { cancel(rpc.ErrDisconnected) })()
		out <- p.s.applyEdit(ctx, p.label, edit)
	})
	return out
}

func (s *Session) applyEdit(ctx context.Context, label string, edit *protocol.WorkspaceEdit) answerToEdit {
	var result protocol.ApplyWorkspaceEditResult
	err := s.conn.Call(ctx, protocol.MethodWorkspaceApplyEdit, &protocol.ApplyWorkspaceEditParams{Label: &label, Edit: *edit}, &result)
	switch {
	case err != nil:
		return answerToEdit{text.Visible(err.Error()), true}
	case result.Applied:
		return answerToEdit{}
	case result.FailureReason != nil:
		return answerToEdit{"it refused: " + text.Visible(*result.FailureReason), true}
	}
	return answerToEdit{"it refused and gave no reason", true}
}
