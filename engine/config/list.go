package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Value is one setting in force, for people who ask what is and why.
type Value struct {
	Key    string // dotted
	Value  string // as it would be written in the file
	Doc    string
	Origin Origin
}

// List is every setting in force with who set it, in the order in which settings are documented. It holds no
// keys, only the names of their variables.
func List(c Config, o Origins) []Value {
	var out []Value
	for i := range settings {
		s := &settings[i]
		for _, name := range names(&c, s.path) {
			key := strings.Replace(s.path, "*", name, 1)
			v := reflect.ValueOf(s.field(&c, name)).Elem().Interface()
			out = append(out, Value{key, written(v), s.doc, o.Of(key)})
		}
	}
	return out
}

// names lists what the "*" of a path stands for; one empty name where it has none.
func names(c *Config, path string) []string {
	switch {
	case strings.HasPrefix(path, "providers.*"):
		return sortedKeys(c.Providers)
	case strings.HasPrefix(path, "prices.*"):
		return sortedKeys(c.Prices)
	case strings.HasPrefix(path, "mcp.*"):
		return sortedKeys(c.MCP)
	}
	return []string{""}
}

func written(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case Duration:
		return fmt.Sprintf("%q", v.String())
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = fmt.Sprintf("%q", s)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	return fmt.Sprint(v)
}
