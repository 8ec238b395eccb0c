package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/adrg/xdg"
)

// WorkspaceFile is where a workspace's file stands below its root, slash-separated.
const WorkspaceFile = ".slop/config.toml"

// maxFile bounds what is read of one file.
const maxFile = 1 << 20

// UserFile is where the person's file stands: slop-ls/config.toml below $XDG_CONFIG_HOME, or below what the
// system has in its place.
func UserFile() string { return filepath.Join(xdg.ConfigHome, "slop-ls", "config.toml") }

// ReadFile is the text of a file, empty where there is none, which is no error.
func ReadFile(name string) (File, error) {
	f, err := os.Open(name)
	return read(name, f, err)
}

// ReadWorkspaceFile is the text of the workspace's file, empty where there is none. A link that leads out of
// the root is an error.
func ReadWorkspaceFile(root string) (File, error) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return File{}, fmt.Errorf("opening the workspace: %w", err)
	}
	defer r.Close()
	f, err := r.Open(WorkspaceFile)
	return read(WorkspaceFile, f, err)
}

func read(name string, f *os.File, err error) (File, error) {
	if errors.Is(err, fs.ErrNotExist) {
		return File{Name: name}, nil
	}
	if err != nil {
		return File{Name: name}, fmt.Errorf("opening the configuration: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return File{Name: name}, fmt.Errorf("reading the configuration %s: %w", name, err)
	}
	if len(text) > maxFile {
		return File{Name: name}, fmt.Errorf("the configuration %s is larger than 1 MB: shorten it", name)
	}
	return File{Name: name, Text: text}, nil
}
