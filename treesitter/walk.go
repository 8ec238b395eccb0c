//go:build cgo

package treesitter

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	sitter "github.com/smacker/go-tree-sitter"
)

// walker reads declarations and cuts out of a tree by a language's rules. It visits what lies between declarations,
// their heads and their values, and never the inside of a function's body, so its cost is that of the skeleton.
type walker struct {
	*analysis
	g        *grammar
	rules    *rules
	cursor   *sitter.TreeCursor
	deadline time.Time
	visited  int
	late     bool // the deadline has passed; the rest was not visited
}

// deepest bounds the recursion into nested expressions and scopes; real code stays far below it.
const deepest = 400

// node is a tree's node with what is asked of it most.
type node struct {
	span
	kind  string
	field string
	raw   *sitter.Node
}

// walk makes an analysis of a tree, or nil when the deadline passes first.
func walk(lang *language, g *grammar, tree *sitter.Tree, src []byte, deadline time.Time) *analysis {
	root := tree.RootNode()
	w := &walker{
		analysis: &analysis{lang: lang, src: src, by: byTreeSitter, broken: root.HasError()},
		g:        g,
		rules:    lang.rules,
		cursor:   sitter.NewTreeCursor(root),
		deadline: deadline,
	}
	defer w.cursor.Close()
	w.scope(w.children(w.node(root, "")), nil, 0)
	if w.late {
		return nil
	}
	w.cuts = sortCuts(w.cuts)
	return w.analysis
}

func (w *walker) node(n *sitter.Node, field string) node {
	return node{span: span{int(n.StartByte()), int(n.EndByte())}, kind: w.g.kind(n), field: field, raw: n}
}

// children lists a node's children, punctuation included. It goes by cursor, because asking a node for its nth child
// counts from the first each time.
func (w *walker) children(n node) []node {
	if w.expired() {
		return nil
	}
	var kids []node
	w.cursor.Reset(n.raw)
	for more := w.cursor.GoToFirstChild(); more; more = w.cursor.GoToNextSibling() {
		kids = append(kids, w.node(w.cursor.CurrentNode(), w.cursor.CurrentFieldName()))
		if w.visited++; w.visited%4096 == 0 && w.expired() {
			break
		}
	}
	return kids
}

func (w *walker) expired() bool {
	w.late = w.late || time.Now().After(w.deadline)
	return w.late
}

func (w *walker) text(s span) string { return string(w.src[s.start:s.end]) }

// field finds the child that the grammar calls name; "*kind" finds the first child of a kind.
func field(kids []node, name string) (node, bool) {
	for _, k := range kids {
		if k.field == name && k.kind != "comment" || name != "" && name[0] == '*' && k.kind == name[1:] {
			return k, true
		}
	}
	return node{}, false
}

// scope walks the statements of a file, a class or a namespace.
func (w *walker) scope(kids []node, parent *decl, depth int) {
	if depth > deepest {
		return
	}
	lead := lead{w: w}
	for _, k := range kids {
		switch {
		case w.late:
			return
		case w.rules.comments[k.kind]:
			lead.comment(k)
		case w.rules.decorators[k.kind]:
			lead.decorator(k)
		default:
			start := lead.take(k, w.attaches(k))
			w.statement(k, span{start, k.end}, parent, depth)
		}
	}
	lead.flush()
}

// attaches reports whether comments right before a statement belong to it.
func (w *walker) attaches(k node) bool {
	_, declares := w.rules.decls[k.kind]
	if w.rules.docstrings && w.docstring(k) {
		return false
	}
	return declares || w.rules.wrappers[k.kind] || w.rules.scopes[k.kind]
}

// statement handles one of a scope's children. whole is its span with what stands before it.
func (w *walker) statement(k node, whole span, parent *decl, depth int) {
	rule, declares := w.rules.decls[k.kind]
	switch {
	case rule.name == "." && (parent == nil || parent.kind != "enum"):
	case declares:
		w.declare(k, rule, whole, parent, depth)
	case w.rules.imports[k.kind]:
		w.heads = append(w.heads, k.span)
		w.readImport(k)
	case w.rules.heads[k.kind]:
		w.heads = append(w.heads, k.span)
	case w.rules.wrappers[k.kind]:
		w.wrapped(k, whole, parent, depth)
	case w.rules.scopes[k.kind]:
		w.conditional(k, parent, depth)
	case w.rules.blocks[k.kind]:
		w.scope(w.children(k), parent, depth+1)
	default:
		w.loose(k, depth)
	}
}

