package treesitter

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
)

// question is one lookup: the catalog, and what the editors and the draft have over it.
type question struct {
	*Index
	catalog *catalog
	over    map[string]*indexed // nil: the file is not there
	paths   []string            // of over, sorted
	draft   engine.Draft
	q       engine.FindQuery
	found   engine.Found
}

func (x *Index) ask(ctx context.Context, draft engine.Draft, q engine.FindQuery) (*question, error) {
	q.Name = canonical(q.Name)
	if q.Name == "" {
		return nil, errors.New("there is no name to look for")
	}
	c, err := x.fresh(ctx)
	if err != nil {
		return nil, fmt.Errorf("indexing the workspace: %w", err)
	}
	ask := &question{Index: x, catalog: c, over: map[string]*indexed{}, draft: draft, q: q}
	if err := ask.layOver(ctx); err != nil {
		return nil, err
	}
	for p := range ask.over {
		ask.paths = append(ask.paths, p)
	}
	slices.Sort(ask.paths)
	return ask, nil
}

// layOver lays the editors' buffers over the catalog, and the draft over these.
func (a *question) layOver(ctx context.Context) error {
	if a.o.Overlays != nil {
		open, err := a.o.Overlays(ctx)
		if err != nil {
			return err
		}
		for _, f := range open {
			a.over[f.Path] = a.viewer.reader.index(ctx, f.Path, f.Data)
		}
	}
	set, err := a.draft.Changes(ctx)
	if err != nil {
		return err
	}
	for _, c := range set.Files {
		switch c.Op {
		case engine.OpDelete:
			a.over[c.Path] = nil
			continue
		case engine.OpRename:
			a.over[c.From] = nil
		case engine.OpCreate, engine.OpModify:
		}
		a.over[c.Path] = a.viewer.reader.index(ctx, c.Path, c.After)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// files yields every file that counts, by path.
func (a *question) files() iter.Seq2[string, *indexed] {
	return func(yield func(string, *indexed) bool) {
		over := a.paths
		for i, p := range a.catalog.paths {
			for len(over) > 0 && over[0] < p {
				if !a.give(over[0], a.over[over[0]], yield) {
					return
				}
				over = over[1:]
			}
			f := a.catalog.list[i]
			if len(over) > 0 && over[0] == p {
				f, over = a.over[p], over[1:]
			}
			if !a.give(p, f, yield) {
				return
			}
		}
		for _, p := range over {
			if !a.give(p, a.over[p], yield) {
				return
			}
		}
	}
}

func (a *question) give(p string, f *indexed, yield func(string, *indexed) bool) bool {
	return f == nil || a.q.Match != nil && !a.q.Match(p) || yield(p, f)
}

// hit is a declaration that fits.
type hit struct {
	path string
	d    declared
}

// Symbols is engine.Finder's. Errors are ctx's, and those of what the index is made from.
func (x *Index) Symbols(ctx context.Context, draft engine.Draft, q engine.FindQuery) (engine.Found, error) {
	a, err := x.ask(ctx, draft, q)
	if err != nil {
		return engine.Found{}, err
	}
	_, name, _ := cutLast(a.q.Name)
	hash := hashWord(name)
	hits := a.declarations(func(f *indexed) bool { return f.hasWord(hash) }, exactly(a.q.Name))
	if len(hits) == 0 {
		hits = a.declarations(func(*indexed) bool { return true }, holds(strings.ToLower(a.q.Name)))
	}
	for _, h := range hits {
		if len(a.found.Mentions) == q.Max {
			a.found.More = true
			break
		}
		if err := a.show(ctx, h); err != nil {
			return engine.Found{}, err
		}
	}
	if len(a.found.Mentions) == 0 {
		a.found.Nearest = a.nearest()
	}
	a.remark()
	return a.found, nil
}

func (a *question) declarations(may func(*indexed) bool, fits func(declared) bool) []hit {
	var hits []hit
	for p, f := range a.files() {
		if !may(f) {
			continue
		}
		for _, d := range f.symbols {
			if fits(d) {
				hits = append(hits, hit{p, d})
			}
		}
	}
	return hits
}

// exactly fits a path, or its end.
func exactly(name string) func(declared) bool {
	end := "." + name
	return func(d declared) bool {
		return len(d.path) >= len(name) && (d.path == name || strings.HasSuffix(d.path, end))
	}
}

// holds fits whatever has the name in it, in any case.
func holds(lower string) func(declared) bool {
	return func(d declared) bool {
		for i := 0; i+len(lower) <= len(d.path); i++ {
			if strings.EqualFold(d.path[i:i+len(lower)], lower) {
				return true
			}
		}
		return false
	}
}

// show adds a declaration as it is now: where the file has changed since, it is looked for again.
func (a *question) show(ctx context.Context, h hit) error {
	f, err := a.draft.Peek(ctx, h.path)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return nil //nolint:nilerr // a file that cannot be read any more declares nothing
	}
	if ix := a.known(h.path); ix == nil || ix.sum != sumOf(f.Data) {
		if ix = a.viewer.reader.index(ctx, h.path, f.Data); ix == nil {
			return nil
		}
		i := slices.IndexFunc(ix.symbols, func(d declared) bool { return d.path == h.d.path && d.kind == h.d.kind })
		if i < 0 {
			return nil
		}
		h.d = ix.symbols[i]
	}
	a.found.Mentions = append(a.found.Mentions, engine.Mention{
		Path: h.path, Line: int(h.d.first) + 1, Text: lineOf(f.Data, int(h.d.first)), Symbol: h.d.path, Kind: h.d.kind, Declares: true,
	})
	return nil
}

// lineOf is a line without its end, from 0.
func lineOf(src []byte, n int) string {
	for ; n > 0; n-- {
		i := bytes.IndexByte(src, '\n')
		if i < 0 {
			return ""
		}
		src = src[i+1:]
	}
	line, _, _ := bytes.Cut(src, []byte("\n"))
	return strings.ToValidUTF8(string(bytes.TrimRight(line, "\r")), "\ufffd")
}

// nearest names at most five symbols that look most like the name.
func (a *question) nearest() []string {
	type candidate struct {
		path string
		far  int
	}
	var list []candidate
	seen := map[string]bool{}
	bare := a.q.Name[strings.LastIndexByte(a.q.Name, '.')+1:]
	for _, f := range a.files() {
		for _, d := range f.symbols {
			name := d.name()
			if !mayBeNear(bare, name) || seen[d.path] {
				continue
			}
			seen[d.path] = true
			if far := distance(bare, name); 5*far <= 2*max(len(bare), len(name)) {
				list = append(list, candidate{d.path, far})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(a.far, b.far) })
	var names []string
	for _, c := range list[:min(5, len(list))] {
		names = append(names, c.path)
	}
	return names
}

// mayBeNear keeps the distance, which is costly, to names of about that length that begin or end alike.
func mayBeNear(a, b string) bool {
	if a == "" || b == "" || 5*len(a) < 3*len(b) || 5*len(b) < 3*len(a) {
		return false
	}
	return strings.EqualFold(a[:1], b[:1]) || strings.EqualFold(a[len(a)-1:], b[len(b)-1:])
}

// remark says what the search has not seen.
func (a *question) remark() {
	for _, n := range []struct {
		count int
		why   string
	}{
		{a.catalog.large, "larger than 1 MiB and not searched"},
		{a.catalog.over, "not searched, because there are too many"},
		{a.catalog.byLines, "searched by their lines alone, for want of a grammar: declarations in them may be missing"},
	} {
		if n.count > 0 {
			a.found.Notes = append(a.found.Notes, plural(n.count, "file")+" "+n.why)
		}
	}
}
