package document

import (
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/lsp/rpc"
)

// Canonical is the one spelling under which a URI from the wire is looked up. Clients spell the same file in
// several ways (file:///C:/x and file:///c%3A/x).
func Canonical(u uri.URI) (uri.URI, error) {
	if u == "" {
		return "", rpc.Refuse(rpc.InvalidParams, "the uri is empty")
	}
	c, err := uri.Parse(string(u))
	if err != nil {
		return "", rpc.Refuse(rpc.InvalidParams, "the uri %q cannot be read: %v", u, err)
	}
	return c, nil
}

// FilePath is the system's path of a file URI; ok is false for any other scheme and for a path on another host.
func FilePath(u uri.URI) (p string, ok bool) {
	if !u.IsFile() || u.Authority() != "" {
		return "", false
	}
	return filepath.Clean(u.FsPath()), true
}

// Root is the workspace's folder as it is spelled: the resolved one first, then the spelling of the client, which
// may go through symbolic links. A client that opened a folder within spells what lies there by its own.
type Root struct {
	dirs []string
	own  ownFolder
}

// ownFolder is a folder within the workspace that a client spells by a path through symbolic links, which it cannot spell the
// workspace by. Zero is none.
type ownFolder struct{ dir, at string }

// RootAt is a workspace at a resolved folder.
func RootAt(dir string) Root { return Root{dirs: []string{dir}} }

// Folder is the workspace itself, in the spelling of the client.
func (r Root) Folder() uri.URI { return uri.File(r.dirs[len(r.dirs)-1]) }

// rel is the workspace-relative, slash-separated path of a URI; ok is false for what is no file or lies elsewhere.
func (r Root) rel(u uri.URI) (p string, ok bool) {
	abs, ok := FilePath(u)
	if !ok {
		return "", false
	}
	for _, dir := range r.dirs {
		if p, ok := inFolder(dir, abs); ok {
			return p, true
		}
	}
	if p, ok := inFolder(r.own.dir, abs); ok && r.own.dir != "" {
		return path.Join(r.own.at, p), true
	}
	return "", false
}

// inFolder is a path relative to a folder that it lies in, slash-separated.
func inFolder(dir, abs string) (p string, ok bool) {
	rel, err := filepath.Rel(dir, abs)
	rel = filepath.ToSlash(rel)
	return rel, err == nil && rel != "." && fs.ValidPath(rel)
}

// URI is the URI of a workspace-relative path, in the spelling that the client opened the workspace with.
func (r Root) URI(p string) uri.URI {
	if rest, ok := strings.CutPrefix(p, r.own.at+"/"); ok && r.own.dir != "" {
		return uri.File(filepath.Join(r.own.dir, filepath.FromSlash(rest)))
	}
	return uri.File(filepath.Join(r.dirs[len(r.dirs)-1], filepath.FromSlash(p)))
}

// WithClient adds the client's own spelling of the root, or of a folder within, where it names that.
func (r Root) WithClient(rootURI uri.URI) Root {
	u, err := Canonical(rootURI)
	if err != nil {
		return r
	}
	dir, ok := FilePath(u)
	if !ok {
		return r
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil || real == dir {
		return r
	}
	if real == r.dirs[0] {
		return Root{dirs: []string{r.dirs[0], dir}}
	}
	at, ok := inFolder(r.dirs[0], real)
	if !ok {
		return r
	}
	if top, ok := strings.CutSuffix(dir, string(filepath.Separator)+filepath.FromSlash(at)); ok && sameAs(r.dirs[0], top) {
		return Root{dirs: []string{r.dirs[0], top}}
	}
	return Root{dirs: r.dirs, own: ownFolder{dir, at}}
}

// sameAs reports whether a path leads to a resolved one.
func sameAs(resolved, path string) bool {
	real, err := filepath.EvalSymlinks(path)
	return err == nil && real == resolved
}

// WorkspacePath is the path of a URI that a command named, or an error that says what is wrong with it.
func (r Root) WorkspacePath(raw string) (string, error) {
	u, err := Canonical(uri.URI(raw))
	if err != nil {
		return "", err
	}
	p, ok := r.rel(u)
	if !ok {
		return "", rpc.Refuse(rpc.InvalidParams, "%s is no file of the workspace %s", raw, r.dirs[0])
	}
	return p, nil
}
