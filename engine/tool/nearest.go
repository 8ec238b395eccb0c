package tool

import (
	"cmp"
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// nearest gives at most n of the names that are like name, the likest first. What is not alike is left out.
func nearest(name string, names []string, n int) []string {
	type ranked struct {
		name string
		far  int
	}
	var found []ranked
	for _, other := range names {
		longest := max(len(name), len(other))
		if longest > 255 {
			continue
		}
		if far := text.Distance(strings.ToLower(name), strings.ToLower(other)); far*5 <= longest*2 {
			found = append(found, ranked{other, far})
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return cmp.Compare(a.far, b.far) })
	var out []string
	for _, f := range found[:min(n, len(found))] {
		out = append(out, f.name)
	}
	return out
}

// errMissing is in the chain of what missingFile returns.
var errMissing = errors.New("there is no such file")

// missing is a mistake about a path that is not there.
type missing struct{ mistake }

func (m missing) Unwrap() []error { return []error{m.mistake, errMissing} }

// missingFile is the mistake of a path that is not there, with the paths that may be meant: the same name elsewhere
// first, then names like it.
func missingFile(ctx context.Context, draft engine.Draft, p string) error {
	list, err := draft.List(ctx, ".", true)
	if err != nil {
		return missing{mistake("there is no file " + p)}
	}
	var same, bases []string
	byBase := make(map[string]string)
	for _, e := range list {
		base := path.Base(e.Path)
		if strings.EqualFold(base, path.Base(p)) {
			same = append(same, e.Path)
		} else if byBase[base] == "" {
			byBase[base] = e.Path
			bases = append(bases, base)
		}
	}
	const most = 3
	near := same[:min(most, len(same))]
	for _, base := range nearest(path.Base(p), bases, most-len(near)) {
		near = append(near, byBase[base])
	}
	if len(near) == 0 {
		return missing{mistake("there is no file " + p + ": see list_directory for what there is")}
	}
	return missing{mistake("there is no file " + p + "; nearest: " + strings.Join(near, ", "))}
}
