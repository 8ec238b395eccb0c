package trackfile

import (
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// maxCopied bounds what aliases may stand for altogether, so that a short file cannot mean a huge one.
const maxCopied = 100_000

// convert turns the parser's node, with what is below it, into ours. Its depth is bounded by heavyTokens.
func (y *yamlReader) convert(n ast.Node) *node {
	switch n := n.(type) {
	case *ast.MappingNode:
		return y.mapping(n)
	case *ast.MappingValueNode:
		return y.pairs(&node{kind: mapping, size: 1}, []*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		return y.sequence(n)
	case *ast.LiteralNode:
		return y.block(n)
	case *ast.AnchorNode:
		return y.anchor(n)
	case *ast.AliasNode:
		return y.alias(n)
	case *ast.TagNode:
		return y.tagged(n)
	case *ast.MappingKeyNode:
		return y.convert(n.Value)
	}
	return y.scalar(n)
}

// leaf is a scalar from a block of many: a large track has hundreds of thousands.
func (y *yamlReader) leaf(k kind, s string, at Span) *node {
	if len(y.leaves) == 0 {
		y.leaves = make([]node, min(512, 1+len(y.loc.spans)))
	}
	n := &y.leaves[0]
	y.leaves = y.leaves[1:]
	*n = node{kind: k, text: s, span: at, entry: at.Start, size: 1}
	return n
}

func (y *yamlReader) scalar(n ast.Node) *node {
	if n == nil || n.GetToken() == nil {
		return y.leaf(nothing, "", Span{y.loc.at, y.loc.at})
	}
	tk := n.GetToken()
	at := y.loc.span(tk)
	switch n := n.(type) {
	case *ast.StringNode:
		return y.leaf(text, y.written(tk, n.Value, at), at)
	case *ast.MergeKeyNode:
		return y.leaf(text, y.src[at.Start:at.End], at)
	case *ast.BoolNode:
		return y.leaf(boolean, tk.Value, at)
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return y.leaf(number, tk.Value, at)
	}
	return y.leaf(nothing, "", at)
}

// written is the value of text where the tokenizer's is another one: it drops the tabs of plain text on one line, and
// takes a \r\n in quoted text for two line ends.
func (y *yamlReader) written(tk *token.Token, value string, at Span) string {
	raw := y.src[at.Start:at.End]
	switch tk.Type {
	case token.StringType:
		if strings.Contains(raw, "\t") && !strings.ContainsAny(raw, "\r\n") {
			return raw
		}
	case token.SingleQuoteType, token.DoubleQuoteType:
		if !strings.Contains(raw, "\r\n") {
			return value
		}
		if again := tokenize(strings.ReplaceAll(raw, "\r\n", "\n")); len(again) == 1 && again[0].Type == tk.Type {
			return again[0].Value
		}
	}
	return value
}

func (y *yamlReader) block(n *ast.LiteralNode) *node {
	at := y.loc.span(n.Start)
	if n.Value == nil {
		return scalar(text, "", at)
	}
	at.End = max(at.End, y.loc.span(n.Value.Token).End)
	return scalar(text, n.Value.Value, at)
}

func (y *yamlReader) mapping(n *ast.MappingNode) *node {
	out := &node{kind: mapping, flow: n.IsFlowStyle, size: 1}
	y.pairs(out, n.Values)
	if n.IsFlowStyle || len(n.Values) == 0 {
		start := y.loc.span(n.Start)
		out.span = Span{start.Start, max(start.End, y.loc.span(n.End).End)}
	}
	out.entry = out.span.Start
	return out
}

func (y *yamlReader) pairs(out *node, pairs []*ast.MappingValueNode) *node {
	out.keys, out.items = make([]*node, 0, len(pairs)), make([]*node, 0, len(pairs))
	for i, p := range pairs {
		key, value := y.convert(p.Key), y.convert(p.Value)
		out.keys, out.items = append(out.keys, key), append(out.items, value)
		out.size += value.size + 1
		if i == 0 {
			out.span, out.entry = key.span, key.span.Start
		}
		out.span.End = max(out.span.End, key.span.End, y.loc.span(p.Start).End, value.span.End)
	}
	return out
}

func (y *yamlReader) sequence(n *ast.SequenceNode) *node {
	start := y.loc.span(n.Start)
	out := &node{kind: list, flow: n.IsFlowStyle, span: start, entry: start.Start, size: 1}
	for i, v := range n.Values {
		item := y.convert(v)
		if dash := n.Entries[i].Start; !n.IsFlowStyle && dash != nil {
			item.entry = y.loc.span(dash).Start
		}
		out.items = append(out.items, item)
		out.size += item.size
		out.span.End = max(out.span.End, item.span.End)
	}
	if n.End != nil {
		out.span.End = y.loc.span(n.End).End
	}
	return out
}

func (y *yamlReader) anchor(n *ast.AnchorNode) *node {
	v := y.convert(n.Value)
	v.entry = min(v.entry, y.loc.span(n.Start).Start)
	if n.Name != nil {
		y.anchors[n.Name.GetToken().Value] = v
	}
	return v
}

func (y *yamlReader) alias(n *ast.AliasNode) *node {
	at := y.loc.span(n.Start)
	if n.Value == nil {
		return scalar(nothing, "", at)
	}
	name := n.Value.GetToken()
	at.End = max(at.End, y.loc.span(name).End)
	target, ok := y.anchors[name.Value]
	if !ok {
		return y.badAlias(at, "there is no anchor "+quoteShort("&"+name.Value)+" above this alias")
	}
	if y.copied += target.size; y.copied > maxCopied {
		return y.badAlias(at, "the aliases up to this one stand for too much: write the values out")
	}
	return target.placed(at)
}

func (y *yamlReader) badAlias(at Span, msg string) *node {
	y.extra = append(y.extra, found(Error, CodeAlias, at, "%s", msg))
	return scalar(nothing, "", at)
}

// tagged is the value behind a tag; only the tag of text changes what it is.
func (y *yamlReader) tagged(n *ast.TagNode) *node {
	v := y.convert(n.Value)
	if n.Start != nil && n.Start.Value == "!!str" && v.kind != list && v.kind != mapping {
		v.kind = text
	}
	return v
}

// runeSpan is the character at a line and a rune column, both from 1; the other span when there is none.
func (d *reading) runeSpan(line, column int, other Span) Span {
	lines := d.starts()
	if line < 1 || line > len(lines) {
		return other
	}
	at := lines[line-1]
	for ; column > 1 && at < len(d.src) && d.src[at] != '\n'; column-- {
		_, n := utf8.DecodeRune(d.src[at:])
		at += n
	}
	if at < other.Start {
		return other
	}
	_, n := utf8.DecodeRune(d.src[at:])
	return Span{at, at + n}
}
