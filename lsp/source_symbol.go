package lsp

import (
	"context"
	"regexp"
	"strings"
	"sync"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/document"
)

// isSource says whether a document is one that tickets can be about.
func isSource(d *document.Document) bool {
	return d != nil && d.Path != "" && !trackfile.IsTrackFile(d.Path) && d.Broken == nil
}

// symbolAt is the innermost declaration of exactly this version that holds an offset; ok is false where there is none.
func (h *Hub) symbolAt(ctx context.Context, d *document.Document, offset int) (found engine.Symbol, ok bool, err error) {
	outline, err := d.OutlineBy(ctx, h.opts.Viewer)
	if err != nil {
		return engine.Symbol{}, false, err
	}
	found, ok = document.Moved{Outline: outline}.SymbolAt(d, offset)
	return found, ok, nil
}

var todoComment = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)(?://|#|--|/?\*|;|<!--)[ \t]*(?:TODO|FIXME)\b(?:\([^)\n]*\))?:?[ \t]*([^\n]*)`)
})

// todoIn is what the first TODO or FIXME comment in a text asks for, or "".
func todoIn(src string) string {
	m := todoComment().FindStringSubmatch(src)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(m[1]), "*/"), "-->"))
}
