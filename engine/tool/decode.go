package tool

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
)

// decode reads a model's arguments into the struct that out points to. It accepts what the schema accepts, and null
// for an optional field; any other JSON is a mistake that names the field and what belongs there. Nothing at all
// counts as an object without fields.
func decode(args json.RawMessage, fields []field, out any) error {
	given, err := object(args)
	if err != nil {
		return mistakef("%v. The arguments are one JSON object: %s", err, usage(fields))
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	for _, g := range given {
		if !slices.Contains(names, g.name) {
			return unknownField(g.name, names, fields)
		}
	}
	into := reflect.ValueOf(out).Elem()
	for _, f := range fields {
		if err := f.decode(given, into.Field(f.index)); err != nil {
			return err
		}
	}
	return nil
}

// member is one name and its value, as written.
type member struct {
	name  string
	value json.RawMessage
}

// object splits a JSON object. It refuses what encoding/json lets pass: a name that comes twice, which a rule about
// the arguments could read otherwise than the tool does.
func object(args json.RawMessage) ([]member, error) {
	if len(bytes.TrimSpace(args)) == 0 {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(args))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return nil, notObject(err)
	}
	var list []member
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, notObject(err)
		}
		m := member{name: name.(string)}
		if err := dec.Decode(&m.value); err != nil {
			return nil, notObject(err)
		}
		if slices.ContainsFunc(list, func(o member) bool { return o.name == m.name }) {
			return nil, fmt.Errorf("the field %q is written twice", m.name)
		}
		list = append(list, m)
	}
	if _, err := dec.Token(); err != nil {
		return nil, notObject(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something after the object")
	}
	return list, nil
}

func notObject(err error) error {
	switch {
	case err == nil:
		return errors.New("this is not a JSON object")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("this JSON is cut off")
	}
	return fmt.Errorf("this is not JSON: %w", err)
}

func unknownField(name string, names []string, fields []field) error {
	if near := nearest(name, names, 1); len(near) > 0 {
		return mistakef("there is no field %q: did you mean %q?", shorten(name), near[0])
	}
	return mistakef("there is no field %q. The arguments are %s", shorten(name), usage(fields))
}

func (f field) decode(given []member, into reflect.Value) error {
	i := slices.IndexFunc(given, func(m member) bool { return m.name == f.name })
	if i < 0 {
		if f.optional {
			return nil
		}
		return mistakef("the field %q is missing: it is %s", f.name, f.kindName())
	}
	value := given[i].value
	if string(value) == "null" {
		if f.optional {
			return nil
		}
		return mistakef("the field %q is null: it must be %s", f.name, f.kindName())
	}
	// An array's nulls become empty strings silently, so that they are looked for.
	if err := json.Unmarshal(value, into.Addr().Interface()); err != nil || f.kind.Kind() == reflect.Slice && hasNull(value) {
		return mistakef("the field %q is %s: it must be %s", f.name, shorten(string(value)), f.kindName())
	}
	return f.check(into)
}

func hasNull(array json.RawMessage) bool {
	var items []json.RawMessage
	_ = json.Unmarshal(array, &items)
	return slices.ContainsFunc(items, func(v json.RawMessage) bool { return string(v) == "null" })
}

// check holds a value against the field's tags.
func (f field) check(v reflect.Value) error {
	switch v.Kind() {
	case reflect.String:
		if f.enum != nil && !slices.Contains(f.enum, v.String()) {
			return mistakef("the field %q is %q: it must be %s", f.name, shorten(v.String()), f.kindName())
		}
		if f.min != nil && len(v.String()) < *f.min {
			return mistakef("the field %q is empty: it must be %s", f.name, f.kindName())
		}
	case reflect.Int:
		if n := int(v.Int()); f.min != nil && n < *f.min || f.max != nil && n > *f.max {
			return mistakef("the field %q is %d: it must be %s", f.name, n, f.kindName())
		}
	}
	return nil
}

// kindName says in words what a field must be.
func (f field) kindName() string {
	switch f.kind.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "an array of strings"
	case reflect.Int:
		switch {
		case f.min != nil && f.max != nil:
			return fmt.Sprintf("a whole number from %d to %d", *f.min, *f.max)
		case f.min != nil:
			return fmt.Sprintf("a whole number, at least %d", *f.min)
		}
		return "a whole number"
	}
	if f.enum != nil {
		return "one of " + strings.Join(f.enum, ", ")
	}
	if f.min != nil {
		return "a string that is not empty"
	}
	return "a string"
}

// usage shows the fields in the form in which they are to be written.
func usage(fields []field) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = fmt.Sprintf("%q: %s", f.name, f.kindName())
		if f.optional {
			parts[i] += " (may be left out)"
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// shorten keeps a model's own words from filling a message.
func shorten(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
