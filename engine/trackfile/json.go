package trackfile

import (
	"bytes"
	"encoding/json"
	"errors"
)

// maxDepth bounds how deep values may nest. A track needs four levels.
const maxDepth = 64

// parseJSON reads the root value; nil when there is none. The syntax is checked by encoding/json as a whole,
// so what follows an error is not read, and what stands before it is.
func (d *reading) parseJSON(src []byte, bom int) *node {
	body := src[bom:]
	if len(bytes.TrimSpace(body)) == 0 {
		d.empty()
		return nil
	}
	var syntax *json.SyntaxError
	if err := json.Unmarshal(body, new(json.RawMessage)); errors.As(err, &syntax) {
		d.broken = true
		d.jsonError(src, bom+int(syntax.Offset), syntax.Error())
	}
	r := &jsonReader{dec: json.NewDecoder(bytes.NewReader(body)), src: src, base: bom, deep: -1}
	r.dec.UseNumber()
	root, _ := r.value(0)
	if r.deep >= 0 {
		d.broken = true
		d.errorf(CodeTooComplex, Span{r.deep, r.deep + 1}, "values are nested more than %d deep here", maxDepth)
	}
	return root
}

// elementJSON reads one value that is known to be legal and stands so deep in its document; nil when it holds
// values that are nested too deep for that.
func (d *reading) elementJSON(src []byte, depth int) *node {
	r := &jsonReader{dec: json.NewDecoder(bytes.NewReader(src)), src: src, deep: -1}
	r.dec.UseNumber()
	n, _ := r.value(depth)
	if r.deep >= 0 {
		return nil
	}
	return n
}

func (d *reading) empty() {
	d.errorf(CodeEmpty, Span{}, `the file is empty: a track has a "title", a "goal" and a list of "tickets"`)
}

// jsonReader builds nodes from encoding/json's tokens, whose offsets are exact.
type jsonReader struct {
	dec  *json.Decoder
	src  []byte
	base int // where the decoder's offset 0 is in src
	deep int // where the nesting went too deep, else -1
}

// token is the next token and its range; ok is false at the end and at the first error.
func (r *jsonReader) token() (tok json.Token, at Span, ok bool) {
	start := r.base + int(r.dec.InputOffset())
	tok, err := r.dec.Token()
	if err != nil {
		return nil, Span{}, false
	}
	end := r.base + int(r.dec.InputOffset())
	for start < end && bytes.IndexByte([]byte(" \t\r\n,:"), r.src[start]) >= 0 {
		start++
	}
	return tok, Span{start, end}, true
}

// value reads one value; at an error it returns what was complete of it, and false.
func (r *jsonReader) value(depth int) (*node, bool) {
	tok, at, ok := r.token()
	if !ok {
		return nil, false
	}
	switch t := tok.(type) {
	case json.Delim:
		return r.composite(t, at, depth)
	case string:
		return scalar(text, t, at), true
	case json.Number:
		return scalar(number, t.String(), at), true
	case bool:
		return scalar(boolean, map[bool]string{true: "true", false: "false"}[t], at), true
	}
	return scalar(nothing, "", at), true
}

func scalar(k kind, s string, at Span) *node {
	return &node{kind: k, text: s, span: at, entry: at.Start, size: 1}
}

func (r *jsonReader) composite(open json.Delim, at Span, depth int) (*node, bool) {
	n := &node{kind: list, span: at, entry: at.Start, flow: true, size: 1}
	if open == '{' {
		n.kind = mapping
	}
	n.cut = true
	if depth >= maxDepth {
		r.deep = at.Start
		return n, false
	}
	for r.dec.More() {
		if !r.member(n, depth) {
			return n, false
		}
	}
	_, end, ok := r.token()
	if ok {
		n.span.End, n.cut = end.End, false
	}
	return n, ok
}

// member reads one element or one key and value into n.
func (r *jsonReader) member(n *node, depth int) bool {
	if n.kind == mapping {
		key, at, ok := r.token()
		name, isText := key.(string)
		if !ok || !isText {
			return false
		}
		n.span.End = at.End
		v, complete := r.value(depth + 1)
		if v == nil {
			return false
		}
		n.keys = append(n.keys, scalar(text, name, at))
		n.add(v)
		return complete
	}
	v, complete := r.value(depth + 1)
	if v != nil {
		n.add(v)
	}
	return complete
}

func (n *node) add(v *node) {
	n.items = append(n.items, v)
	n.size += v.size
	n.span.End = v.span.End
}
