//go:build cgo

package treesitter

import (
	"bytes"
	"strings"
)

// body cuts a function's body.
func (w *walker) body(d *decl, kids []node, body node) {
	if w.rules.body == "" {
		w.indented(d, kids, body)
		return
	}
	w.braced(d, body)
}

// braced cuts a body in braces, or the expression that an arrow function is instead of one.
func (w *walker) braced(d *decl, body node) {
	if !w.rules.blocks[body.kind] {
		if body.len() > 40 || breaks(w.src, body.span) > 0 {
			w.cut(body.span, w.rules.body, d)
		}
		return
	}
	inner := strings.Trim(w.text(body.span), "{} \t\r\n")
	if inner != "" {
		w.cut(body.span, w.rules.body, d)
	}
}

func (w *walker) cut(s span, fill string, d *decl) {
	w.cuts = append(w.cuts, cut{span: s, fill: fill, of: d})
}

// indented cuts a body that is an indented block, as far as the docstring that it may begin with.
func (w *walker) indented(d *decl, kids []node, body node) {
	inner := w.children(body)
	if len(inner) == 0 {
		return
	}
	if w.docstring(inner[0]) {
		if len(inner) > 1 {
			w.cut(span{inner[0].end, body.end}, w.afterDoc(inner[0]), d)
		}
		return
	}
	if len(inner) == 1 && w.nothing(inner[0]) {
		return
	}
	w.cut(span{w.bodyStart(kids, body), body.end}, "...", d)
}

// docstring reports whether a statement is a bare string.
func (w *walker) docstring(n node) bool {
	if n.kind != "expression_statement" {
		return false
	}
	kids := w.children(n)
	return len(kids) == 1 && kids[0].kind == "string"
}

// nothing reports whether a statement is `pass` or `...`.
func (w *walker) nothing(n node) bool {
	return n.kind == "pass_statement" || w.text(n.span) == "..."
}

// afterDoc is what follows a docstring: a line of its own, or the same line where the body is written on one.
func (w *walker) afterDoc(doc node) string {
	if !aloneBefore(w.src, doc.start) {
		return "; ..."
	}
	newline := "\n"
	if bytes.HasSuffix(w.src[:lineStart(w.src, doc.start)], []byte("\r\n")) {
		newline = "\r\n"
	}
	return newline + indentOf(w.src, doc.start) + "..."
}

// bodyStart is where a body begins, the comments on their own lines before its first statement included.
func (w *walker) bodyStart(kids []node, body node) int {
	for _, k := range kids {
		if w.rules.comments[k.kind] && k.start < body.start && aloneBefore(w.src, k.start) {
			return k.start
		}
	}
	return body.start
}

// block cuts the body of a statement that is not a function's.
func (w *walker) block(b node) {
	if w.rules.body == "" {
		w.indented(nil, nil, b)
		return
	}
	w.braced(nil, b)
}

// loose cuts what is long in a statement that declares nothing, and the statement itself where that is not enough.
func (w *walker) loose(k node, depth int) {
	if k.len() < bulkyBytes && breaks(w.src, k.span) < 3 {
		return
	}
	mark := len(w.cuts)
	w.expression(k, nil, depth)
	w.tooLong(k.span, mark, w.rules.statement, nil)
}

// expression cuts function bodies, and then the literals that are still too long without them. An object of functions
// keeps their heads.
func (w *walker) expression(n node, d *decl, depth int) {
	if depth > deepest || w.late {
		return
	}
	mark := len(w.cuts)
	kids := w.children(n)
	for _, kid := range kids {
		switch {
		case w.rules.functions[n.kind] && kid.field == "body":
			w.body(d, kids, kid)
		case w.rules.blocks[kid.kind]:
			w.block(kid)
		case kid.len() > len(w.rules.body)+len(w.rules.value):
			w.expression(kid, d, depth+1)
		}
	}
	if fill, ok := w.rules.bulky[n.kind]; ok {
		w.tooBulky(n.span, mark, fill, d)
	}
}

// mostHeads is how many lines of function heads an object may keep.
const mostHeads = 60

func (w *walker) tooBulky(s span, mark int, fill string, d *decl) {
	if !bulky(w.src, s) {
		return
	}
	lines, size := w.left(s, mark)
	if len(w.cuts) > mark && lines <= mostHeads && size <= 8*bulkyBytes {
		return
	}
	w.cuts = append(w.cuts[:mark], cut{span: s, fill: fill, of: d})
}

// tooLong cuts s as a whole where what is cut in it leaves too much.
func (w *walker) tooLong(s span, mark int, fill string, d *decl) {
	if lines, size := w.left(s, mark); lines > mostHeads || size > 8*bulkyBytes {
		w.cuts = append(w.cuts[:mark], cut{span: s, fill: fill, of: d})
	}
}

// left is the size of s after the cuts made since mark.
func (w *walker) left(s span, mark int) (lines, size int) {
	lines = breaks(w.src, s)
	for _, c := range w.cuts[mark:] {
		lines -= breaks(w.src, c.span)
	}
	return lines, remaining(s, w.cuts[mark:])
}

// lead gathers the comments and decorators that stand before the next statement of a scope.
type lead struct {
	w         *walker
	run       span // adjacent comments
	decorated int  // where the last decorator begins, 0 for none
	has       bool
	prev      int // the end of the statement before
}

func (l *lead) comment(k node) {
	if !aloneBefore(l.w.src, k.start) && l.prev > 0 {
		return
	}
	if l.has && (l.decorated > 0 || l.adjacent(l.run.end, k.start)) {
		l.run.end = k.end
		return
	}
	l.flush()
	l.run, l.has = k.span, true
}

func (l *lead) decorator(k node) {
	if l.has && l.adjacent(l.run.end, k.start) {
		l.run.end = k.end
	} else {
		l.flush()
		l.run, l.has = k.span, true
	}
	l.decorated = max(1, k.start)
}

// take gives the offset at which k begins with what belongs to it, and forgets the rest. attaches says whether
// comments can belong to k at all.
func (l *lead) take(k node, attaches bool) int {
	defer func() { l.prev, l.has, l.decorated = k.end, false, 0 }()
	if l.has && attaches && (l.decorated > 0 || l.adjacent(l.run.end, k.start)) {
		return l.run.start
	}
	l.flush()
	return k.start
}

// adjacent reports whether b begins on a's line or on the next one.
func (l *lead) adjacent(a, b int) bool {
	return blank(l.w.src[a:b]) && breaks(l.w.src, span{a, b}) <= 1
}

// flush lets go of comments that belong to nothing.
func (l *lead) flush() {
	if !l.has || l.decorated > 0 {
		return
	}
	if c, ok := detached(l.w.src, l.run); ok {
		l.w.cuts = append(l.w.cuts, c)
	}
	l.has = false
}
