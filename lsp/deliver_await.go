package lsp

import (
	"context"
	"fmt"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/receipt"
	"github.com/slop-ls/slop-ls/lsp/rpc"
)

// send sends one edit and returns when it is known what came of it: all files arrived, or nothing more is to be
// expected. reason is why the client says it did not do it; the error is why waiting ended early.
func (p *dispatch) send(ctx context.Context, edit *protocol.WorkspaceEdit, files []*editedFile) (reason string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // withdraws a request that was not answered
	w := &vigil{p: p, files: files, trail: p.s.desk.Follow(versions(files)), settle: p.s.hub.opts.Settle}
	defer p.s.desk.Unfollow()
	w.answer = p.ask(ctx, edit)
	defer w.stop()
	defer w.forgive()
	w.patience.start(w.settle)
	return w.until(ctx)
}

// vigil is the wait for one edit.
type vigil struct {
	p      *dispatch
	files  []*editedFile
	trail  *document.Trail
	answer <-chan answerToEdit // nil once it came
	said   answerToEdit
	settle time.Duration

	linger   alarm // it has all arrived, and the answer has not come
	patience alarm // an unanswered request: first a reminder, then the end
	reminded bool
	quiet    alarm // since the last change, once the answer is there
	over     alarm // since the answer
}

// versions are the documents as the edit was made for them.
func versions(files []*editedFile) []*document.Document {
	out := make([]*document.Document, len(files))
	for i, f := range files {
		out[i] = f.doc
	}
	return out
}

func (w *vigil) stop() {
	for _, a := range []*alarm{&w.linger, &w.patience, &w.quiet, &w.over} {
		a.stop()
	}
}

// hush is how long nothing may have changed before a buffer counts as settled. Clients hold changes back for some
// tenths of a second.
func (w *vigil) hush() time.Duration { return w.settle / 10 }

func (w *vigil) until(ctx context.Context) (string, error) {
	for {
		w.look(ctx)
		if missing(w.files) == nil {
			if w.answer == nil {
				return "", nil
			}
			w.linger.startOnce(w.hush()) // what the client does until it answers belongs to the edit: some format and save
		}
		if closed(w.files) || w.said.refused && again(w.files) || !w.p.preview && astray(w.files) {
			return w.said.reason, nil // what to do then is prepare's to say
		}
		select {
		case <-w.trail.Changed:
			if w.answer == nil {
				w.quiet.start(w.hush())
			}
		case w.said = <-w.answer:
			w.answer = nil
			w.patience.stop()
			w.quiet.start(w.hush())
			w.over.start(w.settle)
		case <-w.linger.c():
			w.linger.stop()
			if missing(w.files) == nil {
				return "", nil
			}
		case <-w.quiet.c():
			if w.said.refused || w.p.preview || !w.untouched() {
				return w.said.reason, nil
			}
			w.quiet.stop()
		case <-w.over.c():
			return w.said.reason, nil
		case <-w.patience.c():
			if reason := w.impatient(ctx); reason != "" {
				return reason, nil
			}
		case <-w.p.s.conn.Over():
			return "", &DeliveryError{Path: w.files[0].change.Path, Client: w.p.s.clientName(), Reason: rpc.ErrDisconnected.Error()}
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// look brings the receipts up to date.
func (w *vigil) look(ctx context.Context) {
	for _, f := range w.files {
		for _, d := range w.trail.Take(f.doc.URI) {
			if d == nil || d.Broken != nil {
				f.receipt.Judge()
				f.arrived = d == nil && f.receipt.State == receipt.Arrived && w.p.isSaved(ctx, f)
				f.receipt.State = receipt.Closed
				break
			}
			f.receipt.See(d.Text())
		}
		if f.receipt.State == receipt.Closed {
			continue
		}
		f.receipt.Judge()
		f.arrived = f.receipt.State == receipt.Arrived
	}
}

// isSaved says whether a file that was closed lies on the disk as its buffer had it: then what had arrived is there, and
// to deliver it once more could bring it twice beside what was typed.
func (p *dispatch) isSaved(ctx context.Context, f *editedFile) bool {
	disk, err := p.s.hub.opts.Disk.Read(ctx, f.change.Path)
	return err == nil && string(disk.Data) == f.receipt.Now
}

// forgive takes the edits that were ours out of what the person typed.
func (w *vigil) forgive() {
	for _, f := range w.files {
		if f.arrived && !f.receipt.Merged {
			w.p.s.hub.typed.Add(-int64(f.receipt.Versions))
		}
	}
}

// closed says whether a file that is waited for is not there any more.
func closed(files []*editedFile) bool {
	for _, f := range files {
		if !f.done() && f.receipt.State == receipt.Closed {
			return true
		}
	}
	return false
}

// astray says whether all that has not arrived was laid wrongly: the sooner that is mended, the less comes to be
// written on top of it.
func astray(files []*editedFile) bool {
	found := false
	for _, f := range files {
		if f.done() {
			continue
		}
		if f.receipt.State != receipt.Stray {
			return false
		}
		found = true
	}
	return found
}

// untouched says whether some file is still as it was: its change may be on its way.
func (w *vigil) untouched() bool {
	for _, f := range w.files {
		if !f.done() && f.receipt.State == receipt.Same {
			return true
		}
	}
	return false
}

// impatient is called when a request has not been answered for long. Some clients ask their person first, and some
// never answer: the person is told once, and in the end the edit is withdrawn. A preview may stay open for ever.
func (w *vigil) impatient(ctx context.Context) (reason string) {
	w.patience.stop()
	path := w.files[0].change.Path
	if w.reminded {
		return fmt.Sprintf("it did not answer within %s", w.p.s.hub.opts.Answer)
	}
	w.reminded = true
	w.p.s.tell(ctx, protocol.MessageTypeInfo, fmt.Sprintf("%s waits in your editor: an edit of %s is to be taken or refused there", w.p.label, path))
	if !w.p.preview {
		w.patience.start(w.p.s.hub.opts.Answer)
	}
	return ""
}

// alarm is a timer that may not be set.
type alarm struct{ timer *time.Timer }

func (a *alarm) start(d time.Duration) {
	a.stop()
	a.timer = time.NewTimer(d)
}

// startOnce leaves an alarm that is set as it is.
func (a *alarm) startOnce(d time.Duration) {
	if a.timer == nil {
		a.start(d)
	}
}

func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
		a.timer = nil
	}
}

func (a *alarm) c() <-chan time.Time {
	if a.timer == nil {
		return nil
	}
	return a.timer.C
}
