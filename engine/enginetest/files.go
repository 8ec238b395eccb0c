package enginetest

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

var (
	_ engine.Files     = (*Files)(nil)
	_ engine.Applier   = (*Files)(nil)
	_ engine.Workbench = (*Workbench)(nil)
	_ engine.Draft     = (*memoryDraft)(nil)
)

// Files is a workspace in memory: engine.Files, and the engine.Applier that delivers to it. It has no links and
// ignores nothing.
type Files struct {
	mu    sync.Mutex
	files map[string]engine.File
}

// NewFiles makes a workspace of these contents by path.
func NewFiles(contents map[string]string) *Files {
	f := &Files{files: make(map[string]engine.File)}
	for p, c := range contents {
		f.Put(p, c)
	}
	return f
}

// Put writes a file as a person does, past every draft.
func (f *Files) Put(path, content string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[path] = engine.File{Path: path, Data: []byte(content), Mode: 0o644}
}

// Remove deletes a file as a person does.
func (f *Files) Remove(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.files, path)
}

// Contents is everything there is, by path.
func (f *Files) Contents() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make(map[string]string, len(f.files))
	for p, file := range f.files {
		all[p] = string(file.Data)
	}
	return all
}

// Read is engine.Files'.
func (f *Files) Read(ctx context.Context, p string) (engine.File, error) {
	if err := context.Cause(ctx); err != nil {
		return engine.File{}, err
	}
	if err := checkPath(p); err != nil {
		return engine.File{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	file, ok := f.files[p]
	switch {
	case ok:
		file.Data = bytes.Clone(file.Data)
		return file, nil
	case isFolder(f.files, p):
		return engine.File{}, fmt.Errorf("%s is a folder: %w", p, fs.ErrInvalid)
	}
	return engine.File{}, fmt.Errorf("%s: %w", p, fs.ErrNotExist)
}

// List is engine.Files'.
func (f *Files) List(ctx context.Context, dir string, recursive bool) ([]engine.Entry, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if err := checkPath(dir); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.files[dir]; ok {
		return nil, fmt.Errorf("%s is not a folder: %w", dir, fs.ErrInvalid)
	}
	if dir != "." && !isFolder(f.files, dir) {
		return nil, fmt.Errorf("%s: %w", dir, fs.ErrNotExist)
	}
	return listOf(f.files, dir, recursive), nil
}

func checkPath(p string) error {
	switch {
	case path.IsAbs(p), path.Clean(p) == "..", strings.HasPrefix(path.Clean(p), "../"):
		return fmt.Errorf("%s: %w", p, engine.ErrOutside)
	case !fs.ValidPath(p), strings.ContainsRune(p, 0):
		return fmt.Errorf("%q: %w", p, fs.ErrInvalid)
	}
	return nil
}

func isFolder(files map[string]engine.File, p string) bool {
	if p == "." {
		return true
	}
	for q := range files {
		if strings.HasPrefix(q, p+"/") {
			return true
		}
	}
	return false
}

func listOf(files map[string]engine.File, dir string, recursive bool) []engine.Entry {
	found := make(map[string]engine.Entry)
	for p, file := range files {
		rest, below := p, dir == "."
		if !below {
			rest, below = strings.CutPrefix(p, dir+"/")
		}
		if !below {
			continue
		}
		e := engine.Entry{Path: p, Size: int64(len(file.Data))}
		if first, _, deeper := strings.Cut(rest, "/"); deeper && !recursive {
			e = engine.Entry{Path: path.Join(dir, first), Dir: true}
		}
		found[e.Path] = e
	}
	return slices.SortedFunc(maps.Values(found), func(a, b engine.Entry) int { return strings.Compare(a.Path, b.Path) })
}

// Deliver is engine.Applier's.
func (f *Files) Deliver(ctx context.Context, _ engine.Run, set engine.ChangeSet) (engine.Delivered, error) {
	if err := context.Cause(ctx); err != nil {
		return engine.Delivered{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	next := maps.Clone(f.files)
	var conflicts []engine.Conflict
	var d engine.Delivered
	for _, c := range set.Files {
		for _, p := range []string{c.Path, c.From} {
			if err := checkPath(p); p != "" && err != nil {
				return engine.Delivered{}, err
			}
		}
		merged, problem := deliverOne(next, c)
		if problem != "" {
			conflicts = append(conflicts, engine.Conflict{Path: c.Path, Text: problem})
			continue
		}
		d.Files = append(d.Files, deliveredFile(next, c, merged))
	}
	if len(conflicts) > 0 {
		return engine.Delivered{}, &engine.ConflictError{Conflicts: conflicts}
	}
	f.files = next
	return d, nil
}

// deliverOne makes one change in files, or says what stands in the way.
func deliverOne(files map[string]engine.File, c engine.FileChange) (merged bool, problem string) {
	now, there := files[c.Path]
	from := c.Path
	if old, ok := files[c.From]; c.Op == engine.OpRename && ok {
		if there && !bytes.Equal(now.Data, c.After) {
			return false, "another file is there"
		}
		now, there, from = old, true, c.From
	}
	switch {
	case c.Op == engine.OpCreate && !there:
		files[c.Path] = engine.File{Path: c.Path, Data: bytes.Clone(c.After), Mode: 0o644}
		return false, ""
	case c.Op == engine.OpDelete && (!there || bytes.Equal(now.Data, c.Base)):
		delete(files, c.Path)
		return false, ""
	case there && bytes.Equal(now.Data, c.After):
	case !there, c.Op == engine.OpCreate, c.Op == engine.OpDelete:
		return false, "it has changed since"
	default:
		result, conflicts := engine.Rebase(c.Base, now.Data, c.After)
		if len(conflicts) > 0 {
			marked, _ := text.MergeWithMarkers(c.Base, now.Data, c.After, text.Labels{Ours: "workspace", Base: "before", Theirs: "ticket"})
			return false, string(marked)
		}
		merged = !bytes.Equal(now.Data, c.Base)
		now.Data = result
	}
	delete(files, from)
	now.Path = c.Path
	files[c.Path] = now
	return merged, ""
}

func deliveredFile(files map[string]engine.File, c engine.FileChange, merged bool) engine.DeliveredFile {
	d := engine.DeliveredFile{Path: c.Path, Op: c.Op, Merged: merged}
	if now, ok := files[c.Path]; ok {
		d.Hash = engine.ContentHash(now.Data)
	}
	for _, e := range text.Diff(c.Base, c.After) {
		d.Added += lines(e.New)
		d.Gone += lines(string(c.Base[e.Start:e.End]))
	}
	return d
}

func lines(s string) int {
	n := strings.Count(s, "\n")
	if s != "" && !strings.HasSuffix(s, "\n") {
		n++
	}
	return n
}

// Workbench makes drafts of a Files. Its commands are what Shell says; nothing is run.
type Workbench struct {
	Files engine.Files
	// Shell plays a command. view is what the command would see of the draft. Nil: every command exits 0 and says
	// nothing. It must be safe for concurrent use.
	Shell func(ctx context.Context, view engine.Files, cmd engine.ShellCommand) (engine.CommandResult, error)
	// Keep is how many bytes of the output's end are in the result. 0: all of it. Remark is put after it.
	Keep   int
	Remark string
}

// Draft is engine.Workbench's.
func (b *Workbench) Draft(ctx context.Context, _ engine.Run) (engine.Draft, func(), error) {
	if err := context.Cause(ctx); err != nil {
		return nil, nil, err
	}
	return &memoryDraft{files: b.Files, entries: make(map[string]*memoryEntry)}, func() {}, nil
}

// Run is engine.Workbench's.
func (b *Workbench) Run(ctx context.Context, draft engine.Draft, cmd engine.ShellCommand, output func([]byte)) (engine.CommandResult, error) {
	if err := context.Cause(ctx); err != nil {
		return engine.CommandResult{}, err
	}
	if b.Shell == nil {
		return engine.CommandResult{Line: cmd.Line}, nil
	}
	res, err := b.Shell(ctx, draft, cmd)
	res.Line = cmd.Line
	if output != nil && res.Output != "" {
		output([]byte(res.Output))
	}
	if b.Keep > 0 && len(res.Output) > b.Keep {
		res.Output = res.Output[len(res.Output)-b.Keep:]
	}
	res.Output += b.Remark
	return res, err
}
