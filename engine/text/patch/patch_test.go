package patch

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// run applies an input to files and shows what comes out: the files, or why it is refused.
func run(files map[string]string, input string) string {
	var b strings.Builder
	format, parts, err := Parse(input)
	if err != nil {
		return "refused: " + err.Error() + "\n"
	}
	fmt.Fprintf(&b, "%s\n", format)
	changes, outcomes, ok := Apply(parts, func(path string) ([]byte, error) {
		if s, ok := files[path]; ok {
			return []byte(s), nil
		}
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	})
	for _, o := range outcomes {
		fmt.Fprintf(&b, "%s %s", o.Op, o.Path)
		if o.From != "" {
			fmt.Fprintf(&b, " from %s", o.From)
		}
		if o.Err != nil {
			fmt.Fprintf(&b, ": refused: %v\n", o.Err)
			continue
		}
		fmt.Fprintf(&b, ": %s %d-%d +%d -%d\n", o.Step, o.Line, o.Last, o.Added, o.Removed)
	}
	if !ok {
		return b.String()
	}
	now := maps.Clone(files)
	for _, c := range changes {
		if c.Mode != 0 {
			fmt.Fprintf(&b, "mode %o %s\n", c.Mode, c.Path)
		}
		delete(now, c.From)
		if c.Op == Delete {
			delete(now, c.Path)
			continue
		}
		now[c.Path] = string(c.After)
	}
	for _, path := range slices.Sorted(maps.Keys(now)) {
		fmt.Fprintf(&b, "== %s\n%s", path, now[path])
		if !strings.HasSuffix(now[path], "\n") {
			b.WriteString("¬\n")
		}
	}
	return b.String()
}
