package trackdoc

import (
	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// PrepareRename is the id at an offset without its quotes, or nil: nothing else here has a name of its own.
func PrepareRename(d *Doc, offset int) *protocol.PrepareRenamePlaceholder {
	id, at, ok := trackfile.IDAt(d.Parsed, offset)
	if !ok || d.Parsed.Ticket(id) < 0 {
		return nil
	}
	if s := d.source(at); len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		at.Start, at.End = at.Start+1, at.End-1
	}
	return &protocol.PrepareRenamePlaceholder{Range: d.Range(at), Placeholder: id}
}

// Rename gives the ticket whose id stands at an offset another one, wherever the document names it. The error says
// why the new id cannot be used. Where no id stands it is trackfile.ErrNoTicket.
func Rename(d *Doc, offset int, newID string) (*protocol.WorkspaceEdit, error) {
	id, _, ok := trackfile.IDAt(d.Parsed, offset)
	if !ok {
		return nil, trackfile.ErrNoTicket
	}
	edits, err := trackfile.Rename(d.Parsed, id, newID)
	if err != nil {
		return nil, err
	}
	return d.edit(edits), nil
}
