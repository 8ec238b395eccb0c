//go:build cgo

package treesitter

import (
	"context"
	"errors"
	"fmt"
	"time"

	sitter "github.com/smacker/go-tree-sitter"
	"github.com/smacker/go-tree-sitter/golang"
	"github.com/smacker/go-tree-sitter/javascript"
	"github.com/smacker/go-tree-sitter/python"
	"github.com/smacker/go-tree-sitter/typescript/tsx"
	"github.com/smacker/go-tree-sitter/typescript/typescript"

	"github.com/slop-ls/slop-ls/engine/text"
)

// grammars gives the parser tables of each language that has rules, by the language's name.
var grammars = map[string]*grammar{
	"go":         loadGrammar(golang.GetLanguage()),
	"python":     loadGrammar(python.GetLanguage()),
	"javascript": loadGrammar(javascript.GetLanguage()),
	"typescript": loadGrammar(typescript.GetLanguage()),
	"tsx":        loadGrammar(tsx.GetLanguage()),
}

// grammar is a tree-sitter language with the names of its node kinds, which are asked for so often that a call into C
// for each would cost more than the parse.
type grammar struct {
	*sitter.Language
	kinds []string
}

func loadGrammar(l *sitter.Language) *grammar {
	g := &grammar{Language: l, kinds: make([]string, l.SymbolCount())}
	for i := range g.kinds {
		g.kinds[i] = l.SymbolName(sitter.Symbol(i))
	}
	return g
}

// kind names a node's kind.
func (g *grammar) kind(n *sitter.Node) string {
	if s := int(n.Symbol()); s < len(g.kinds) {
		return g.kinds[s]
	}
	return "ERROR"
}

// A parse that takes longer than parseLimit, or a file larger than mostSyntax, is left to the view by lines.
const (
	parseLimit = 450 * time.Millisecond
	mostSyntax = 4 << 20
)

var (
	// errTooSlow is returned by parseTree when the operation limit was hit.
	errTooSlow = errors.New("parsing takes too long")
	// errGrammar is returned by parseTree for a grammar that the library cannot load, such as one of a newer ABI.
	errGrammar = errors.New("the grammar does not fit the tree-sitter library")
)

// parseTree parses src, reusing what it can of old, which may be nil and must have been edited to match src. The
// caller closes both trees.
//
// Each parse has a parser of its own, closed here: making one costs microseconds, and a parser that was interrupted
// goes on with the interrupted parse the next time it is used. No context reaches the library, because a cancelled
// one can leave its flag set for good; the operation limit bounds the time instead.
func parseTree(g *grammar, old *sitter.Tree, src []byte, limit time.Duration) (*sitter.Tree, error) {
	p := sitter.NewParser()
	defer p.Close()
	p.SetLanguage(g.Language)
	p.SetOperationLimit(int(limit.Microseconds()))
	tree, err := p.ParseCtx(context.Background(), old, src)
	switch {
	case errors.Is(err, sitter.ErrOperationLimit):
		return nil, errTooSlow
	case errors.Is(err, sitter.ErrNoLanguage):
		return nil, errGrammar
	case err != nil:
		return nil, fmt.Errorf("tree-sitter: %w", err)
	}
	return tree, nil
}

// difference is the one edit that turns old into src: what lies between their common beginning and common end.
func difference(old, src []byte) sitter.EditInput {
	head, tail := text.Common(old, src)
	return sitter.EditInput{
		StartIndex:  uint32(head),
		OldEndIndex: uint32(len(old) - tail),
		NewEndIndex: uint32(len(src) - tail),
		StartPoint:  pointAt(old, head),
		OldEndPoint: pointAt(old, len(old)-tail),
		NewEndPoint: pointAt(src, len(src)-tail),
	}
}

func pointAt(src []byte, offset int) sitter.Point {
	row := breaks(src, span{0, offset})
	return sitter.Point{Row: uint32(row), Column: uint32(offset - lineStart(src, offset))}
}
