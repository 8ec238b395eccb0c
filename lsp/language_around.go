package lsp

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/trackdoc"
)

// around is the workspace around a document, as one request sees it. It implements trackdoc.Workspace.
type around struct {
	s *Session
	v view
}

func (s *Session) around(v view) trackdoc.Workspace { return around{s, v} }

// List implements trackdoc.Workspace.
func (a around) List(ctx context.Context, dir string) ([]engine.Entry, error) {
	return a.s.hub.opts.Disk.List(ctx, dir, false)
}

// Find implements trackdoc.Workspace.
func (a around) Find(_ context.Context, words string, limit int) []string {
	return a.s.hub.tree.find(a.s, words, limit)
}

// Symbols implements trackdoc.Workspace.
func (a around) Symbols(ctx context.Context, path string) ([]engine.Symbol, error) {
	if d := a.v.docs.ByPath(path); isSource(d) {
		outline, err := a.s.outline(ctx, d)
		return outline.Now(), err
	}
	a.s.hub.look(ctx, path)
	t, _ := a.s.hub.targets.get(path)
	return t.symbols, context.Cause(ctx)
}

// Locate implements trackdoc.Workspace.
func (a around) Locate(ctx context.Context, path string, at text.Span) (protocol.Location, error) {
	if d := a.v.docs.ByPath(path); d != nil && d.Broken == nil {
		return protocol.Location{URI: d.Sent, Range: a.v.docs.RangeOf(d, at)}, nil
	}
	file, err := a.s.hub.Files().Read(ctx, path)
	if err != nil {
		return protocol.Location{}, err
	}
	return protocol.Location{URI: a.v.docs.Root.URI(path), Range: document.RangeIn(text.NewIndex(file.Data), at, a.v.docs.Encoding)}, nil
}

// Models implements trackdoc.Workspace.
func (a around) Models() []string { return a.s.hub.opts.Models }

// tree is the workspace's files, listed behind the requests that ask for them: what is known answers at once.
type tree struct {
	mu      sync.Mutex
	paths   []string
	listed  time.Time
	listing bool
}

// treeFresh is how long a list of all files counts.
const treeFresh = 10 * time.Second

// find lists files whose path holds the words, whatever their case, the shorter ones first.
func (t *tree) find(s *Session, words string, limit int) []string {
	words = strings.ToLower(words)
	var found []string
	for _, p := range t.known(s) {
		if strings.Contains(strings.ToLower(p), words) {
			found = append(found, p)
		}
	}
	slices.SortStableFunc(found, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
	return found[:min(len(found), limit)]
}

// known is the newest list, which is made again where it is old.
func (t *tree) known(s *Session) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := s.hub.opts.Now(); !t.listing && (t.listed.IsZero() || now.Sub(t.listed) > treeFresh) {
		t.listing = true
		s.later(func(ctx context.Context) { t.list(ctx, s) })
	}
	return t.paths
}

func (t *tree) list(ctx context.Context, s *Session) {
	entries, err := s.hub.opts.Disk.List(ctx, ".", true)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.listing, t.listed = false, s.hub.opts.Now()
	if err != nil {
		s.log.Debug("the files were not listed", "err", err)
		return
	}
	t.paths = make([]string, 0, len(entries))
	for _, e := range entries {
		if !e.Dir {
			t.paths = append(t.paths, e.Path)
		}
	}
}
