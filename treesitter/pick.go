package treesitter

import (
	"fmt"
	"sort"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// pick finds the declarations that symbols name. notes says which names fit several.
func (a *analysis) pick(path string, symbols []string) (picked []*decl, notes []string, err error) {
	seen := map[*decl]bool{}
	for _, symbol := range symbols {
		found := a.named(canonical(symbol))
		if len(found) == 0 {
			return nil, nil, &engine.SymbolError{Path: path, Symbol: symbol, Nearest: a.nearest(canonical(symbol))}
		}
		if paths := pathsOf(found); len(paths) > 1 {
			notes = append(notes, fmt.Sprintf("%s fits %d declarations, all of them shown: %s", symbol, len(found), strings.Join(paths, ", ")))
		}
		for _, d := range found {
			if !seen[d] {
				seen[d] = true
				picked = append(picked, d)
			}
		}
	}
	return picked, notes, nil
}

// canonical writes a name as an outline does: (*T).M, T::M, T#M and T.M() are all T.M, and exports.f is f.
func canonical(symbol string) string {
	s := strings.NewReplacer("(*", "", "::", ".", "#", ".", "*", "", "(", "", ")", "").Replace(strings.TrimSpace(symbol))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "module."), "exports.")
	return strings.Trim(s, ". ")
}

// named finds declarations by path, else by the end of a path, else by bare name. Fields and cases count only where
// nothing else fits.
func (a *analysis) named(symbol string) []*decl {
	var exact, ends, fields []*decl
	a.each(func(d *decl) {
		for _, n := range d.names {
			p := d.path(n.text)
			switch {
			case p == symbol:
				exact = append(exact, d)
			case !strings.HasSuffix(p, "."+symbol):
			case d.parent != nil && d.parent.unit || d.kind == "field":
				fields = append(fields, d)
			default:
				ends = append(ends, d)
			}
		}
	})
	switch {
	case len(exact) > 0 && strings.Contains(symbol, "."):
		return exact
	case len(exact)+len(ends) > 0:
		return append(exact, ends...)
	}
	return fields
}

func pathsOf(found []*decl) []string {
	var paths []string
	seen := map[string]bool{}
	for _, d := range found {
		for _, n := range d.names {
			if p := d.path(n.text); !seen[p] {
				seen[p] = true
				paths = append(paths, p)
			}
		}
	}
	return paths
}

// nearest names the three symbols of the file that look most like one it does not have.
func (a *analysis) nearest(symbol string) []string {
	type candidate struct {
		path string
		far  int
	}
	var list []candidate
	seen := map[string]bool{}
	bare := symbol[strings.LastIndexByte(symbol, '.')+1:]
	a.each(func(d *decl) {
		for _, n := range d.names {
			p := d.path(n.text)
			if seen[p] || len(p) > 200 {
				continue
			}
			seen[p] = true
			list = append(list, candidate{p, min(distance(symbol, p), distance(bare, n.text)+1)})
		}
	})
	sort.SliceStable(list, func(i, j int) bool { return list[i].far < list[j].far })
	var names []string
	for _, c := range list[:min(3, len(list))] {
		names = append(names, c.path)
	}
	return names
}

// distance is the distance of two names without regard to case, by what stands at their beginning.
func distance(a, b string) int {
	const most = 100
	return text.Distance(strings.ToLower(a[:min(len(a), most)]), strings.ToLower(b[:min(len(b), most)]))
}
