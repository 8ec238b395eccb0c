package policy

import (
	"errors"
	"path"
	"strings"
	"unicode"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/slop-ls/slop-ls/engine"
)

// pathRule is a glob over paths of the workspace.
type pathRule struct {
	text   string
	exact  string // the glob
	folded string // the same for file systems that take several spellings for one name
}

func newPathRule(s string) (pathRule, error) {
	glob := strings.TrimSuffix(strings.TrimPrefix(s, "./"), "/")
	switch {
	case glob == "":
		return pathRule{}, errors.New(`expected a path or a glob, such as "docs/**"`)
	case strings.HasPrefix(s, "/") || strings.HasPrefix(s, "~"):
		return pathRule{}, errors.New("paths are relative to the workspace's root: write it without what comes before")
	case strings.Contains("/"+glob+"/", "/../") || strings.Contains("/"+glob+"/", "/./") || strings.Contains(glob, "//"):
		return pathRule{}, errors.New("a path rule cannot go up or stand still: write the path from the workspace's root, without single or double dots")
	case !doublestar.ValidatePattern(glob):
		return pathRule{}, errors.New("not a glob: close its brackets, or put a backslash before a bracket that is meant as such")
	}
	if !strings.Contains(glob, "/") {
		glob = "**/" + glob
	}
	return pathRule{text: s, exact: glob, folded: strings.Map(fold, glob)}, nil
}

// What a path may be. One that lies deeper or is longer is not looked at, which asks, or counts as denied where paths
// are denied.
const (
	maxFolders = 64
	maxPath    = 4096
)

func tooDeep(p string) bool { return len(p) > maxPath || strings.Count(p, "/") > maxFolders }

// covers says whether a path, or a folder above it, is meant in any spelling that some system takes for it.
func (r pathRule) covers(p string) bool {
	plain := plainPath(p)
	return tooDeep(plain) || matchUp(r.folded, plain)
}

// allows says the same by the spelling as it stands there.
func (r pathRule) allows(p string) bool {
	return p == path.Clean(p) && !tooDeep(p) && matchUp(r.exact, p)
}

// matchUp matches a clean path and each folder above it.
func matchUp(glob, p string) bool {
	for ; p != "." && p != ""; p = above(p) {
		if doublestar.MatchUnvalidated(glob, p) {
			return true
		}
	}
	return false
}

// above is the folder of a clean path, or "" at the top.
func above(p string) string { return p[:max(0, strings.LastIndexByte(p, '/'))] }

// allowedPaths allows an action each of whose paths a rule allows.
func allowedPaths(paths []string, rules []pathRule) (engine.Ruling, bool) {
	by := ""
	for _, p := range paths {
		r, ok := firstAllowing(p, rules)
		if !ok {
			return engine.Ruling{}, false
		}
		if by == "" {
			by = "allow_paths \"" + r.text + "\""
		}
	}
	return ruling(engine.Allow, by), by != ""
}

func firstAllowing(p string, rules []pathRule) (pathRule, bool) {
	for _, r := range rules {
		if r.allows(p) {
			return r, true
		}
	}
	return pathRule{}, false
}

// outside says whether a path leads out of the workspace as it is written: what links do is for os.Root to see.
func outside(p string) bool {
	p = slashed(p)
	drive := len(p) > 1 && p[1] == ':' && unicode.IsLetter(rune(p[0]))
	clean := path.Clean(p)
	return strings.HasPrefix(p, "/") || drive || clean == ".." || strings.HasPrefix(clean, "../") || strings.ContainsRune(p, 0)
}

func slashed(p string) string { return strings.ReplaceAll(p, `\`, "/") }

// plainPath is the one spelling under which every name is looked up that some file system takes for the same file:
// cleaned, in one case, without characters that are ignored, and without what Windows drops or adds.
func plainPath(p string) string {
	parts := strings.Split(path.Clean(strings.Map(fold, slashed(p))), "/")
	for i, part := range parts {
		parts[i] = plainName(part)
	}
	return path.Clean(strings.Join(parts, "/"))
}

func plainName(name string) string {
	if name == "." || name == ".." {
		return name
	}
	name, _, _ = strings.Cut(name, ":") // a stream of an NTFS file
	name = strings.TrimRight(name, ". ")
	if name == "git~1" {
		return ".git" // its short name
	}
	return name
}

// fold gives all spellings of a letter one form and drops what is invisible.
func fold(r rune) rune {
	if r < unicode.MaxASCII {
		return unicode.ToLower(r)
	}
	if unicode.Is(unicode.Cf, r) {
		return -1
	}
	for next := unicode.SimpleFold(r); ; next = unicode.SimpleFold(next) {
		if next <= r { // round once: this is the least of them
			return unicode.ToLower(next)
		}
		r = next
	}
}
