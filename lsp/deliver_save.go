package lsp

import (
	"context"
	"time"

	"github.com/slop-ls/slop-ls/lsp/wire"
)

// SavePolicy says what becomes of an open file after an edit of it has arrived.
type SavePolicy string

// The policies. SaveClean: a file that was as the disk had it before the edit is saved again, by editors that can be
// asked to. LSP has no request for it, and to write the disk under an open buffer makes editors warn of a conflict.
const (
	SaveClean SavePolicy = "clean"
	SaveNever SavePolicy = "never"
)

// saveClean asks an editor that can to save what was clean before its edit. What it makes of the text while it saves
// (many format then) is what counts as delivered. It returns what a person should know.
func (s *Session) saveClean(ctx context.Context, files []*editedFile) (note string) {
	if !s.traits().Saves || s.hub.opts.Save != SaveClean {
		return ""
	}
	var args wire.SaveArgs
	var saved []*editedFile
	for _, f := range files {
		if f.clean && f.came() && f.doc != nil {
			args.URIs = append(args.URIs, string(f.doc.Sent))
			saved = append(saved, f)
		}
	}
	if len(saved) == 0 {
		return ""
	}
	if err := s.askToSave(ctx, args); err != nil {
		s.log.Warn("files were not saved after their edit", "uris", args.URIs, "err", err)
	}
	var notes []string
	for _, f := range saved {
		if !s.awaitSaved(ctx, f) {
			notes = append(notes, f.change.Path+" was not saved: save it in the editor")
		}
	}
	return joinNotes(notes...)
}

func (s *Session) askToSave(ctx context.Context, args wire.SaveArgs) error {
	raw, err := jsonOf(args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.hub.opts.Settle)
	defer cancel()
	return s.conn.Call(ctx, wire.SaveMethod, raw, nil)
}

// awaitSaved waits until the disk has what the buffer has, and takes over what a formatter made of it.
func (s *Session) awaitSaved(ctx context.Context, f *editedFile) bool {
	over := time.NewTimer(s.hub.opts.Settle / 10)
	defer over.Stop()
	for {
		docs, changed := s.desk.Watch()
		d := docs.ByPath(f.change.Path)
		if d == nil || d.Broken != nil {
			return true // it was closed meanwhile; what it came to is its person's
		}
		if disk, err := s.hub.opts.Disk.Read(ctx, f.change.Path); err == nil && asShown(disk.Data) == asShown([]byte(d.Text())) {
			f.receipt.Formatted(d.Text())
			return true
		}
		select {
		case <-changed:
		case <-over.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}
