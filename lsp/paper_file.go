package lsp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// The bounds of the folder of papers: one that is older is swept away when the first one is written, and so are those
// beyond a number, the oldest first.
const (
	paperAge = 7 * 24 * time.Hour
	maxFiles = 200
)

// paperDir is where papers are written that a client takes as files.
func (h *Hub) paperDir() string {
	if h.opts.PaperDir != "" {
		return h.opts.PaperDir
	}
	return filepath.Join(filepath.Dir(h.opts.ReviewDir), "documents")
}

func (h *Hub) paperPath(p paper) string { return filepath.Join(h.paperDir(), p.fileName()) }

// writePaper writes a paper's file as it is now, where it is not what was written before.
func (s *Session) writePaper(ctx context.Context, shown *shownPaper) (path string, err error) {
	path = s.hub.paperPath(shown.paper)
	at := s.hub.stampOf(shown.paper)
	text := s.hub.paperText(ctx, shown.paper)
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	news := s.papers.given(shown, at, text)
	if _, err := os.Stat(path); err == nil && !news {
		return path, nil
	}
	s.hub.sweep.Do(func() {
		if err := sweepPapers(s.hub.paperDir(), s.hub.opts.Now()); err != nil {
			s.log.Warn("old documents remain", "err", err)
		}
	})
	if err := replaceFile(path, text, 0o400); err != nil {
		return "", fmt.Errorf("writing a document: %w", err)
	}
	return path, nil
}

// sweepPapers removes files that an earlier life of the daemon left.
func sweepPapers(dir string, now time.Time) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the folder of documents: %w", err)
	}
	type old struct {
		path string
		at   time.Time
	}
	var files []old
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, old{filepath.Join(dir, e.Name()), info.ModTime()})
		}
	}
	slices.SortFunc(files, func(a, b old) int { return b.at.Compare(a.at) })
	var errs []error
	for i, f := range files {
		if i >= maxFiles || now.Sub(f.at) > paperAge {
			errs = append(errs, os.Remove(f.path))
		}
	}
	return errors.Join(errs...)
}

// showFile opens a file in the editor, or says where it is and what for.
func (s *Session) showFile(ctx context.Context, path, why string) {
	var result protocol.ShowDocumentResult
	err := errors.New("the editor cannot show documents")
	if s.traits().ShowDocument {
		params := &protocol.ShowDocumentParams{URI: uri.File(path), TakeFocus: new(true)}
		err = s.conn.Call(ctx, protocol.MethodWindowShowDocument, params, &result)
	}
	if (err != nil || !result.Success) && ctx.Err() == nil {
		s.log.Debug("a document was not shown", "path", path, "err", err)
		s.reply(ctx, protocol.MessageTypeInfo, "Open "+path+" to "+why+".")
	}
}
