package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/slop-ls/slop-ls/engine/text"
)

// maxClash bounds, in bytes, what is shown of one file's conflicts.
const maxClash = 32 << 10

// Clashes are the conflicts that a change set would meet in the workspace as it is now, both sides between markers with
// a few lines around. It is empty where the set could be delivered.
func Clashes(ctx context.Context, files Files, ticket string, set ChangeSet) ([]Conflict, error) {
	var out []Conflict
	for _, c := range set.Files {
		path := c.Path
		if c.Op == OpRename {
			path = c.From
		}
		now, err := files.Read(ctx, path)
		gone := errors.Is(err, fs.ErrNotExist)
		if err != nil && !gone {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		if said := c.clash(now.Data, gone, ticket); said != "" {
			out = append(out, Conflict{Path: c.Path, Text: text.CutMiddle(said, maxClash)})
		}
	}
	return out, nil
}

// clash is what stands between a change and a file as it is now; "" where nothing does.
func (f FileChange) clash(now []byte, gone bool, ticket string) string {
	names := text.Labels{Ours: "the workspace", Base: "before", Theirs: "ticket " + ticket}
	switch {
	case f.Op == OpCreate && gone, f.Op == OpDelete && gone, f.Op == OpDelete && sameText(now, f.Base), !gone && sameText(now, f.After) && f.Op != OpDelete:
		return ""
	case gone:
		return "The file was deleted or renamed. The ticket's change of it:\n\n" + text.Unified(f.Path, f.Path, f.Base, f.After, 3)
	case f.Op == OpDelete:
		return "The ticket deletes the file, and it has changed since:\n\n" + text.Unified("before", "the workspace", f.Base, now, 3)
	}
	if _, conflicts := Rebase(f.Base, now, f.After); len(conflicts) == 0 {
		return ""
	}
	marked, _ := text.MergeWithMarkers(f.Base, now, f.After, names)
	return text.Excerpt(string(marked), 3)
}
