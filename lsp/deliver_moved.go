package lsp

import (
	"context"
	"fmt"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/document"
)

// tellMoved tells each person whose editor has a file open that was deleted or renamed on the disk. The operation is not
// asked of editors: some claim it and leave the file, some overwrite another one. What was renamed is shown under its
// new name where documents can be shown.
func (h *Hub) tellMoved(ctx context.Context, label string, files []engine.FileChange) {
	for _, s := range h.attached() {
		docs := s.desk.Docs()
		for _, f := range files {
			from := f.Path
			if f.Op == engine.OpRename {
				from = f.From
			}
			if docs.ByPath(from) == nil {
				continue
			}
			switch f.Op {
			case engine.OpDelete:
				s.tell(ctx, protocol.MessageTypeInfo, fmt.Sprintf("%s: %s was deleted and is still open here: to save it would bring it back", label, from))
			case engine.OpRename:
				s.tell(ctx, protocol.MessageTypeInfo, fmt.Sprintf("%[1]s: %[2]s was renamed to %[3]s and is still open here under its old name: go on in %[3]s", label, from, f.Path))
				s.showRenamed(docs, f.Path)
			case engine.OpCreate, engine.OpModify:
			}
		}
	}
}

// showRenamed opens a renamed file beside what the person is at.
func (s *Session) showRenamed(docs *document.Set, path string) {
	if !s.traits().ShowDocument {
		return
	}
	u := docs.Root.URI(path)
	s.later(func(ctx context.Context) {
		focus := false
		var result protocol.ShowDocumentResult
		if err := s.conn.Call(ctx, protocol.MethodWindowShowDocument, &protocol.ShowDocumentParams{URI: u, TakeFocus: &focus}, &result); err != nil {
			s.log.Debug("a renamed file was not shown", "path", path, "err", err)
		}
	})
}
