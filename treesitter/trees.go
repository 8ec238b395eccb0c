//go:build cgo

package treesitter

import (
	"context"
	"time"

	sitter "github.com/smacker/go-tree-sitter"
)

// hasTrees tells the two builds apart.
const hasTrees = true

// analyse reads a file by its grammar. The source is kept and must not change. Errors: errTooSlow, errGrammar, or
// ctx's.
func (f *forest) analyse(ctx context.Context, path string, lang *language, src []byte, marks []string) (*analysis, error) {
	g := grammars[lang.name]
	if g == nil {
		return nil, errGrammar
	}
	if len(src) > mostSyntax {
		return nil, errTooSlow
	}
	tree, err := f.parse(ctx, path, g, src)
	if err != nil {
		return nil, err
	}
	defer tree.Close()
	a := walk(lang, g, tree, src, time.Now().Add(walkLimit))
	if a == nil {
		return nil, errTooSlow
	}
	a.markCore(marks, func(offset int) place { return placeInTree(lang.rules, g, tree, offset) })
	return a, nil
}

// walkLimit bounds the time of a walk over a tree.
const walkLimit = 250 * time.Millisecond

// placeInTree tells whether an offset lies in a comment or a decorator.
func placeInTree(rules *rules, g *grammar, tree *sitter.Tree, offset int) place {
	cursor := sitter.NewTreeCursor(tree.RootNode())
	defer cursor.Close()
	for cursor.GoToFirstChildForByte(uint32(offset)) >= 0 {
		n := cursor.CurrentNode()
		switch kind := g.kind(n); {
		case int(n.StartByte()) > offset:
			return elsewhere
		case rules.comments[kind]:
			return inComment
		case kind == "decorator":
			return inDecorator
		}
	}
	return elsewhere
}

// uses lists what the source within spans refers to. It reports false where there is no tree.
func (f *forest) uses(ctx context.Context, path string, lang *language, src []byte, spans []span) (uses, bool) {
	g := grammars[lang.name]
	tree, err := f.parse(ctx, path, g, src)
	if err != nil {
		return uses{}, false
	}
	defer tree.Close()
	r := &referrer{
		walker: walker{
			analysis: &analysis{src: src},
			g:        g,
			rules:    lang.rules,
			cursor:   sitter.NewTreeCursor(tree.RootNode()),
			deadline: time.Now().Add(walkLimit),
		},
		found: newUses(),
	}
	defer r.cursor.Close()
	for _, s := range spans {
		r.within(r.node(tree.RootNode(), ""), s, 0)
	}
	return r.found, true
}

// referrer collects the identifiers of some spans.
type referrer struct {
	walker
	found uses
}

func (r *referrer) within(n node, s span, depth int) {
	if n.end <= s.start || n.start >= s.end || depth > 4*deepest || r.late {
		return
	}
	kids := r.children(n)
	if rule, ok := r.rules.members[n.kind]; ok && r.member(kids, rule, s, depth) {
		return
	}
	for _, kid := range kids {
		if r.rules.names[kid.kind] && s.holds(kid.span) {
			r.found.names[r.text(kid.span)] = true
		}
		r.within(kid, s, depth+1)
	}
}

// member notes `object.member`, and goes on into the object.
func (r *referrer) member(kids []node, rule memberRule, s span, depth int) bool {
	object, ok1 := field(kids, rule.object)
	member, ok2 := field(kids, rule.member)
	if !ok1 || !ok2 || !s.holds(object.span) {
		return false
	}
	r.found.member(r.text(object.span), r.text(member.span))
	if r.rules.names[object.kind] {
		r.found.names[r.text(object.span)] = true
	}
	r.within(object, s, depth+1)
	return true
}
