package treesitter

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strings"
	"sync"
)

// uses is what a stretch of source refers to, by name alone: without types, a member's owner is a guess.
type uses struct {
	names   set            // bare identifiers
	members set            // the b of any a.b
	of      map[string]set // by a, where a is a plain name
}

func newUses() uses { return uses{names: set{}, members: set{}, of: map[string]set{}} }

func (u uses) member(object, name string) {
	u.members[name] = true
	if u.of[object] == nil {
		u.of[object] = set{}
	}
	u.of[object][name] = true
}

var (
	anyName   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[\pL_][\pL\d_]*`) })
	anyMember = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`([\pL_][\pL\d_]*)(?:\.|->|::)([\pL_][\pL\d_]*)`) })
)

// usesByText takes every word for a name. It serves files that are read by lines.
func usesByText(src []byte, spans []span) uses {
	u := newUses()
	for _, s := range spans {
		text := src[s.start:s.end]
		for _, w := range anyName().FindAll(text, -1) {
			u.names[string(w)] = true
		}
		for _, m := range anyMember().FindAllSubmatch(text, -1) {
			u.member(string(m[1]), string(m[2]))
		}
	}
	return u
}

// usesInGo reads what the given spans of a Go file refer to. Names that a function declares for itself are left out.
func usesInGo(src []byte, spans []span) uses {
	u := newUses()
	fset := token.NewFileSet()
	f, _ := goSyntax(fset, src)
	if f == nil || !f.Package.IsValid() {
		return u
	}
	g := &goFile{analysis: &analysis{src: src}, file: fset.File(f.Package), ast: f}
	for _, d := range f.Decls {
		for _, s := range spans {
			g.usesOf(d, s, u)
		}
	}
	return u
}

func (g *goFile) usesOf(d ast.Decl, s span, u uses) {
	at := g.span(d.Pos(), d.End())
	if at.end <= s.start || at.start >= s.end {
		return
	}
	local := localNames(d)
	for _, i := range g.ast.Imports {
		local[importName(i)] = true
	}
	ast.Inspect(d, func(n ast.Node) bool {
		if n == nil {
			return true
		}
		here := g.span(n.Pos(), n.End())
		if here.end <= s.start || here.start >= s.end {
			return false
		}
		return g.reference(n, local, u)
	})
}

// reference notes what one node refers to, and reports whether to look into it.
func (g *goFile) reference(n ast.Node, local set, u uses) bool {
	switch n := n.(type) {
	case *ast.Ident:
		if !local[n.Name] {
			u.names[n.Name] = true
		}
	case *ast.SelectorExpr:
		object := ""
		if id, ok := n.X.(*ast.Ident); ok {
			object = id.Name
		}
		if object == "" || !g.imports(object) {
			u.member(object, n.Sel.Name)
		}
		ast.Inspect(n.X, func(m ast.Node) bool { return m != nil && g.reference(m, local, u) })
		return false
	}
	return true
}

// imports reports whether name stands for another package.
func (g *goFile) imports(name string) bool {
	for _, i := range g.ast.Imports {
		if importName(i) == name {
			return true
		}
	}
	return false
}

// importName is what a file calls a package: the name it gives, else the last part of the path.
func importName(i *ast.ImportSpec) string {
	if i.Name != nil {
		return i.Name.Name
	}
	return path.Base(strings.Trim(i.Path.Value, "\"`"))
}

// localNames lists the names that a function declares: parameters, results, and variables of its body.
func localNames(d ast.Decl) set {
	local := set{}
	f, ok := d.(*ast.FuncDecl)
	if !ok {
		return local
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			addNames(local, n.Names)
		case *ast.ValueSpec:
			addNames(local, n.Names)
		case *ast.AssignStmt:
			addDefined(local, n.Tok, n.Lhs...)
		case *ast.RangeStmt:
			addDefined(local, n.Tok, n.Key, n.Value)
		}
		return true
	})
	return local
}

func addNames(local set, names []*ast.Ident) {
	for _, n := range names {
		local[n.Name] = true
	}
}

func addDefined(local set, tok token.Token, targets ...ast.Expr) {
	if tok != token.DEFINE {
		return
	}
	for _, x := range targets {
		if id, ok := x.(*ast.Ident); ok {
			local[id.Name] = true
		}
	}
}
