//go:build cgo

package treesitter

import (
	"context"
	"slices"
	"strings"

	sitter "github.com/smacker/go-tree-sitter"
)

// codeOnly keeps the offsets at which a name stands as code. It reports false where there is no tree. src is not kept.
func (f *forest) codeOnly(ctx context.Context, path string, lang *language, src []byte, offsets []int) ([]int, bool) {
	g := grammars[lang.name]
	if lang.rules == nil || g == nil || len(src) > mostSyntax {
		return nil, false
	}
	tree, err := f.parse(ctx, path, g, slices.Clone(src))
	if err != nil {
		return nil, false
	}
	defer tree.Close()
	cursor := sitter.NewTreeCursor(tree.RootNode())
	defer cursor.Close()
	var kept []int
	for _, at := range offsets {
		cursor.Reset(tree.RootNode())
		for cursor.GoToFirstChildForByte(uint32(at)) >= 0 {
			for int(cursor.CurrentNode().EndByte()) <= at && cursor.GoToNextSibling() { // it takes one that ends there, too
			}
		}
		n := cursor.CurrentNode()
		kind := g.kind(n)
		if int(n.StartByte()) <= at && (lang.rules.names[kind] || strings.Contains(kind, "identifier")) {
			kept = append(kept, at)
		}
	}
	return kept, true
}
