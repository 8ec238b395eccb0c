package lsp

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/document"
)

// What other language servers say is not a server's to ask for. It comes in two ways: a client that knows slop/diagnostics
// sends it whole, and others send along with a request for code actions what they show at the place of the request.

// Bounds of what is kept of a session.
const (
	maxHeardFiles    = 500
	maxHeardProblems = 300
)

// heard is what a client has told of the diagnostics of others, the latest for each file.
type heard struct {
	mu sync.Mutex
	of map[string]report
}

// report is what was told of one file.
type report struct {
	version  int32 // of the document; 0 where that was not told
	whole    bool  // all of the file's, not those of some lines
	problems []engine.Problem
}

// set replaces what is known of a file.
func (h *heard) set(path string, r report) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.of == nil {
		h.of = map[string]report{}
	}
	if _, known := h.of[path]; !known && len(h.of) >= maxHeardFiles {
		for other := range h.of { // any: there are far more than anybody looks at
			delete(h.of, other)
			break
		}
	}
	r.problems = r.problems[:min(len(r.problems), maxHeardProblems)]
	h.of[path] = r
}

// merge takes what was told of some lines, from 1, for the place of what was told of them before.
func (h *heard) merge(path string, version int32, first, last int, problems []engine.Problem) {
	h.mu.Lock()
	before, known := h.of[path]
	h.mu.Unlock()
	if known && before.whole {
		return // who tells all of it tells it sooner
	}
	if known && before.version == version {
		for _, p := range before.problems {
			if p.Line < first || p.Line > last {
				problems = append(problems, p)
			}
		}
	}
	if known || len(problems) > 0 {
		h.set(path, report{version: version, problems: problems})
	}
}

// each calls f for what is known of a file, or of all of them.
func (h *heard) each(path string, f func(path string, r report)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for p, r := range h.of {
		if path == "" || p == path {
			f(p, r)
		}
	}
}

// diagnosticsTold takes slop/diagnostics. It is decoded with what a client may add to a diagnostic.
func (s *Session) diagnosticsTold(params json.RawMessage) error {
	var p struct {
		URI         string
		Version     int32
		Diagnostics []json.RawMessage
	}
	if err := json.Unmarshal(params, &p); err != nil {
		return fmt.Errorf("slop/diagnostics cannot be read: %w", err)
	}
	path, err := s.desk.Docs().Root.WorkspacePath(p.URI)
	if err != nil || path == "" {
		return nil //nolint:nilerr // files elsewhere are nobody's here
	}
	s.heard.set(path, report{version: p.Version, whole: true, problems: problemsOf(path, readable(p.Diagnostics))})
	return nil
}

// overheard takes what a request for code actions brings along.
func (s *Session) overheard(d *document.Document, r protocol.Range, given []protocol.Diagnostic) {
	if d.Path != "" {
		s.heard.merge(d.Path, d.Version, int(r.Start.Line)+1, int(r.End.Line)+1, problemsOf(d.Path, given))
	}
}

var severities = map[protocol.DiagnosticSeverity]string{
	protocol.DiagnosticSeverityError: "error", protocol.DiagnosticSeverityWarning: "warning",
	protocol.DiagnosticSeverityInformation: "information", protocol.DiagnosticSeverityHint: "hint",
}

// problemsOf leaves out our own, and what says nothing.
func problemsOf(path string, given []protocol.Diagnostic) []engine.Problem {
	var out []engine.Problem
	for _, d := range given {
		source, _ := d.Source.Get()
		if msg := messageOf(d); source != diagnosticSource && msg != "" {
			out = append(out, engine.Problem{
				Path: path, Line: int(d.Range.Start.Line) + 1, Severity: cmp.Or(severities[d.Severity], "error"), Source: source, Message: msg,
			})
		}
	}
	return out
}

// Diagnostics implements engine.Diagnostics over the attached editors, the one last active first: of a file that several
// speak of, the first one's word is taken.
func (h *Hub) Diagnostics(_ context.Context, path string) (engine.DiagnosticReport, error) {
	var out engine.DiagnosticReport
	taken := map[string]bool{}
	for _, s := range h.attached() {
		docs := s.desk.Docs()
		s.heard.each(path, func(p string, r report) {
			if taken[p] {
				return
			}
			taken[p], out.Told = true, true
			out.Problems = append(out.Problems, r.problems...)
			if d := docs.ByPath(p); d != nil && r.version != 0 && d.Version != r.version {
				out.Notes = append(out.Notes, p+" has changed in the editor since that was said")
			}
			if !r.whole {
				out.Notes = append(out.Notes, p+": only what the editor showed where the person was; there may be more")
			}
		})
	}
	slices.SortFunc(out.Problems, func(a, b engine.Problem) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Message, b.Message))
	})
	slices.Sort(out.Notes)
	return out, nil
}

var _ engine.Diagnostics = (*Hub)(nil)

// readable are the diagnostics that can be read.
func readable(given []json.RawMessage) []protocol.Diagnostic {
	var out []protocol.Diagnostic
	for _, raw := range given {
		var d protocol.Diagnostic
		if protocol.Unmarshal(raw, &d) == nil {
			out = append(out, d)
		}
	}
	return out
}
