package lsptest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// GoViewer finds Go functions and types by their first and last lines. It implements engine.Viewer.
type GoViewer struct{}

var declaration = regexp.MustCompile(`(?m)^(?://[^\n]*\n)*(?:func|type) (?:\((?:\w+ )?\*?(\w+)\) )?(\w+)[^\n]*(?:\n[^}\n][^\n]*|\n)*\n}`)

// Outline implements engine.Viewer.
func (GoViewer) Outline(_ context.Context, _ string, src []byte) (engine.Outline, error) {
	out := engine.Outline{Language: "go"}
	for _, m := range declaration.FindAllSubmatchIndex(src, -1) {
		name := string(src[m[4]:m[5]])
		sym := engine.Symbol{Name: name, Path: name, Start: m[0], End: m[1], NameStart: m[4], NameEnd: m[5]}
		if m[2] >= 0 {
			sym.Path = string(src[m[2]:m[3]]) + "." + name
		}
		out.Symbols = append(out.Symbols, sym)
	}
	return out, nil
}

// View implements engine.Viewer.
// View is the lines that begin a declaration; of a symbol that is not there an *engine.SymbolError.
func (GoViewer) View(ctx context.Context, files engine.Files, req engine.ViewRequest) (engine.View, error) {
	f, err := files.Read(ctx, req.Path)
	if err != nil {
		return engine.View{}, err
	}
	for _, symbol := range req.Symbols {
		if !bytes.Contains(f.Data, []byte(symbol)) {
			return engine.View{}, &engine.SymbolError{Path: req.Path, Symbol: symbol}
		}
	}
	var text strings.Builder
	for line := range strings.Lines(string(f.Data)) {
		if strings.HasPrefix(line, "func ") || strings.HasPrefix(line, "type ") {
			text.WriteString(line)
		}
	}
	return engine.View{Path: req.Path, Language: "go", Kind: req.Kind, Text: text.String()}, nil
}

// folder is a folder as engine.Files and engine.Applier: all or nothing, and only what has not changed.
type folder struct {
	root string
	mu   sync.Mutex
}

func (d *folder) abs(path string) string { return filepath.Join(d.root, filepath.FromSlash(path)) }

// Read implements engine.Files.
func (d *folder) Read(_ context.Context, path string) (engine.File, error) {
	data, err := os.ReadFile(d.abs(path))
	return engine.File{Path: path, Data: data, Mode: 0o644}, err
}

// List implements engine.Files.
func (d *folder) List(_ context.Context, dir string, recursive bool) ([]engine.Entry, error) {
	var out []engine.Entry
	err := fs.WalkDir(os.DirFS(d.root), dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		out = append(out, engine.Entry{Path: path, Dir: e.IsDir()})
		if e.IsDir() && !recursive {
			return fs.SkipDir
		}
		return nil
	})
	return out, err
}

// Deliver implements engine.Applier.
func (d *folder) Deliver(_ context.Context, _ engine.Run, set engine.ChangeSet) (engine.Delivered, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out engine.Delivered
	for _, f := range set.Files {
		if !d.isBase(f) {
			return out, &engine.ConflictError{Conflicts: []engine.Conflict{{Path: f.Path}}}
		}
	}
	for _, f := range set.Files {
		if err := d.write(f); err != nil {
			return out, err
		}
		out.Files = append(out.Files, deliveredFile(f))
	}
	return out, nil
}

func deliveredFile(f engine.FileChange) engine.DeliveredFile {
	d := engine.DeliveredFile{Path: f.Path, Op: f.Op, Hash: engine.ContentHash(f.After)}
	for _, e := range text.Diff(f.Base, f.After) {
		d.Added += strings.Count(e.New, "\n")
		d.Gone += bytes.Count(f.Base[e.Span.Start:e.Span.End], []byte("\n"))
	}
	return d
}

func (d *folder) isBase(f engine.FileChange) bool {
	from := f.Path
	if f.Op == engine.OpRename {
		if _, err := os.Stat(d.abs(f.Path)); err == nil {
			return false
		}
		from = f.From
	}
	now, err := os.ReadFile(d.abs(from))
	if f.Op == engine.OpCreate && errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return err == nil && bytes.Equal(now, f.Base)
}

func (d *folder) write(f engine.FileChange) error {
	if f.Op == engine.OpDelete {
		return os.Remove(d.abs(f.Path))
	}
	if err := os.MkdirAll(filepath.Dir(d.abs(f.Path)), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(d.abs(f.Path), f.After, 0o644); err != nil {
		return err
	}
	if f.Op == engine.OpRename {
		return os.Remove(d.abs(f.From))
	}
	return nil
}
