package engine

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
)

// TestOwnSchemas holds the schemas of the loop's own tools against the types that their arguments are read into.
func TestOwnSchemas(t *testing.T) {
	t.Parallel()
	checkSchema[finishArgs](t, finishSpec)
	checkSchema[askPersonArgs](t, askPersonSpec)
}

func checkSchema[T any](t *testing.T, spec ToolSpec) {
	t.Helper()
	type field struct {
		Type, Description string
		Required          bool
	}
	fields := func(s *jsonschema.Schema) map[string]field {
		out := map[string]field{}
		for name, p := range s.Properties {
			f := field{Type: p.Type, Description: p.Description}
			if len(p.Types) > 0 { // the library lets a slice be null
				f.Type = p.Types[len(p.Types)-1]
			}
			for _, r := range s.Required {
				f.Required = f.Required || r == name
			}
			out[name] = f
		}
		return out
	}
	want, err := jsonschema.For[T](nil)
	if err != nil {
		t.Fatal(err)
	}
	var got jsonschema.Schema
	if err := json.Unmarshal(spec.Schema, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fields(want), fields(&got)); diff != "" || len(got.Properties) == 0 || got.AdditionalProperties == nil {
		t.Errorf("the schema of %s (-type +schema):\n%s", spec.Name, diff)
	}
	if len(spec.Description) < 100 {
		t.Errorf("%s has no description", spec.Name)
	}
}
