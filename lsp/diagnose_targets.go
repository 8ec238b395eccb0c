package lsp

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// targets is what is known of the files that track documents name. A document of 10,000 tickets names as many: what
// is not known yet is not warned of, and is looked at behind the diagnostics, a few files at a time. It is shared by
// the sessions.
type targets struct {
	mu    sync.Mutex
	known map[string]target
}

// target is a file that a track names, as it was when it was looked at.
type target struct {
	exists, readable bool
	hash             string // of the text that symbols are of; empty before they were asked for
	symbols          []engine.Symbol
	names            map[string]bool // of symbols, by name and by path; never changed
	named            bool            // whether symbols can be told apart at all
	looked           time.Time
}

// namesOf is what symbols may be called.
func namesOf(symbols []engine.Symbol) map[string]bool {
	names := make(map[string]bool, 2*len(symbols))
	for _, s := range symbols {
		names[s.Name], names[s.Path] = true, true
	}
	return names
}

// Bounds of targets: how long a look counts, how many known files are looked at again behind one change, and how many
// are kept.
const (
	targetFresh   = 2 * time.Second
	targetRenewed = 16
	maxTargets    = 50_000
)

func (ts *targets) get(path string) (target, bool) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t, ok := ts.known[path]
	return t, ok
}

func (ts *targets) put(path string, t target) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.known == nil || len(ts.known) >= maxTargets {
		ts.known = map[string]target{}
	}
	ts.known[path] = t
}

// survey is what one look at a document's targets found out: the warnings of what is known, and which files must be
// looked at, or looked at again, to know the rest.
type survey struct {
	warnings []trackfile.Problem
	unknown  []string
	aged     []string // the one that was looked at longest ago first
}

// survey warns of files and symbols that a track names and that are known not to exist.
func (ts *targets) survey(doc *trackfile.Document, now time.Time) survey {
	var s survey
	seen := map[string]target{}
	look := func(path string) target {
		t, ok := seen[path]
		if ok {
			return t
		}
		t, known := ts.get(path)
		switch {
		case !known:
			s.unknown = append(s.unknown, path)
			t = target{exists: true}
		case now.Sub(t.looked) >= targetFresh:
			s.aged = append(s.aged, path)
		}
		seen[path] = t
		return t
	}
	s.warnings = trackfile.CheckTargets(doc,
		func(path string) bool { return look(path).exists },
		func(path, symbol string) (has, known bool) {
			t := look(path)
			return t.names[symbol], t.named
		})
	slices.SortFunc(s.aged, func(a, b string) int { return seen[a].looked.Compare(seen[b].looked) })
	return s
}

// look finds out about a file. It reads it, and its declarations only where the text is another than before.
func (h *Hub) look(ctx context.Context, path string) {
	before, _ := h.targets.get(path)
	now := target{looked: h.opts.Now()}
	file, err := h.Files().Read(ctx, path)
	if ctx.Err() != nil {
		return
	}
	now.exists, now.readable = !errors.Is(err, fs.ErrNotExist), err == nil
	if now.readable {
		if now.hash = engine.ContentHash(file.Data); now.hash == before.hash {
			now.symbols, now.names, now.named = before.symbols, before.names, before.named
		} else {
			outline, err := h.opts.Viewer.Outline(ctx, path, file.Data)
			now.symbols, now.names, now.named = outline.Symbols, namesOf(outline.Symbols), err == nil && !outline.Fallback
		}
	}
	h.targets.put(path, now)
}
