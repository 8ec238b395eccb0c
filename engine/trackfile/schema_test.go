package trackfile

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/slop-ls/slop-ls/engine/leaftest"
)

func TestSchemaIsFresh(t *testing.T) {
	t.Parallel()
	got, err := GenerateSchema()
	if err != nil {
		t.Fatal(err)
	}
	leaftest.Golden(t, "track.schema.json", string(got))
	if strings.Contains(string(got), `"null"`) {
		t.Error("the schema allows null")
	}
}

// TestFieldsMatchTypes holds the table of fields to the Go types, so that no field lacks documentation.
func TestFieldsMatchTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		typ   reflect.Type
		infos []FieldInfo
	}{{reflect.TypeFor[Track](), TrackFields}, {reflect.TypeFor[Ticket](), TicketFields}} {
		if c.typ.NumField() != len(c.infos) {
			t.Fatalf("%v has %d fields, the table %d", c.typ, c.typ.NumField(), len(c.infos))
		}
		for _, info := range c.infos {
			found := false
			for i := range c.typ.NumField() {
				name, _, _ := strings.Cut(c.typ.Field(i).Tag.Get("json"), ",")
				found = found || name == info.Name
			}
			if !found || info.Doc == "" {
				t.Errorf("%v: %q is no field of the type, or has no documentation", c.typ, info.Name)
			}
		}
	}
}

// TestSchemaAgreesWithParse: what the schema accepts and refuses, Parse does too.
func TestSchemaAgreesWithParse(t *testing.T) {
	t.Parallel()
	var s jsonschema.Schema
	if err := json.Unmarshal(Schema, &s); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{
		"good/seed.track.json", "good/object.track.json", "bad/unknown-field.track.json", "bad/status.track.json",
		"bad/priority.track.json", "bad/wrong-type.track.json", "bad/missing-id.track.json", "bad/empty-id.track.json",
		"bad/tickets-text.track.json", "bad/root-number.track.json",
	} {
		src, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(src, &v); err != nil {
			t.Fatal(err)
		}
		refused, errors := resolved.Validate(v), Parse(file, src).Errors()
		if (refused != nil) != errors {
			t.Errorf("%s: the schema says %v, Parse has errors: %v", file, refused, errors)
		}
	}
}
