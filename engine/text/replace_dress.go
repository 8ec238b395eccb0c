package text

import (
	"slices"
	"strings"
)

// dress says how the replacement's lines get the indentation of the place. w
// comes back as it is to be compared. It is false where there is no saying.
func (rel relation) dress(fr frame, m alignment, w wanted) (wanted, dresser, bool) {
	if rel.first {
		return fr.firstRestored(w), asDented(same), true
	}
	stands := fr.replacementStands(w)
	switch {
	case stands == asFile:
		w.search = m.asInFile(w.search)
		return w, asDented(same), true
	case stands == nowhere:
		return w, nil, false
	case len(rel.fit) == 0:
		return w, m.clippedDress(w, rel.clipped), true
	}
	fr.tabs, _ = fr.tabbed()
	best, least := shift(nil), unusable
	fresh := freshIndents(w)
	for _, c := range rel.fit {
		if p := c.penalty + strangeness(c.shift, fresh, fr.tabs); p < least {
			best, least = c.shift, p
		}
	}
	return w, asDented(best), least < unusable
}

// asDented dresses each line by itself.
func asDented(shift shift) dresser {
	return func(fresh []string, _ change) ([]string, bool) {
		for i, s := range fresh {
			if blank(s) {
				fresh[i] = ""
				continue
			}
			own := indent(s)
			shifted, ok := shift(own)
			if !ok {
				return nil, false
			}
			fresh[i] = shifted + s[len(own):]
		}
		return fresh, true
	}
}

// freshIndents is the indentation of each line that the replacement brings.
func freshIndents(w wanted) []string {
	var out []string
	for _, c := range lineChanges(w, trailing) {
		for _, s := range w.replace[c.s0:c.s1] {
			if !blank(s) {
				out = append(out, indent(s))
			}
		}
	}
	return out
}

// standing says by whose indentation a replacement is indented.
type standing int

const (
	asSearch standing = iota
	asFile
	nowhere // neither's
)

// replacementStands says how a replacement is indented where the search is not
// indented as the file is. One that has a line of the search as it stands there,
// or begins as far in, goes by the search; else its outermost line tells.
func (fr frame) replacementStands(w wanted) standing {
	fresh := pick(w.replace, solidLines(w.replace))
	from, to := fr.outermost()
	if len(fresh) == 0 || from == to {
		return asSearch
	}
	in := make([]string, len(fresh))
	for i, s := range fresh {
		if slices.Contains(w.search, s) {
			return asSearch
		}
		in[i] = indent(s)
	}
	switch least := outermost(in); {
	case columns(least, 4) <= columns(from, 4):
		return asSearch
	case least == to:
		return asFile
	}
	return nowhere
}

func (fr frame) outermost() (from, to string) {
	var froms, tos []string
	for i := range fr.solid {
		froms, tos = append(froms, fr.from(i)), append(tos, fr.to(i))
	}
	return outermost(froms), outermost(tos)
}

// outermost is the shortest indentation.
func outermost(in []string) string {
	return slices.MinFunc(in, func(a, b string) int { return columns(a, 4) - columns(b, 4) })
}

// asInFile is the search with the file's indentation.
func (m alignment) asInFile(search []string) []string {
	out := slices.Clone(search)
	for i, s := range search {
		if m.at[i] >= 0 && !blank(s) {
			out[i] = indent(m.f.lines[m.at[i]]) + stripped(s)
		}
	}
	return out
}

// firstRestored gives the first lines of both texts the indentation that they
// have lost.
func (fr frame) firstRestored(w wanted) wanted {
	w.search, w.replace = slices.Clone(w.search), slices.Clone(w.replace)
	w.search[0] = fr.to(0) + strings.TrimLeft(w.search[0], " \t")
	if len(w.replace) > 0 && !blank(w.replace[0]) && indent(w.replace[0]) == "" {
		w.replace[0] = fr.to(0) + w.replace[0]
	}
	return w
}

// clippedDress gives lines at the margin the indentation of the lines whose
// place they take, or the one that all lines around have; others are shifted.
func (m alignment) clippedDress(w wanted, others shift) dresser {
	return func(fresh []string, c change) ([]string, bool) {
		gone, solid := solidLines(w.search[c.b0:c.b1]), solidLines(fresh)
		paired := len(gone) == len(solid)
		only, known := m.onlyIndent(c)
		for i, k := range solid {
			in := indent(fresh[k])
			switch {
			case in != "" && others == nil:
				return nil, false
			case in != "":
				in, _ = others("")
			case paired && nearLine(w.search[c.b0+gone[i]], fresh[k]):
				in = indent(m.f.lines[m.at[c.b0+gone[i]]])
			case !known || opensBlock(fresh[k]):
				return nil, false
			default:
				in = only
			}
			fresh[k] = in + fresh[k]
		}
		return fresh, true
	}
}

// nearLine says whether a line can be the other one changed.
func nearLine(a, b string) bool {
	if alike(a, b) >= 0.5 {
		return true
	}
	return max(len(a), len(b)) <= 200 && 2*Distance(a, b) <= max(len(a), len(b))
}

// onlyIndent is the indentation of the lines that a change takes away and of
// those beside them, where they have but one.
func (m alignment) onlyIndent(c change) (string, bool) {
	in, seen := "", false
	for i := max(c.b0-1, 0); i < min(c.b1+1, len(m.at)); i++ {
		if m.at[i] < 0 || blank(m.f.lines[m.at[i]]) {
			continue
		}
		if s := indent(m.f.lines[m.at[i]]); !seen {
			in, seen = s, true
		} else if s != in {
			return "", false
		}
	}
	return in, seen
}

// opensBlock says whether the line after s is likely to be further in.
func opensBlock(s string) bool {
	s = trailing(s)
	return s != "" && strings.ContainsRune("{([:>", rune(s[len(s)-1]))
}
