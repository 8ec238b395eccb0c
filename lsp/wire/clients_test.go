package wire_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/slop-ls/slop-ls/engine/leaftest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

//go:generate go test . -run TestClientTypesAreFresh -update

// A dialect writes this package down in a client's language.
type dialect struct {
	file  string
	names map[string]string // of Go's types; those of this package keep their names
	list  func(elem string) string
	join  func(words []string) string // makes a name of its words, in lower case
	head  func(b *strings.Builder, d dialect)
	class func(b *strings.Builder, d dialect, c class)
}

// class is a struct of this package as it is on the wire.
type class struct {
	name, doc string
	parent    string // of what is embedded in it
	fields    []field
}

type field struct {
	name, doc string
	of        ast.Expr
	optional  bool
}

// TestClientTypesAreFresh: what our editors' clients know of the wire is what package wire says.
func TestClientTypesAreFresh(t *testing.T) {
	t.Parallel()
	classes := wireClasses(t)
	for _, d := range []dialect{lua, typescript} {
		t.Run(filepath.Ext(d.file), func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			d.head(&b, d)
			for _, c := range classes {
				d.class(&b, d, c)
			}
			if d.file == lua.file {
				b.WriteString("\nreturn M\n")
			}
			leaftest.Golden(t, d.file, b.String())
		})
	}
}

// wireClasses are the structs of this package that go over the wire, in the order of the files.
func wireClasses(t *testing.T) []class {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var found []class
	for _, name := range slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, "_test.go") }) {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range f.Decls {
			if c, ok := classOf(decl); ok {
				found = append(found, c)
			}
		}
	}
	return found
}

// classOf reads a declaration; false where it is no struct with members on the wire.
func classOf(decl ast.Decl) (class, bool) {
	gen, ok := decl.(*ast.GenDecl)
	if !ok || gen.Tok != token.TYPE {
		return class{}, false
	}
	spec := gen.Specs[0].(*ast.TypeSpec)
	st, ok := spec.Type.(*ast.StructType)
	if !ok || !spec.Name.IsExported() {
		return class{}, false
	}
	c := class{name: spec.Name.Name, doc: sentence(gen.Doc)}
	for _, f := range st.Fields.List {
		if len(f.Names) == 0 {
			c.parent = f.Type.(*ast.Ident).Name
			continue
		}
		if f.Tag == nil {
			return class{}, false // Cost and Subscription have a form of their own
		}
		tag, _ := strconv.Unquote(f.Tag.Value)
		name, options, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
		doc := f.Comment
		if doc == nil {
			doc = f.Doc
		}
		c.fields = append(c.fields, field{name: name, doc: sentence(doc), of: f.Type, optional: strings.Contains(options, "omit")})
	}
	return c, true
}

// sentence is a comment in one line.
func sentence(doc *ast.CommentGroup) string { return strings.Join(strings.Fields(doc.Text()), " ") }

// spell writes a Go type in the dialect.
func (d dialect) spell(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		if name, ok := d.names[e.Name]; ok {
			return name
		}
		if e.IsExported() {
			return d.names["package"] + e.Name
		}
	case *ast.ArrayType:
		return d.list(d.spell(e.Elt))
	case *ast.StarExpr:
		return d.spell(e.X) // the member is optional
	}
	panic(fmt.Sprintf("no client's type for %T", e))
}

// constants are the names that a client needs, by what they stand for.
var constants = []struct {
	name string
	of   []string
}{{"commands", wire.Commands}, {"methods", wire.Methods}}

// member is the name by which a client's code knows a command: slop.ticket.runOnSymbol is ticket, run, on, symbol.
func (d dialect) member(full string) string {
	var words []string
	for _, word := range strings.FieldsFunc(full[len("slop."):], func(r rune) bool { return r == '.' || r == '/' }) {
		start := 0
		for i, r := range word {
			if unicode.IsUpper(r) {
				words, start = append(words, strings.ToLower(word[start:i])), i
			}
		}
		words = append(words, strings.ToLower(word[start:]))
	}
	return d.join(words)
}

func camel(words []string) string {
	name := words[0]
	for _, w := range words[1:] {
		name += strings.ToUpper(w[:1]) + w[1:]
	}
	return name
}

// constants writes every group of names: how one begins, a name with its value, and how it ends.
func (d dialect) constants(b *strings.Builder, begin, member, end string) {
	for _, c := range constants {
		fmt.Fprintf(b, begin, c.name)
		for _, full := range c.of {
			fmt.Fprintf(b, member, d.member(full), full)
		}
		b.WriteString(end)
	}
}

var lua = dialect{
	file: "../../editors/neovim/lua/slop/wire.lua",
	names: map[string]string{
		"package": "slop.", "string": "string", "bool": "boolean", "int": "integer", "int64": "integer", "uint64": "integer",
		"uint32": "integer", "float64": "number", "Cost": `number|"unknown"`, "Subscription": "boolean|integer",
	},
	list: func(elem string) string { return elem + "[]" },
	join: func(words []string) string { return strings.Join(words, "_") },
	head: func(b *strings.Builder, d dialect) {
		b.WriteString("--- What slop-ls says beyond standard LSP (docs/protocol.md). Generated from lsp/wire: do not edit.\n\nlocal M = {}\n")
		fmt.Fprintf(b, "\nM.version = %d\n", wire.Version)
		d.constants(b, "\nM.%s = {\n", "  %s = %q,\n", "}\n")
	},
	class: func(b *strings.Builder, d dialect, c class) {
		parent := ""
		if c.parent != "" {
			parent = " : slop." + c.parent
		}
		fmt.Fprintf(b, "\n--- %s\n---@class slop.%s%s\n", c.doc, c.name, parent)
		for _, f := range c.fields {
			fmt.Fprintf(b, "---@field %s%s %s %s", f.name, optional(f), d.spell(f.of), f.doc)
			trimLine(b)
		}
	},
}

var typescript = dialect{
	file: "../../editors/vscode/src/wire.ts",
	names: map[string]string{
		"package": "", "string": "string", "bool": "boolean", "int": "number", "int64": "number", "uint64": "number",
		"uint32": "number", "float64": "number", "Cost": `number | "unknown"`, "Subscription": "boolean | number",
	},
	list: func(elem string) string { return elem + "[]" },
	join: camel,
	head: func(b *strings.Builder, d dialect) {
		b.WriteString("// What slop-ls says beyond standard LSP (docs/protocol.md). Generated from lsp/wire: do not edit.\n")
		fmt.Fprintf(b, "\nexport const version = %d;\n", wire.Version)
		d.constants(b, "\nexport const %s = {\n", "  %s: %q,\n", "} as const;\n")
	},
	class: func(b *strings.Builder, d dialect, c class) {
		parent := ""
		if c.parent != "" {
			parent = " extends " + c.parent
		}
		fmt.Fprintf(b, "\n/** %s */\nexport interface %s%s {\n", c.doc, c.name, parent)
		for _, f := range c.fields {
			if f.doc != "" {
				fmt.Fprintf(b, "  /** %s */\n", f.doc)
			}
			fmt.Fprintf(b, "  %s%s: %s;\n", f.name, optional(f), d.spell(f.of))
		}
		b.WriteString("}\n")
	},
}

func optional(f field) string {
	if f.optional {
		return "?"
	}
	return ""
}

// trimLine ends a line without blanks before its end.
func trimLine(b *strings.Builder) {
	line := strings.TrimRight(b.String(), " ")
	b.Reset()
	b.WriteString(line + "\n")
}
