package lsp

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// maxTries bounds how often an edit is laid anew onto a buffer that moved under it.
const maxTries = 5

// editedFile is one open file of a delivery.
type editedFile struct {
	change  engine.FileChange
	before  string // what the buffer held when the edit was last sent
	target  string // what it should hold then; once arrived, what it holds
	version int32
	merged  bool
	arrived bool
}

// seen is the file as it was seen to arrive.
func (f *editedFile) seen() engine.DeliveredFile {
	d := engine.DeliveredFile{
		Path: f.change.Path, Op: engine.OpModify, Hash: engine.ContentHash([]byte(f.target)), Merged: f.merged,
	}
	for _, e := range text.Diff([]byte(f.before), []byte(f.target)) {
		d.Added += lineCount(e.New)
		d.Gone += lineCount(f.before[e.Span.Start:e.Span.End])
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

// deliver edits open files through the client, in one request or one a file, as the client is known to take it. It
// returns the files beside an error too: arrived says which have the change.
func (s *Session) deliver(ctx context.Context, label string, changes []engine.FileChange) ([]*editedFile, error) {
	files := make([]*editedFile, len(changes))
	for i, c := range changes {
		files[i] = &editedFile{change: c}
	}
	step := 1
	if s.traits().batchEdits {
		step = max(len(files), 1)
	}
	for i := 0; i < len(files); i += step {
		if err := s.deliverGroup(ctx, label, files[i:min(i+step, len(files))]); err != nil {
			return files, err
		}
	}
	return files, nil
}

// deliverGroup sends one request and makes sure that it arrived; where a buffer moved meanwhile, it is laid anew.
func (s *Session) deliverGroup(ctx context.Context, label string, files []*editedFile) error {
	var reason string
	for range maxTries {
		edit, err := s.prepareEdit(files)
		if err != nil || edit == nil {
			return err
		}
		reason = s.apply(ctx, label, *edit)
		moved, err := s.awaitAll(ctx, files, reason != "")
		if err != nil || missing(files) == nil {
			return err
		}
		if !moved {
			break // nothing has changed, so it would be refused again
		}
	}
	return &DeliveryError{Path: missing(files).change.Path, Client: s.clientName(), Reason: reason}
}

func (s *Session) clientName() string {
	if name := s.traits().label(); name != "" {
		return name
	}
	return "the editor"
}

// awaitAll looks at every file, also after one that did not arrive: what came must be known to be taken back.
func (s *Session) awaitAll(ctx context.Context, files []*editedFile, refused bool) (moved bool, first error) {
	for _, f := range files {
		state, err := s.await(ctx, f, refused || first != nil)
		if err != nil && first == nil {
			first = err
		}
		moved = moved || state == bufferMoved
	}
	return moved, first
}

// missing is the first file that has not arrived, or nil.
func missing(files []*editedFile) *editedFile {
	for _, f := range files {
		if !f.arrived {
			return f
		}
	}
	return nil
}

// prepareEdit lays what has not arrived onto the buffers as they are now; nil when all of it is there.
func (s *Session) prepareEdit(files []*editedFile) (*protocol.WorkspaceEdit, error) {
	docs := s.desk.docs()
	versioned := s.traits().documentChanges
	edit := &protocol.WorkspaceEdit{}
	for _, f := range files {
		if f.arrived {
			continue
		}
		d := docs.byPath(f.change.Path)
		if d == nil {
			return nil, &DeliveryError{Path: f.change.Path, Client: s.clientName(), Reason: "it was closed there", moved: true}
		}
		if d.broken != nil {
			return nil, d.broken
		}
		target, conflict := rebase(d.text(), f.change)
		if conflict != nil {
			return nil, &engine.ConflictError{Conflicts: []engine.Conflict{*conflict}}
		}
		f.before, f.target, f.version = d.text(), target, d.version
		f.merged = d.text() != string(f.change.Base)
		if f.arrived = f.before == f.target; f.arrived {
			continue
		}
		addEdit(edit, docs, d, text.Diff([]byte(f.before), []byte(f.target)), versioned)
	}
	if len(edit.Changes)+len(edit.DocumentChanges) == 0 {
		return nil, nil
	}
	return edit, nil
}

// addEdit adds the hunks of one document, with its version where the client takes one.
func addEdit(edit *protocol.WorkspaceEdit, docs *documents, d *document, hunks []text.Edit, versioned bool) {
	if !versioned {
		if edit.Changes == nil {
			edit.Changes = map[uri.URI][]protocol.TextEdit{}
		}
		for _, h := range hunks {
			edit.Changes[d.sent] = append(edit.Changes[d.sent], protocol.TextEdit{Range: docs.rangeOf(d, h.Span), NewText: h.New})
		}
		return
	}
	version := d.version
	doc := &protocol.TextDocumentEdit{TextDocument: protocol.OptionalVersionedTextDocumentIdentifier{
		TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: d.sent}, Version: &version,
	}}
	for _, h := range hunks {
		doc.Edits = append(doc.Edits, &protocol.TextEdit{Range: docs.rangeOf(d, h.Span), NewText: h.New})
	}
	edit.DocumentChanges = append(edit.DocumentChanges, doc)
}

// apply asks the client. What it answers is only a reason for later: "" where it says that it did as asked.
func (s *Session) apply(ctx context.Context, label string, edit protocol.WorkspaceEdit) string {
	var result protocol.ApplyWorkspaceEditResult
	err := s.conn.call(ctx, protocol.MethodWorkspaceApplyEdit, &protocol.ApplyWorkspaceEditParams{Label: &label, Edit: edit}, &result)
	switch {
	case err != nil:
		return err.Error()
	case result.Applied:
		return ""
	case result.FailureReason != nil:
		return "it refused: " + text.Visible(*result.FailureReason)
	}
	return "it refused and gave no reason"
}

// bufferState is what a buffer came to after an edit was sent.
type bufferState int

const (
	bufferSame    bufferState = iota // as it was before
	bufferMoved                      // something else came
	bufferArrived                    // the change is in it
)

// await waits until the change is in the buffer. Where the client refused it looks only at what is there now, since
// nothing will come; else it waits until it has come, ctx ends or the hub's Settle is over.
func (s *Session) await(ctx context.Context, f *editedFile, refused bool) (bufferState, error) {
	if f.arrived {
		return bufferArrived, nil
	}
	settle := time.NewTimer(s.hub.opts.Settle)
	defer settle.Stop()
	for {
		docs, changed := s.desk.watch()
		state := f.look(docs.byPath(f.change.Path))
		if state == bufferArrived || refused {
			s.forgive(f, state)
			return state, nil
		}
		select {
		case <-changed:
		case <-settle.C:
			if state == bufferSame {
				return state, &DeliveryError{Path: f.change.Path, Client: s.clientName(), Reason: fmt.Sprintf(
					"it said that the edit was applied, but the text did not change within %s", s.hub.opts.Settle)}
			}
			return state, nil
		case <-s.conn.over():
			return state, &DeliveryError{Path: f.change.Path, Client: s.clientName(), Reason: errDisconnected.Error()}
		case <-ctx.Done():
			return state, context.Cause(ctx)
		}
	}
}

// look compares a buffer with what was sent. A person may have typed between: the change is there when laying it on
// once more would change nothing.
func (f *editedFile) look(d *document) bufferState {
	switch {
	case d == nil || d.broken != nil:
		return bufferMoved
	case d.text() == f.target:
		f.arrived = true
		return bufferArrived
	case d.text() == f.before:
		return bufferSame
	}
	again, conflicts := text.Merge3([]byte(f.before), []byte(d.text()), []byte(f.target))
	if len(conflicts) == 0 && string(again) == d.text() {
		f.target, f.merged, f.arrived = d.text(), true, true
		return bufferArrived
	}
	return bufferMoved
}

// forgive takes an edit of our own out of what the person typed.
func (s *Session) forgive(f *editedFile, state bufferState) {
	if state == bufferArrived && !f.merged {
		s.acts.typed.Add(-1)
	}
}
