package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"

	"github.com/slop-ls/slop-ls/engine"
)

// Refusal says why a path is not used. Err is engine.ErrOutside, fs.ErrInvalid, fs.ErrExist or fs.ErrNotExist.
type Refusal struct {
	Path    string
	Problem string // reads on after the path: "is a folder"
	Err     error
}

func (e *Refusal) Error() string { return fmt.Sprintf("%s %s", quotePath(e.Path), e.Problem) }

// Unwrap gives the kind of refusal.
func (e *Refusal) Unwrap() error { return e.Err }

// quotePath quotes what could not be told apart from the words around it.
func quotePath(p string) string {
	if p == "" || strings.ContainsFunc(p, func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0xfffd }) {
		return fmt.Sprintf("%q", p)
	}
	return p
}

// What a path may be. os.Root walks from the root for each call, so that the system's own bounds do not hold for it, and
// a path of thousands of folders would take minutes.
const (
	maxPath  = 4096
	maxDepth = 256
	maxName  = 255
)

func longName(p string) bool {
	for part := range strings.SplitSeq(p, "/") {
		if len(part) > maxName {
			return true
		}
	}
	return false
}

// checkPath holds a path against the form that package engine lays down, before the system sees it.
func checkPath(p string) error {
	switch {
	case strings.ContainsRune(p, 0):
		return &Refusal{p, "has a NUL byte in it", fs.ErrInvalid}
	case p == "":
		return &Refusal{p, "is not a path", fs.ErrInvalid}
	case len(p) > maxPath || strings.Count(p, "/") >= maxDepth || longName(p):
		return &Refusal{p[:min(len(p), 80)] + "…", "is longer than any file's path", fs.ErrInvalid}
	case path.IsAbs(p) || filepath.IsAbs(p):
		return &Refusal{p, "is absolute: paths are relative to the workspace's root", engine.ErrOutside}
	case path.Clean(p) == ".." || strings.HasPrefix(path.Clean(p), "../"):
		return &Refusal{p, "leads out of the workspace", engine.ErrOutside}
	case !fs.ValidPath(p):
		return &Refusal{p, "is not a plain path: write " + quotePath(path.Clean(p)), fs.ErrInvalid}
	case !filepath.IsLocal(filepath.FromSlash(p)) || runtime.GOOS == "windows" && strings.ContainsAny(p, `\:`):
		return &Refusal{p, "is not a path that this system allows", fs.ErrInvalid}
	}
	return nil
}

// explain makes an error of os.Root one that names the path as the engine knows it.
func (w *Workspace) explain(p string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, w.escapes) {
		return &Refusal{p, "leads out of the workspace through a symbolic link", engine.ErrOutside}
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Errorf("%s: %w", quotePath(p), err)
}

// checkTarget refuses a path that must not be written: what is there is not a regular file, or a link is on the way.
// Through a link one file would have two names, and a rule about the one could be got round by the other.
func (w *Workspace) checkTarget(p string) error {
	if err := checkPath(p); err != nil {
		return err
	}
	if p == "." {
		return &Refusal{p, "is the workspace itself", fs.ErrInvalid}
	}
	if inGit(p) {
		return &Refusal{p, "is git's own: what stands there runs programs, so it is never written", fs.ErrInvalid}
	}
	for end := 0; end < len(p); {
		if i := strings.IndexByte(p[end:], '/'); i >= 0 {
			end += i
		} else {
			end = len(p)
		}
		info, err := w.root.Lstat(p[:end])
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return w.explain(p, err)
		}
		if err := checkStep(p, p[:end], info); err != nil {
			return err
		}
		end++
	}
	return nil
}

// checkStep looks at one component of a path that is to be written.
func checkStep(p, step string, info fs.FileInfo) error {
	mode := info.Mode()
	switch {
	case mode&fs.ModeSymlink != 0 && step == p:
		return &Refusal{p, "is a symbolic link: write to the file that it points to", fs.ErrInvalid}
	case mode&fs.ModeSymlink != 0:
		return &Refusal{p, "goes through the symbolic link " + quotePath(step) + ": write to the real path", fs.ErrInvalid}
	case step == p && mode.IsDir():
		return &Refusal{p, "is a folder", fs.ErrInvalid}
	case step == p && !mode.IsRegular():
		return &Refusal{p, "is not a regular file", fs.ErrInvalid}
	case step != p && !mode.IsDir():
		return &Refusal{p, "cannot be: " + quotePath(step) + " is a file, not a folder", fs.ErrInvalid}
	}
	return nil
}

// inGit reports whether a path is git's own: at any depth, and in any spelling that some file system takes for it.
func inGit(p string) bool {
	for part := range strings.SplitSeq(p, "/") {
		if isGit(part) {
			return true
		}
	}
	return false
}

// isGit knows git's folder in any case, with characters in it that a file system drops, with what Windows takes off the
// end, and by its short name.
func isGit(name string) bool {
	if len(name) < len(".git") {
		return false
	}
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, name)
	name, _, _ = strings.Cut(name, ":") // a stream of an NTFS file
	name = strings.TrimRight(name, ". ")
	return strings.EqualFold(name, ".git") || strings.EqualFold(name, "git~1")
}