// declare adds a declaration and walks what is in it.
func (w *walker) declare(k node, rule declRule, whole span, parent *decl, depth int) {
	kids := w.children(k)
	if rule.specs != "" {
		w.group(k, kids, rule, whole, parent, depth)
		return
	}
	d := &decl{kind: rule.kind, whole: whole, sig: k.span, parent: parent, unit: rule.unit}
	if rule.name == "." {
		d.names = present([]ident{{w.text(k.span), k.span}})
	}
	for _, kid := range w.named(kids, rule.name) {
		d.names = append(d.names, present(w.names(kid, d))...)
	}
	if len(d.names) == 0 {
		w.loose(k, depth)
		return
	}
	w.classify(d, kids, rule)
	w.add(d)
	w.inside(d, k, kids, rule, depth)
}

// named lists the children that hold names: those of a field, or with "*kind" the first of a kind that is no keyword.
func (w *walker) named(kids []node, name string) []node {
	kind, byKind := strings.CutPrefix(name, "*")
	var list []node
	for _, k := range kids {
		if byKind && k.kind == kind && w.text(k.span) != kind {
			return []node{k}
		}
		if !byKind && k.field == name {
			list = append(list, k)
		}
	}
	return list
}

// inside walks the parts of a declaration: its body, its members, its value, and whatever else may hold long literals.
func (w *walker) inside(d *decl, k node, kids []node, rule declRule, depth int) {
	for _, kid := range kids {
		switch {
		case kid.field == "" || w.rules.comments[kid.kind]:
		case kid.field == rule.body:
			d.sig.end = headEnd(kids, kid)
			w.body(d, kids, kid)
		case kid.field == rule.members:
			d.sig.end = headEnd(kids, kid)
			w.scope(w.children(kid), d, depth+1)
		case kid.field == rule.value:
			w.value(d, kid, depth)
		}
	}
}

// present drops the names that the parser made up where one is missing.
func present(names []ident) []ident {
	return slices.DeleteFunc(names, func(n ident) bool { return n.at.empty() || n.text == "" })
}

// headEnd is where the head of a declaration ends: at its body, or at the colon before that.
func headEnd(kids []node, body node) int {
	for _, k := range kids {
		if k.kind == ":" && k.end <= body.start {
			return k.start
		}
	}
	return body.start
}

// names reads the identifiers that a name node introduces: one, or those of a list.
func (w *walker) names(n node, d *decl) []ident {
	switch n.kind {
	case "pattern_list", "tuple_pattern", "object_pattern", "array_pattern":
		var ids []ident
		for _, kid := range w.children(n) {
			if kid.kind == "pair_pattern" {
				kid, _ = field(w.children(kid), "value")
			}
			if w.rules.names[kid.kind] || kid.kind == "shorthand_property_identifier_pattern" {
				ids = append(ids, ident{w.text(kid.span), kid.span})
			}
		}
		return ids
	case "member_expression":
		return w.memberName(n, d)
	case "attribute", "subscript", "subscript_expression", "computed_property_name", "parenthesized_expression", ",":
		return nil
	case "string":
		return []ident{{strings.Trim(w.text(n.span), "\"'`"), n.span}}
	}
	text, _, _ := strings.Cut(w.text(n.span), "[")
	return []ident{{text, span{n.start, n.start + len(text)}}}
}

// memberName reads `exports.name = …` and `Type.prototype.name = …`. Anything else that is assigned to a member
// declares nothing.
func (w *walker) memberName(n node, d *decl) []ident {
	kids := w.children(n)
	object, _ := field(kids, "object")
	property, ok := field(kids, "property")
	if !ok || d.parent != nil {
		return nil
	}
	on := w.text(object.span)
	typ, proto := strings.CutSuffix(on, ".prototype")
	switch {
	case on == "exports" || on == "module.exports":
	case proto:
		d.owner = typ
	default:
		return nil
	}
	return []ident{{w.text(property.span), property.span}}
}

