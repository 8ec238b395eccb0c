package lsp

import (
	"io/fs"
	"path/filepath"

	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/lsp/rpc"
)

// canonical is the one spelling under which a URI from the wire is looked up. Clients spell the same file in
// several ways (file:///C:/x and file:///c%3A/x).
func canonical(u uri.URI) (uri.URI, error) {
	if u == "" {
		return "", rpc.Refuse(rpc.InvalidParams, "the uri is empty")
	}
	c, err := uri.Parse(string(u))
	if err != nil {
		return "", rpc.Refuse(rpc.InvalidParams, "the uri %q cannot be read: %v", u, err)
	}
	return c, nil
}

// filePath is the system's path of a file URI; ok is false for any other scheme and for a path on another host.
func filePath(u uri.URI) (p string, ok bool) {
	if !u.IsFile() || u.Authority() != "" {
		return "", false
	}
	return filepath.Clean(u.FsPath()), true
}

// root is the workspace's folder as it is spelled: the resolved one first, then the spelling of the client, which
// may go through symbolic links.
type root struct{ dirs []string }

// rel is the workspace-relative, slash-separated path of a URI; ok is false for what is no file or lies elsewhere.
func (r root) rel(u uri.URI) (p string, ok bool) {
	abs, ok := filePath(u)
	if !ok {
		return "", false
	}
	for _, dir := range r.dirs {
		rel, err := filepath.Rel(dir, abs)
		rel = filepath.ToSlash(rel)
		if err == nil && rel != "." && fs.ValidPath(rel) {
			return rel, true
		}
	}
	return "", false
}

// uri is the URI of a workspace-relative path, in the spelling that the client opened the workspace with.
func (r root) uri(p string) uri.URI {
	return uri.File(filepath.Join(r.dirs[len(r.dirs)-1], filepath.FromSlash(p)))
}

// withClient adds the client's own spelling of the root where it names the same folder.
func (r root) withClient(rootURI uri.URI) root {
	u, err := canonical(rootURI)
	if err != nil {
		return r
	}
	dir, ok := filePath(u)
	if !ok || dir == r.dirs[0] {
		return r
	}
	if real, err := filepath.EvalSymlinks(dir); err != nil || real != r.dirs[0] {
		return r
	}
	return root{dirs: []string{r.dirs[0], dir}}
}

// workspacePath is the path of a URI that a command named, or an error that says what is wrong with it.
func (r root) workspacePath(raw string) (string, error) {
	u, err := canonical(uri.URI(raw))
	if err != nil {
		return "", err
	}
	p, ok := r.rel(u)
	if !ok {
		return "", rpc.Refuse(rpc.InvalidParams, "%s is no file of the workspace %s", raw, r.dirs[0])
	}
	return p, nil
}

// tracksDir is where tracks are by default, and scratchPath the one that runOnSymbol adds to.
const (
	tracksDir   = ".slop/tracks"
	scratchPath = tracksDir + "/scratch.track.yaml"
)

// trackSuffixes are how a track's id becomes a path again, in the order in which they are tried.
var trackSuffixes = []string{".track.yaml", ".track.yml", ".track.json"}

// wireURI is a URI as a command spells it.
func wireURI(s string) uri.URI { return uri.URI(s) }
