package treesitter

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/slop-ls/slop-ls/engine"
)

// IndexOptions say what an Index is of. Only Files must be set.
type IndexOptions struct {
	// Files are the workspace's as they are on disk. Of a file whose entry has a Stamp only what changed is read again.
	Files engine.Files
	// Overlays gives the editors' buffers that differ from the disk. Nil: none.
	Overlays func(ctx context.Context) ([]engine.File, error)
	// Fresh is how long a look at the files holds before the next question looks again. 0: two seconds.
	Fresh time.Duration
	// MaxFiles and MaxBytes bound what is indexed: source files, and the memory of what is kept of them. 0: 50,000 files
	// and 256 MiB.
	MaxFiles, MaxBytes int
}

// maxIndexed is the size of the largest file that is indexed: larger ones are generated.
const maxIndexed = 1 << 20

// Index implements engine.Finder. It is built in the background when it is first asked, and brought up to date when it
// is asked again; what a draft and the editors have is laid over it for each question. What is on disk is known by
// size and time, and by its content where that is not enough. A line that it shows is one that it has just read.
type Index struct {
	reader  *reader // keeps nothing: an index of all files would sweep everything else out
	viewer  *Viewer
	o       IndexOptions
	workers sync.WaitGroup

	mu     sync.Mutex
	now    *catalog // nil before the first build; never changed once it is here
	flight *flight  // of who is about to bring it up to date, else nil
	closed bool
}

var _ engine.Finder = (*Index)(nil)

// flight is one build that is under way.
type flight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	catalog *catalog
	err     error
}

// NewIndex makes an index, which the caller closes before the viewer. The viewer reads what is not of the disk.
func NewIndex(viewer *Viewer, o IndexOptions) *Index {
	if o.Fresh == 0 {
		o.Fresh = 2 * time.Second
	}
	if o.MaxFiles == 0 {
		o.MaxFiles = 50_000
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 256 << 20
	}
	return &Index{reader: &reader{cache: newCache(0), forest: newForest(0)}, viewer: viewer, o: o}
}

// Close ends a build that is under way, and waits for it. Questions that wait for one fail.
func (x *Index) Close() {
	x.mu.Lock()
	x.closed = true
	if x.flight != nil {
		x.flight.cancel()
	}
	x.mu.Unlock()
	x.workers.Wait()
}

// fresh is the index of the files as they were a moment ago. Many may ask at once: one build serves them all, and goes
// on when those who asked have left.
func (x *Index) fresh(ctx context.Context) (*catalog, error) {
	f := x.refresh()
	select {
	case <-f.done:
		return f.catalog, f.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// refresh is the build to wait for: the one under way, or a new one.
func (x *Index) refresh() *flight {
	x.mu.Lock()
	defer x.mu.Unlock()
	f := &flight{done: make(chan struct{})}
	switch {
	case x.flight != nil:
		return x.flight
	case x.closed:
		f.err = context.Canceled
		close(f.done)
		return f
	case x.now != nil && time.Since(x.now.at) < x.o.Fresh:
		f.catalog = x.now
		close(f.done)
		return f
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel, x.flight = cancel, f
	before := x.now
	x.workers.Go(func() {
		defer cancel()
		f.catalog, f.err = x.build(ctx, before)
		x.landed(f)
	})
	return f
}

func (x *Index) landed(f *flight) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if f.err == nil {
		x.now = f.catalog
	}
	x.flight = nil
	close(f.done)
}

// builders is how many files are read side by side: a build is in nobody's way.
func builders() int { return max(1, runtime.GOMAXPROCS(0)/2) }
