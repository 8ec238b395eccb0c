package workspace

import (
	"io/fs"
	"strings"
)

// CheckTarget says why Deliver would not write to path, or what is git's own, without touching anything; nil where it
// would. The error wraps engine.ErrOutside or fs.ErrInvalid, or is what the system says. What it found may change
// before a delivery, which looks again.
func (w *Workspace) CheckTarget(path string) error {
	if err := w.checkTarget(path); err != nil {
		return err
	}
	if likeGit(path) {
		return &Refusal{path, "is git's own: change it with git", fs.ErrInvalid}
	}
	return nil
}

// likeGit is inGit for every name by which some file system finds .git: with what it ignores in a name, at its end, or
// by its short form.
func likeGit(p string) bool {
	for part := range strings.SplitSeq(p, "/") {
		part, _, _ = strings.Cut(strings.Map(visible, part), ":")
		part = strings.TrimRight(part, ". ")
		if inGit(part) || strings.EqualFold(part, "git~1") {
			return true
		}
	}
	return false
}

// visible drops what HFS+ does not see in a name.
func visible(r rune) rune {
	switch {
	case r >= 0x200c && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x206a && r <= 0x206f, r == 0xfeff:
		return -1
	}
	return r
}
