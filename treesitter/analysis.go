package treesitter

import (
	"bytes"
	"sort"
	"strings"
)

// span is a half-open range of byte offsets.
type span struct{ start, end int }

func (s span) len() int            { return s.end - s.start }
func (s span) empty() bool         { return s.end <= s.start }
func (s span) contains(o int) bool { return s.start <= o && o < s.end }
func (s span) holds(t span) bool   { return s.start <= t.start && t.end <= s.end }

// ident is a name where a declaration introduces it.
type ident struct {
	text string
	at   span
}

// decl is a declaration as one of the parsers found it.
type decl struct {
	names   []ident // several for `var a, b int`; none for a group
	kind    string  // as engine.Symbol's Kind, or kindGroup
	owner   string  // the container's path where that is not parent: the receiver of a Go method
	whole   span    // with its doc comment and decorators
	sig     span    // the signature: no doc comment, no body
	parent  *decl
	members []*decl
	unit    bool // members make no sense one by one: fields of a struct, cases of an enum
	core    bool // marked as core logic: curated views keep its body
}

// kindGroup is the kind of a parenthesised or comma-separated declaration, which has members and no name.
const kindGroup = "group"

// path is the name that people and tickets use: "Type.Method".
func (d *decl) path(name string) string {
	if d.owner != "" {
		return d.owner + "." + name
	}
	if c := d.container(); c != nil {
		return c.path(c.names[0].text) + "." + name
	}
	return name
}

// container is the nearest enclosing declaration that has a name.
func (d *decl) container() *decl {
	for p := d.parent; p != nil; p = p.parent {
		if len(p.names) > 0 {
			return p
		}
	}
	return nil
}

// isCore reports whether d or anything around it is marked as core.
func (d *decl) isCore() bool {
	for ; d != nil; d = d.parent {
		if d.core {
			return true
		}
	}
	return false
}

// cut is a stretch of source that a skeleton replaces.
type cut struct {
	span
	fill string
	of   *decl // whose body it is, nil for loose statements and comments
}

// imported is one name that a file takes from another.
type imported struct {
	module string // as the source writes it: "./x", ".mod", "pkg.mod"
	name   string // there; "*" for all of it, "" for the module itself
	alias  string // here; "" with "*"
}

// analysis is what is known of one file's content. It is immutable once made, so it may be shared.
type analysis struct {
	lang    *language
	src     []byte
	by      string  // who made it: byGoParser, byTreeSitter or byLines
	why     string  // of byLines: why not by syntax
	broken  bool    // the parser saw syntax errors
	recoded bool    // src is not the file's own bytes but their UTF-8, so offsets mean nothing outside
	roots   []*decl // in file order
	cuts    []cut   // in file order, not overlapping
	heads   []span  // package clause and imports
	imports []imported
}

const (
	byGoParser   = "go/parser"
	byTreeSitter = "tree-sitter"
	byLines      = "lines"
)

func (a *analysis) fallback() bool { return a.by == byLines }

// each calls f for every declaration, containers before what they contain.
func (a *analysis) each(f func(*decl)) {
	for _, d := range a.roots {
		eachDecl(d, f)
	}
}

func eachDecl(d *decl, f func(*decl)) {
	f(d)
	for _, m := range d.members {
		eachDecl(m, f)
	}
}

// count is the number of named declarations.
func (a *analysis) count() int {
	n := 0
	a.each(func(d *decl) { n += len(d.names) })
	return n
}

// add puts d into its parent, or into the file.
func (a *analysis) add(d *decl) {
	if d.parent != nil {
		d.parent.members = append(d.parent.members, d)
		return
	}
	a.roots = append(a.roots, d)
}

// innermost is the smallest declaration whose whole contains the offset, or nil.
func (a *analysis) innermost(offset int) *decl {
	var found *decl
	for level := a.roots; ; level = found.members {
		d := containing(level, offset)
		if d == nil {
			return found
		}
		found = d
	}
}

func containing(level []*decl, offset int) *decl {
	after := sort.Search(len(level), func(i int) bool { return level[i].whole.start > offset })
	if after > 0 && level[after-1].whole.contains(offset) {
		return level[after-1]
	}
	return nil
}

// signature is a declaration's head on one line, for people.
func (a *analysis) signature(d *decl) string {
	const most = 200
	raw := a.src[d.sig.start:min(d.sig.end, d.sig.start+4*most)]
	text := strings.Join(strings.Fields(clean(raw)), " ")
	text = strings.TrimRight(text, " {:=")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// lineStart is the offset of the first byte of the line that offset is in.
func lineStart(src []byte, offset int) int {
	return bytes.LastIndexByte(src[:offset], '\n') + 1
}

// lineEnd is the offset after the line feed of the line that offset is in.
func lineEnd(src []byte, offset int) int {
	if i := bytes.IndexByte(src[offset:], '\n'); i >= 0 {
		return offset + i + 1
	}
	return len(src)
}

// indentOf is the white space that the line of offset begins with, as far as the offset.
func indentOf(src []byte, offset int) string {
	line := src[lineStart(src, offset):offset]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// aloneBefore reports whether nothing but white space stands before the offset on its line.
func aloneBefore(src []byte, offset int) bool {
	return blank(src[lineStart(src, offset):offset])
}

// aloneAfter reports whether nothing but white space follows the offset on its line.
func aloneAfter(src []byte, offset int) bool {
	return blank(src[offset:lineEnd(src, offset)])
}

func blank(b []byte) bool { return len(bytes.TrimSpace(b)) == 0 }

// breaks counts the line feeds in a span.
func breaks(src []byte, s span) int { return bytes.Count(src[s.start:s.end], []byte("\n")) }
