package workspace

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/slop-ls/slop-ls/engine"
)

// MaxFile is the size in bytes above which a file is not read.
const MaxFile = 64 << 20

// Read gives a regular file whole, its permission bits included. The error wraps fs.ErrNotExist, fs.ErrPermission,
// engine.ErrOutside, or fs.ErrInvalid for what is not a regular file or is larger than MaxFile.
func (w *Workspace) Read(ctx context.Context, path string) (engine.File, error) {
	if err := context.Cause(ctx); err != nil {
		return engine.File{}, err
	}
	if err := checkPath(path); err != nil {
		return engine.File{}, err
	}
	data, info, err := w.readRegular(path)
	if err != nil {
		return engine.File{}, err
	}
	return engine.File{Path: path, Data: data, Mode: uint32(info.Mode().Perm())}, nil
}

func (w *Workspace) readRegular(path string) ([]byte, fs.FileInfo, error) {
	f, info, err := w.openRegular(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	data := make([]byte, info.Size())
	n, err := io.ReadFull(f, data)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // it shrank since
		return data[:n], info, nil
	}
	if err != nil {
		return nil, nil, w.explain(path, err)
	}
	rest, err := io.ReadAll(io.LimitReader(f, MaxFile)) // it grew since
	if err != nil {
		return nil, nil, w.explain(path, err)
	}
	return append(data, rest...), info, nil
}

// openRegular looks before it opens, since to open a device can already do something, and again at what it opened,
// since that may be another file by then. It does not wait for the other end of a pipe.
func (w *Workspace) openRegular(path string) (*os.File, fs.FileInfo, error) {
	info, err := w.root.Stat(path)
	if err == nil {
		err = checkRegular(path, info)
	}
	if err != nil {
		return nil, nil, w.explain(path, err)
	}
	f, err := w.root.OpenFile(path, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil, nil, w.explain(path, err)
	}
	if info, err = f.Stat(); err == nil {
		err = checkRegular(path, info)
	}
	if err != nil {
		f.Close()
		return nil, nil, w.explain(path, err)
	}
	return f, info, nil
}

func checkRegular(path string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return &Refusal{path, "is a folder", fs.ErrInvalid}
	case !info.Mode().IsRegular():
		return &Refusal{path, "is not a regular file", fs.ErrInvalid}
	case info.Size() > MaxFile:
		return &Refusal{path, fmt.Sprintf("is too large to read: %d MiB, at most %d", info.Size()>>20, MaxFile>>20), fs.ErrInvalid}
	}
	return nil
}
