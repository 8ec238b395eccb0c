package patch

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// pathAbove is the path of the block that begins at line i: after its marker, on
// the line above, or on the line above the fence that it stands in. from is the
// line that has it. Without one it is "".
func (in *input) pathAbove(i int, beside string) (found string, from int) {
	if p := asPath(beside); p != "" {
		return p, i
	}
	fenced := false
	for k := i - 1; k >= 0 && k >= i-6 && !in.used[k]; k-- {
		row := strings.TrimSpace(in.rows[k])
		switch {
		case row == "":
			continue
		case fence(row):
			if p := fencePath(row); p != "" {
				return p, k
			}
			if fenced {
				return "", i
			}
			fenced = true
			continue
		}
		return asPath(row), k
	}
	return "", i
}

// fencePath is the path in a fence's info: "```go main.go", "```go:main.go",
// "```main.go", "```go title=main.go".
func fencePath(row string) string {
	info := strings.TrimLeft(row, "`~")
	for _, word := range slices.Backward(strings.FieldsFunc(info, func(r rune) bool { return r == ' ' || r == ':' || r == '=' || r == '"' })) {
		if pathLike(word) {
			return clean(word)
		}
	}
	return ""
}

var quotedPath = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("`([^`]+)`|\\*\\*([^*]+)\\*\\*|\"([^\"]+)\"|<file(?:name| path)?=\"?([^\">]+)\"?>")
})

// asPath is the path that a line names, with whatever people put around one, or
// "".
func asPath(row string) string {
	bare := strings.TrimSpace(strings.Trim(strings.TrimSpace(row), "#*-`:>\"' \t"))
	for _, label := range []string{"file:", "path:", "filename:", "filepath:", "file path:", "//", "<!--", "file"} {
		if len(bare) > len(label) && strings.EqualFold(bare[:len(label)], label) {
			bare = strings.TrimSpace(strings.Trim(bare[len(label):], "*`:\"' \t->"))
		}
	}
	if !strings.ContainsAny(bare, " \t") && bare != "" && (pathLike(bare) || strings.HasPrefix(strings.TrimSpace(row), "`")) && !strings.ContainsAny(bare, "<>|") {
		return clean(bare)
	}
	if strings.ContainsAny(bare, " ") && strings.ContainsAny(bare, "/") && path.Ext(bare) != "" && !strings.ContainsAny(path.Ext(bare), " ") && !strings.Contains(bare, "`") && len(strings.Fields(bare)) <= 3 {
		return clean(bare)
	}
	return inProse(row)
}

// inProse is the one path that a sentence names, quoted or with an extension.
func inProse(row string) string {
	var found []string
	add := func(p string) {
		if p = clean(p); !slices.Contains(found, p) {
			found = append(found, p)
		}
	}
	for _, m := range quotedPath().FindAllStringSubmatch(row, -1) {
		if p := m[1] + m[2] + m[3] + m[4]; pathLike(p) {
			add(p)
		}
	}
	if len(found) == 0 {
		for _, word := range strings.Fields(row) {
			word = strings.Trim(word, "`*:,.()\"'")
			if pathLike(word) && (path.Ext(word) != "" || strings.Contains(word, "/")) && strings.ToLower(word) != "e.g" {
				add(word)
			}
		}
	}
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// plainNames are files without an extension that are often written alone.
var plainNames = []string{"Makefile", "Dockerfile", "README", "LICENSE", "Rakefile", "Gemfile", "Procfile", "Jenkinsfile", "CODEOWNERS", "BUILD", "WORKSPACE"}

// pathLike says whether a word can be the path of a file.
func pathLike(s string) bool {
	switch {
	case s == "" || strings.ContainsAny(s, "<>|*?\"`\n") || strings.Contains(s, "://"):
		return false
	case slices.Contains(plainNames, s):
		return true
	case strings.Contains(strings.Trim(s, `/\`), "/"), strings.Contains(s, `\`), strings.HasPrefix(s, "/"):
		return true
	}
	ext := path.Ext(s)
	if strings.Trim(ext, ".0123456789") == "" && !strings.HasPrefix(s, ".") {
		return false
	}
	return len(ext) > 1 && len(ext) < 12 && !strings.ContainsAny(s, " \t()") || strings.HasPrefix(s, ".") && len(s) > 2
}

// clean is a path with slashes and without ./ before it. What leads out of the
// root stays as it is, to be refused by its name.
func clean(p string) string {
	if strings.Contains(p, `\`) && !strings.Contains(p, "/") {
		p = strings.ReplaceAll(p, `\`, "/")
	}
	for strings.HasPrefix(p, "./") {
		p = strings.TrimLeft(p[2:], "/")
	}
	return p
}

// diffPath is the path in a header line of a diff, without its timestamp; git
// quotes what is unusual.
func diffPath(s string) string {
	s, _, _ = strings.Cut(s, "\t")
	s = strings.TrimSpace(s)
	if p, err := strconv.Unquote(s); err == nil && strings.HasPrefix(s, `"`) {
		s = p
	}
	return s
}

const devNull = "/dev/null"

// withoutSides takes a/ and b/ off a pair of paths, or off the one there is.
func withoutSides(from, to string) (string, string) {
	a, okA := cutSide(from, "a/", "i/", "c/", "o/")
	b, okB := cutSide(to, "b/", "w/", "i/")
	switch {
	case okA && okB, okA && to == devNull, from == devNull && okB, okA && to == "", from == "" && okB:
		return clean(a), clean(b)
	}
	return clean(from), clean(to)
}

func cutSide(p string, sides ...string) (string, bool) {
	for _, side := range sides {
		if rest, ok := strings.CutPrefix(p, side); ok && rest != "" {
			return rest, true
		}
	}
	return p, false
}
