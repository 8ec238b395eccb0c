package treesitter

import (
	"context"
	"fmt"
	"time"

	"github.com/slop-ls/slop-ls/engine"
)

// DefaultMarkers mark core logic for curated views.
var DefaultMarkers = []string{"@core_logic", "[HOT]"}

// Options configure a Viewer. The zero value means the defaults.
type Options struct {
	// CoreMarkers mark, in a comment or as a decorator, what a curated view shows whole. Nil: DefaultMarkers.
	CoreMarkers []string
	// CacheBytes bounds the memory of what is kept: a third of it for analyses, the rest for trees. 0: 192 MiB.
	CacheBytes int
}

// Viewer implements engine.Viewer. It is safe for concurrent use.
type Viewer struct {
	reader *reader
}

var _ engine.Viewer = (*Viewer)(nil)

// New makes a Viewer, which the caller closes.
func New(o Options) *Viewer {
	if o.CoreMarkers == nil {
		o.CoreMarkers = DefaultMarkers
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = 192 << 20
	}
	return &Viewer{reader: &reader{
		cache:  newCache(o.CacheBytes / 3),
		forest: newForest(o.CacheBytes / 3 * 2),
		marks:  o.CoreMarkers,
	}}
}

// Close frees the trees and analyses that are kept. The Viewer may be used on, and then starts with none.
func (v *Viewer) Close() {
	v.reader.cache.clear()
	v.reader.forest.close()
}

// View makes a view of a file as files has it now. Errors: *engine.SymbolError for a symbol that the file does not
// have, the error of files for a file that cannot be read, ctx's error, or that of a kind of view there is not.
// Nothing else in the file makes an error.
func (v *Viewer) View(ctx context.Context, files engine.Files, req engine.ViewRequest) (engine.View, error) {
	file, err := files.Read(ctx, req.Path)
	if err != nil {
		return engine.View{}, fmt.Errorf("view of %s: %w", req.Path, err)
	}
	a, err := v.reader.read(ctx, req.Path, file.Data)
	if err != nil {
		return engine.View{}, fmt.Errorf("view of %s: %w", req.Path, err)
	}
	view := engine.View{
		Path:     req.Path,
		Language: a.lang.name,
		Kind:     req.Kind,
		Fallback: a.fallback(),
		Notes:    a.notes(),
	}
	switch req.Kind {
	case engine.Skeleton:
		view.Text = a.skeleton(false)
	case engine.Curated:
		view.Text = a.skeleton(true)
	case engine.Targeted:
		t := &targeted{reader: v.reader, files: files, path: req.Path, analysis: a, until: time.Now().Add(lookAround)}
		text, notes, err := t.view(ctx, req.Symbols)
		if err != nil {
			return engine.View{}, err
		}
		view.Text, view.Notes = text, append(view.Notes, notes...)
	default:
		return engine.View{}, fmt.Errorf("no view of kind %q: use skeleton, curated or targeted", req.Kind)
	}
	return view, nil
}

// notes says what is odd about a file as a whole.
func (a *analysis) notes() []string {
	switch {
	case a.fallback():
		return []string{"view by lines: " + a.why}
	case a.broken:
		return []string{"the file has syntax errors: declarations near them may be missing"}
	}
	return nil
}

// Outline lists the declarations of src. It fails only with ctx's error. A file in UTF-16 has no outline, because its
// offsets would not be those of src.
func (v *Viewer) Outline(ctx context.Context, path string, src []byte) (engine.Outline, error) {
	a, err := v.reader.read(ctx, path, src)
	if err != nil {
		return engine.Outline{}, fmt.Errorf("outline of %s: %w", path, err)
	}
	out := engine.Outline{Language: a.lang.name, Fallback: a.fallback()}
	if a.recoded {
		return out, nil
	}
	a.each(func(d *decl) { out.Symbols = append(out.Symbols, a.symbols(d)...) })
	return out, nil
}

func (a *analysis) symbols(d *decl) []engine.Symbol {
	var list []engine.Symbol
	for _, n := range d.names {
		list = append(list, engine.Symbol{
			Name:      n.text,
			Path:      d.path(n.text),
			Kind:      d.kind,
			Start:     d.whole.start,
			End:       d.whole.end,
			NameStart: n.at.start,
			NameEnd:   n.at.end,
			Signature: a.signature(d),
		})
	}
	return list
}

// skeleton writes the file without its bodies; with curated, those of core declarations stay.
func (a *analysis) skeleton(curated bool) string {
	keep := func(c cut) bool { return curated && c.of.isCore() }
	if a.fallback() {
		return viewByLines(a, func(offset int) bool { return curated && a.innermost(offset).isCore() })
	}
	return clean(apply(a.src, span{0, len(a.src)}, without(a.cuts, keep)))
}

// without leaves out the cuts that drop picks.
func without(cuts []cut, drop func(cut) bool) []cut {
	var kept []cut
	for _, c := range cuts {
		if !drop(c) {
			kept = append(kept, c)
		}
	}
	return kept
}
