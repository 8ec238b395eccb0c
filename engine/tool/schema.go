package tool

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// field is one argument of a tool, read from the tags of its Go field:
//
//	json:"name,omitempty"   its name; omitempty makes it optional
//	jsonschema:"…"          its description
//	enum:"a,b"              the values it may have
//	min:"1" max:"9"         bounds of a number; of a string, min is its least length
type field struct {
	name     string
	index    int
	kind     reflect.Type
	optional bool
	enum     []string
	min, max *int
}

// fieldsOf panics on a struct that is not written so: that is a mistake in this package, and the first test finds it.
func fieldsOf[T any]() []field {
	t := reflect.TypeFor[T]()
	fields := make([]field, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		out := field{name: name, index: i, kind: f.Type, optional: rest == "omitempty", min: number(f, "min"), max: number(f, "max")}
		if enum := f.Tag.Get("enum"); enum != "" {
			out.enum = strings.Split(enum, ",")
		}
		fields = append(fields, out)
	}
	return fields
}

func number(f reflect.StructField, tag string) *int {
	s, ok := f.Tag.Lookup(tag)
	if !ok {
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		panic("tool: the tag " + tag + " of " + f.Name + ": " + err.Error())
	}
	return &n
}

// schemaOf is the JSON schema of T: an object that has no other properties and no nulls.
func schemaOf[T any](fields []field) json.RawMessage {
	s, err := jsonschema.For[T](nil)
	if err != nil {
		panic("tool: a struct of arguments always has a schema: " + err.Error())
	}
	for _, f := range fields {
		p := s.Properties[f.name]
		if len(p.Types) > 0 { // the library lets a nil slice be null
			p.Type, p.Types = p.Types[len(p.Types)-1], nil
		}
		for _, v := range f.enum {
			p.Enum = append(p.Enum, v)
		}
		if f.kind.Kind() == reflect.String {
			p.MinLength = f.min
		} else {
			p.Minimum, p.Maximum = float(f.min), float(f.max)
		}
	}
	data, err := json.Marshal(s)
	if err != nil {
		panic("tool: a schema always encodes: " + err.Error())
	}
	return data
}

func float(n *int) *float64 {
	if n == nil {
		return nil
	}
	f := float64(*n)
	return &f
}
