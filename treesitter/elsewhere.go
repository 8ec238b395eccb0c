package treesitter

import (
	"context"
	"io/fs"
	"path"
	"regexp"
	"sort"
	"strings"
	"sync"
	"time"
)

// Bounds of the search for what is used in other files.
const (
	mostSiblings     = 400
	mostSiblingBytes = 8 << 20
	mostImportHops   = 4
)

// source is another file of the workspace.
type source struct {
	path string
	a    *analysis
}

// borrowedDecls are declarations of another file that are used.
type borrowedDecls struct {
	source
	decls []*decl
}

// otherFiles are where used declarations may be: the rest of a Go package, which shares one namespace, and the
// declarations that imports lead to.
type otherFiles struct {
	siblings []source
	imported []borrowedDecls
}

// elsewhere looks through the workspace for what u refers to. A file that cannot be read is passed over. The error is
// ctx's.
func (t *targeted) elsewhere(ctx context.Context, u uses) (otherFiles, error) {
	if t.lang.name == "go" {
		siblings, err := t.siblings(ctx)
		return otherFiles{siblings: siblings}, err
	}
	found, err := t.imports(ctx, u)
	return otherFiles{imported: found}, err
}

// siblings reads the other files of a Go package.
func (t *targeted) siblings(ctx context.Context) ([]source, error) {
	entries, err := t.files.List(ctx, path.Dir(t.path), false)
	if err != nil {
		return nil, ctx.Err()
	}
	var list []source
	size := 0
	for _, e := range entries {
		if e.Dir || e.Path == t.path || !t.samePackage(e.Path) {
			continue
		}
		size += int(e.Size)
		if len(list) == mostSiblings || size > mostSiblingBytes || time.Now().After(t.until) {
			t.notes = append(t.notes, "the package is large: what is used from its other files may be missing here")
			break
		}
		a, err := t.load(ctx, e.Path)
		if err != nil {
			return nil, err
		}
		if a != nil && a.packageName() == t.packageName() {
			list = append(list, source{e.Path, a})
		}
	}
	return list, nil
}

// samePackage tells by its name whether a file can belong to the target's package.
func (t *targeted) samePackage(file string) bool {
	return strings.HasSuffix(file, ".go") && (!strings.HasSuffix(file, "_test.go") || strings.HasSuffix(t.path, "_test.go"))
}

// packageName reads the package clause of a Go file.
func (a *analysis) packageName() string {
	if len(a.heads) == 0 {
		return ""
	}
	words := strings.Fields(string(a.src[a.heads[0].start:a.heads[0].end]))
	return words[len(words)-1]
}

// load reads and analyses a file, or returns nil where it cannot be read. The error is ctx's.
func (t *targeted) load(ctx context.Context, file string) (*analysis, error) {
	if !fs.ValidPath(file) {
		return nil, nil
	}
	f, err := t.files.Read(ctx, file)
	if err != nil {
		return nil, ctx.Err()
	}
	if len(f.Data) > mostSiblingBytes {
		return nil, nil
	}
	return t.reader.read(ctx, file, f.Data)
}

// imports follows the imports of the target's file to the declarations that are used.
func (t *targeted) imports(ctx context.Context, u uses) ([]borrowedDecls, error) {
	f := &follower{targeted: t, found: map[string]*borrowedDecls{}, seen: map[string]bool{}}
	for _, i := range append(t.analysis.imports, t.required()...) {
		if err := f.follow(ctx, t.path, i, wanted(t.analysis, i, u), mostImportHops); err != nil {
			return nil, err
		}
	}
	return f.list(), nil
}

