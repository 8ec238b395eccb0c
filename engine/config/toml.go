package config

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// entry is one key with its value, or one table header, as it was written.
type entry struct {
	path   []string
	at     []Origin // of each part of the path
	value  any      // int64, float64, bool, string, []any, or other
	place  Origin   // of the value
	header bool
	array  bool // a header in double brackets
}

// other is a value of a kind that no setting has; it is its name.
type other string

// tooLarge is a number that the decoder refuses as well.
const tooLarge = other("a number that is too large")

// tomlReader walks over a TOML file.
type tomlReader struct {
	p       unstable.Parser
	src     []byte
	layer   Layer
	file    string
	entries []entry
}

// readTOML lists what a file says, in its order, and its syntax errors.
func readTOML(layer Layer, file string, src []byte) ([]entry, []Problem) {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	r := &tomlReader{src: src, layer: layer, file: file}
	r.p.Reset(src)
	var table []string
	var at []Origin
	for r.p.NextExpression() {
		n := r.p.Expression()
		switch n.Kind {
		case unstable.Table, unstable.ArrayTable:
			table, at = r.key(n.Key())
			r.entries = append(r.entries, entry{path: table, at: at, header: true, array: n.Kind == unstable.ArrayTable})
		case unstable.KeyValue:
			r.keyValue(table, at, n)
		}
	}
	return r.entries, r.syntax()
}

// syntax asks the decoder, which also knows keys and tables that stand twice.
func (r *tomlReader) syntax() []Problem {
	var all map[string]any
	err := toml.Unmarshal(r.src, &all)
	if err == nil {
		return nil
	}
	o := Origin{r.layer, r.file, 1, 1}
	var wrong *toml.DecodeError
	if errors.As(err, &wrong) {
		o.Line, o.Column = wrong.Position()
		o.Column = max(1, o.Column)
	}
	return []Problem{{o, "", tomlAdvice(strings.TrimPrefix(err.Error(), "toml: "))}}
}

// tomlAdvice says in plain words what the decoder says in its own.
func tomlAdvice(said string) string {
	for _, a := range []struct{ said, help string }{
		{"U+000A at start of value", `a value is missing behind the "="`},
		{"strings must be quoted", "text must stand in quotes"},
		{"at start of value", `expected a value: text in quotes, a number, true, false or a list`},
		{"unterminated", "this quote is never closed"},
		{"too large", "this number is too large"},
		{"already exists", "this table stands twice: put its keys into one of them"},
		{"should be a table", "this name has a value above and cannot have keys as well"},
		{"is already defined", "this key stands twice: delete one of them"},
		{"expected newline", "expected the end of the line here: one key a line"},
	} {
		if strings.Contains(said, a.said) {
			return a.help
		}
	}
	return "this is not TOML: " + said
}

func (r *tomlReader) origin(offset int) Origin {
	before := r.src[:min(offset, len(r.src))]
	line := bytes.Count(before, []byte("\n"))
	return Origin{r.layer, r.file, line + 1, len(before) - (bytes.LastIndexByte(before, '\n') + 1) + 1}
}

func (r *tomlReader) key(it unstable.Iterator) (path []string, at []Origin) {
	for it.Next() {
		k := it.Node()
		path = append(path, string(k.Data))
		at = append(at, r.origin(int(k.Raw.Offset)))
	}
	return path, at
}

// keyValue lists one key, or the keys of the inline table that it has as its value.
func (r *tomlReader) keyValue(table []string, tableAt []Origin, n *unstable.Node) {
	key, keyAt := r.key(n.Key())
	path := append(table[:len(table):len(table)], key...)
	at := append(tableAt[:len(tableAt):len(tableAt)], keyAt...)
	v := n.Value()
	if v.Kind == unstable.InlineTable {
		r.entries = append(r.entries, entry{path: path, at: at, header: true})
		for it := v.Children(); it.Next(); {
			r.keyValue(path, at, it.Node())
		}
		return
	}
	place := at[len(at)-1]
	if v.Raw.Length > 0 {
		place = r.origin(int(v.Raw.Offset))
	}
	r.entries = append(r.entries, entry{path: path, at: at, value: r.value(v), place: place})
}

func (r *tomlReader) value(n *unstable.Node) any {
	switch n.Kind {
	case unstable.String:
		return string(n.Data)
	case unstable.Bool:
		return string(n.Data) == "true"
	case unstable.Integer:
		return number(string(n.Data))
	case unstable.Float:
		if f, err := strconv.ParseFloat(strings.ReplaceAll(string(n.Data), "_", ""), 64); err == nil {
			return f
		}
	case unstable.Array:
		list := []any{}
		for it := n.Children(); it.Next(); {
			if it.Node().Kind != unstable.Comment {
				list = append(list, r.value(it.Node()))
			}
		}
		return list
	case unstable.InlineTable:
		return other("a table")
	}
	return other(fmt.Sprintf("the date or time %s", n.Data))
}

func number(s string) any {
	n, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 0, 64)
	if err != nil {
		return tooLarge
	}
	return n
}
