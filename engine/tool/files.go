package tool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
)

// checkPath says how a path is written, where it is not.
func checkPath(p string) error {
	clean := path.Clean(p)
	switch {
	case fs.ValidPath(p) && !strings.ContainsRune(p, 0):
		return nil
	case path.IsAbs(p), clean == "..", strings.HasPrefix(clean, "../"):
		return mistakef("%q is outside the workspace: paths are relative to its root, like %q", shorten(p), "dir/file.go")
	case fs.ValidPath(clean) && !strings.ContainsRune(p, 0):
		return mistakef("write the path %q as %q", shorten(p), shorten(clean))
	}
	return mistakef("%q is not a path", shorten(p))
}

// read reads a file for the model.
func read(ctx context.Context, draft engine.Draft, p string) (engine.File, error) {
	if err := checkPath(p); err != nil {
		return engine.File{}, err
	}
	f, err := draft.Read(ctx, p)
	if errors.Is(err, fs.ErrNotExist) {
		return f, missingFile(ctx, draft, p)
	}
	return f, told(err)
}

// readText is read for tools that need text.
func readText(ctx context.Context, draft engine.Draft, p string) (engine.File, error) {
	f, err := read(ctx, draft, p)
	if err == nil && isBinary(f.Data) {
		return f, mistakef("%s is binary (%s): it is not shown and cannot be edited", p, plural(len(f.Data), "byte"))
	}
	return f, err
}

// isBinary goes by what git goes by: a NUL byte near the start.
func isBinary(data []byte) bool {
	return bytes.IndexByte(data[:min(len(data), 8000)], 0) >= 0
}

// splitLines cuts text after each \n; a last line without one counts too.
func splitLines(data string) []string {
	lines := strings.SplitAfter(data, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// maxLine bounds in bytes how much of one line is shown.
const maxLine = 4000

// showLine is a line as the model sees it: valid, with \n as its end, and not endless.
func showLine(line string) string {
	line = strings.ToValidUTF8(strings.TrimRight(line, "\r\n"), "\ufffd")
	if len(line) > maxLine {
		kept := strings.ToValidUTF8(line[:maxLine], "")
		line = fmt.Sprintf("%s [… %d more bytes in this line]", kept, len(line)-len(kept))
	}
	return line + "\n"
}
