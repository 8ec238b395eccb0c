package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// File is the text of a layer's file. An empty one says nothing.
type File struct {
	Name string // as it is shown in problems
	Text []byte
}

// Sources is all that the configuration is made of. Its zero value gives the defaults.
type Sources struct {
	User      File
	Workspace File
	// Settings is the editor's section "slop": nested tables, dotted keys, or both. What could be misused by a
	// repository that brings settings for an editor along is refused: providers, servers, programs, and what is allowed.
	Settings map[string]any
	// Untrusted treats the settings like the workspace's file. It is for editors that say that the workspace,
	// whose own settings files are part of the section, is not trusted.
	Untrusted bool
	// Flags has dotted keys.
	Flags map[string]any
	// LookupEnv is asked for keys of presets, never for their text. Nil: none is set.
	LookupEnv func(name string) (string, bool)
}

// Origins says who set a value, by dotted key.
type Origins map[string]Origin

// Of is who set the key; what nobody set is a default.
func (o Origins) Of(key string) Origin {
	if at, ok := o[key]; ok {
		return at
	}
	return Origin{Layer: Defaults}
}

// Load puts the configuration together. Its error, if any, is a *ProblemsError with every problem of every
// layer; the configuration beside it then leaves out what was wrong, so that a server can go on with it and say
// so. That no provider is configured is no problem here, but what Select returns.
func Load(s Sources) (Config, Origins, error) {
	l := &loader{config: Default(), origins: Origins{}}
	l.file(User, s.User)
	l.tighten = true
	l.file(Workspace, s.Workspace)
	l.tighten = s.Untrusted
	l.editor = true
	l.apply(mapEntries(Settings, "slop.", s.Settings))
	l.tighten, l.editor = false, false
	l.apply(mapEntries(Flags, "", s.Flags))
	l.resolve(s.LookupEnv)
	if len(l.problems) == 0 {
		return l.config, l.origins, nil
	}
	sortProblems(l.problems)
	return l.config, l.origins, &ProblemsError{l.problems}
}

type loader struct {
	config   Config
	origins  Origins
	problems []Problem
	tighten  bool // the layer comes with the repository
	editor   bool // the layer is an editor's
}

func (l *loader) problem(at Origin, key []string, format string, args ...any) {
	l.problems = append(l.problems, Problem{at, strings.Join(key, "."), fmt.Sprintf(format, args...)})
}

func (l *loader) file(layer Layer, f File) {
	entries, problems := readTOML(layer, f.Name, f.Text)
	l.problems = append(l.problems, problems...)
	l.apply(entries)
}

// mapEntries lists nested tables in the order of their keys.
func mapEntries(layer Layer, prefix string, tables map[string]any) []entry {
	var out []entry
	var walk func(path []string, v any)
	walk = func(path []string, v any) {
		o := Origin{Layer: layer, File: prefix + strings.Join(path, ".")}
		at := make([]Origin, len(path))
		for i := range at {
			at[i] = o
		}
		table, nested := v.(map[string]any)
		if !nested {
			out = append(out, entry{path: path, at: at, value: anyList(v), place: o})
			return
		}
		if len(path) > 0 {
			out = append(out, entry{path: path, at: at, header: true})
		}
		names := make([]string, 0, len(table))
		for k := range table {
			names = append(names, k)
		}
		slices.Sort(names)
		for _, k := range names {
			if table[k] != nil { // an editor's "not set"
				walk(append(slices.Clone(path), strings.Split(k, ".")...), table[k])
			}
		}
	}
	walk(nil, tables)
	return out
}

// anyList lets callers in Go write lists of texts as such.
func anyList(v any) any {
	texts, ok := v.([]string)
	if !ok {
		return v
	}
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}

func (l *loader) apply(entries []entry) {
	var bad [][]string // tables that are reported already
	for _, e := range entries {
		if slices.ContainsFunc(bad, func(p []string) bool { return len(p) <= len(e.path) && slices.Equal(p, e.path[:len(p)]) }) {
			continue
		}
		s, ok := l.find(e)
		switch {
		case !ok && e.header:
			bad = append(bad, e.path)
		case e.value == tooLarge: // a syntax error already
		case ok && s != nil:
			l.set(s, e)
		case ok && e.header && len(e.path) == 2:
			l.named(e)
		}
	}
}

// named makes the provider or server whose table is there, also where the table is empty.
func (l *loader) named(e entry) {
	switch {
	case (l.tighten || l.editor) && (e.path[0] == "mcp" || e.path[0] == "prices" || e.path[0] == "providers" && l.config.Providers[e.path[1]] == nil):
		return // what it says is refused key by key
	case e.path[0] == "providers":
		l.config.provider(e.path[1])
	case e.path[0] == "mcp":
		l.config.server(e.path[1])
	case e.path[0] == "prices":
		l.config.price(e.path[1])
	default:
		return
	}
	if _, ok := l.origins[e.path[0]+"."+e.path[1]]; !ok {
		l.origins[e.path[0]+"."+e.path[1]] = e.at[1]
	}
}

