package treesitter

import (
	"bytes"
	"context"
	"hash/maphash"
	"path"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slop-ls/slop-ls/engine"
)

// catalog is what an index knows. It is immutable.
type catalog struct {
	at      time.Time
	files   map[string]*indexed
	paths   []string   // of files, sorted
	list    []*indexed // of paths
	large   int        // files not indexed because of their size
	over    int        // or because there are too many
	byLines int        // files that were read by lines
}

// indexed is what is kept of one file.
type indexed struct {
	stamp   int64
	size    int64
	sum     uint64
	lang    *language
	byLines bool
	symbols []declared
	words   []uint32 // hashes of the names that stand in it, sorted
}

// declared is one declaration.
type declared struct {
	path        string // "Type.Method"
	kind        string
	first, last int32 // lines, from 0; of the name, and of the end
}

// name is the last part of the path.
func (d declared) name() string {
	for i := len(d.path) - 1; i >= 0; i-- {
		if d.path[i] == '.' {
			return d.path[i+1:]
		}
	}
	return d.path
}

// hasWord reports whether a name of this hash stands in the file.
func (f *indexed) hasWord(hash uint32) bool {
	_, there := slices.BinarySearch(f.words, hash)
	return there
}

// cost is about how many bytes are kept of a file.
func (f *indexed) cost() int {
	n := 200 + 4*len(f.words)
	for _, s := range f.symbols {
		n += 48 + len(s.path)
	}
	return n
}

// noCode are languages whose files declare and use nothing.
var noCode = setOf("css", "html", "markdown", "yaml", "toml", "json", "tex", "dockerfile", "makefile", "plaintext")

var sumSeed = maphash.MakeSeed()

// sumOf tells contents apart, within this process.
func sumOf(src []byte) uint64 { return maphash.Bytes(sumSeed, src) }

// build brings the catalog up to date with the disk.
func (x *Index) build(ctx context.Context, before *catalog) (*catalog, error) {
	at := time.Now()
	list, err := x.o.Files.List(ctx, ".", true)
	if err != nil {
		return nil, err
	}
	c := &catalog{at: at, files: make(map[string]*indexed, len(list))}
	var todo []engine.Entry
	for _, e := range list {
		switch {
		case e.Dir || path.Ext(e.Path) != "" && noCode[detect(e.Path, nil).name]:
		case e.Size > maxIndexed:
			c.large++
		case len(c.files)+len(todo) >= x.o.MaxFiles:
			c.over++
		default:
			if old := before.file(e.Path); old != nil && e.Stamp != 0 && old.stamp == e.Stamp && old.size == e.Size {
				c.files[e.Path] = old
				continue
			}
			todo = append(todo, e)
		}
	}
	if err := x.readAll(ctx, c, before, todo); err != nil {
		return nil, err
	}
	c.finish(x.o.MaxBytes)
	return c, nil
}

func (c *catalog) file(path string) *indexed {
	if c == nil {
		return nil
	}
	return c.files[path]
}

// readAll reads files side by side. One that cannot be read is left out.
func (x *Index) readAll(ctx context.Context, c *catalog, before *catalog, todo []engine.Entry) error {
	var next atomic.Int64
	var wait sync.WaitGroup
	made := make([]*indexed, len(todo))
	for range builders() {
		wait.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(todo) {
					return
				}
				made[i] = x.readOne(ctx, todo[i], before.file(todo[i].Path))
			}
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for i, f := range made {
		if f != nil {
			c.files[todo[i].Path] = f
		}
	}
	return nil
}

func (x *Index) readOne(ctx context.Context, e engine.Entry, old *indexed) *indexed {
	file, err := x.o.Files.Read(ctx, e.Path)
	if err != nil {
		return nil
	}
	f := old
	if f == nil || f.sum != sumOf(file.Data) {
		if f = x.reader.index(ctx, e.Path, file.Data); f == nil {
			return nil
		}
	}
	stamped := *f
	stamped.stamp, stamped.size = e.Stamp, e.Size
	return &stamped
}

// index makes what is kept of a file; nil of one that is no source, and when ctx ends.
func (r *reader) index(ctx context.Context, file string, src []byte) *indexed {
	lang := detect(file, src)
	if noCode[lang.name] || binaryData(src) || len(src) > maxIndexed {
		return nil
	}
	a, err := r.read(ctx, file, src)
	if err != nil {
		return nil
	}
	f := &indexed{sum: sumOf(src), lang: lang, byLines: a.fallback()}
	f.words = wordsOf(a.src)
	if a.recoded {
		return f
	}
	lines := lineCounter{src: a.src}
	a.each(func(d *decl) {
		for _, n := range d.names {
			first := lines.at(n.at.start)
			last := first + int32(bytes.Count(a.src[n.at.start:max(n.at.start, d.whole.end)], []byte("\n")))
			f.symbols = append(f.symbols, declared{d.path(n.text), d.kind, first, last})
		}
	})
	return f
}

// lineCounter counts lines up to ever later offsets; to an earlier one it counts from the start.
type lineCounter struct {
	src  []byte
	last int
	line int32
}

func (l *lineCounter) at(offset int) int32 {
	if offset < l.last {
		l.last, l.line = 0, 0
	}
	l.line += int32(bytes.Count(l.src[l.last:offset], []byte("\n")))
	l.last = offset
	return l.line
}

// wordsOf hashes every name that stands anywhere in a source.
func wordsOf(src []byte) []uint32 {
	var words []uint32
	for i := 0; i < len(src); {
		if !nameByte(src[i]) {
			i++
			continue
		}
		start := i
		for i < len(src) && nameByte(src[i]) {
			i++
		}
		words = append(words, hashWord(src[start:i]))
	}
	slices.Sort(words)
	return slices.Clone(slices.Compact(words))
}

// hashWord is FNV-1a.
func hashWord[T string | []byte](word T) uint32 {
	h := uint32(2166136261)
	for i := range len(word) {
		h = (h ^ uint32(word[i])) * 16777619
	}
	return h
}

// finish counts and bounds what is kept: of too much, the last files by path go.
func (c *catalog) finish(maxBytes int) {
	for p := range c.files {
		c.paths = append(c.paths, p)
	}
	slices.Sort(c.paths)
	bytes := 0
	for i, p := range c.paths {
		if bytes += c.files[p].cost(); bytes > maxBytes {
			for _, gone := range c.paths[i:] {
				delete(c.files, gone)
			}
			c.over += len(c.paths) - i
			c.paths = c.paths[:i]
			break
		}
		c.list = append(c.list, c.files[p])
		if c.files[p].byLines {
			c.byLines++
		}
	}
}
