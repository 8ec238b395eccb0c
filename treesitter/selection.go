package treesitter

import (
	"fmt"
	"sort"
	"strings"
)

// selection is what a targeted view shows of one file.
type selection struct {
	*analysis
	whole map[*decl]bool
	used  map[*decl]bool // as signatures
}

// newSelection selects picked as a whole. A part of a unit stands for the unit.
func newSelection(a *analysis, picked []*decl) *selection {
	s := &selection{analysis: a, whole: map[*decl]bool{}, used: map[*decl]bool{}}
	for _, d := range picked {
		s.whole[s.unit(d)] = true
	}
	return s
}

// unit is what is shown for d: the type that it is a part of, or its group where that is small.
func (s *selection) unit(d *decl) *decl {
	p := d.parent
	if p != nil && (p.unit || p.kind == kindGroup && breaks(s.src, p.whole) < smallGroup) {
		return p
	}
	return d
}

// newSelectionOf selects declarations as signatures.
func newSelectionOf(a *analysis, decls []*decl) *selection {
	s := newSelection(a, nil)
	for _, d := range decls {
		s.choose(d)
	}
	return s
}

// choose selects d as a signature.
func (s *selection) choose(d *decl) {
	if !s.inWhole(d) {
		s.used[s.unit(d)] = true
	}
}

func (s *selection) spans() []span {
	var spans []span
	for d := range s.whole {
		spans = append(spans, d.whole)
	}
	sort.Slice(spans, func(i, j int) bool { return spans[i].start < spans[j].start })
	return spans
}

// use selects what the picked declarations use in their own file.
func (s *selection) use(u uses, methods map[string]int) {
	var picked []*decl
	for d := range s.whole {
		picked = append(picked, d)
	}
	owners := ownersOf(picked)
	s.each(func(d *decl) {
		if s.inWhole(d) || len(d.names) == 0 {
			return
		}
		switch c := d.container(); {
		case d.owner != "":
			if usedMethod(d, u, methods, owners) {
				s.choose(d)
			}
		case c == nil:
			if anyNamed(d, u.names) {
				s.choose(d)
			}
		case !c.unit && s.sibling(c) && (anyNamed(d, u.members) || constructs(d)):
			s.choose(d)
		}
	})
}

// constructs reports whether d is the constructor of its class, whose parameters say what an instance holds.
func constructs(d *decl) bool {
	return d.names[0].text == "__init__" || d.names[0].text == "constructor"
}

// sibling reports whether something picked is in the container c.
func (s *selection) sibling(c *decl) bool {
	for d := range s.whole {
		if d.container() == c {
			return true
		}
	}
	return false
}

func (s *selection) inWhole(d *decl) bool {
	for ; d != nil; d = d.parent {
		if s.whole[d] {
			return true
		}
	}
	return false
}

func (s *selection) holdsWhole(d *decl) bool {
	found := false
	eachDecl(d, func(m *decl) { found = found || s.whole[m] })
	return found
}

// shown reports whether d or anything in it is selected.
func (s *selection) shown(d *decl) bool {
	found := false
	eachDecl(d, func(m *decl) { found = found || s.whole[m] || s.used[m] })
	return found
}

// render writes the file: its head, what is selected in file order, and what is left out between.
func (s *selection) render() string {
	p := &selectionPrinter{selection: s}
	heads := s.heads
	for _, d := range s.roots {
		for len(heads) > 0 && heads[0].start < d.whole.start {
			p.head(heads[0])
			heads = heads[1:]
		}
		p.decl(d)
	}
	for _, h := range heads {
		p.head(h)
	}
	p.gap()
	return p.text.String()
}

// bare writes only what is selected.
func (s *selection) bare() string {
	p := &selectionPrinter{selection: s}
	for _, d := range s.roots {
		if s.shown(d) {
			p.decl(d)
		}
	}
	return p.text.String()
}

// selectionPrinter writes pieces of a file with one blank line between them.
type selectionPrinter struct {
	*selection
	text strings.Builder
	left int // declarations left out since the last piece
	last int // where the last piece ended
}

// head writes an import or the like; those that follow each other directly are kept together.
func (p *selectionPrinter) head(h span) {
	p.piece(span{lineIfAlone(p.src, h.start), h.end}, nil)
}

func (p *selectionPrinter) decl(d *decl) {
	if !p.shown(d) {
		p.left++
		return
	}
	whole := span{lineIfAlone(p.src, d.whole.start), d.whole.end}
	p.piece(whole, sortCuts(p.cutsOf(d)))
}

func (p *selectionPrinter) piece(s span, cuts []cut) {
	p.gap()
	if p.text.Len() > 0 && breaks(p.src, span{min(p.last, s.start), s.start}) != 1 {
		p.text.WriteString("\n")
	}
	p.text.WriteString(strings.TrimRight(clean(apply(p.src, s, cuts)), "\n") + "\n")
	p.last = s.end
}

func (p *selectionPrinter) gap() {
	if p.left == 0 {
		return
	}
	if p.text.Len() > 0 {
		p.text.WriteString("\n")
	}
	p.text.WriteString(p.lang.comment.line("... "+plural(p.left, "declaration")+" left out") + "\n")
	p.left, p.last = 0, 0
}

func lineIfAlone(src []byte, at int) int {
	if aloneBefore(src, at) {
		return lineStart(src, at)
	}
	return at
}

// cutsOf lists what is cut in a shown declaration: bodies, and the members that are not shown.
func (s *selection) cutsOf(d *decl) []cut {
	if s.whole[d] {
		return nil
	}
	if s.used[d] && !s.holdsWhole(d) {
		return s.cutsIn(d.whole)
	}
	if len(d.members) == 0 || s.used[d] {
		return without(s.cutsIn(d.whole), func(c cut) bool { return c.of != nil && s.inWhole(c.of) })
	}
	return s.partly(d)
}

func (s *selection) cutsIn(within span) []cut {
	from := sort.Search(len(s.cuts), func(i int) bool { return s.cuts[i].start >= within.start })
	to := from
	for to < len(s.cuts) && s.cuts[to].end <= within.end {
		to++
	}
	return s.cuts[from:to:to]
}

// partly cuts the members of a container that are not shown, those next to each other together.
func (s *selection) partly(d *decl) []cut {
	var cuts []cut
	for i := 0; i < len(d.members); {
		if s.shown(d.members[i]) {
			cuts = append(cuts, s.cutsOf(d.members[i])...)
			i++
			continue
		}
		first := i
		for i < len(d.members) && !s.shown(d.members[i]) {
			i++
		}
		cuts = append(cuts, s.leaveOut(d.members[first:i])...)
	}
	return cuts
}

// leaveOut replaces members by a note where they have their lines to themselves; else only their bodies go.
func (s *selection) leaveOut(members []*decl) []cut {
	all := span{members[0].whole.start, members[len(members)-1].whole.end}
	for all.end < len(s.src) && (s.src[all.end] == ';' || s.src[all.end] == ',') {
		all.end++
	}
	if !aloneBefore(s.src, all.start) || !aloneAfter(s.src, all.end) {
		return s.cutsIn(all)
	}
	note := s.lang.comment.line(fmt.Sprintf("... %s left out", plural(len(members), "member")))
	return []cut{{span: all, fill: note}}
}
