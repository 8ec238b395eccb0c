package lsp

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// isSource says whether a document is one that tickets can be about.
func isSource(d *document) bool {
	return d != nil && d.path != "" && !trackfile.IsTrackFile(d.path) && d.broken == nil
}

// symbolAt is the innermost declaration of exactly this version that holds an offset; ok is false where there is none.
func (h *Hub) symbolAt(ctx context.Context, d *document, offset int) (found engine.Symbol, ok bool, err error) {
	outline, err := h.outlineOf(ctx, d)
	if err != nil {
		return engine.Symbol{}, false, err
	}
	found, ok = moved{Outline: outline}.symbolAt(d, offset)
	return found, ok, nil
}

// aims says whether a ticket targets a symbol of a file.
func aims(t *engine.Ticket, path string, sym engine.Symbol) bool {
	return t.Spec.TargetFile == path && !t.Orphaned &&
		(slices.Contains(t.Spec.TargetSymbols, sym.Path) || slices.Contains(t.Spec.TargetSymbols, sym.Name))
}

// aiming lists the tickets that target a symbol and are still to be done, in the order of their tracks.
func aiming(snap *engine.Snapshot, path string, sym engine.Symbol) []*engine.Ticket {
	var out []*engine.Ticket
	for tr := range snap.Tracks() {
		for t := range tr.Tickets() {
			if aims(t, path, sym) && (t.Status == engine.Todo || t.Status == engine.InProgress) {
				out = append(out, t)
			}
		}
	}
	return out
}

var todoComment = regexp.MustCompile(`(?m)(?://|#|--|/?\*|;|<!--)[ \t]*(?:TODO|FIXME)\b(?:\([^)\n]*\))?:?[ \t]*([^\n]*)`)

// todoIn is what the first TODO or FIXME comment in a text asks for, or "".
func todoIn(src string) string {
	m := todoComment.FindStringSubmatch(src)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(m[1]), "*/"), "-->"))
}