var requires = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^\s*(?:const|let|var)\s+(?:([\w$]+)|\{([^}]*)\})\s*=\s*require\(\s*['"]([^'"]+)['"]\s*\)`)
})

// required reads CommonJS imports, which are ordinary assignments.
func (t *targeted) required() []imported {
	if t.lang.name == "python" {
		return nil
	}
	var list []imported
	for _, m := range requires().FindAllSubmatch(t.src[:min(len(t.src), 1<<16)], -1) {
		if len(m[1]) > 0 {
			list = append(list, imported{module: string(m[3]), alias: string(m[1])})
		}
		for _, part := range strings.Split(string(m[2]), ",") {
			name, alias, renamed := strings.Cut(strings.TrimSpace(part), ":")
			if !renamed {
				alias = name
			}
			if name != "" {
				list = append(list, imported{module: string(m[3]), name: strings.TrimSpace(name), alias: strings.TrimSpace(alias)})
			}
		}
	}
	return list
}

// wanted lists the names that are used of what one import brings.
func wanted(a *analysis, i imported, u uses) set {
	switch {
	case i.name == "*":
		names := set{}
		for n := range u.names {
			if len(a.named(n)) == 0 {
				names[n] = true
			}
		}
		return names
	case i.name == "":
		return u.of[i.alias]
	case u.names[i.alias]:
		names := set{i.name: true}
		for n := range u.of[i.alias] {
			names["."+n] = true // counts if what is imported is itself a module
		}
		return names
	}
	return nil
}

// follower collects declarations over import hops.
type follower struct {
	*targeted
	found map[string]*borrowedDecls
	seen  map[string]bool // file and name, against cycles
}

func (f *follower) follow(ctx context.Context, from string, i imported, names set, hops int) error {
	if len(names) == 0 || hops == 0 || time.Now().After(f.until) {
		return nil
	}
	file, a, err := f.resolve(ctx, from, i.module)
	if err != nil {
		return err
	}
	for _, name := range sorted(names) {
		if err := f.one(ctx, file, a, from, i, name, hops); err != nil {
			return err
		}
	}
	return nil
}

// one looks for a name in a module: as a declaration, as what the module imports in turn, as a module below it.
func (f *follower) one(ctx context.Context, file string, a *analysis, from string, i imported, name string, hops int) error {
	if f.seen[file+"\x00"+name] {
		return nil
	}
	f.seen[file+"\x00"+name] = true
	if sub, ok := strings.CutPrefix(name, "."); ok {
		if !f.python() || i.name == "" {
			return nil
		}
		below := imported{module: strings.TrimSuffix(i.module, ".") + dot(i.module) + i.name}
		return f.follow(ctx, from, below, set{sub: true}, hops-1)
	}
	if a == nil {
		return nil
	}
	if f.take(file, a, name) {
		return nil
	}
	for _, j := range a.imports {
		next := name
		if j.alias == name && j.name != "" {
			next = j.name
		} else if j.name != "*" {
			continue
		}
		if err := f.follow(ctx, file, j, set{next: true}, hops-1); err != nil {
			return err
		}
	}
	return nil
}

func (f *follower) python() bool { return f.lang.name == "python" }

// dot joins a module's name and a submodule's: "." + "x" is ".x", "a" + "x" is "a.x".
func dot(module string) string {
	if strings.Trim(module, ".") == "" {
		return strings.Repeat(".", min(1, len(module)))
	}
	return "."
}

// take notes the top-level declarations of a name.
func (f *follower) take(file string, a *analysis, name string) bool {
	if name == "default" && !f.python() {
		name = a.defaultName()
	}
	taken := false
	a.each(func(d *decl) {
		if d.container() != nil || d.owner != "" || !anyNamed(d, set{name: true}) {
			return
		}
		b := f.found[file]
		if b == nil {
			b = &borrowedDecls{source: source{file, a}}
			f.found[file] = b
		}
		b.decls = append(b.decls, d)
		taken = true
	})
	return taken
}

var defaultExport = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^export\s+default\s+(?:async\s+|abstract\s+)*(?:(?:class|function\s*\*?)\s+)?([\pL_$][\pL\d_$]*)`)
})

// defaultName is the name of what a module exports by default.
func (a *analysis) defaultName() string {
	if m := defaultExport().FindSubmatch(a.src); m != nil {
		return string(m[1])
	}
	return "default"
}

func (f *follower) list() []borrowedDecls {
	var list []borrowedDecls
	for _, b := range f.found {
		list = append(list, *b)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].path < list[j].path })
	return list
}

func sorted(s set) []string {
	var list []string
	for k, ok := range s {
		if ok {
			list = append(list, k)
		}
	}
	sort.Strings(list)
	return list
}

// resolve finds the file that a module means, as seen from another file. file is "" where none is in the workspace.
func (f *follower) resolve(ctx context.Context, from, module string) (file string, a *analysis, err error) {
	for _, p := range modulePaths(f.lang.name, from, module) {
		a, err := f.load(ctx, p)
		if err != nil {
			return "", nil, err
		}
		if a != nil && p != f.path {
			return p, a, nil
		}
	}
	return "", nil, nil
}

// modulePaths lists where a module may be, best first.
func modulePaths(lang, from, module string) []string {
	dir := path.Dir(from)
	if lang == "python" {
		return pythonPaths(dir, module)
	}
	if !strings.HasPrefix(module, ".") {
		return nil
	}
	return ecmaPaths(path.Join(dir, module))
}

func ecmaPaths(base string) []string {
	var paths []string
	if ext := path.Ext(base); ext != "" {
		stem := strings.TrimSuffix(base, ext)
		switch ext {
		case ".js", ".mjs", ".cjs", ".jsx":
			paths = append(paths, stem+strings.Replace(ext, "js", "ts", 1), stem+".tsx", stem+".d.ts")
		}
		paths = append(paths, base)
	}
	for _, prefix := range []string{base, path.Join(base, "index")} {
		for _, ext := range []string{".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs"} {
			paths = append(paths, prefix+ext)
		}
	}
	return paths
}

// pythonPaths tries an absolute module from the importing file's folder upwards, because where the search path begins
// is not written in the source.
func pythonPaths(dir, module string) []string {
	name := strings.TrimLeft(module, ".")
	dots := len(module) - len(name)
	rel := strings.ReplaceAll(name, ".", "/")
	if dots > 0 {
		for range dots - 1 {
			dir = path.Join(dir, "..")
		}
		return pythonFiles(path.Join(dir, rel))
	}
	var paths []string
	for {
		paths = append(paths, pythonFiles(path.Join(dir, rel))...)
		if dir == "." || dir == "/" {
			return append(paths, pythonFiles(path.Join("src", rel))...)
		}
		dir = path.Dir(dir)
	}
}

func pythonFiles(base string) []string {
	return []string{base + ".py", path.Join(base, "__init__.py"), base + ".pyi"}
}