var receiverType = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\*?\s*([\pL_][\pL\d_]*)\s*(?:\[[^\]]*\])?\s*\)\s*$`) })

// classify sharpens a declaration's kind by where it stands and how it is written.
func (w *walker) classify(d *decl, kids []node, rule declRule) {
	in := ""
	if c := d.container(); c != nil {
		in = c.kind
	}
	switch {
	case rule.owner != "":
		recv, _ := field(kids, rule.owner)
		if m := receiverType().FindStringSubmatch(w.text(recv.span)); m != nil {
			d.owner = m[1]
		}
	case in == "class" && d.kind == "function":
		d.kind = "method"
	case in == "class" && d.kind == "var":
		d.kind = "field"
	case d.kind == "var" && constantName(d.names[0].text):
		d.kind = "const"
	}
}

func constantName(s string) bool {
	return strings.ToUpper(s) == s && strings.ToLower(s) != s
}

// group takes a declaration of several names: `const a = 1, b = 2`, `type ( … )`.
func (w *walker) group(k node, kids []node, rule declRule, whole span, parent *decl, depth int) {
	var specs []node
	for _, kid := range kids {
		if kid.kind == rule.specs {
			specs = append(specs, kid)
		}
	}
	spec := w.rules.decls[rule.specs]
	spec.kind = rule.kind
	if bytes.HasPrefix(w.src[k.start:k.end], []byte("let")) {
		spec.kind = "var"
	}
	if len(specs) == 1 {
		w.declareSpec(specs[0], spec, whole, k.start, parent, depth)
		return
	}
	g := &decl{kind: kindGroup, whole: whole, sig: k.span, parent: parent}
	w.add(g)
	for _, s := range specs {
		w.declareSpec(s, spec, s.span, s.start, g, depth)
	}
}

// declareSpec declares a lone spec with the keyword before it as part of its signature.
func (w *walker) declareSpec(s node, rule declRule, whole span, sig int, parent *decl, depth int) {
	before := len(w.siblings(parent))
	w.declare(s, rule, whole, parent, depth)
	if after := w.siblings(parent); len(after) > before {
		after[before].sig.start = sig
	}
}

func (w *walker) siblings(parent *decl) []*decl {
	if parent != nil {
		return parent.members
	}
	return w.roots
}

// value walks the value of a variable or a field: a function or class in it makes the name one.
func (w *walker) value(d *decl, v node, depth int) {
	mark := len(w.cuts)
	switch {
	case w.rules.functions[v.kind]:
		d.kind = "function"
		if c := d.container(); c != nil && c.kind == "class" {
			d.kind = "method"
		}
		w.expression(v, d, depth)
		if len(w.cuts) > mark {
			d.sig.end = w.cuts[mark].start
		}
		return
	case w.rules.classes[v.kind]:
		d.kind = "class"
		w.classBody(d, v, depth)
		return
	}
	d.sig.end = min(d.sig.end, max(v.start, d.sig.start))
	w.expression(v, d, depth)
	w.tooLong(v.span, mark, w.rules.value, d)
}

func (w *walker) classBody(d *decl, class node, depth int) {
	kids := w.children(class)
	if body, ok := field(kids, "body"); ok {
		d.sig.end = max(d.sig.start, body.start)
		w.scope(w.children(body), d, depth+1)
	}
}

// wrapped handles a statement around one declaration: an export, a decorated definition, an expression.
func (w *walker) wrapped(k node, whole span, parent *decl, depth int) {
	kids := w.children(k)
	if _, ok := field(kids, "source"); ok {
		w.readImport(k)
		return
	}
	if w.rules.docstrings && len(kids) == 1 && kids[0].kind == "string" {
		return
	}
	for _, kid := range kids {
		switch {
		case w.rules.wrappers[kid.kind]:
			w.wrapped(kid, whole, parent, depth)
			return
		case w.declaresHere(kid, parent):
			w.declare(kid, w.rules.decls[kid.kind], whole, parent, depth)
			return
		case kid.field == "value":
			w.defaultExport(kids, kid, whole, parent, depth)
			return
		case w.rules.blocks[kid.kind]:
			w.scope(w.children(kid), parent, depth+1)
			return
		}
	}
	if !w.immediate(kids, parent, depth) {
		w.loose(k, depth)
	}
}

// declaresHere leaves out what looks like a declaration and is none: an assignment in a class's initialiser, say.
func (w *walker) declaresHere(kid node, parent *decl) bool {
	if _, ok := w.rules.decls[kid.kind]; !ok || kid.kind == "property_identifier" {
		return false
	}
	if kid.kind != "assignment_expression" {
		return true
	}
	left, ok := field(w.children(kid), "left")
	return ok && parent == nil && left.kind == "member_expression"
}

// defaultExport names an anonymous function or class after the keyword that exports it.
func (w *walker) defaultExport(kids []node, v node, whole span, parent *decl, depth int) {
	d := &decl{kind: "var", whole: whole, sig: whole, parent: parent}
	if name, ok := field(w.children(v), "name"); ok && !name.empty() && (w.rules.classes[v.kind] || w.rules.functions[v.kind]) {
		d.names = []ident{{w.text(name.span), name.span}}
	} else if at, ok := field(kids, "*default"); ok {
		d.names = []ident{{"default", at.span}}
	}
	if len(d.names) == 0 {
		w.loose(v, depth)
		return
	}
	d.sig.start = min(d.names[0].at.start, kids[0].start)
	w.add(d)
	w.value(d, v, depth)
}

// immediate walks into `(function () { … })()`, in which old JavaScript keeps a whole file.
func (w *walker) immediate(kids []node, parent *decl, depth int) bool {
	for range 6 {
		var next []node
		for _, kid := range kids {
			switch {
			case w.rules.functions[kid.kind]:
				body, ok := field(w.children(kid), "body")
				if ok && w.rules.blocks[body.kind] {
					w.scope(w.children(body), parent, depth+1)
				}
				return ok
			case kid.field == "function" || kid.field == "argument" || kid.kind == "call_expression" || kid.kind == "parenthesized_expression" || kid.kind == "unary_expression":
				next = w.children(kid)
			}
			if next != nil {
				break
			}
		}
		kids = next
	}
	return false
}

// conditional walks a statement of a file or a class that may declare. Imports in it count as one head, since they
// mean nothing without the condition; where it declares something as well, none of it does.
func (w *walker) conditional(k node, parent *decl, depth int) {
	heads, declared := len(w.heads), len(w.siblings(parent))
	w.nested(k, parent, depth)
	if len(w.heads) == heads {
		return
	}
	w.heads = w.heads[:heads]
	if parent == nil && len(w.siblings(parent)) == declared {
		w.heads = append(w.heads, k.span)
	}
}

// nested walks a statement that may declare: an import in a try, a function in an if. Its blocks are cut where they
// declare nothing, and where they are the part that runs only as a program.
func (w *walker) nested(k node, parent *decl, depth int) {
	kids := w.children(k)
	condition, _ := field(kids, "condition")
	program := strings.Contains(w.text(condition.span), "__name__")
	for _, kid := range kids {
		switch {
		case w.rules.scopes[kid.kind]:
			w.nested(kid, parent, depth+1)
		case w.rules.blocks[kid.kind] && program:
			w.block(kid)
		case w.rules.blocks[kid.kind]:
			w.declaring(kid, parent, depth)
		}
	}
}

func (w *walker) declaring(block node, parent *decl, depth int) {
	before, imports, cuts := len(w.siblings(parent)), len(w.heads), len(w.cuts)
	w.scope(w.children(block), parent, depth+1)
	if len(w.siblings(parent)) == before && len(w.heads) == imports && breaks(w.src, block.span) > 2 {
		w.cuts = w.cuts[:cuts]
		w.block(block)
	}
}
