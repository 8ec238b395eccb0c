package lsp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
)

// Buffers is the workspace as the editors have it: an open buffer, of the editor last active first, else the disk.
type Buffers struct{ hub *Hub }

// Files is the workspace with the editors' open buffers laid over the disk. It implements engine.Files.
func (h *Hub) Files() *Buffers { return &Buffers{hub: h} }

// Read implements engine.Files. A buffer whose text was lost track of is an error, not the file beneath it.
func (b *Buffers) Read(ctx context.Context, path string) (engine.File, error) {
	for _, s := range b.hub.attached() {
		d := s.desk.Docs().ByPath(path)
		if d == nil {
			continue
		}
		if d.Broken != nil {
			return engine.File{}, fmt.Errorf("reading %s: %w", path, d.Broken)
		}
		f := engine.File{Path: path, Data: []byte(d.Text()), Open: true, Version: d.Version}
		if disk, err := b.hub.opts.Disk.Read(ctx, path); err == nil {
			f.Mode = disk.Mode
		}
		return f, nil
	}
	return b.hub.opts.Disk.Read(ctx, path)
}

// Unsaved gives every open buffer of a file of the workspace that is not what the disk holds, the editor last active
// first where two hold the same file. Commands of workers run on these.
func (h *Hub) Unsaved(ctx context.Context) ([]engine.File, error) {
	var out []engine.File
	seen := map[string]bool{}
	for _, s := range h.attached() {
		docs := s.desk.Docs()
		for _, d := range docs.Open {
			path := d.Path
			if path == "" || seen[path] || d.Broken != nil {
				continue
			}
			seen[path] = true
			disk, err := h.opts.Disk.Read(ctx, path)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("reading %s beneath its buffer: %w", path, err)
			}
			if err == nil && asShown(disk.Data) == asShown([]byte(d.Text())) {
				continue
			}
			out = append(out, engine.File{Path: path, Data: []byte(d.Text()), Mode: disk.Mode, Open: true, Version: d.Version})
		}
	}
	return out, nil
}

// asShown is a text as editors show it: many keep a byte order mark to themselves and write it again when they save.
func asShown(data []byte) string { return strings.TrimPrefix(string(data), "\ufeff") }

// List implements engine.Files. What is open and was never saved is not in any folder.
func (b *Buffers) List(ctx context.Context, dir string, recursive bool) ([]engine.Entry, error) {
	return b.hub.opts.Disk.List(ctx, dir, recursive)
}
