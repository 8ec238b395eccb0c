package treesitter

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"sort"
)

// goFile turns one parsed Go file into an analysis.
type goFile struct {
	*analysis
	file *token.File
	ast  *ast.File
}

// parseGo reads Go by the standard library's parser. It returns nil where that finds no package clause or gives up.
func parseGo(lang *language, src []byte, marks []string) *analysis {
	fset := token.NewFileSet()
	f, err := goSyntax(fset, src)
	if f == nil || f.Name == nil || f.Name.Name == "" || !f.Package.IsValid() {
		return nil
	}
	g := &goFile{
		analysis: &analysis{lang: lang, src: src, by: byGoParser, broken: err != nil},
		file:     fset.File(f.Package),
		ast:      f,
	}
	g.heads = append(g.heads, g.span(f.Package, f.Name.End()))
	for _, d := range f.Decls {
		g.decl(d)
	}
	g.loose()
	g.cuts = sortCuts(g.cuts)
	g.markCore(marks, g.place)
	return g.analysis
}

// place tells whether an offset lies in a comment.
func (g *goFile) place(offset int) place {
	comments := g.ast.Comments
	i := sort.Search(len(comments), func(i int) bool { return g.offset(comments[i].End()) > offset })
	if i < len(comments) && g.offset(comments[i].Pos()) <= offset {
		return inComment
	}
	return elsewhere
}

// goSyntax parses with all errors where ten are not enough, since the parser throws everything away at the eleventh.
// Past a megabyte it does not: there the list of errors would be too long.
func goSyntax(fset *token.FileSet, src []byte) (*ast.File, error) {
	const mode = parser.ParseComments | parser.SkipObjectResolution
	f, err := parser.ParseFile(fset, "", src, mode)
	var list scanner.ErrorList
	if errors.As(err, &list) && len(list) > 10 && len(src) < 1<<20 {
		return parser.ParseFile(fset, "", src, mode|parser.AllErrors)
	}
	return f, err
}

// offset is where pos is in the source. In a partial tree a position may be invalid or past the end.
func (g *goFile) offset(pos token.Pos) int {
	if !pos.IsValid() {
		return 0
	}
	return max(0, min(int(pos)-g.file.Base(), len(g.src)))
}

func (g *goFile) span(from, to token.Pos) span {
	s := span{g.offset(from), g.offset(to)}
	s.end = max(s.start, s.end)
	return s
}

// idents lists the names that are really in the source: for a missing one the parser makes up "_".
func (g *goFile) idents(names ...*ast.Ident) []ident {
	var list []ident
	for _, n := range names {
		at := g.span(n.Pos(), n.End())
		if string(g.src[at.start:at.end]) == n.Name {
			list = append(list, ident{text: n.Name, at: at})
		}
	}
	return list
}

// add puts a declaration into the file unless it has no name.
func (g *goFile) add(d *decl) bool {
	if len(d.names) == 0 && d.kind != kindGroup {
		return false
	}
	g.analysis.add(d)
	return true
}

// whole is a node with the doc comment before it and the remark behind it.
func (g *goFile) whole(n ast.Node, doc, remark *ast.CommentGroup) span {
	s := g.span(n.Pos(), n.End())
	if doc != nil {
		s.start = min(s.start, g.offset(doc.Pos()))
	}
	if remark != nil {
		s.end = max(s.end, g.offset(remark.End()))
	}
	return s
}

func (g *goFile) decl(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		g.function(d)
	case *ast.GenDecl:
		if d.Tok == token.IMPORT {
			g.heads = append(g.heads, g.whole(d, d.Doc, nil))
			return
		}
		g.general(d)
	}
}

func (g *goFile) function(f *ast.FuncDecl) {
	d := &decl{kind: "function", whole: g.whole(f, f.Doc, nil), sig: g.span(f.Pos(), f.Type.End())}
	d.names = g.idents(f.Name)
	if f.Recv != nil {
		d.kind = "method"
		d.owner = receiver(f.Recv)
	}
	if g.add(d) && f.Body != nil {
		g.body(f.Body, d)
	}
}

