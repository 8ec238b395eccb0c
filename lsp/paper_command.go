package lsp

import (
	"context"
	"slices"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// opening answers a command at once and then shows a paper.
func (s *Session) opening(p paper) (any, error) {
	s.later(func(ctx context.Context) { s.open(ctx, p) })
	return nil, nil
}

func trackPlan(ctx context.Context, s *Session, v view, a wire.PlanArgs) (any, error) {
	path, id, err := v.trackAt(a.URI)
	if err != nil {
		return nil, err
	}
	spec, err := s.hub.spec(ctx, id)
	if err != nil {
		return nil, err
	}
	if generates(a, spec) {
		return s.generate(ctx, path, a.Instruction)
	}
	return s.opening(paper{paperPlan, []string{string(id)}})
}

func trackDiff(_ context.Context, s *Session, v view, a wire.DiffArgs) (any, error) {
	_, id, err := v.trackAt(a.URI)
	if err != nil {
		return nil, err
	}
	if a.ID == "" && a.Undo {
		return nil, rpc.Refuse(rpc.InvalidParams, `"undo" shows the undo of a ticket: "id" must name it`)
	}
	if a.ID == "" {
		if _, err := s.hub.trackNow(id); err != nil {
			return nil, err
		}
		return s.opening(paper{paperOutcome, []string{string(id)}})
	}
	if _, err := s.hub.ticketNow(engine.TicketKey{Track: id, ID: a.ID}); err != nil {
		return nil, err
	}
	kind := paperDiff
	if a.Undo {
		kind = paperUndo
	}
	return s.opening(paper{kind, []string{string(id), a.ID}})
}

func transcriptOpen(_ context.Context, s *Session, v view, a wire.TranscriptArgs) (any, error) {
	_, id, err := v.trackAt(a.URI)
	if err != nil {
		return nil, err
	}
	if _, err := s.hub.ticketNow(engine.TicketKey{Track: id, ID: a.ID}); err != nil {
		return nil, err
	}
	return s.opening(paper{paperTranscript, []string{string(id), a.ID}})
}

func viewOpen(ctx context.Context, s *Session, v view, a wire.ViewArgs) (any, error) {
	path, err := v.docs.Root.WorkspacePath(a.URI)
	if err != nil {
		return nil, err
	}
	kinds := []engine.ViewKind{engine.Skeleton, engine.Curated, engine.Targeted}
	switch kind := engine.ViewKind(a.Kind); {
	case !slices.Contains(kinds, kind):
		return nil, rpc.Refuse(rpc.InvalidParams, `"kind" must be skeleton, curated or targeted, not %q`, a.Kind)
	case kind == engine.Targeted && len(a.Symbols) == 0:
		return nil, rpc.Refuse(rpc.InvalidParams, `a targeted view needs "symbols": the names of what to show whole`)
	case kind != engine.Targeted && len(a.Symbols) > 0:
		return nil, rpc.Refuse(rpc.InvalidParams, `"symbols" are for targeted views`)
	}
	p := paper{paperView, append([]string{path, a.Kind}, a.Symbols...)}
	if _, err := writeView(ctx, s.hub, p); err != nil {
		return nil, err // a symbol that does not exist is said here, where it was named
	}
	return s.opening(p)
}

func statusShow(ctx context.Context, s *Session, v view, a wire.StatusArgs) (any, error) {
	p := paper{kind: paperStatus}
	if a.URI != "" {
		_, id, err := v.trackAt(a.URI)
		if err != nil {
			return nil, err
		}
		if _, err := s.hub.trackNow(id); err != nil {
			return nil, err
		}
		p.args = []string{string(id)}
	}
	if a.Open {
		s.later(func(ctx context.Context) { s.open(ctx, p) })
	}
	found, _ := s.hub.drafted(ctx)
	return overview{s.engine.Snapshot(), found}.status(), nil
}
