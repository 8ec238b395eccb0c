package treesitter

import (
	"context"
	"strings"
	"time"

	"github.com/slop-ls/slop-ls/engine"
)

// lookAround bounds the time that is spent on looking for used declarations in other files.
const lookAround = 500 * time.Millisecond

// smallGroup is the number of lines up to which a group of constants or variables is shown whole when one is used.
const smallGroup = 30

// targeted makes one targeted view.
type targeted struct {
	*analysis
	reader *reader
	files  engine.Files
	path   string
	until  time.Time
	notes  []string
}

// view writes the named symbols whole, what they use as signatures, and how much was left out.
func (t *targeted) view(ctx context.Context, symbols []string) (string, []string, error) {
	picked, notes, err := t.pick(t.path, symbols)
	if err != nil {
		return "", nil, err
	}
	t.notes = notes
	if t.fallback() {
		return t.byLines(picked), t.notes, nil
	}
	s := newSelection(t.analysis, picked)
	u := t.reader.uses(ctx, t.path, t.analysis, s.spans())
	for _, d := range picked {
		if d.owner != "" {
			u.names[d.owner] = true
		}
	}
	others, err := t.elsewhere(ctx, u)
	if err != nil {
		return "", nil, err
	}
	candidates := append([]source{{t.path, t.analysis}}, others.siblings...)
	methods := countMembers(candidates, u)
	s.use(u, methods)
	var b strings.Builder
	t.header(&b)
	b.WriteString(s.render())
	for _, o := range others.siblings {
		t.borrowed(&b, o, foreign(o.a, u, methods, ownersOf(picked)))
	}
	for _, o := range others.imported {
		t.borrowed(&b, o.source, newSelectionOf(o.a, o.decls))
	}
	return b.String(), t.notes, nil
}

// header says at the top of the text what a reader of it should know.
func (t *targeted) header(b *strings.Builder) {
	for _, n := range t.notes {
		b.WriteString(t.lang.comment.line(n) + "\n")
	}
	if len(t.notes) > 0 {
		b.WriteString("\n")
	}
}

// borrowed writes the used declarations of another file.
func (t *targeted) borrowed(b *strings.Builder, o source, s *selection) {
	text := s.bare()
	if text == "" {
		return
	}
	b.WriteString("\n" + t.lang.comment.line("from "+o.path+":") + "\n\n" + text)
}

// byLines writes the picked declarations whole among the lines of the others' heads.
func (t *targeted) byLines(picked []*decl) string {
	return viewByLines(t.analysis, func(offset int) bool {
		for _, d := range picked {
			if d.whole.contains(offset) || lineStart(t.src, d.whole.start) == offset {
				return true
			}
		}
		return false
	})
}

// countMembers counts, over all files, the declarations that a used member may be.
func countMembers(files []source, u uses) map[string]int {
	n := map[string]int{}
	for _, f := range files {
		f.a.each(func(d *decl) {
			if d.owner == "" {
				return
			}
			for _, name := range d.names {
				if u.members[name.text] {
					n[name.text]++
				}
			}
		})
	}
	return n
}

func ownersOf(picked []*decl) set {
	owners := set{}
	for _, d := range picked {
		owners[d.owner] = d.owner != ""
	}
	return owners
}

// mostNamesakes is how many methods of one name are taken for the one that is called when nothing tells them apart.
const mostNamesakes = 2

// usedMethod guesses whether d is the method that a use means: its type is mentioned or is the target's own, or
// hardly another method has that name.
func usedMethod(d *decl, u uses, methods map[string]int, owners set) bool {
	for _, n := range d.names {
		if u.members[n.text] && (u.names[d.owner] || owners[d.owner] || methods[n.text] <= mostNamesakes) {
			return true
		}
	}
	return false
}

func anyNamed(d *decl, names set) bool {
	for _, n := range d.names {
		if names[n.text] {
			return true
		}
	}
	return false
}

// foreign selects what is used of another file of the same package.
func foreign(a *analysis, u uses, methods map[string]int, owners set) *selection {
	s := newSelection(a, nil)
	a.each(func(d *decl) {
		switch {
		case d.container() != nil:
		case d.owner != "" && usedMethod(d, u, methods, owners), d.owner == "" && anyNamed(d, u.names):
			s.choose(d)
		}
	})
	return s
}
