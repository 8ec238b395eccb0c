package workspace

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// walk names the files below dir that no .gitignore on the way excludes, for folders that git does not know. Links
// are named and not followed. The rules are those of gitignore(5); a .gitignore above dir counts too.
func walk(ctx context.Context, root *os.Root, dir string) ([]string, error) {
	var rules []ignoreRule
	if dir != "." {
		for _, above := range parents(dir) {
			rules = append(rules, readIgnore(root, above)...)
		}
	}
	var names []string
	err := walkFolder(ctx, root, dir, rules, &names)
	return names, err
}

// parents lists the folders that p is in, from the root on.
func parents(p string) []string {
	list := []string{"."}
	for i, c := range p {
		if c == '/' {
			list = append(list, p[:i])
		}
	}
	return list
}

func walkFolder(ctx context.Context, root *os.Root, dir string, rules []ignoreRule, names *[]string) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	found, err := readFolder(root, dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil // not ours to read, so not there for a worker either
	}
	if err != nil {
		return err
	}
	own := readIgnore(root, dir)
	rules = append(rules[:len(rules):len(rules)], own...)
	for _, e := range found {
		p := path.Join(dir, e.Name())
		if strings.EqualFold(e.Name(), ".git") || ignored(rules, p, e.IsDir()) {
			continue
		}
		if !e.IsDir() {
			*names = append(*names, p)
			continue
		}
		if err := walkFolder(ctx, root, p, rules, names); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// ignoreRule is one line of a .gitignore as a glob over whole paths.
type ignoreRule struct {
	glob    string
	dirOnly bool
	keep    bool // the line began with !
}

// ignored asks the last rule that matches.
func ignored(rules []ignoreRule, p string, dir bool) bool {
	for i := len(rules) - 1; i >= 0; i-- {
		r := rules[i]
		if r.dirOnly && !dir {
			continue
		}
		if ok, err := doublestar.Match(r.glob, p); err == nil && ok {
			return !r.keep
		}
	}
	return false
}

func readIgnore(root *os.Root, dir string) []ignoreRule {
	name := path.Join(dir, ".gitignore")
	info, err := root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > 1<<20 {
		return nil
	}
	data, err := root.ReadFile(name)
	if err != nil {
		return nil
	}
	var rules []ignoreRule
	for line := range strings.Lines(string(data)) {
		if r, ok := parseIgnore(strings.TrimRight(line, "\r\n"), dir); ok {
			rules = append(rules, r)
		}
	}
	return rules
}

func parseIgnore(line, dir string) (ignoreRule, bool) {
	if !strings.HasSuffix(line, `\ `) {
		line = strings.TrimRight(line, " \t")
	}
	if line == "" || line[0] == '#' {
		return ignoreRule{}, false
	}
	var r ignoreRule
	line, r.keep = strings.CutPrefix(line, "!")
	line, r.dirOnly = strings.CutSuffix(line, "/")
	glob := strings.NewReplacer("{", `\{`, "}", `\}`).Replace(line)
	if rest, ok := strings.CutSuffix(glob, "/**"); ok {
		glob = rest + "/**/*" // what is inside, not the folder
	}
	if strings.Contains(line, "/") {
		glob = strings.TrimPrefix(glob, "/")
	} else {
		glob = "**/" + glob
	}
	if dir != "." {
		glob = escapeGlob(dir) + "/" + glob
	}
	r.glob = glob
	return r, line != ""
}

func escapeGlob(s string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "{", `\{`, "}", `\}`).Replace(s)
}