// receiver names the type of a method, without its star and its type parameters.
func receiver(fields *ast.FieldList) string {
	if len(fields.List) == 0 {
		return ""
	}
	x := fields.List[0].Type
	for {
		switch t := x.(type) {
		case *ast.StarExpr:
			x = t.X
		case *ast.ParenExpr:
			x = t.X
		case *ast.IndexExpr:
			x = t.X
		case *ast.IndexListExpr:
			x = t.X
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}

// goBody stands for what is between the braces of a body or a literal.
const goBody = "{ /* ... */ }"

// body cuts a block unless there is nothing in it.
func (g *goFile) body(b *ast.BlockStmt, d *decl) {
	s := g.span(b.Lbrace, b.End())
	inner := bytes.Trim(g.src[s.start:s.end], "{} \t\r\n")
	if len(inner) > 0 && s.end > s.start && g.src[s.start] == '{' {
		g.cuts = append(g.cuts, cut{span: s, fill: goBody, of: d})
	}
}

// general takes a const, var or type declaration; a parenthesised one is a group of its specs.
func (g *goFile) general(gd *ast.GenDecl) {
	if !gd.Lparen.IsValid() && len(gd.Specs) == 1 {
		g.spec(gd, gd.Specs[0], g.whole(gd, gd.Doc, nil), nil)
		return
	}
	group := &decl{kind: kindGroup, whole: g.whole(gd, gd.Doc, nil), sig: g.span(gd.Pos(), gd.Lparen)}
	g.add(group)
	for _, s := range gd.Specs {
		doc, remark := specComments(s)
		g.spec(gd, s, g.whole(s, doc, remark), group)
	}
}

func specComments(s ast.Spec) (doc, remark *ast.CommentGroup) {
	switch s := s.(type) {
	case *ast.ValueSpec:
		return s.Doc, s.Comment
	case *ast.TypeSpec:
		return s.Doc, s.Comment
	}
	return nil, nil
}

func (g *goFile) spec(gd *ast.GenDecl, s ast.Spec, whole span, group *decl) {
	_, remark := specComments(s)
	if remark != nil {
		whole.end = max(whole.end, g.offset(remark.End()))
	}
	d := &decl{kind: gd.Tok.String(), whole: whole, sig: g.span(s.Pos(), s.End()), parent: group}
	if group == nil {
		d.sig.start = g.offset(gd.Pos())
	}
	switch s := s.(type) {
	case *ast.ValueSpec:
		d.names = g.idents(s.Names...)
		if !g.add(d) {
			return
		}
		if len(s.Values) > 0 && breaks(g.src, d.sig) > 0 {
			d.sig.end = g.offset(s.Values[0].Pos())
		}
		for _, v := range s.Values {
			g.value(v, d)
		}
	case *ast.TypeSpec:
		d.names = g.idents(s.Name)
		d.kind, d.unit = "type", true
		if g.add(d) {
			g.typeBody(s.Type, d)
		}
	}
}

// typeBody lists the fields of a struct and the methods of an interface. Both stay whole in a skeleton: they are a
// type's signature.
func (g *goFile) typeBody(x ast.Expr, d *decl) {
	switch t := x.(type) {
	case *ast.StructType:
		d.kind = "struct"
		d.sig.end = g.offset(t.Struct) + len("struct")
		g.fields(t.Fields, d, "field")
	case *ast.InterfaceType:
		d.kind = "interface"
		d.sig.end = g.offset(t.Interface) + len("interface")
		g.fields(t.Methods, d, "method")
	}
	d.sig.end = min(d.sig.end, d.whole.end)
}

func (g *goFile) fields(list *ast.FieldList, d *decl, kind string) {
	if list == nil {
		return
	}
	for _, f := range list.List {
		m := &decl{kind: kind, whole: g.whole(f, f.Doc, f.Comment), sig: g.span(f.Pos(), f.End()), parent: d}
		m.names = g.idents(f.Names...)
		g.add(m)
	}
}

// value cuts what is long in the value of a variable or constant, from the inside out: function bodies, then literals,
// calls and sums that are still too long.
func (g *goFile) value(x ast.Expr, d *decl) {
	var open []ast.Node
	ast.Inspect(x, func(n ast.Node) bool {
		if n != nil {
			open = append(open, n)
			return true
		}
		last := open[len(open)-1]
		open = open[:len(open)-1]
		g.shorten(last, d)
		return true
	})
}

func (g *goFile) shorten(n ast.Node, d *decl) {
	switch n := n.(type) {
	case *ast.FuncLit:
		g.body(n.Body, d)
	case *ast.BasicLit:
		if n.Kind == token.STRING {
			g.replace(g.span(n.Pos(), n.End()), `"..."`, d)
		}
	case *ast.CompositeLit:
		g.replace(g.span(n.Lbrace, n.End()), goBody, d)
	case *ast.CallExpr:
		g.replace(g.span(n.Lparen, n.End()), "(/* ... */)", d)
	case *ast.BinaryExpr:
		g.replace(g.span(n.X.End(), n.End()), " /* ... */", d)
	}
}

// replace cuts s where it is too long even with what is cut in it already.
func (g *goFile) replace(s span, fill string, d *decl) {
	if s.empty() || !bulky(g.src, s) {
		return
	}
	first := len(g.cuts)
	for first > 0 && g.cuts[first-1].start >= s.start {
		first--
	}
	inner := g.cuts[first:]
	lines := breaks(g.src, s)
	for _, c := range inner {
		lines -= breaks(g.src, c.span)
	}
	if remaining(s, inner) > bulkyBytes || lines > bulkyLines {
		g.cuts = append(g.cuts[:first], cut{span: s, fill: fill, of: d})
	}
}

// loose cuts the long comments between declarations. Doc comments, and whatever lies in a declaration, stay.
func (g *goFile) loose() {
	next := 0
	inside := g.occupied()
	for _, c := range g.ast.Comments {
		s := g.span(c.Pos(), c.End())
		for next < len(inside) && inside[next].end <= s.start {
			next++
		}
		if c == g.ast.Doc || next < len(inside) && inside[next].start < s.end {
			continue
		}
		if cut, ok := detached(g.src, s); ok {
			g.cuts = append(g.cuts, cut)
		}
	}
}

// occupied lists the spans of the package clause, imports and declarations, in file order.
func (g *goFile) occupied() []span {
	var spans []span
	for _, d := range g.ast.Decls {
		s := g.span(d.Pos(), d.End())
		switch d := d.(type) {
		case *ast.FuncDecl:
			s = g.whole(d, d.Doc, nil)
		case *ast.GenDecl:
			s = g.whole(d, d.Doc, nil)
		}
		spans = append(spans, s)
	}
	return spans
}