// find is the setting that the entry names, nil for a table; false where it names nothing, which is reported.
func (l *loader) find(e entry) (*setting, bool) {
	for i := range e.path {
		here := below(e.path[:i])
		if len(here) == 0 {
			l.problem(e.at[i], e.path, "%q takes a value and has no keys: write %s = ...", strings.Join(e.path[:i], "."), e.path[i-1])
			return nil, false
		}
		if name := e.path[i]; here[0] != "*" && !slices.Contains(here, name) {
			l.problem(e.at[i], e.path, "%s", unknown(name, e.path[:i], here))
			return nil, false
		} else if here[0] == "*" && !(variableLike(name) || e.path[0] == "prices" && modelLike(name)) {
			l.problem(e.at[i], e.path, "%q cannot be a name here: use letters, digits, - and _", name)
			return nil, false
		}
	}
	s := lookup(e.path)
	last := len(e.path) - 1
	switch {
	case e.array:
		l.problem(e.at[last], e.path, "%q is no list of tables: write it in single brackets", strings.Join(e.path, "."))
		return nil, false
	case e.header && s != nil:
		l.problem(e.at[last], e.path, "%q is no table: write %s = ...", strings.Join(e.path, "."), e.path[last])
		return nil, false
	case !e.header && s == nil:
		l.problem(e.at[last], e.path, "%q is a table: write its keys below [%s]", strings.Join(e.path, "."), strings.Join(e.path, "."))
		return nil, false
	}
	return s, true
}

func unknown(name string, table, legal []string) string {
	where := ""
	if len(table) > 0 {
		where = " in [" + strings.Join(table, ".") + "]"
	}
	shown := fmt.Sprintf("%q", name)
	if len(name) > 40 {
		shown = "(a long text)"
	}
	if near := trackfile.Nearest(name, legal); near != "" {
		return fmt.Sprintf("unknown key %s%s: did you mean %q?", shown, where, near)
	}
	return fmt.Sprintf("unknown key %s%s: expected one of %s", shown, where, strings.Join(legal, ", "))
}

func variableLike(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// modelLike is what the name of a model looks like.
func modelLike(s string) bool {
	return s != "" && len(s) <= 200 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r > 0x7f })
}

// matches says whether the parts of a setting's path fit; "*" fits every name.
func matches(pattern, path []string) bool {
	for i, p := range path {
		if i >= len(pattern) || pattern[i] != "*" && pattern[i] != p {
			return false
		}
	}
	return true
}

// below lists what may follow the path, ["*"] for any name; nothing where the path is a setting or no path.
func below(path []string) []string {
	var out []string
	for i := range settings {
		pattern := strings.Split(settings[i].path, ".")
		if len(pattern) > len(path) && matches(pattern, path) && !slices.Contains(out, pattern[len(path)]) {
			out = append(out, pattern[len(path)])
		}
	}
	return out
}

func lookup(path []string) *setting {
	for i := range settings {
		if pattern := strings.Split(settings[i].path, "."); len(pattern) == len(path) && matches(pattern, path) {
			return &settings[i]
		}
	}
	return nil
}

// set puts one value in force, unless it is wrong or loosens what a repository may only tighten.
func (l *loader) set(s *setting, e entry) {
	key, name := strings.Join(e.path, "."), e.path[1]
	if why := l.refusal(s); why != "" {
		l.problem(e.at[len(e.at)-1], e.path, "%q: %s", key, why)
		return
	}
	if (l.tighten || l.editor) && e.path[0] == "providers" && l.config.Providers[name] == nil {
		l.problem(e.at[1], e.path, "%q: %s", key, noName)
		return
	}
	place := reflect.ValueOf(s.field(&l.config, name)).Elem()
	old := place.Interface()
	if why := set(s, place.Addr().Interface(), e.value); why != "" {
		l.problem(e.place, e.path, "%q: %s", key, why)
		return
	}
	if l.tighten && s.tighten.refuses != nil {
		if why := s.tighten.refuses(old, place.Interface()); why != "" {
			place.Set(reflect.ValueOf(old))
			l.problem(e.place, e.path, "%q: %s", key, why)
			return
		}
	}
	l.join(s, place, old)
	l.origins[key] = e.at[len(e.at)-1]
}

// refusal is why the layer may not set a setting at all, or "".
func (l *loader) refusal(s *setting) string {
	switch {
	case l.tighten:
		return s.tighten.never
	case l.editor:
		return s.tighten.fromEditor()
	}
	return ""
}

// join adds to a list that only grows, so that no later layer takes a stricter rule back by accident.
func (l *loader) join(s *setting, place reflect.Value, old any) {
	before, ok := old.([]string)
	if !ok || !s.tighten.adds {
		return
	}
	all := slices.Clone(before)
	for _, v := range place.Interface().([]string) {
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	place.Set(reflect.ValueOf(all))
}
