//go:build cgo

package treesitter

import (
	"bytes"
	"container/list"
	"context"
	"sync"

	sitter "github.com/smacker/go-tree-sitter"
)

// treeCost is how many bytes of C memory a tree takes for each byte of source: 15 to 55 were measured. It makes the
// bound of the forest one of real memory.
const treeCost = 50

// mostParses bounds the parses that run at a time, and so their memory.
const mostParses = 4

// forest keeps the last tree of each path, so that the next parse of that path is incremental. It is bounded in bytes;
// the path longest unused goes first. Safe for concurrent use: a tree in it is only ever copied, under the lock.
type forest struct {
	slots chan struct{}

	mu    sync.Mutex
	trees map[string]*list.Element // of *planted
	order *list.List               // most recently used first
	bytes int
	most  int
}

// planted is a tree with the source that it was parsed from.
type planted struct {
	path string
	g    *grammar
	src  []byte
	tree *sitter.Tree
}

func (p *planted) cost() int { return len(p.src) * treeCost }

func newForest(most int) *forest {
	return &forest{
		slots: make(chan struct{}, mostParses),
		trees: map[string]*list.Element{},
		order: list.New(),
		most:  most,
	}
}

// parse returns a tree of src for the caller to close. The source is kept and must not change. Errors: errTooSlow,
// errGrammar, or ctx's while it waits for its turn; a parse that has begun is bounded by time alone.
func (f *forest) parse(ctx context.Context, path string, g *grammar, src []byte) (*sitter.Tree, error) {
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	old, same := f.sprout(path, g, src)
	if same {
		return old, nil
	}
	if old != nil {
		defer old.Close()
	}
	tree, err := parseTree(g, old, src, parseLimit)
	if err != nil {
		return nil, err
	}
	copied := tree.Copy()
	f.plant(&planted{path: path, g: g, src: src, tree: tree})
	return copied, nil
}

// sprout copies the last tree of path, if any, edited to fit src. same says that it is the tree of src itself.
func (f *forest) sprout(path string, g *grammar, src []byte) (tree *sitter.Tree, same bool) {
	last, tree := f.take(path, g)
	if tree == nil {
		return nil, false
	}
	if bytes.Equal(last.src, src) {
		return tree, true
	}
	tree.Edit(difference(last.src, src))
	return tree, false
}

func (f *forest) take(path string, g *grammar) (*planted, *sitter.Tree) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.trees[path]
	if e == nil || e.Value.(*planted).g != g {
		return nil, nil
	}
	f.order.MoveToFront(e)
	p := e.Value.(*planted)
	return p, p.tree.Copy()
}

// plant keeps a tree in place of the last one of its path, and closes what no longer fits.
func (f *forest) plant(p *planted) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e := f.trees[p.path]; e != nil {
		f.fell(e)
	}
	f.trees[p.path] = f.order.PushFront(p)
	f.bytes += p.cost()
	for f.bytes > f.most {
		f.fell(f.order.Back())
	}
}

func (f *forest) fell(e *list.Element) {
	p := f.order.Remove(e).(*planted)
	delete(f.trees, p.path)
	f.bytes -= p.cost()
	p.tree.Close()
}

// close closes every tree. The forest stays usable and starts empty.
func (f *forest) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.order.Len() > 0 {
		f.fell(f.order.Back())
	}
}
