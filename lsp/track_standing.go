package lsp

import (
	"context"
	"fmt"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// The codes of what is wrong with a document beside others, and with the plan.
const (
	codeSharedID trackfile.Code = "shared-id"
	codeLastPlan trackfile.Code = "last-plan"
)

// standing is what is to be said of a track document that does not stand in it: that another file would be the same
// track, and, while that runs, that it does so by a plan which the document does not say.
func (s *Session) standing(ctx context.Context, path string, doc *trackfile.Document) []trackfile.Problem {
	var out []trackfile.Problem
	top := trackfile.Problem{Line: 1, Column: 1, Severity: trackfile.Error, Code: codeSharedID}
	if twin := s.hub.twin(ctx, path); twin != "" {
		top.Message = sharedID(path, twin)
		out = append(out, top)
	}
	tr, known := s.engine.Snapshot().Track(engine.TrackID(trackfile.ID(path)))
	if known && doc.Errors() && (tr.Status == engine.TrackRunning || tr.Count(engine.InProgress) > 0) {
		top.Severity, top.Code = trackfile.Warning, codeLastPlan
		top.Message = "the track runs by its last good plan until the errors of this document are mended and it is saved"
		out = append(out, top)
	}
	return out
}

// orphanCommands show, at a document's top, the tickets that it does not have any more.
func orphanCommands(snap *engine.Snapshot, id engine.TrackID) []protocol.Command {
	var out []protocol.Command
	for _, t := range orphansOf(snap, id) {
		out = append(out, commandOf(fmt.Sprintf("%s is not here any more: %s, its state is kept", t.Key.ID, t.Status), wire.StatusShow, struct{}{}))
	}
	return out
}
