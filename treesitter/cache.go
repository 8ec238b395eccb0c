package treesitter

import (
	"container/list"
	"crypto/sha256"
	"sync"
)

// analysisCost is how many bytes an analysis takes for each byte of source, its copy of the source included.
const analysisCost = 3

// contentKey names a file's content as one language reads it.
type contentKey struct {
	lang *language
	sum  [sha256.Size]byte
}

func keyOf(lang *language, src []byte) contentKey {
	return contentKey{lang: lang, sum: sha256.Sum256(src)}
}

// cache keeps analyses by content, up to a number of bytes; the one longest unused goes first. Safe for concurrent
// use: an analysis is immutable.
type cache struct {
	mu    sync.Mutex
	byKey map[contentKey]*list.Element // of cached
	order *list.List                   // most recently used first
	bytes int
	most  int
}

type cached struct {
	key contentKey
	a   *analysis
}

func (c cached) cost() int { return analysisCost*len(c.a.src) + 1024 }

func newCache(most int) *cache {
	return &cache{byKey: map[contentKey]*list.Element{}, order: list.New(), most: most}
}

func (c *cache) get(key contentKey) *analysis {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byKey[key]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(cached).a
}

func (c *cache) put(key contentKey, a *analysis) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.byKey[key]; e != nil {
		c.order.MoveToFront(e)
		return
	}
	entry := cached{key, a}
	c.byKey[key] = c.order.PushFront(entry)
	c.bytes += entry.cost()
	for c.bytes > c.most {
		last := c.order.Remove(c.order.Back()).(cached)
		delete(c.byKey, last.key)
		c.bytes -= last.cost()
	}
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.byKey)
	c.order.Init()
	c.bytes = 0
}
