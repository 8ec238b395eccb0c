package lsp

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/rpc"
)

// Who asks for diagnostics (textDocument/diagnostic) and can be told to ask again gets them so, and never by
// publishDiagnostics as well: many clients would show both. An id names what is in a list, so that a client may bring
// one along from a daemon that is dead. workspace/diagnostic is not served: what is wrong with a document that nobody
// has open is said when it is opened or run, and clients ask for the whole workspace every few seconds.

// pulls is what a client that asks for diagnostics has been answered.
type pulls struct {
	mu    sync.Mutex
	known map[uri.URI]*pulled
}

// pulled is one document of it. Its fields are ids of lists, and guarded by pulls.mu.
type pulled struct{ found, given, told string }

func (ps *pulls) change(u uri.URI, do func(*pulled)) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.known == nil {
		ps.known = map[uri.URI]*pulled{}
	}
	if ps.known[u] == nil {
		ps.known[u] = &pulled{}
	}
	do(ps.known[u])
}

func (ps *pulls) forget(u uri.URI) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	delete(ps.known, u)
}

// tell says whether there is a document of which the client has something else than what was found last, and was not
// told so yet; it counts as told from then on.
func (ps *pulls) tell() (outdated bool) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range ps.known {
		if p.found != "" && p.found != p.given && p.found != p.told {
			p.told, outdated = p.found, true
		}
	}
	return outdated
}

// pulling tells a client that asks for diagnostics to ask again when they have changed for another reason than its own
// typing, after which it asks by itself, until ctx ends.
func (s *Session) pulling(ctx context.Context) {
	for s.traits().Pull {
		select {
		case <-s.kicks.pulls:
		case <-ctx.Done():
			return
		}
		if rest(ctx, refreshEvery) != nil {
			return
		}
		if s.pulls.tell() {
			s.refresh(ctx, true, protocol.MethodWorkspaceDiagnosticRefresh)
		}
	}
}

// diagnosticsID names a list by what is in it.
func diagnosticsID(list []protocol.Diagnostic) (string, error) {
	raw, err := protocol.Marshal(list)
	return engine.ContentHash(raw), err
}

// prepareDiagnostic answers textDocument/diagnostic.
func prepareDiagnostic(v view, params json.RawMessage) (work, error) {
	var p protocol.DocumentDiagnosticParams
	if err := rpc.Decode(params, &p); err != nil {
		return nil, err
	}
	d := v.docs.Get(p.TextDocument.URI)
	return func(ctx context.Context, s *Session) (any, error) {
		if !s.traits().Pull {
			return nil, rpc.Refuse(rpc.NoMethod, "slop-ls publishes its diagnostics to clients that cannot be told to ask again")
		}
		list := []protocol.Diagnostic{}
		if d != nil {
			if d.Broken != nil {
				return nil, d.Broken
			}
			list = append(list, s.diagnosticsNow(ctx, v.docs, d)...)
		}
		id, err := diagnosticsID(list)
		if err != nil {
			return nil, err
		}
		if d != nil {
			s.pulls.change(d.URI, func(p *pulled) { p.given = id })
		}
		if p.PreviousResultID != nil && *p.PreviousResultID == id {
			return &protocol.RelatedUnchangedDocumentDiagnosticReport{UnchangedDocumentDiagnosticReport: unchangedReport(id)}, nil
		}
		return &protocol.RelatedFullDocumentDiagnosticReport{FullDocumentDiagnosticReport: fullReport(id, list)}, nil
	}, nil
}

// The library encodes a kind that is not set as "".

func fullReport(id string, list []protocol.Diagnostic) protocol.FullDocumentDiagnosticReport {
	return protocol.FullDocumentDiagnosticReport{
		Kind: string(protocol.DocumentDiagnosticReportKindFull), ResultID: &id, Items: list,
	}
}

func unchangedReport(id string) protocol.UnchangedDocumentDiagnosticReport {
	return protocol.UnchangedDocumentDiagnosticReport{Kind: string(protocol.DocumentDiagnosticReportKindUnchanged), ResultID: id}
}

// diagnosticsNow is what is known to be wrong with a version of a document.
func (s *Session) diagnosticsNow(ctx context.Context, docs *document.Set, d *document.Document) []protocol.Diagnostic {
	switch {
	case trackfile.IsTrackFile(d.Path):
		found := s.hub.targets.survey(d.Track(), s.hub.opts.Now())
		return s.trackDiagnostics(ctx, docs, d, found.warnings)
	case isReview(d):
		return s.reviewProblems(ctx, docs, d)
	default:
		return nil
	}
}

// trackDiagnostics is all that is said of a track document; warnings are of what it names in the workspace.
func (s *Session) trackDiagnostics(ctx context.Context, docs *document.Set, d *document.Document, warnings []trackfile.Problem) []protocol.Diagnostic {
	problems := slices.Concat(d.Track().Problems, s.standing(ctx, d.Path, d.Track()), warnings)
	return append(diagnosticsOf(docs, d, problems), s.waitingHere(docs, d)...)
}
